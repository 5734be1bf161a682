#include "cli/investigate_arguments.h"

#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

namespace {

void add_page(CLI::App& command, std::string& file) {
  command
      .add_option("--html", file,
                  "Also write the answer as one page for a browser, which loads nothing else")
      ->group("Output");
}

/// What all of them take.
void add_place(CLI::App& command, QuestionCommand& question, FilterTexts& filter) {
  add_filter(command, filter, question.place.read.filter);
  add_lake_choice(command, question.lake);
  command.add_flag("--json", question.json, "Write one JSON object")->group("Output");
  command.add_option("-o,--output", question.output, "Write to this file instead of the screen")
      ->group("Output");
  add_page(command, question.html);
  if (tells_places(question.kind)) add_places(command, question.geoip);
  add_appearance(command, question.appearance);
  add_threads(command, question.place.read.threads);
}

void add_rules_choice(CLI::App& command, QuestionCommand& question) {
  command
      .add_option("-r,--rules", question.rules.paths,
                  "Sigma rules to run besides the built-in pack: files or folders")
      ->allow_extra_args(false)
      ->group("Rules");
}

constexpr const char* kExitCodes =
    "Exit codes: 0 answered, 1 nothing found, 2 wrong usage, 3 something could not be read.\n";

}  // namespace

struct InvestigateArguments::State {
  struct Question {
    CLI::App* app = nullptr;
    QuestionCommand command;
    FilterTexts filter;
  };
  Question who, blast, policy, diff;
  std::vector<std::string> before, after;
  CLI::App* undo = nullptr;
  UndoCommand undo_command;
  FilterTexts undo_filter;

  void add_diff(CLI::App& app);
  std::optional<Stop> finish_diff(Timestamp now);
  void add_undo(CLI::App& app);
  Command finish_undo(Timestamp now);

  void add_about(CLI::App& app, Question& question, QuestionKind kind, const char* name,
                 const char* subject, const char* description);
};

void InvestigateArguments::State::add_about(CLI::App& app, Question& question, QuestionKind kind,
                                            const char* name, const char* subject,
                                            const char* description) {
  question.app = app.add_subcommand(name, description);
  question.command.kind = kind;
  question.app
      ->add_option(subject, question.command.subject,
                   "A user, role, session or person (role/Admin, an ARN, a name; * and ?), an "
                   "access key, or an address")
      ->required();
  question.app->add_option("PATH", question.command.place.read.inputs,
                           "Files or folders of CloudTrail logs, - for standard input; none: the "
                           "lake");
  add_place(*question.app, question.command, question.filter);
}

void InvestigateArguments::State::add_diff(CLI::App& app) {
  diff.app =
      app.add_subcommand("diff", "Tell what is new, gone, more and less: two paths or times");
  diff.command.kind = QuestionKind::kDiff;
  diff.app
      ->add_option("--before", before, "A path, or a time: 2024-01-01..2024-01-31 (several paths)")
      ->required()
      ->allow_extra_args(false)
      ->group("What");
  diff.app->add_option("--after", after, "The same for what is compared with it")
      ->required()
      ->allow_extra_args(false)
      ->group("What");
  diff.app->add_option("PATH", diff.command.place.read.inputs,
                       "For times: files or folders of CloudTrail logs; none: the lake");
  add_place(*diff.app, diff.command, diff.filter);
  diff.app->footer(std::string(kExitCodes) +
                   "Examples:\n"
                   "  cairn diff --before ./january --after ./february\n"
                   "  cairn diff --before 2024-01..2024-02 --after 2024-03..2024-03 ./AWSLogs");
}

/// "FROM..TO" is a time when both ends are; all else is a path.
static std::optional<engine::TimeRange> range_of(const std::string& text, Timestamp now) {
  size_t dots = text.find("..");
  if (dots == std::string::npos || dots == 0) return std::nullopt;
  auto from = parse_human_time(text.substr(0, dots), now, TimeEdge::kStart);
  auto to = parse_human_time(text.substr(dots + 2), now, TimeEdge::kEnd);
  if (!from.ok() || !to.ok()) return std::nullopt;
  return engine::TimeRange{from.value(), to.value()};
}

std::optional<Stop> InvestigateArguments::State::finish_diff(Timestamp now) {
  engine::DiffOptions& options = diff.command.diff;
  auto first = range_of(before.front(), now), second = range_of(after.front(), now);
  if (first.has_value() != second.has_value())
    return usage_error("diff", "--before and --after: two paths, or two times FROM..TO");
  if (!first) {
    options.before_paths = before;
    options.after_paths = after;
    if (!diff.command.place.read.inputs.empty() || !diff.command.lake.folder.empty())
      return usage_error("diff", "with two paths there is no third, and no lake");
    return std::nullopt;
  }
  if (before.size() > 1 || after.size() > 1)
    return usage_error("diff", "one time before, one after");
  if (!diff.filter.from.empty() || !diff.filter.to.empty())
    return usage_error("diff", "two times and --from, --to: leave these out");
  for (const auto& range : {*first, *second})
    if (range.from > range.to) return usage_error("diff", "a time ends before it begins");
  options.before_time = *first;
  options.after_time = *second;
  return std::nullopt;
}

