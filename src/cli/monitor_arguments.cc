#include "cli/monitor_arguments.h"

#include "cli/shared_options.h"
#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct MonitorArguments::State {
  CLI::App* monitor = nullptr;
  MonitorCommand trial;
  CLI::App *replay = nullptr, *test = nullptr, *dashboard = nullptr, *run = nullptr, *put = nullptr;
  DashboardCommand dashboard_command;
  FilterTexts dashboard_filter;
  MonitorTestCommand test_command;
  ReplayCommand replay_command;
  FilterTexts replay_filter;
  std::vector<std::string> parameters;
  std::string clock = "event", bucket = "arrival", until;
  MonitorRunCommand run_command;
  MonitorPutCommand put_command;

  void add_replay();
  Command finish_replay(Timestamp now);
  void add_dashboard();
  Command finish_dashboard(Timestamp now);
  void add_run();
  void add_put();
  Command finish_run(Timestamp now);
  void add_test();
  Command finish_test();
  /// Puts --parameter into place, or says what is wrong.
  std::optional<Stop> finish_parameters(const char* name, engine::StackChoice& stack) const;
};

std::optional<Stop> MonitorArguments::State::finish_parameters(const char* name,
                                                               engine::StackChoice& stack) const {
  for (const std::string& text : parameters) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return usage_error(name, "--parameters: write NAME=VALUE");
    stack.parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return std::nullopt;
}

void MonitorArguments::State::add_test() {
  test = monitor->add_subcommand("test", "Send made-up events through filters and alarms");
  test->add_option("TEMPLATE", test_command.stack.templates, "CloudFormation templates")
      ->required();
  test->add_option("--events", test_command.tests, "YAML: the events, and what should come of them")
      ->required();
  test->add_option("-p,--parameters,--parameter", parameters,
                   "NAME=VALUE: a parameter of the templates")
      ->allow_extra_args(false);
  test->add_flag("--json", test_command.json, "Write one JSON object a test");
  test->footer(
      "`cairn help monitor` has the format of the events.\n"
      "Exit codes: 0 all hold, 1 some do not, 2 wrong usage, template or tests, 3 a file could not "
      "be read.\n"
      "Example:\n"
      "  cairn monitor test alarms.yaml --events alarms.test.yaml");
}

Command MonitorArguments::State::finish_test() {
  if (auto stop = finish_parameters("monitor test", test_command.stack)) return *stop;
  return test_command;
}

void MonitorArguments::State::add_replay() {
  engine::ReplayOptions& options = replay_command.options;
  replay = monitor->add_subcommand(
      "replay", "Tell what every alarm would have done over logs, and who was behind it");
  replay->add_option("PATH,--logs", options.place.read.inputs,
                     "Files or folders of CloudTrail logs, - for standard input; none: the lake");
  replay
      ->add_option("-t,--template", options.stack.templates,
                   "A CloudFormation template (default: what `cairn apply` applied, else the one "
                   "inside the program)")
      ->allow_extra_args(false)
      ->group("What");
  replay
      ->add_option("--state", options.stack.state_folder,
                   "Where applied templates are kept (default: $CAIRN_STATE, else "
                   "~/.local/share/cairn/state)")
      ->group("What");
  replay
      ->add_option("-p,--parameters,--parameter", parameters,
                   "NAME=VALUE: a parameter of the templates")
      ->allow_extra_args(false)
      ->group("What");
  replay
      ->add_option("--set", options.variants,
                   "Compare with ALARM.Threshold=5 (also EvaluationPeriods, DatapointsToAlarm, "
                   "TreatMissingData; * in the name; several with commas); again for more")
      ->allow_extra_args(false)
      ->group("What");
  replay
      ->add_option("--clock", clock,
                   "event: events count at their eventTime; arrival: when their file came")
      ->check(CLI::IsMember({"event", "arrival"}))
      ->group("What");
  add_filter(*replay, replay_filter, options.place.read.filter);
  add_lake_choice(*replay, replay_command.lake);
  replay
      ->add_flag("--all", replay_command.all_changes,
                 "Also changes that have nothing to do with ALARM")
      ->group("Output");
  replay->add_flag("--sql", replay_command.sql, "Print SQL that lists the events behind an alarm")
      ->group("Output");
  replay->add_option("--top", replay_command.top, "Changes on the screen (default 50, 0: all)")
      ->group("Output");
  replay->add_flag("--json", replay_command.json, "Write one JSON object")->group("Output");
  add_appearance(*replay, replay_command.appearance);
  add_threads(*replay, options.place.read.threads);
  replay->footer(
      "Exit codes: 0 replayed, 2 wrong usage or template, 3 something could not be read.\n"
      "Examples:\n"
      "  cairn monitor replay ./AWSLogs\n"
      "  cairn monitor replay ./AWSLogs -t alarms.yaml --set 'FailedLogins.Threshold=10' --json");
}

