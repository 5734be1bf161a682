// `cairn sql --logs` beside DuckDB's own read_json: the same files, the same questions, the same
// engine; only who reads differs. DuckDB is told just the fields that the question needs, which is
// the best case for it.
//
//   sql_bench FOLDER [ROUNDS]      a folder of .json.gz files with Records

#include "engine/sql.h"

#include "duck/duck.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace cairn;

struct Question {
  const char *name, *cairn, *fields, *duckdb;
};

const Question kQuestions[] = {
    {"console sign-ins that failed",
     "SELECT eventTime, userIdentity.arn, errorMessage FROM cloudtrail_logs WHERE eventName = "
     "'ConsoleLogin' AND errorMessage IS NOT NULL",
     "eventTime VARCHAR, userIdentity STRUCT(arn VARCHAR), errorMessage VARCHAR, eventName VARCHAR",
     "SELECT eventTime, userIdentity.arn, errorMessage FROM events WHERE eventName = "
     "'ConsoleLogin' AND errorMessage IS NOT NULL"},
    {"policies and roles",
     "SELECT eventTime, userIdentity.arn, eventName, requestParameters FROM cloudtrail_logs WHERE "
     "eventName LIKE '%Policy%' OR eventName LIKE '%Role%'",
     "eventTime VARCHAR, userIdentity STRUCT(arn VARCHAR), eventName VARCHAR, requestParameters "
     "JSON",
     "SELECT eventTime, userIdentity.arn, eventName, requestParameters FROM events WHERE "
     "eventName LIKE '%Policy%' OR eventName LIKE '%Role%'"},
    {"calls by name", "SELECT eventsource, eventname, count(*) FROM cloudtrail_logs GROUP BY ALL",
     "eventSource VARCHAR, eventName VARCHAR",
     "SELECT eventSource, eventName, count(*) FROM events GROUP BY ALL"},
    {"ten columns of all events",
     "SELECT max(eventtime), max(eventname), max(eventsource), max(awsregion), "
     "max(sourceipaddress), max(useragent), max(useridentity.arn), max(errorcode), max(eventid), "
     "max(requestparameters) FROM cloudtrail_logs",
     "eventTime VARCHAR, eventName VARCHAR, eventSource VARCHAR, awsRegion VARCHAR, "
     "sourceIPAddress VARCHAR, userAgent VARCHAR, userIdentity STRUCT(arn VARCHAR), errorCode "
     "VARCHAR, eventID VARCHAR, requestParameters JSON",
     "SELECT max(eventTime), max(eventName), max(eventSource), max(awsRegion), "
     "max(sourceIPAddress), max(userAgent), max(userIdentity.arn), max(errorCode), max(eventID), "
     "max(requestParameters::VARCHAR) FROM events"},
};

uint64_t count_rows(Result<std::unique_ptr<duck::Answer>> answer) {
  uint64_t sum = 0;
  for (size_t rows = 1; rows != 0; sum += rows) {
    if (!answer.ok()) {
      std::fprintf(stderr, "%s\n", answer.error().message.c_str());
      std::exit(1);
    }
    rows = answer.value()->next().value_or(0);
  }
  return sum;
}

template <typename Ask>
double best_of(int rounds, uint64_t& rows, Ask ask) {
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    double started = real_clock().monotonic_seconds();
    rows = count_rows(ask());
    best = std::min(best, real_clock().monotonic_seconds() - started);
  }
  return best;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 2) {
    std::fprintf(stderr, "usage: sql_bench FOLDER [ROUNDS]\n");
    return 2;
  }
  std::string folder = arguments[1];
  int rounds = argument_count > 2 ? std::atoi(arguments[2]) : 3;
  std::atomic<bool> interrupted{false};
  auto files = real_files();
  engine::World world{*files, real_clock(), interrupted};
  engine::SqlOptions options;
  options.logs = {folder};
  auto session = engine::SqlSession::open(world, options, nullptr);
  duck::DatabaseOptions plenty;
  plenty.memory_bytes = uint64_t{8} << 30;
  auto database = duck::Database::open(plenty);
  if (!session.ok() || !database.ok()) {
    std::fprintf(stderr, "%s\n",
                 (session.ok() ? database.error() : session.error()).message.c_str());
    return 1;
  }
  auto connection = std::move(database.value()->connect()).value();
  std::printf("| question | rows | cairn sql --logs | DuckDB read_json | times |\n");
  std::printf("|---|---:|---:|---:|---:|\n");
  for (const Question& question : kQuestions) {
    std::string sql = std::string(
                          "WITH events AS (SELECT unnest(r) FROM (SELECT unnest(Records) AS "
                          "r FROM read_json('") +
                      folder + "/**/*.json.gz', columns = {Records: 'STRUCT(" + question.fields +
                      ")[]'}, maximum_object_size = 67108864))) " + question.duckdb;
    uint64_t ours = 0, theirs = 0;
    double cairn = best_of(rounds, ours, [&] { return session.value()->ask(question.cairn); });
    double duckdb = best_of(rounds, theirs, [&] { return connection->query(sql); });
    std::printf("| %s | %llu%s | %.2f s | %.2f s | %.1f |\n", question.name,
                static_cast<unsigned long long>(ours), ours == theirs ? "" : " (differ!)", cairn,
                duckdb, duckdb / cairn);
  }
  return 0;
}
