#pragma once

// What a verification comes to, in words and in marks: for the screens and the page that tell it.

#include "integrity/integrity.h"
#include "report/page.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::report {

/// The answer in one sentence, and its colour.
struct IntegrityVerdict {
  std::string
      text;  // "PROVEN: all 29 log files are as CloudTrail delivered them, none is missing."
  Ink ink = Ink::kGood;
};
IntegrityVerdict integrity_verdict(const integrity::VerifySummary& summary);

/// What a stretch of time of an account's region comes to, from best to worst. Its values are
/// their ASCII marks' places in kMarkLetters.
enum class CalendarMark : uint8_t { kNothing, kEmpty, kProven, kUnproven, kBroken };
inline constexpr std::string_view kMarkLetters = "-.#?!";

/// The coverage as a calendar: one row for each account's region, broken ones first.
struct Calendar {
  struct Row {
    std::string account, region;
    std::vector<CalendarMark> marks;
  };
  Timestamp begin{};
  int64_t hours_per_mark = 1;
  std::vector<Row> rows;
};
/// Makes one of so many columns at most.
Calendar make_calendar(const integrity::VerifySummary& summary, size_t columns);

}  // namespace cairn::report
