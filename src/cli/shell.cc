#include "cli/shell.h"

#include "base/text.h"
#include "cli/commands.h"
#include "cli/line_editor.h"
#include "cli/screen.h"
#include "cli/sql_output.h"
#include "query/library.h"
#include "query/tokens.h"
#include "sys/process.h"

#include <algorithm>
#include <array>

namespace cairn::cli {

namespace {

constexpr const char* kPrompt = "cairn> ";
constexpr const char* kMorePrompt = "  ...> ";

constexpr std::array kCommands = {".examples", ".exit",   ".format", ".help",  ".limit",
                                  ".quit",     ".schema", ".tables", ".timing"};

/// Words of SQL that are worth completing, and functions of Athena's dialect.
constexpr std::array kWords = {"SELECT",
                               "FROM",
                               "WHERE",
                               "GROUP BY",
                               "ORDER BY",
                               "HAVING",
                               "LIMIT",
                               "DISTINCT",
                               "BETWEEN",
                               "LIKE",
                               "IS NOT NULL",
                               "CROSS JOIN",
                               "UNNEST",
                               "interval",
                               "current_timestamp",
                               "CASE",
                               "WHEN",
                               "count(*)",
                               "count_if(",
                               "approx_distinct(",
                               "array_agg(",
                               "array_join(",
                               "max_by(",
                               "min_by(",
                               "json_extract_scalar(",
                               "json_extract(",
                               "regexp_like(",
                               "regexp_extract(",
                               "regexp_replace(",
                               "from_iso8601_timestamp(",
                               "date_trunc(",
                               "date_add(",
                               "date_diff(",
                               "date_format(",
                               "date_parse(",
                               "cardinality(",
                               "element_at(",
                               "any_match(",
                               "contains(",
                               "cidr_contains(",
                               "coalesce(",
                               "split_part(",
                               "strpos(",
                               "lower(",
                               "substr("};

constexpr const char* kHelp =
    "Write a SELECT over as many lines as you like; a semicolon ends it. Ctrl-C stops a query or\n"
    "drops what you typed, Ctrl-D leaves. Tab completes columns, functions and commands.\n\n"
    "  .tables            the tables\n"
    "  .schema [TABLE]    the columns of a table (default: cloudtrail_logs)\n"
    "  .examples [GROUP]  questions of the library; .examples NAME shows one's statement\n"
    "  .format FORMAT     table, csv, json, jsonl or markdown\n"
    "  .limit ROWS        rows to show; 0 for all\n"
    "  .timing on|off     say how long each query took\n"
    "  .help              this text\n"
    "  .quit              leave (also .exit)\n\n"
    "cairn help sql tells about the dialect.\n";

std::string history_file() {
  std::string folder = environment("XDG_STATE_HOME");
  if (folder.empty() && !environment("HOME").empty())
    folder = join_path(environment("HOME"), ".local/state");
  return folder.empty() ? "" : join_path(folder, "cairn/sql_history");
}

class Shell {
 public:
  Shell(engine::SqlSession& session, SqlChoice choice, engine::World world)
      : session_(session), choice_(std::move(choice)), world_(world) {
    choice_.appearance.quiet = false;
  }

  int run() {
    std::string file = history_file();
    if (!file.empty() && !world_.files.make_folders(file.substr(0, file.rfind('/'))).ok())
      file.clear();
    LineEditor editor(file, world_.interrupted,
                      [this](const std::string& before) { return complete(before); });
    print_out("Cairn's SQL over " + session_.source() + ". .help tells more, .quit leaves.\n");
    while (true) {
      std::string line;
      auto outcome = editor.read(statement_.empty() ? kPrompt : kMorePrompt, line);
      if (outcome == LineEditor::Outcome::kInterrupted) {
        forget_interruption();
        statement_.clear();
        continue;
      }
      if (outcome == LineEditor::Outcome::kEnd) {
        print_out("\n");
        return 0;
      }
      if (statement_.empty() && trim(line).starts_with('.')) {
        editor.remember(std::string(trim(line)));
        if (!command(std::string(trim(line)))) return 0;
        continue;
      }
      if (statement_.empty() && trim(line).empty()) continue;
      statement_ += (statement_.empty() ? "" : "\n") + line;
      if (ends_statement()) {
        editor.remember(statement_);
        ask(std::exchange(statement_, {}));
      }
    }
  }

 private:
  /// True when the last token is a semicolon: one inside a text or comment is none.
  bool ends_statement() const {
    auto tokens = query::read_tokens(statement_);
    // A text that does not end goes on in the next line; a too long one is told when asked.
    if (!tokens.ok()) return tokens.error().code == ErrorCode::kExhausted;
    return tokens.value().size() >= 2 && tokens.value()[tokens.value().size() - 2].is(";");
  }

  void ask(const std::string& text) {
    auto statements = query::split_statements(text);
    if (!statements.ok()) return complain(statements.error().message);
    for (const std::string& statement : statements.value()) {
      auto answered = answer(session_, world_, statement, choice_, true);
      forget_interruption();
      if (!answered.ok()) return complain(answered.error().message);
      if (timing_) print_answered(answered.value());
    }
  }

