#include "base/text.h"
#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/shell.h"
#include "cli/sql_output.h"
#include "cli/usage_error.h"
#include "query/library.h"
#include "query/tokens.h"
#include "sys/process.h"

#include <algorithm>

namespace cairn::cli {

namespace {

/// One statement after the other; the first that fails ends it.
int run_statements(engine::SqlSession& session, const std::string& text, const SqlChoice& choice,
                   engine::World world) {
  auto statements = query::split_statements(text);
  if (!statements.ok()) return job_failed(statements.error());
  if (statements.value().empty()) {
    complain("there is no statement");
    return kExitUsage;
  }
  if (statements.value().size() > 1 && choice.output != "-") {
    complain("--output takes one statement; there are " +
             std::to_string(statements.value().size()));
    return kExitUsage;
  }
  if (int refused = prepare_evidence(choice.evidence, world); refused != 0) return refused;
  int code = 0;
  for (const std::string& statement : statements.value()) {
    auto answered = answer(session, world, statement, choice, true);
    if (!answered.ok()) {
      complain(answered.error().message);
      ErrorCode why = answered.error().code;
      bool usage = why == ErrorCode::kInvalidInput || why == ErrorCode::kPermission ||
                   why == ErrorCode::kUnsupported || why == ErrorCode::kNotFound;
      return usage ? kExitUsage : kExitIncomplete;
    }
    if (!choice.appearance.quiet) print_answered(answered.value());
    if (!answered.value().complete) code = kExitIncomplete;
  }
  integrity::ManifestFiles content;
  content.inputs = choice.options.logs;
  if (content.inputs.empty()) content.inputs = {join_path(lake_folder(choice.lake), "events")};
  content.results = {choice.output};
  return write_evidence(choice.evidence, world, std::move(content), {{"sql", text}}, code);
}

Result<std::string> read_statements(const std::string& path, Files& files) {
  constexpr uint64_t kFileBytes = 16u << 20;
  return read_file(files, path, kFileBytes);
}

Result<std::unique_ptr<engine::SqlSession>> open_session(const SqlChoice& choice,
                                                         engine::World world) {
  std::unique_ptr<lake::Lake> lake;
  if (choice.options.logs.empty()) {
    TRY_ASSIGN(lake, open_lake(choice.lake, lake::Access::kRead, world));
  }
  return engine::SqlSession::open(world, choice.options, std::move(lake));
}

int explain_failure(const Error& error, const SqlChoice& choice) {
  int code = job_failed(error);
  if (error.code == ErrorCode::kNotFound && choice.options.logs.empty())
    print_error("Ask raw logs with --logs FOLDER.\n");
  return code;
}

void list_queries(const std::string& group_or_all, std::string& out) {
  std::string group;
  for (const query::LibraryQuery& query : query::query_library()) {
    if (!group_or_all.empty() && query.group != group_or_all) continue;
    if (query.group != group) {
      out += (group.empty() ? "" : "\n") + query.group + "\n";
      group = query.group;
    }
    std::string name = query.name;
    for (const query::QueryParameter& parameter : query.parameters)
      if (!parameter.fallback) name += " " + parameter.name + "=…";
    out += "  " + name + std::string(34 - std::min<size_t>(33, display_width(name)), ' ') +
           query.title + "\n";
  }
}

void describe_query(const query::LibraryQuery& query, std::string& out) {
  out += query.title + "\n\n  answer      " + query.answer + "\n";
  for (const query::QueryParameter& parameter : query.parameters) {
    out += "  parameter   " + parameter.name + ": " + parameter.meaning;
    if (!parameter.fallback) {
      out += " (needed)";
    } else {
      out += " (default: " + (parameter.fallback->empty() ? "any" : *parameter.fallback) + ")";
    }
    out += "\n";
  }
  out += "\n" + query.sql + "\n";
}

const query::LibraryQuery* find_query(const std::string& name) {
  const auto& library = query::query_library();
  auto found = std::find_if(library.begin(), library.end(),
                            [&](const query::LibraryQuery& query) { return query.name == name; });
  return found == library.end() ? nullptr : &*found;
}

int list_questions(const std::string& name) {
  std::string text;
  const query::LibraryQuery* query = find_query(name);
  if (query != nullptr) {
    describe_query(*query, text);
  } else {
    list_queries(name, text);
  }
  if (text.empty()) {
    complain("there is no question and no group \"" + printable(name) + "\"");
    return kExitUsage;
  }
  if (name.empty())
    text += "\n" + plural(query::query_library().size(), "question") +
            "; cairn ask --list NAME tells about one\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int unknown_question(const std::string& name) {
  std::vector<std::string> names;
  for (const query::LibraryQuery& query : query::query_library()) names.push_back(query.name);
  std::string_view near = nearest(name, names);
  complain("there is no question \"" + printable(name) + "\"; " +
           (near.empty() ? "see cairn ask --list" : "did you mean " + std::string(near) + "?"));
  return kExitUsage;
}

}  // namespace

int run(const SqlCommand& command, engine::World world) {
  std::string text = command.statement;
  bool shell =
      text.empty() && command.file.empty() && is_terminal(Stream::kOut) && is_input_terminal();
  if (text.empty() && !shell) {
    auto read = read_statements(command.file.empty() ? "-" : command.file, world.files);
    if (!read.ok()) return job_failed(read.error());
    text = std::move(read).value();
  }
  auto session = open_session(command.choice, world);
  if (!session.ok()) return explain_failure(session.error(), command.choice);
  if (shell) return run_shell(*session.value(), command.choice, world);
  return run_statements(*session.value(), text, command.choice, world);
}

int run(const AskCommand& command, engine::World world) {
  if (command.list) return list_questions(command.name);
  const query::LibraryQuery* query = find_query(command.name);
  if (query == nullptr) return unknown_question(command.name);
  std::vector<std::pair<std::string, std::string>> values;
  for (const std::string& text : command.parameters) {
    size_t equals = text.find('=');
    if (equals == std::string::npos) {
      print_error(
          usage_error("ask", "--param: write NAME=VALUE, not \"" + printable(text) + "\"").text);
      return kExitUsage;
    }
    values.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  auto sql = query::fill_parameters(*query, values, world.clock.now());
  if (!sql.ok()) return job_failed(sql.error());
  if (command.print_sql) return print_out(sql.value() + "\n") ? 0 : kExitIncomplete;
  auto session = open_session(command.choice, world);
  if (!session.ok()) return explain_failure(session.error(), command.choice);
  return run_statements(*session.value(), sql.value(), command.choice, world);
}

}  // namespace cairn::cli
