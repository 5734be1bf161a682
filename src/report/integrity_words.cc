#include "report/integrity_words.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace cairn::report {

namespace {

using integrity::CoverageRow;
using integrity::HourCell;
using integrity::Outcome;
using integrity::Verdict;
using integrity::VerifySummary;

CalendarMark mark_of(const HourCell& cell) {
  if (cell.missing + cell.altered + cell.unsigned_files > 0 ||
      cell.digests == HourCell::Digests::kBroken)
    return CalendarMark::kBroken;
  if (cell.unproven > 0 || cell.digests == HourCell::Digests::kUnproven)
    return CalendarMark::kUnproven;
  if (cell.digests == HourCell::Digests::kNone)
    return cell.verified > 0 ? CalendarMark::kProven : CalendarMark::kNothing;
  return cell.files > 0 ? CalendarMark::kProven : CalendarMark::kEmpty;
}

std::string log_words(const VerifySummary& summary) {
  uint64_t valid = summary.logs[static_cast<size_t>(Verdict::kValid)], all = summary.log_count();
  return (valid == all ? "all " : format_count(valid) + " of ") + plural(all, "log file");
}

std::string broken_words(const VerifySummary& summary) {
  std::string text;
  for (size_t i = 0; i < integrity::kVerdictCount; ++i) {
    auto verdict = static_cast<Verdict>(i);
    if (!integrity::is_broken(verdict)) continue;
    uint64_t digests = verdict == Verdict::kUnsigned ? 0 : summary.digests[i];
    if (verdict == Verdict::kDigestMissing && digests > 0) {
      text += (text.empty() ? "" : ", ") + plural(digests, "digest") + " missing";
      digests = 0;
    }
    for (auto [count, word] : {std::pair(summary.logs[i], "log"), std::pair(digests, "digest")}) {
      if (count == 0) continue;
      text += (text.empty() ? "" : ", ") + plural(count, word) + " ";
      text += to_string(verdict);
    }
  }
  return text;
}

bool sound(const Calendar::Row& row) {
  return std::all_of(row.marks.begin(), row.marks.end(), [](CalendarMark mark) {
    return mark == CalendarMark::kNothing || mark == CalendarMark::kEmpty ||
           mark == CalendarMark::kProven;
  });
}

}  // namespace

IntegrityVerdict integrity_verdict(const VerifySummary& summary) {
  std::string text;
  Ink ink = Ink::kGood;
  switch (summary.outcome) {
    case Outcome::kProven:
      text =
          "PROVEN: " + log_words(summary) + " are as CloudTrail delivered them, none is missing.";
      break;
    case Outcome::kGaps:
      ink = Ink::kMedium;
      text = "GAPS: nothing contradicts, but not all is proven: " + log_words(summary) +
             " are as CloudTrail delivered them.";
      break;
    case Outcome::kBroken:
      ink = Ink::kCritical;
      text = "BROKEN: " + format_count(summary.broken()) +
             (summary.broken() == 1 ? " file is" : " files are") +
             " not as CloudTrail delivered or signed them: " + broken_words(summary) + ".";
      break;
    case Outcome::kNothing:
      ink = Ink::kMedium;
      text = "NOTHING TO PROVE: there are no digests in this time.";
      if (summary.log_count() > 0)
        text += " " + plural(summary.log_count(), "log file") + " cannot be proven.";
      break;
  }
  return {std::move(text), ink};
}

Calendar make_calendar(const VerifySummary& summary, size_t columns) {
  Calendar calendar;
  int64_t first = INT64_MAX, last = INT64_MIN;
  for (const CoverageRow& row : summary.coverage) {
    if (row.hours.empty()) continue;
    first = std::min(first, row.hours.begin()->first);
    last = std::max(last, row.hours.rbegin()->first);
  }
  if (first > last) return calendar;
  int64_t begin = first;
  size_t used = columns;
  for (int64_t hours : {1, 2, 3, 4, 6, 12, 24, 48, 168, 336, 672, 1344, 8766}) {
    calendar.hours_per_mark = hours;
    begin = first / hours * hours;
    used = static_cast<size_t>((last - begin) / hours + 1);
    if (used <= columns) break;
  }
  used = std::min(used, columns);
  calendar.begin = Timestamp(std::chrono::hours(begin));
  for (const CoverageRow& row : summary.coverage) {
    std::vector<CalendarMark> marks(used, CalendarMark::kNothing);
    for (const auto& [hour, cell] : row.hours) {
      auto column = static_cast<size_t>((hour - begin) / calendar.hours_per_mark);
      if (column < used) marks[column] = std::max(marks[column], mark_of(cell));
    }
    calendar.rows.push_back({row.account, row.region, std::move(marks)});
  }
  std::stable_sort(
      calendar.rows.begin(), calendar.rows.end(),
      [](const Calendar::Row& a, const Calendar::Row& b) { return !sound(a) && sound(b); });
  return calendar;
}

}  // namespace cairn::report