void InvestigateArguments::State::add_undo(CLI::App& app) {
  UndoCommand& command = undo_command;
  undo = app.add_subcommand("undo", "Write a script that takes calls back");
  undo->add_option(
      "ID... PATH", command.words.words,
      "Incidents (INC-…), eventIDs or beginnings, ids of findings; then where: files or folders; "
      "without a path: the lake");
  undo->add_option("--in", command.words.paths, "A path; then every word is an id")
      ->allow_extra_args(false)
      ->group("Where");
  undo->add_option("--by", command.options.by,
                   "Take back all that this principal or key did, and what it made did; then every "
                   "word is a path")
      ->group("What");
  add_filter(*undo, undo_filter, command.options.place.read.filter);
  add_lake_choice(*undo, command.lake);
  add_places(*undo, command.geoip);
  undo->add_flag("--json", command.json, "Write the calls and commands as one JSON object")
      ->group("Output");
  undo->add_option("-o,--output", command.output, "Write to this file instead of the screen")
      ->group("Output");
  add_page(*undo, command.html);
  add_appearance(*undo, command.appearance);
  add_threads(*undo, command.options.place.read.threads);
  undo->footer(std::string("The script prints what it would do; its own --execute does it, for the "
                           "account of your\ncredentials. Filters hide earlier records, which say "
                           "what was there before.\n") +
               kExitCodes +
               "Examples:\n"
               "  cairn undo 65e111a0 ./AWSLogs > undo.sh && less undo.sh && bash undo.sh\n"
               "  cairn undo --by AKIAIOSFODNN7EXAMPLE ./AWSLogs -o undo.sh");
}

Command InvestigateArguments::State::finish_undo(Timestamp now) {
  UndoCommand& command = undo_command;
  if (auto stop = finish_filter("undo", undo_filter, now, command.options.place.read.filter))
    return *stop;
  return command;
}

InvestigateArguments::InvestigateArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.add_about(app, s.who, QuestionKind::kWho, "who", "PRINCIPAL|KEY|IP",
              "Tell everything about a principal, access key or address on one page");
  add_rules_choice(*s.who.app, s.who.command);
  s.who.app->footer(std::string(kExitCodes) +
                    "Examples:\n"
                    "  cairn who alice ./AWSLogs\n"
                    "  cairn who AKIAIOSFODNN7EXAMPLE ./AWSLogs --json\n"
                    "  cairn who 198.51.100.7 --lake ./lake");
  s.add_about(app, s.blast, QuestionKind::kBlast, "blast", "KEY|ROLE|USER",
              "Tell what a credential and all that it made left behind, and how to contain it");
  s.blast.app->footer(std::string(kExitCodes) +
                      "Examples:\n"
                      "  cairn blast AKIAIOSFODNN7EXAMPLE ./AWSLogs\n"
                      "  cairn blast role/Admin ./AWSLogs --from 2024-01-10 --json");
  s.add_undo(app);
  s.add_diff(app);
  s.add_about(app, s.policy, QuestionKind::kPolicy, "policy", "PRINCIPAL",
              "Write a least-privilege policy from what a role or user used");
  s.policy.app->footer(std::string(kExitCodes) +
                       "Examples:\n"
                       "  cairn policy role/app ./AWSLogs\n"
                       "  cairn policy svc-backup ./AWSLogs --json | jq -r .policies[0] | jq .");
}

InvestigateArguments::~InvestigateArguments() = default;

std::optional<Command> InvestigateArguments::finish(Timestamp now) {
  if (state_->undo->parsed()) return state_->finish_undo(now);
  for (State::Question* question : {&state_->who, &state_->blast, &state_->policy, &state_->diff}) {
    if (question->app == nullptr || !question->app->parsed()) continue;
    QuestionCommand& command = question->command;
    if (auto stop = finish_filter(question->app->get_name(), question->filter, now,
                                  command.place.read.filter))
      return *stop;
    if (command.kind == QuestionKind::kDiff)
      if (auto stop = state_->finish_diff(now)) return *stop;
    if (!command.place.read.inputs.empty() && !command.lake.folder.empty())
      return usage_error(question->app->get_name(),
                         "a path and --lake: ask either logs or the lake");
    return command;
  }
  return std::nullopt;
}

}  // namespace cairn::cli
