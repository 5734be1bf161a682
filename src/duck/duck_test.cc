#include "duck/duck.h"

#include "duck/test_answers.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace cairn::duck {
namespace {

std::unique_ptr<Database> open_database() {
  DatabaseOptions options;
  options.memory_bytes = 256u << 20;
  options.threads = 2;
  auto database = Database::open(options);
  EXPECT_TRUE(database.ok()) << (database.ok() ? "" : database.error().message);
  return std::move(database).value();
}

std::string ask(Connection& connection, const std::string& sql, bool json = false,
                const Watch& watch = {}) {
  return rows_of(connection.query(sql, watch), json);
}

TEST(Duck, WritesValuesAsTextAndAsJson) {
  struct Row {
    const char *sql, *text, *json;
  };
  const Row rows[] = {
      {"1", "1", "1"},
      {"'a\"b'", "a\"b", "\"a\\\"b\""},
      {"NULL", "NULL", "null"},
      {"1.50", "1.50", "1.50"},
      {"true", "true", "true"},
      {"9007199254740993", "9007199254740993", "\"9007199254740993\""},
      {"'nan'::DOUBLE", "nan", "\"nan\""},
      {"timestamp '2026-01-02 03:04:05'", "2026-01-02 03:04:05", "\"2026-01-02 03:04:05\""},
      {"timestamptz '2026-01-02 03:04:05Z'", "2026-01-02 03:04:05+00",
       "\"2026-01-02 03:04:05+00\""},
      {"{'a': 1, 'b': [NULL, 'x']}", "{\"a\":1,\"b\":[null,\"x\"]}",
       "{\"a\":1,\"b\":[null,\"x\"]}"},
      {"map {'k': 2}", "{\"k\":2}", "{\"k\":2}"},
      {"'{\"a\":1}'::JSON", "{\"a\":1}", "{\"a\":1}"},
      {"7 / 2", "3", "3"},
      {"date '2026-01-02'", "2026-01-02", "\"2026-01-02\""},
  };
  auto database = open_database();
  ConnectionOptions options;
  options.integer_division = true;
  auto connection = std::move(database->connect(options)).value();
  for (const Row& row : rows) {
    EXPECT_EQ(ask(*connection, std::string("SELECT ") + row.sql), row.text) << row.sql;
    EXPECT_EQ(ask(*connection, std::string("SELECT ") + row.sql, true), row.json) << row.sql;
  }
}

TEST(Duck, NamesColumnsAndTypes) {
  auto database = open_database();
  auto connection = std::move(database->connect()).value();
  auto answer = std::move(connection->query("SELECT 1::BIGINT AS n, 'x' AS t")).value();
  ASSERT_EQ(answer->columns().size(), 2u);
  EXPECT_EQ(answer->columns()[0].name, "n");
  EXPECT_EQ(answer->columns()[0].sql_type, "BIGINT");
  EXPECT_TRUE(answer->columns()[0].is_number);
  EXPECT_FALSE(answer->columns()[1].is_number);
}

/// Rows 0 to `rows`: number, text, a struct, a list, a map; NULL wherever the number divides by 3.
class CountingSource : public RowSource {
 public:
  CountingSource(uint64_t rows, std::atomic<int>* open) : rows_(rows), open_(open) { ++*open_; }
  ~CountingSource() override { --*open_; }

  Result<std::shared_ptr<Batch>> next() override {
    uint64_t begin = begin_.fetch_add(kBatchRows);
    auto batch = std::make_shared<Batch>();
    if (begin >= rows_) return batch;
    batch->rows = std::min<uint64_t>(kBatchRows, rows_ - begin);
    batch->columns.resize(5);
    batch->columns[2].members.resize(2);
    batch->columns[3].members.resize(1);
    batch->columns[4].members.resize(2);
    for (uint64_t number = begin; number < begin + batch->rows; ++number) add(*batch, number);
    return batch;
  }