  /// False to leave.
  bool command(const std::string& line) {
    size_t blank = std::min(line.find(' '), line.size());
    std::string name = line.substr(0, blank), argument(trim(line.substr(blank)));
    if (name == ".quit" || name == ".exit") return false;
    if (name == ".help") {
      print_out(kHelp);
    } else if (name == ".tables") {
      for (const std::string& table : session_.tables()) print_out(table + "\n");
    } else if (name == ".schema") {
      show_schema(argument.empty() ? session_.tables().front() : argument);
    } else if (name == ".examples") {
      show_examples(argument);
    } else if (name == ".format") {
      set_format(argument);
    } else if (name == ".limit") {
      set_limit(argument);
    } else if (name == ".timing") {
      if (argument != "on" && argument != "off") {
        complain(".timing takes on or off");
      } else {
        timing_ = argument == "on";
      }
    } else {
      complain("there is no command " + printable(name) + "; .help lists them");
    }
    return true;
  }

  void show_schema(const std::string& table) {
    const auto& tables = session_.tables();
    if (std::find(tables.begin(), tables.end(), to_lower(table)) == tables.end())
      return complain("there is no table " + printable(table) + "; .tables lists them");
    auto columns = session_.columns(to_lower(table));
    if (!columns.ok()) return complain(columns.error().message);
    for (const duck::AnswerColumn& column : columns.value())
      print_out("  " + column.name +
                std::string(30 - std::min<size_t>(29, column.name.size()), ' ') + column.sql_type +
                "\n");
  }

  static void show_examples(const std::string& argument) {
    std::string group, out;
    for (const query::LibraryQuery& query : query::query_library()) {
      if (query.name == argument) {
        print_out("-- " + query.title + "\n" + query.sql + "\n");
        return;
      }
      if (!argument.empty() && query.group != argument) continue;
      if (query.group != group) out += query.group + "\n";
      group = query.group;
      out += "  " + query.name + std::string(30 - std::min<size_t>(29, query.name.size()), ' ') +
             query.title + "\n";
    }
    if (out.empty()) return complain("there is no question or group " + printable(argument));
    print_out(out);
  }

  void set_format(const std::string& format) {
    constexpr std::array kFormats = {"table", "csv", "json", "jsonl", "markdown"};
    if (std::find(kFormats.begin(), kFormats.end(), format) == kFormats.end())
      return complain(".format takes table, csv, json, jsonl or markdown");
    choice_.format = format;
  }

  void set_limit(const std::string& rows) {
    bool number = !rows.empty() && rows.size() < 10 &&
                  std::all_of(rows.begin(), rows.end(), [](char c) { return is_digit(c); });
    if (!number) return complain(".limit takes a number of rows, 0 for all");
    choice_.limit = std::stoull(rows);
  }

  LineEditor::Completion complete(const std::string& before) {
    size_t begin = before.size();
    auto part = [](char c) {
      return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' ||
             c == '.';
    };
    while (begin > 0 && part(before[begin - 1])) --begin;
    std::string word = before.substr(begin);
    LineEditor::Completion completion;
    completion.replaced = word.size();
    if (word.empty()) return completion;
    auto offer = [&](const std::string& candidate) {
      if (starts_with_ignore_case(candidate, word)) completion.words.push_back(candidate);
    };
    if (word[0] == '.' && begin == 0 && statement_.empty()) {
      for (const char* name : kCommands) offer(name);
      return completion;
    }
    for (const std::string& column : columns()) offer(column);
    for (const char* known : kWords) offer(known);
    for (const std::string& table : session_.tables()) offer(table);
    return completion;
  }

  /// Columns and their members, asked for once.
  const std::vector<std::string>& columns() {
    if (!columns_.empty()) return columns_;
    for (const std::string& table : session_.tables()) {
      auto columns = session_.columns(table);
      if (!columns.ok()) continue;
      for (const duck::AnswerColumn& column : columns.value()) columns_.push_back(column.name);
    }
    for (const char* member :
         {"useridentity.type", "useridentity.arn", "useridentity.accountid",
          "useridentity.accesskeyid", "useridentity.username", "useridentity.principalid",
          "useridentity.invokedby", "useridentity.sessioncontext.sessionissuer.arn",
          "useridentity.sessioncontext.sessionissuer.username",
          "useridentity.sessioncontext.attributes.mfaauthenticated"})
      columns_.emplace_back(member);
    std::sort(columns_.begin(), columns_.end());
    columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
    return columns_;
  }

  engine::SqlSession& session_;
  SqlChoice choice_;
  engine::World world_;
  std::string statement_;
  std::vector<std::string> columns_;
  bool timing_ = true;
};

}  // namespace

int run_shell(engine::SqlSession& session, const SqlChoice& choice, engine::World world) {
  return Shell(session, choice, world).run();
}

}  // namespace cairn::cli
