#include "query/library.h"

#include <gtest/gtest.h>

#include <set>

namespace cairn::query {
namespace {

constexpr const char* kFile = R"(-- A remark about the file.

-- name: by-user
-- title: What did a user do?
-- answer: a row for each call
-- parameter: user text * The user's name
-- parameter: top integer 20 How many rows
-- parameter: since time 7d Not before
SELECT ':user', a::VARCHAR
FROM t WHERE u = :user AND eventtime >= :since LIMIT :top;
)";

TEST(Library, ReadsAndFillsParameters) {
  auto queries = parse_library("people", kFile);
  ASSERT_TRUE(queries.ok()) << queries.error().message;
  ASSERT_EQ(queries.value().size(), 1u);
  const LibraryQuery& query = queries.value()[0];
  EXPECT_EQ(query.group, "people");
  EXPECT_EQ(query.answer, "a row for each call");
  Timestamp now = *parse_event_time("2024-02-08T00:00:00Z");
  auto sql = fill_parameters(query, {{"user", "o'neil; DROP TABLE t --"}}, now);
  ASSERT_TRUE(sql.ok()) << sql.error().message;
  EXPECT_EQ(sql.value(),
            "SELECT ':user', a::VARCHAR\nFROM t WHERE u = 'o''neil; DROP TABLE t --' AND eventtime "
            ">= '2024-02-01T00:00:00Z' LIMIT 20;");
  struct Row {
    std::vector<std::pair<std::string, std::string>> values;
    const char* problem;
  };
  const Row rows[] = {
      {{}, "the parameter user is missing (The user's name): --param user=…"},
      {{{"user", "a"}, {"usr", "b"}}, "by-user has no parameter \"usr\"; it has user, top, since"},
      {{{"user", "a"}, {"user", "b"}}, "the parameter user is given twice"},
      {{{"user", "a"}, {"top", "1 OR 1"}}, "top: expected a whole number, got \"1 OR 1\""},
  };
  for (const Row& row : rows) {
    auto filled = fill_parameters(query, row.values, now);
    ASSERT_FALSE(filled.ok());
    EXPECT_EQ(filled.error().message, row.problem);
  }
  EXPECT_FALSE(fill_parameters(query, {{"user", "a"}, {"since", "soon"}}, now).ok());
}

TEST(Library, SaysWhereAFileIsWrong) {
  struct Row {
    const char *text, *problem;
  };
  const Row rows[] = {
      {"SELECT 1", "x.sql:1: a statement without a name"},
      {"-- name: a\n-- parameter: p text\n",
       "x.sql:2: expected: -- parameter: NAME TYPE DEFAULT "
       "MEANING"},
      {"-- name: a\n-- tilte: b\n", "x.sql:2: unknown key \"tilte\""},
      {"-- name: a\n-- title: b\n", "x.sql:3: a has no title, answer or statement"},
  };
  for (const Row& row : rows) {
    auto queries = parse_library("x", row.text);
    ASSERT_FALSE(queries.ok()) << row.text;
    EXPECT_EQ(queries.error().message, row.problem);
  }
}

TEST(Library, HoldsDistinctQuestionsWhoseParametersAreUsed) {
  std::set<std::string> names;
  for (const LibraryQuery& query : query_library()) {
    EXPECT_TRUE(names.insert(query.name).second) << query.name;
    for (const QueryParameter& parameter : query.parameters)
      EXPECT_NE(query.sql.find(":" + parameter.name), std::string::npos)
          << query.name << ": " << parameter.name;
  }
  EXPECT_GE(names.size(), 80u);
}

}  // namespace
}  // namespace cairn::query