 private:
  static void add_text(Batch& batch, BatchColumn& column, const std::string& text) {
    column.valid.push_back(1);
    column.texts.push_back(batch.texts.keep(text));
  }
  static void add(Batch& batch, uint64_t number) {
    uint8_t valid = number % 3 == 0 ? 0 : 1;
    std::string text = "number " + std::to_string(number);
    BatchColumn* c = batch.columns.data();
    c[0].valid.push_back(1);
    c[0].integers.push_back(static_cast<int64_t>(number));
    add_text(batch, c[1], text);
    c[1].valid.back() = valid;
    c[2].valid.push_back(valid);
    add_text(batch, c[2].members[0], text + "!");
    c[3].valid.push_back(valid);
    c[3].lengths.push_back(static_cast<uint32_t>(number % 3));
    for (uint64_t i = 0; i < number % 3; ++i) add_text(batch, c[3].members[0], "e" + text);
    c[4].valid.push_back(1);
    c[4].lengths.push_back(1);
    add_text(batch, c[4].members[0], "k");
    add_text(batch, c[4].members[1], text);
  }

  const uint64_t rows_;
  std::atomic<int>* open_;
  std::atomic<uint64_t> begin_{0};
};

SourceTable counting_table(uint64_t rows, std::atomic<int>* open, ScanRequest* seen) {
  SourceTable table;
  table.name = "counting";
  ColumnType text;
  table.columns = {{"n", {ColumnKind::kInteger, {}, {}}},
                   {"t", text},
                   {"s", ColumnType::structure({{"a", text}, {"b", text}})},
                   {"l", ColumnType::list(text)},
                   {"m", ColumnType::map(text, text)}};
  table.threads = 2;
  table.open = [=](const ScanRequest& request) -> Result<std::unique_ptr<RowSource>> {
    if (seen != nullptr) *seen = request;
    return std::unique_ptr<RowSource>(std::make_unique<CountingSource>(rows, open));
  };
  return table;
}

TEST(DuckTable, GivesRowsOfEveryKind) {
  std::atomic<int> open{0};
  auto database = open_database();
  ASSERT_TRUE(database->add_table(counting_table(10000, &open, nullptr)).ok());
  auto connection = std::move(database->connect()).value();
  EXPECT_EQ(ask(*connection, "SELECT * FROM counting() WHERE n IN (3, 4, 9998) ORDER BY n"),
            "3|NULL|NULL|NULL|{\"k\":\"number 3\"}\n"
            "4|number 4|{\"a\":\"number 4!\",\"b\":null}|[\"enumber 4\"]|{\"k\":\"number 4\"}\n"
            "9998|number 9998|{\"a\":\"number 9998!\",\"b\":null}|[\"enumber 9998\",\"enumber "
            "9998\"]|{\"k\":\"number 9998\"}");
  EXPECT_EQ(
      ask(*connection, "SELECT count(*), count(t), count(s), count(DISTINCT t) FROM counting()"),
      "10000|6666|6666|6666");
  EXPECT_EQ(ask(*connection, "SELECT count(*) FROM counting()"), "10000");
  EXPECT_EQ(
      ask(*connection, "SELECT max(t), sum(len(l)) FROM (SELECT * FROM counting() ORDER BY t)"),
      "number 9998|9999");
  EXPECT_EQ(ask(*connection, "SELECT s.a FROM counting() WHERE n = 1"), "number 1!");
  EXPECT_EQ(ask(*connection, "SELECT n FROM counting() WHERE t LIKE '%77' ORDER BY n LIMIT 1"),
            "77");
  EXPECT_EQ(open.load(), 0);
}

/// A condition as text.
std::string dump(const Condition& condition) {
  using Kind = Condition::Kind;
  static const std::map<Kind, std::string> names = {
      {Kind::kEqual, "="},        {Kind::kLess, "<"},          {Kind::kLessEqual, "<="},
      {Kind::kGreater, ">"},      {Kind::kGreaterEqual, ">="}, {Kind::kContains, "contains"},
      {Kind::kStartsWith, "^"},   {Kind::kEndsWith, "$"},      {Kind::kIsNull, "null"},
      {Kind::kIsNotNull, "given"}};
  if (condition.kind == Kind::kAll || condition.kind == Kind::kAny) {
    std::string text = condition.kind == Kind::kAll ? "all(" : "any(";
    for (const Condition& part : condition.parts)
      text += (&part == condition.parts.data() ? "" : " ") + dump(part);
    return text + ")";
  }
  std::string text = std::to_string(condition.column);
  for (const std::string& member : condition.member) text += "." + member;
  if (condition.as_time) text += "@";
  text += names.at(condition.kind);
  for (const std::string& value : condition.values) text += "'" + value + "'";
  return text;
}

TEST(DuckTable, IsToldWhatTheQueryNeeds) {
  struct Row {
    const char *where, *condition;
  };
  const Row rows[] = {
      {"t = 'a'", "all(1='a')"},
      {"'a' < t", "all(1>'a')"},
      {"t IN ('a', 'b')", "all(1='a''b')"},
      {"t LIKE '%x%' OR t LIKE '%y%'", "all(any(1contains'x' 1contains'y'))"},
      {"t LIKE 'x%' AND t LIKE '%y'", "all(1^'x' 1$'y')"},
      {"t LIKE '%a_b%'", "all(all(1contains'a' 1contains'b'))"},
      {"t IS NOT NULL", "all(1given)"},
      {"t IS NULL", "all(1null)"},
      {"s.a = 'z'", "all(2.a='z')"},
      {"S.A = 'z'", "all(2.a='z')"},
      {"t BETWEEN 'a' AND 'b'", "all(all(1>='a' 1<='b'))"},
      {"t = 'a' OR upper(t) = 'B'", "all()"},
      {"t = 'a' AND upper(t) = 'B'", "all(1='a')"},
      {"CAST(t AS TIMESTAMP) >= TIMESTAMP '1970-01-01 00:00:01'", "all(1@>='1000000')"},
      {"NOT (t = 'a')", "all()"},
      {"t <> 'a'", "all()"},
  };
  std::atomic<int> open{0};
  ScanRequest seen;
  auto database = open_database();
  ASSERT_TRUE(database->add_table(counting_table(1, &open, &seen)).ok());
  auto connection = std::move(database->connect()).value();
  for (const Row& row : rows) {
    seen = {};
    ask(*connection, std::string("SELECT n FROM counting() WHERE ") + row.where);
    EXPECT_EQ(dump(seen.condition), row.condition) << row.where;
    EXPECT_TRUE(seen.columns.at(0)) << row.where;
    EXPECT_FALSE(seen.columns.at(4)) << row.where;
  }
  ask(*connection, "SELECT s.b FROM counting()");
  EXPECT_EQ(seen.members.at(2), std::vector<std::string>{"b"});
  ask(*connection, "SELECT s FROM counting()");
  EXPECT_TRUE(seen.members.at(2).empty());
}

TEST(DuckTable, IsAskedForSingleMembersThroughViews) {
  struct Row {
    const char *sql, *members, *rows;
  };
  const Row rows[] = {
      {"SELECT s.a FROM renamed WHERE number > 0 ORDER BY number", "a", "number 1!\nnumber 2!"},
      {"SELECT max(s.a), count(*) FROM renamed WHERE number < 2", "a", "number 1!|2"},
      {"SELECT s.a, word FROM renamed ORDER BY s.b, s.a DESC LIMIT 2", "a b",
       "number 2!|number 2\nnumber 1!|number 1"},
      {"SELECT x FROM (SELECT s.a AS x FROM outer_view) WHERE x > 'number 1!'", "a", "number 2!"},
      {"SELECT a.s.a FROM renamed a JOIN renamed b ON a.word = b.word ORDER BY 1", "",
       "number 1!\nnumber 2!"},
      {"SELECT twice, s.a FROM renamed WHERE number = 1", "", "number 1number 1|number 1!"},
      {"SELECT s FROM renamed WHERE number = 1", "", "{\"a\":\"number 1!\",\"b\":null}"},
      {"SELECT word FROM (SELECT * FROM renamed UNION ALL SELECT * FROM renamed) WHERE s.a = "
       "'number 1!'",
       "a", "number 1\nnumber 1"},
      {"SELECT DISTINCT s.a FROM renamed ORDER BY 1 DESC LIMIT 1", "a", "number 2!"},
      {"SELECT word FROM renamed r WHERE EXISTS (SELECT 1 FROM outer_view o WHERE o.s.a = r.s.a) "
       "AND number > 0 ORDER BY 1",
       "", "number 1\nnumber 2"},
      {"SELECT s.a FROM renamed WHERE number > 0 EXCEPT SELECT s.a FROM renamed WHERE number = 1",
       "a", "number 2!"},
      {"WITH c AS MATERIALIZED (SELECT * FROM renamed) SELECT x.s.a FROM c x, c y WHERE x.word = "
       "y.word ORDER BY 1",
       "", "number 1!\nnumber 2!"},
  };
  for (const Row& row : rows) {
    std::atomic<int> open{0};
    ScanRequest seen;
    auto database = open_database();
    ASSERT_TRUE(database->add_table(counting_table(3, &open, &seen)).ok());
    auto connection = std::move(database->connect()).value();
    ASSERT_TRUE(connection
                    ->execute("CREATE VIEW renamed AS SELECT n AS number, t AS word, s, t || t AS "
                              "twice FROM counting()")
                    .ok());
    ASSERT_TRUE(connection->execute("CREATE VIEW outer_view AS SELECT word, s FROM renamed").ok());
    EXPECT_EQ(ask(*connection, row.sql), row.rows) << row.sql;
    std::string members;
    for (const std::string& member : seen.members.at(2))
      members += (members.empty() ? "" : " ") + member;
    EXPECT_EQ(members, row.members) << row.sql;
  }
}

TEST(DuckTable, EndsItsSourceEarlyAndPassesErrorsOn) {
  std::atomic<int> open{0};
  auto database = open_database();
  ASSERT_TRUE(database->add_table(counting_table(uint64_t{1} << 40, &open, nullptr)).ok());
  SourceTable broken = counting_table(1, &open, nullptr);
  broken.name = "broken";
  broken.open = [](const ScanRequest&) -> Result<std::unique_ptr<RowSource>> {
    return Error{ErrorCode::kNotFound, "no such folder"};
  };
  ASSERT_TRUE(database->add_table(broken).ok());
  auto connection = std::move(database->connect()).value();
  EXPECT_EQ(ask(*connection, "SELECT n FROM counting() LIMIT 1"), "0");
  EXPECT_EQ(open.load(), 0);
  EXPECT_EQ(ask(*connection, "SELECT n FROM broken()"), "error unavailable: no such folder");
  std::atomic<bool> cancelled{false};
  Watch watch;
  watch.cancelled = &cancelled;
  std::thread user([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancelled = true;
  });
  EXPECT_EQ(ask(*connection, "SELECT max(t) FROM counting()", false, watch),
            "error cancelled: the query was cancelled");
  user.join();
  EXPECT_EQ(open.load(), 0);
  watch = {};
  watch.timeout = Duration(1000);
  EXPECT_EQ(ask(*connection, "SELECT max(t) FROM counting()", false, watch),
            "error exhausted: stopped after 1 s: the time limit of a query");
  EXPECT_EQ(ask(*connection, "SELECT 1"), "1") << "the connection is still good";
}

TEST(DuckFunction, IsCalledForEachRow) {
  auto database = open_database();
  ScalarFunction function;
  function.name = "marked";
  function.arguments = {ScalarKind::kText, ScalarKind::kInteger};
  function.call = [](std::span<const Scalar> arguments, std::string& scratch) -> Result<Scalar> {
    if (arguments[0].text == "bad") return Error{ErrorCode::kInvalidInput, "bad is bad"};
    Scalar value;
    value.null = arguments[1].integer < 0;
    scratch = std::string(arguments[0].text) + std::to_string(arguments[1].integer);
    value.text = scratch;
    return value;
  };
  ASSERT_TRUE(database->add_function(function).ok());
  auto connection = std::move(database->connect()).value();
  EXPECT_EQ(ask(*connection, "SELECT marked('a', 7), marked('a', -1), marked(NULL, 1)"),
            "a7|NULL|NULL");
  EXPECT_EQ(ask(*connection, "SELECT marked('row', r) FROM range(3) t(r)"), "row0\nrow1\nrow2");
  EXPECT_EQ(ask(*connection, "SELECT marked('bad', 1)"), "error invalid-input: bad is bad");
}

TEST(DuckFunction, HasOverloadsForDatesInstantsAndJson) {
  auto database = open_database();
  for (ScalarKind kind : {ScalarKind::kDate, ScalarKind::kInstant, ScalarKind::kTimestamp}) {
    ScalarFunction function;
    function.name = "next_one";
    function.arguments = {kind};
    function.result = kind;
    function.call = [](std::span<const Scalar> arguments, std::string&) -> Result<Scalar> {
      Scalar value = arguments[0];
      ++value.integer;
      return value;
    };
    ASSERT_TRUE(database->add_function(function).ok());
  }
  auto connection = std::move(database->connect()).value();
  EXPECT_EQ(ask(*connection,
                "SELECT next_one(DATE '2026-01-31'), next_one(TIMESTAMP '2026-01-31 00:00:00'), "
                "next_one(TIMESTAMPTZ '2026-01-31 00:00:00Z')"),
            "2026-02-01|2026-01-31 00:00:00.000001|2026-01-31 00:00:00.000001+00");
  EXPECT_EQ(ask(*connection, "SELECT cardinality([1, 2]), cardinality(map {'a': 1})"), "2|1");
}

TEST(DuckLock, ClosesFilesSettingsAndExtensions) {
  auto database = open_database();
  auto connection = std::move(database->connect()).value();
  ASSERT_TRUE(database->lock().ok());
  for (const char* sql :
       {"SELECT * FROM read_text('/etc/hostname')", "COPY (SELECT 1) TO '/tmp/cairn-escape.csv'",
        "ATTACH '/tmp/cairn-escape.db'", "INSTALL httpfs", "LOAD httpfs", "SET threads = 1",
        "SELECT * FROM '/etc/passwd'", "SET enable_external_access = true",
        "EXPORT DATABASE '/tmp/cairn-escape'", "SET temp_directory = '/tmp'"}) {
    EXPECT_EQ(ask(*connection, sql).rfind("error", 0), 0u) << sql;
  }
  EXPECT_EQ(ask(*connection, "SELECT 1"), "1");
}

TEST(DuckQuestion, AdmitsOnlyHarmlessQuestions) {
  struct Row {
    const char *sql, *problem;  // "": admitted
  };
  const Row rows[] = {
      {"SELECT * FROM t", ""},
      {"select * from T where a in (select b from t)", ""},
      {"WITH x AS (SELECT * FROM t) SELECT * FROM x JOIN t USING (a)", ""},
      {"WITH x AS (WITH y AS (SELECT 1) SELECT * FROM y) SELECT * FROM x", ""},
      {"SELECT * FROM (VALUES (1)) v(a), unnest([1, 2]) u(b)", ""},
      {"SELECT 1;", ""},
      {"(SELECT 1) UNION ALL (SELECT a FROM t)", ""},
      {"DESCRIBE t", ""},
      {"SHOW TABLES", ""},
      {"SELECT * FROM main.t", ""},
      {"SELECT * FROM information_schema.columns", ""},
      {"", "there is no statement"},
      {"SELECT 1; SELECT 2", "one statement at a time; this has 2"},
      {"PRAGMA database_list", "only SELECT is allowed here, this is PRAGMA"},
      {"PRAGMA show_tables", "only SELECT is allowed here, this is PRAGMA"},
      {"CALL enable_logging()", "only SELECT is allowed here, this is CALL"},
      {"SET threads = 1", "only SELECT is allowed here, this is SET"},
      {"COPY (SELECT 1) TO 'x'", "only SELECT is allowed here, this is COPY"},
      {"CREATE TABLE x AS SELECT 1", "only SELECT is allowed here, this is CREATE"},
      {"EXPLAIN ANALYZE SELECT 1", "only SELECT is allowed here, this is EXPLAIN"},
      {"SELECT * FROM enable_logging('QueryLog', storage='file', storage_path='/tmp/x')",
       "the table function enable_logging() is not allowed here"},
      {"SELECT 1 WHERE EXISTS (SELECT * FROM enable_logging(level='x'))",
       "the table function enable_logging() is not allowed here"},
      {"WITH x AS (SELECT * FROM read_csv('/etc/passwd')) SELECT 1",
       "the table function read_csv() is not allowed here"},
      {"WITH x AS MATERIALIZED (SELECT 1 WHERE 1 IN (SELECT * FROM glob('*'))) SELECT 1",
       "the table function glob() is not allowed here"},
      {"SELECT * FROM t ORDER BY (SELECT max(file) FROM glob('*'))",
       "the table function glob() is not allowed here"},
      {"SELECT sum(a) OVER (ORDER BY (SELECT 1 FROM glob('*'))) FROM t",
       "the table function glob() is not allowed here"},
      {"SELECT * FROM t LIMIT (SELECT count(*) FROM glob('*'))",
       "the table function glob() is not allowed here"},
      {"SELECT * FROM t JOIN t u ON EXISTS (SELECT 1 FROM glob('*'))",
       "the table function glob() is not allowed here"},
      {"PIVOT (SELECT * FROM glob('*')) ON file USING count(*)", nullptr},
      {"(SELECT 1) UNION (SELECT count(*) FROM glob('*'))",
       "the table function glob() is not allowed here"},
      {"SELECT * FROM unnest((SELECT list(file) FROM glob('*')))",
       "the table function glob() is not allowed here"},
      {"SELECT * FROM (VALUES ((SELECT count(*) FROM glob('*'))))",
       "the table function glob() is not allowed here"},
      {"DESCRIBE SELECT * FROM glob('*')", "the table function glob() is not allowed here"},
      {"SUMMARIZE (SELECT * FROM glob('*'))", "the table function glob() is not allowed here"},
      {"SELECT * FROM query('SELECT 1')", "the table function query() is not allowed here"},
      {"SELECT * FROM duckdb_settings()",
       "the table function duckdb_settings() is not allowed here"},
      {"SELECT * FROM '/etc/passwd.csv'",
       "there is no table \"/etc/passwd.csv\"; the tables are: t"},
      {"SELECT * FROM duckdb_logs", "there is no table \"duckdb_logs\"; the tables are: t"},
      {"SELECT * FROM pg_catalog.pg_class", "there is no table \"pg_class\"; the tables are: t"},
      {"FROM other.t", "there is no table \"t\"; the tables are: t"},
      {"SELECT write_log('x')", "the function write_log() is not allowed here"},
      {"SELECT getenv('HOME')", "the function getenv() is not allowed here"},
      {"SELECT a FROM t WHERE current_setting('threads') = '1'",
       "the function current_setting() is not allowed here"},
      {"SELEC 1", nullptr},
  };
  auto database = open_database();
  auto connection = std::move(database->connect()).value();
  QuestionLimits limits{{"t"}, {"unnest", "range"}};
  for (const Row& row : rows) {
    Status status = connection->check_question(row.sql, limits);
    if (row.problem == nullptr) {
      EXPECT_FALSE(status.ok()) << row.sql;
    } else {
      EXPECT_EQ(status.ok() ? "" : status.error().message, row.problem) << row.sql;
    }
  }
}

}  // namespace
}  // namespace cairn::duck
