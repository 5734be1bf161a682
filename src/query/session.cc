#include "query/content.h"
#include "query/query.h"
#include "query/tokens.h"

#include <algorithm>

namespace cairn::query {

namespace {

/// Table functions that give rows without reading anything.
const std::vector<std::string> kTableFunctions = {"unnest",    "range",     "generate_series",
                                                  "json_each", "json_tree", "repeat_row"};

}  // namespace

std::string_view athena_macros() {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == "athena.sql") return file.text;
  }
  CAIRN_CHECK(false);
  return {};
}

Result<std::unique_ptr<Session>> Session::open(const SessionOptions& options) {
  std::unique_ptr<Session> session(new Session(options.dialect));
  duck::DatabaseOptions database;
  database.memory_bytes = options.memory_bytes;
  database.threads = options.threads;
  TRY_ASSIGN(session->database_, duck::Database::open(database));
  duck::ConnectionOptions connection;
  connection.integer_division = options.dialect == Dialect::kAthena;
  TRY_ASSIGN(session->connection_, session->database_->connect(connection));
  if (options.dialect == Dialect::kAthena) {
    for (duck::ScalarFunction& function : athena_functions())
      TRY(session->database_->add_function(std::move(function)));
    TRY(session->connection_->execute(std::string(athena_macros())));
  }
  return session;
}

Status Session::start(std::vector<std::string> tables,
                      std::span<const std::string> readable_folders) {
  TRY(database_->lock(readable_folders));
  limits_.tables = std::move(tables);
  limits_.table_functions = kTableFunctions;
  started_ = true;
  return {};
}

Result<std::string> Session::translate(std::string_view sql) const {
  if (dialect_ == Dialect::kDuckdb) {
    TRY(read_tokens(sql));  // its limits hold for both dialects
    return std::string(sql);
  }
  return rewrite_athena(sql);
}

Result<std::unique_ptr<duck::Answer>> Session::ask(std::string_view sql, const duck::Watch& watch) {
  CAIRN_CHECK(started_);
  TRY_ASSIGN(std::string statement, translate(sql));
  TRY(connection_->check_question(statement, limits_));
  return connection_->query(statement, watch);
}

Result<std::unique_ptr<duck::Answer>> Session::copy(std::string_view sql, const std::string& target,
                                                    const duck::Watch& watch) {
  CAIRN_CHECK(started_);
  TRY_ASSIGN(std::string statement, translate(sql));
  TRY(connection_->check_question(statement, limits_));
  // It is one statement: what ends it is a semicolon, blanks and comments.
  TRY_ASSIGN(auto tokens, read_tokens(statement));
  std::erase_if(tokens, [](const Token& token) { return token.is(";"); });
  return connection_->query("COPY (" + print_tokens(tokens) + "\n)" + target, watch);
}

}  // namespace cairn::query
