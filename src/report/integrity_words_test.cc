#include "report/integrity_words.h"

#include <gtest/gtest.h>

namespace cairn::report {
namespace {

using integrity::HourCell;

HourCell hour(HourCell::Digests digests, uint32_t files, uint32_t verified, uint32_t missing = 0) {
  HourCell cell;
  cell.digests = digests;
  cell.files = files;
  cell.verified = verified;
  cell.missing = missing;
  return cell;
}

std::string text_of(const Calendar& calendar) {
  std::string text;
  for (const Calendar::Row& row : calendar.rows) {
    text += row.account + " ";
    for (CalendarMark mark : row.marks) text += kMarkLetters[static_cast<size_t>(mark)];
    text += "\n";
  }
  return text;
}

TEST(Calendar, JoinsHoursIntoTheWorstOfThem) {
  integrity::VerifySummary summary;
  using D = HourCell::Digests;
  summary.coverage.push_back({"",
                              "1",
                              "eu-west-1",
                              {{24, hour(D::kProven, 2, 2)},
                               {25, hour(D::kProven, 0, 0)},
                               {27, hour(D::kUnproven, 1, 0)}}});
  summary.coverage.push_back({"", "2", "eu-west-1", {{29, hour(D::kProven, 0, 0, 1)}}});
  struct Row {
    size_t columns;
    int64_t hours;
    const char* text;
  };
  // What is wrong comes first.
  const Row rows[] = {{100, 1, "1 #.-?--\n2 -----!\n"},
                      {6, 1, "1 #.-?--\n2 -----!\n"},
                      {5, 2, "1 #?-\n2 --!\n"},
                      {2, 3, "1 #?\n2 -!\n"},
                      {1, 6, "1 ?\n2 !\n"}};
  for (const Row& row : rows) {
    Calendar calendar = make_calendar(summary, row.columns);
    EXPECT_EQ(calendar.hours_per_mark, row.hours) << row.columns;
    EXPECT_EQ(calendar.begin, Timestamp(std::chrono::hours(24))) << row.columns;
    EXPECT_EQ(text_of(calendar), row.text) << row.columns;
  }
  EXPECT_TRUE(make_calendar({}, 80).rows.empty());
}

}  // namespace
}  // namespace cairn::report