Command MonitorArguments::State::finish_replay(Timestamp now) {
  ReplayCommand& command = replay_command;
  engine::ReplayOptions& options = command.options;
  if (auto stop = finish_filter("monitor replay", replay_filter, now, options.place.read.filter))
    return *stop;
  if (!options.place.read.inputs.empty() && !command.lake.folder.empty())
    return usage_error("monitor replay", "a path and --lake: replay either logs or the lake");
  if (auto stop = finish_parameters("monitor replay", options.stack)) return *stop;
  options.clock = clock == "arrival" ? engine::EventClock::kArrival : engine::EventClock::kEvent;
  return command;
}

void MonitorArguments::State::add_dashboard() {
  engine::DashboardOptions& options = dashboard_command.options;
  dashboard = monitor->add_subcommand("dashboard", "Draw a CloudWatch dashboard as one HTML page");
  dashboard->add_option(
      "PATH,--logs", options.place.read.inputs,
      "Files or folders of CloudTrail logs, - for standard input; none: the lake");
  dashboard
      ->add_option("-t,--template", options.stack.templates,
                   "A CloudFormation template (default: what `cairn apply` applied, else the one "
                   "inside the program)")
      ->allow_extra_args(false)
      ->group("What");
  dashboard
      ->add_option("--name", options.name,
                   "The dashboard's name or logical id (default: the first)")
      ->group("What");
  dashboard
      ->add_option("--state", options.stack.state_folder,
                   "Where applied templates are kept (default: $CAIRN_STATE, else "
                   "~/.local/share/cairn/state)")
      ->group("What");
  dashboard
      ->add_option("-p,--parameters,--parameter", parameters,
                   "NAME=VALUE: a parameter of the templates")
      ->allow_extra_args(false)
      ->group("What");
  add_filter(*dashboard, dashboard_filter, options.place.read.filter);
  add_lake_choice(*dashboard, dashboard_command.lake);
  dashboard
      ->add_option("-o,--out", dashboard_command.out, "The page to write, - for standard output")
      ->capture_default_str()
      ->group("Output");
  add_appearance(*dashboard, dashboard_command.appearance);
  add_threads(*dashboard, options.place.read.threads);
  dashboard->footer(
      "Metrics and alarms come from the template's own filters and alarms, replayed over the "
      "logs.\n"
      "The page loads nothing and can be forwarded.\n"
      "Exit codes: 0 drawn, 2 wrong usage or template, 3 something could not be read or written.\n"
      "Example:\n"
      "  cairn monitor dashboard ./AWSLogs -o overview.html");
}

Command MonitorArguments::State::finish_dashboard(Timestamp now) {
  DashboardCommand& command = dashboard_command;
  engine::DashboardOptions& options = command.options;
  if (auto stop =
          finish_filter("monitor dashboard", dashboard_filter, now, options.place.read.filter))
    return *stop;
  if (!options.place.read.inputs.empty() && !command.lake.folder.empty())
    return usage_error("monitor dashboard", "a path and --lake: draw either logs or the lake");
  if (auto stop = finish_parameters("monitor dashboard", options.stack)) return *stop;
  return command;
}

