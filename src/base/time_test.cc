#include "base/time.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(EventTime, AcceptedForms) {
  struct Row {
    const char *text, *expected;  // "" = refused
  };
  for (const Row& row : {Row{"2021-07-28T21:22:54Z", "2021-07-28T21:22:54Z"},
                         {"2022-12-11 19:42:55", "2022-12-11T19:42:55Z"},
                         {"2022-12-11T19:42:55.123456789Z", "2022-12-11T19:42:55.123Z"},
                         {"2022-12-11T19:42:55,5Z", "2022-12-11T19:42:55.500Z"},
                         {"2021-07-28T21: 22: 54Z", "2021-07-28T21:22:54Z"},
                         {"2021-07-28T21:22:54+02:00", "2021-07-28T19:22:54Z"},
                         {"2021-07-28T21:22:54-0530", "2021-07-29T02:52:54Z"},
                         {" 2021-07-28T21:22:54Z ", "2021-07-28T21:22:54Z"},
                         {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
                         {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
                         {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
                         {"1627507374", "2021-07-28T21:22:54Z"},
                         {"1627507374123", "2021-07-28T21:22:54.123Z"},
                         {"1627507374.5", "2021-07-28T21:22:54Z"},
                         {"", ""},
                         {"2021-02-30T00:00:00Z", ""},
                         {"2021-07-28T24:00:00Z", ""},
                         {"2021-07-28", ""},
                         {"yesterday", ""},
                         {"2021-07-28T21:22:54Zjunk", ""},
                         {"2021-0a-28T21:22:54Z", ""}}) {
    auto time = parse_event_time(row.text);
    EXPECT_EQ(time ? format_time(*time) : "", row.expected) << row.text;
  }
}

TEST(HumanTime, AcceptedForms) {
  Timestamp now = *parse_event_time("2024-03-10T12:34:56Z");
  struct Row {
    const char *text, *start, *end;
  };
  for (const Row& row :
       {Row{"2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T23:59:59.999Z"},
        {"2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999Z"},
        {"2023", "2023-01-01T00:00:00Z", "2023-12-31T23:59:59.999Z"},
        {"2024-01-01T10:00", "2024-01-01T10:00:00Z", "2024-01-01T10:00:59.999Z"},
        {"2024-01-01 10:00:05", "2024-01-01T10:00:05Z", "2024-01-01T10:00:05.999Z"},
        {"2024-01-01T10:00:00+01:00", "2024-01-01T09:00:00Z", "2024-01-01T09:00:00.999Z"},
        {"now", "2024-03-10T12:34:56Z", "2024-03-10T12:34:56Z"},
        {"today", "2024-03-10T00:00:00Z", "2024-03-10T23:59:59.999Z"},
        {"Yesterday", "2024-03-09T00:00:00Z", "2024-03-09T23:59:59.999Z"},
        {"30d", "2024-02-09T12:34:56Z", "2024-02-09T12:34:56Z"},
        {"12h", "2024-03-10T00:34:56Z", "2024-03-10T00:34:56Z"},
        {"2w", "2024-02-25T12:34:56Z", "2024-02-25T12:34:56Z"}}) {
    auto start = parse_human_time(row.text, now, TimeEdge::kStart);
    auto end = parse_human_time(row.text, now, TimeEdge::kEnd);
    ASSERT_TRUE(start.ok() && end.ok()) << row.text;
    EXPECT_EQ(format_time(start.value()), row.start) << row.text;
    EXPECT_EQ(format_time(end.value()), row.end) << row.text;
  }
  for (const char* bad : {"", "tomorrowish", "2024-13", "2024-02-30", "10:00", "2024-01-01T", "d",
                          "2024-01-01T10", "01/02/2024"}) {
    auto time = parse_human_time(bad, now, TimeEdge::kStart);
    ASSERT_FALSE(time.ok()) << bad;
    EXPECT_NE(time.error().message.find("2024-01-31T10:00"), std::string::npos);
  }
}

TEST(Durations, RoundTrip) {
  EXPECT_EQ(format_duration(parse_duration("90s").value()), "1 min");
  EXPECT_EQ(format_duration(parse_duration("26h").value()), "1 d 2 h");
  EXPECT_EQ(format_duration(parse_duration("1h").value()), "1 h");
  EXPECT_EQ(format_duration(parse_duration("45s").value()), "45 s");
  EXPECT_FALSE(parse_duration("1y").ok());
  EXPECT_FALSE(parse_duration("h").ok());
}

}  // namespace
}  // namespace cairn
