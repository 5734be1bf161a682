#include "cli/sql_arguments.h"

#include "base/text.h"
#include "cli/shared_options.h"
#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct SqlArguments::State {
  CLI::App* sql = nullptr;
  CLI::App* ask = nullptr;
  SqlCommand sql_command;
  AskCommand ask_command;
  std::string sql_dialect = "athena", sql_timeout, ask_timeout;
  uint64_t sql_memory_mib = 1024, ask_memory_mib = 1024;

  void add_choice(CLI::App& to, SqlChoice& choice, std::string& timeout, uint64_t& memory_mib);
  void add_sql(CLI::App& app);
  void add_ask(CLI::App& app);
  std::optional<Stop> finish_choice(std::string_view command, SqlChoice& choice,
                                    const std::string& timeout, uint64_t memory_mib);
};

void SqlArguments::State::add_choice(CLI::App& to, SqlChoice& choice, std::string& timeout,
                                     uint64_t& memory_mib) {
  auto* logs = to.add_option("--logs", choice.options.logs,
                             "Ask raw log files: a file, folder or archive (may be repeated)")
                   ->allow_extra_args(false)
                   ->group("Where");
  add_lake_choice(to, choice.lake);
  for (const char* name : {"--lake", "--key-file", "--passphrase-file"})
    to.get_option(name)->excludes(logs);
  to.add_option("--format", choice.format,
                "table, csv, json, jsonl, markdown or parquet (default: table)")
      ->check(CLI::IsMember({"table", "csv", "json", "jsonl", "markdown", "parquet"}))
      ->group("Output");
  to.add_option("-o,--output", choice.output, "Write to this file instead of the screen")
      ->group("Output");
  to.add_option("-n,--limit", choice.limit,
                "Rows to write; 0 for all (default: 1000 in a table, else all)")
      ->group("Output");
  to.add_option("--timeout", timeout, "Stop a query after this long: 30s, 5m (default: never)")
      ->group("Work");
  to.add_option("--memory", memory_mib, "MiB that a query may use")
      ->check(CLI::Range(64, 1 << 20))
      ->capture_default_str()
      ->group("Work");
  add_evidence(to, choice.evidence);
  add_threads(to, choice.options.threads);
  add_appearance(to, choice.appearance);
}

void SqlArguments::State::add_sql(CLI::App& app) {
  sql = app.add_subcommand("sql", "Ask in SQL, Athena's or DuckDB's; without a statement, a shell");
  CLI::App& to = *sql;
  to.add_option("STATEMENT", sql_command.statement, "One SELECT")->type_name("SQL");
  to.add_option("-f,--file", sql_command.file, "Read statements from a file, - for standard input")
      ->group("Where");
  to.add_option("--dialect", sql_dialect, "athena or duckdb")
      ->check(CLI::IsMember({"athena", "duckdb"}))
      ->capture_default_str()
      ->group("Where");
  add_choice(to, sql_command.choice, sql_timeout, sql_memory_mib);
  to.footer(
      "Examples:\n"
      "  cairn sql --logs ./AWSLogs \"SELECT eventname, count(*) FROM cloudtrail_logs GROUP BY 1 "
      "ORDER BY 2 DESC\"\n"
      "  cairn sql --logs ./AWSLogs --format csv -f query.sql -o answer.csv\n"
      "  cairn sql                     a shell over your lake; .help says what it knows");
}

void SqlArguments::State::add_ask(CLI::App& app) {
  ask = app.add_subcommand("ask", "Ask a question of the library by its name");
  CLI::App& to = *ask;
  to.add_option("NAME", ask_command.name, "The question (see --list)");
  to.add_option("-p,--param", ask_command.parameters, "A parameter: NAME=VALUE")
      ->allow_extra_args(false)
      ->group("Question");
  to.add_flag("--list", ask_command.list, "List the questions, or tell about NAME")
      ->group("Question");
  to.add_flag("--sql", ask_command.print_sql, "Print the statement instead of asking it")
      ->group("Question");
  add_choice(to, ask_command.choice, ask_timeout, ask_memory_mib);
  to.footer(
      "Examples:\n"
      "  cairn ask --list\n"
      "  cairn ask root-activity --logs ./AWSLogs\n"
      "  cairn ask key-activity --param key=AKIAIOSFODNN7EXAMPLE --logs ./AWSLogs --format csv");
}

std::optional<Stop> SqlArguments::State::finish_choice(std::string_view command, SqlChoice& choice,
                                                       const std::string& timeout,
                                                       uint64_t memory_mib) {
  choice.options.memory_bytes = memory_mib << 20;
  if (!timeout.empty()) {
    auto parsed = parse_duration(timeout);
    if (!parsed.ok()) return usage_error(command, "--timeout: " + parsed.error().message);
    choice.timeout = parsed.value();
  }
  if (choice.format == "parquet" && choice.output == "-")
    return usage_error(command, "--format parquet: name a file with --output");
  if (choice.format == "parquet" && choice.limit)
    return usage_error(command, "--format parquet writes all rows: write LIMIT in the statement");
  return std::nullopt;
}

SqlArguments::SqlArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  state_->add_sql(app);
  state_->add_ask(app);
}

SqlArguments::~SqlArguments() = default;

std::optional<Command> SqlArguments::finish() {
  State& state = *state_;
  if (state.sql->parsed()) {
    SqlCommand& command = state.sql_command;
    if (!command.statement.empty() && !command.file.empty())
      return usage_error("sql", "give a statement or --file, not both");
    if (state.sql_dialect == "duckdb") command.choice.options.dialect = query::Dialect::kDuckdb;
    if (auto stop =
            state.finish_choice("sql", command.choice, state.sql_timeout, state.sql_memory_mib))
      return *stop;
    return command;
  }
  if (!state.ask->parsed()) return std::nullopt;
  AskCommand& command = state.ask_command;
  if (command.name.empty() && !command.list)
    return usage_error("ask", "name a question (cairn ask --list shows them)");
  if (auto stop =
          state.finish_choice("ask", command.choice, state.ask_timeout, state.ask_memory_mib))
    return *stop;
  return command;
}

}  // namespace cairn::cli