void MonitorArguments::State::add_run() {
  ReplayCommand& output = run_command.output;
  run =
      monitor->add_subcommand("run", "Move the alarms on: what is new in logs since the last run");
  auto* paths = run->add_option("PATH", output.options.place.read.inputs,
                                "Files or folders of CloudTrail logs, - for standard input");
  auto* history =
      run->add_flag("--history", run_command.history, "Only tell what earlier runs have seen");
  paths->excludes(history);
  run->add_option("-t,--template", output.options.stack.templates,
                  "A CloudFormation template (default: what `cairn apply` applied, else the one "
                  "inside the program)")
      ->allow_extra_args(false)
      ->group("What");
  run->add_option("--state", output.options.stack.state_folder,
                  "Where metrics and alarms live on (default: $CAIRN_STATE, else "
                  "~/.local/share/cairn/state)")
      ->group("What");
  run->add_option("-p,--parameters,--parameter", parameters,
                  "NAME=VALUE: a parameter of the templates")
      ->allow_extra_args(false)
      ->group("What");
  run->add_option("--bucket", bucket,
                  "arrival: events count when their file came; event: at their eventTime")
      ->check(CLI::IsMember({"event", "arrival"}))
      ->group("What");
  run->add_option("--until", until, "Judge alarms up to then (default: now)")->group("What");
  run->add_flag("--all", output.all_changes, "Also changes that have nothing to do with ALARM")
      ->group("Output");
  run->add_flag("--sql", output.sql, "Print SQL that lists the events behind an alarm")
      ->group("Output");
  run->add_option("--top", output.top, "Changes on the screen (default 50, 0: all)")
      ->group("Output");
  run->add_flag("--json", output.json, "Write one JSON object")->group("Output");
  add_appearance(*run, output.appearance);
  add_threads(*run, output.options.place.read.threads);
  run->footer(
      "Exit codes: 0 done, 2 wrong usage or template, 3 something could not be read or written.\n"
      "Example, once a minute:\n"
      "  cairn monitor run /var/log/AWSLogs");
}

Command MonitorArguments::State::finish_run(Timestamp now) {
  engine::ReplayOptions& options = run_command.output.options;
  if (auto stop = finish_parameters("monitor run", options.stack)) return *stop;
  options.clock = bucket == "arrival" ? engine::EventClock::kArrival : engine::EventClock::kEvent;
  if (options.place.read.inputs.empty() && !run_command.history)
    return usage_error("monitor run", "name files or folders of logs");
  if (until.empty()) return run_command;
  auto time = parse_human_time(until, now, TimeEdge::kStart);
  if (!time.ok()) return usage_error("monitor run", "--until: " + time.error().message);
  run_command.until = time.value();
  return run_command;
}

void MonitorArguments::State::add_put() {
  put = monitor->add_subcommand("put", "Keep datapoints in the shape of PutMetricData");
  put->add_option("FILE", put_command.path,
                  "A JSON document, or one a line (default: standard input)");
  put->add_option("--state", put_command.state_folder,
                  "Where metrics live on (default: $CAIRN_STATE, else ~/.local/share/cairn/state)");
  put->footer(
      "All data of the file are kept, or none.\n"
      "Exit codes: 0 kept, 2 wrong usage or data, 3 something could not be read or written.\n"
      "Example:\n"
      "  echo '{\"Namespace\": \"App\", \"MetricData\": [{\"MetricName\": \"Errors\", \"Value\": "
      "3}]}' | cairn monitor put");
}

MonitorArguments::MonitorArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& raw = *state_;
  raw.monitor = app.add_subcommand("monitor", "Judge CloudWatch alarms as CloudWatch does");
  raw.monitor->require_subcommand(1);
  CLI::App* attempt =
      raw.monitor->add_subcommand("try", "Hold alarms against datapoints, one alarm a line");
  attempt->add_option("FILE", raw.trial.lines, "JSON lines (default: standard input)");
  attempt->footer(
      "A line is {\"alarm\": PROPERTIES, \"datapoints\": [number or null, oldest first], "
      "\"state\": "
      "\"OK\"};\n"
      "PROPERTIES are those of AWS::CloudWatch::Alarm, or of AWS::CloudWatch::CompositeAlarm with\n"
      "\"states\": {ALARM: STATE} for datapoints. The answer is the state, or error: and why.\n"
      "Exit codes: 0 answered, 2 wrong usage, 3 the lines could not be read.");
  raw.add_replay();
  raw.add_run();
  raw.add_put();
  raw.add_test();
  raw.add_dashboard();
}

MonitorArguments::~MonitorArguments() = default;

std::optional<Command> MonitorArguments::finish(Timestamp now) {
  if (!state_->monitor->parsed()) return std::nullopt;
  if (state_->replay->parsed()) return state_->finish_replay(now);
  if (state_->dashboard->parsed()) return state_->finish_dashboard(now);
  if (state_->run->parsed()) return state_->finish_run(now);
  if (state_->put->parsed()) return state_->put_command;
  if (state_->test->parsed()) return state_->finish_test();
  return state_->trial;
}

}  // namespace cairn::cli
