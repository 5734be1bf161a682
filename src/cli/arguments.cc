#include "cli/arguments.h"

#include "base/text.h"
#include "cli/command_tree.h"
#include "cli/explore_arguments.h"
#include "cli/insights_arguments.h"
#include "cli/investigate_arguments.h"
#include "cli/lake_arguments.h"
#include "cli/monitor_arguments.h"
#include "cli/outputs_help.h"
#include "cli/rules_arguments.h"
#include "cli/shared_options.h"
#include "cli/sql_arguments.h"
#include "cli/stack_arguments.h"
#include "cli/story_arguments.h"
#include "cli/usage_error.h"
#include "cli/verify_arguments.h"
#include "simulate/digests.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

namespace cairn::cli {

namespace {

/// Options are read as text first; conversions that need more than CLI11's own happen after
/// parsing, with our messages.
struct Raw {
  ScanCommand scan;
  SimulateCommand simulate;
  RulesCommand rules;
  HelpCommand help;
  std::string shell;
  FilterTexts filter;
  std::string level = "low", fail_on = "medium", memory, lateness;
  bool no_builtin = false, no_incidents = false;
  // What was said about a simulation; what was not said comes from the scenario or the defaults.
  std::string scenario, start, length, size, organization;
  std::optional<uint64_t> events;
  std::optional<size_t> accounts, people;
  std::vector<std::string> attacks;
  std::vector<std::string> exports, columns;
  std::string profile = "analyst", sort = "time";
  bool list_outputs = false;
  bool organization_trail = false, second_trail = false, outage = false, broken = false;
};

CLI::App* add_scan(CLI::App& app, Raw& raw) {
  CLI::App* scan = app.add_subcommand("scan", "Read CloudTrail logs and say what happened");
  engine::ScanOptions& options = raw.scan.options;
  scan->add_option(
          "PATH", options.inputs,
          "Files or folders of CloudTrail logs, in any of their shapes; - for standard input")
      ->required();
  add_filter(*scan, raw.filter, options.filter);
  scan->add_option("-r,--rules", options.rules.paths,
                   "Sigma rules to run besides the built-in pack: files or folders")
      ->allow_extra_args(false)
      ->group("Rules");
  scan->add_flag("--no-builtin", raw.no_builtin, "Leave the built-in pack out")->group("Rules");
  add_sets(*scan, options.rules.sets, "Rules");
  scan->add_flag("--no-incidents", raw.no_incidents,
                 "Do not ask who is behind the findings: no incidents, a little faster")
      ->group("Rules");
  scan->add_option("--values", options.rules.values_path,
                   "YAML file with the values of placeholders (expand) in rules")
      ->group("Rules");
  scan->add_option("--state", options.state_path,
                   "Rules over several events go on where the last scan with this file ended; it "
                   "holds parts of events")
      ->group("Rules");
  scan->add_option(
          "--lateness", raw.lateness,
          "With --state: events wait until others are so much younger (15m), the last ones "
          "for the next scan, so that logs may be delivered late")
      ->needs(scan->get_option("--state"))
      ->group("Rules");
  scan->add_option("-l,--level", raw.level,
                   "Findings below this level are counted as context: informational, low, medium, "
                   "high, critical")
      ->group("Rules")
      ->capture_default_str();
  scan->add_option("--fail-on", raw.fail_on,
                   "Exit with 10 when there is a finding of this level or above")
      ->group("Rules")
      ->capture_default_str();
  scan->add_option(
          "-k,--keys", options.key_files,
          "Prove the logs first, as cairn verify does: CloudTrail's public keys, what `aws "
          "cloudtrail list-public-keys` printed; one file for each region")
      ->allow_extra_args(false)
      ->group("Integrity");
  scan->add_option("-o,--out", options.out_folder, "Write all files into this folder")
      ->group("Files");
  scan->add_option("--html", options.html_path,
                   "Write the report: one page for a browser, which loads nothing else")
      ->group("Files");
  scan->add_option("--csv", options.csv_path,
                   "Write the timeline: one row per match, safe for spreadsheets")
      ->group("Files");
  scan->add_option("--jsonl", options.jsonl_path, "Write the findings, one JSON object a line")
      ->group("Files");
  scan->add_option("--matches", options.matches_path,
                   "Write rule id TAB eventID of every match, before grouping")
      ->group("Files");
  scan->add_flag("--save-findings", raw.scan.save_findings,
                 "Keep the findings in the lake, as its table findings (cairn sql)")
      ->group("Lake");
  add_lake_choice(*scan, raw.scan.lake);
  add_evidence(*scan, raw.scan.evidence);
  add_threads(*scan, options.threads);
  scan->add_option("-e,--export", raw.exports,
                   "Write one kind of file: NAME=FILE, or NAME into the folder of --out; all for "
                   "every kind (see --list-outputs)")
      ->allow_extra_args(false)
      ->group("Files");
  scan->add_option("--profile", raw.profile,
                   "Columns of the timeline: minimal, analyst, full, timesketch, raw")
      ->check(CLI::IsMember({"minimal", "analyst", "full", "timesketch", "raw"}))
      ->group("Files")
      ->capture_default_str();
  scan->add_option("--columns", raw.columns, "Columns of the timeline, by name: time,who,action")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("Files");
  scan->add_option("--sort", raw.sort, "Order of the timeline: time, level, rule")
      ->check(CLI::IsMember({"time", "level", "rule"}))
      ->group("Files")
      ->capture_default_str();
  scan->add_flag_callback(
          "--list-outputs",
          [&raw] {
            raw.list_outputs = true;
            throw CLI::Success();  // tidy: allow throw, CLI11's own way to end
          },
          "Explain every file, profile and column, and end")
      ->group("Files");
  scan->add_option("--top", raw.scan.top,
                   "Rules whose findings are shown in full, others in a line; 0 shows everything")
      ->check(CLI::Range(0, 10000))
      ->group("Screen")
      ->capture_default_str();
  add_places(*scan, raw.scan.geoip);
  add_appearance(*scan, raw.scan.appearance);
  scan->footer(
      "Exit codes: 0 nothing at or above --fail-on, 10 findings, 2 wrong usage, 3 something could "
      "not be read or written, or nothing was CloudTrail.\n"
      "Examples:\n"
      "  cairn scan ./AWSLogs\n"
      "  cairn scan ./AWSLogs --from 2024-01-10 --to 2024-01-12 --principal '*alice*'\n"
      "  aws cloudtrail lookup-events --output json | cairn scan - --out report");
  return scan;
}

CLI::App* add_simulate(CLI::App& app, Raw& raw) {
  CLI::App* command = app.add_subcommand(
      "simulate",
      "Make up an organisation's CloudTrail logs, with attacks and the truth beside them");
  command->add_option("FOLDER", raw.simulate.folder,
                      "Where to write AWSLogs/, truth/ and simulation.json");
  command->add_flag("--list", raw.simulate.list, "List the attacks and scenarios and end");
  command
      ->add_option("--scenario", raw.scenario,
                   "A ready-made simulation (see --list); other options change it")
      ->group("What happens");
  command
      ->add_option("--attack", raw.attacks,
                   "Attacks to play: NAME or NAME:DISGUISE, all for every one; disguises are "
                   "new, known-address, known")
      ->allow_extra_args(false)
      ->group("What happens");
  command->add_option("--seed", raw.simulate.plan.seed, "The same seed gives the same bytes")
      ->group("What happens")
      ->capture_default_str();
  command->add_option("--start", raw.start, "First day (default: 2024-06-03, a Monday)")
      ->group("What happens");
  command->add_option("--length", raw.length, "How long: 12h, 7d, 2w (default: 1d)")
      ->group("What happens");
  command->add_option("--events", raw.events, "So many events (default: as --size says)")
      ->group("What happens");
  command->add_option("--size", raw.size, "small, medium or large (default: small)")
      ->group("The organisation");
  command->add_option("--accounts", raw.accounts, "Number of accounts (default: as --size says)")
      ->group("The organisation");
  command->add_option("--people", raw.people, "Number of people (default: as --size says)")
      ->group("The organisation");
  command
      ->add_option("--organization", raw.organization, "Name in buckets and roles (default: acme)")
      ->group("The organisation");
  command
      ->add_flag("--organization-trail", raw.organization_trail,
                 "Paths of a trail of the whole organisation")
      ->group("How it is delivered");
  command
      ->add_flag("--second-trail", raw.second_trail,
                 "An old trail delivers every change a second time")
      ->group("How it is delivered");
  command->add_flag("--outage", raw.outage, "Twenty minutes of one account come three hours late")
      ->group("How it is delivered");
  command->add_flag("--broken", raw.broken, "Add damaged files, digests and Config snapshots")
      ->group("How it is delivered");
  std::vector<std::string> kinds;
  for (const simulate::TamperKind& kind : simulate::tamper_kinds()) kinds.emplace_back(kind.name);
  command
      ->add_flag("--digests", raw.simulate.digests,
                 "Add CloudTrail's signed digests, with public-keys.json (see cairn verify)")
      ->group("How it is delivered");
  command
      ->add_option("--tamper", raw.simulate.tamper,
                   "Do this to the logs or their digests afterwards; what it comes to stands in "
                   "truth/integrity.jsonl")
      ->check(CLI::IsMember(kinds))
      ->group("How it is delivered");
  command
      ->add_option("--rate", raw.simulate.events_per_second,
                   "Let files appear one by one, so many events a second (default: at once)")
      ->check(CLI::Range(uint64_t{1}, uint64_t{10'000'000}))
      ->group("How it is delivered");
  command
      ->add_option("--threads", raw.simulate.plan.threads,
                   "Worker threads (default: one for each processor)")
      ->check(CLI::Range(1, 256))
      ->group("Work")
      ->default_str("");
  add_appearance(*command, raw.simulate.appearance);
  command->footer(
      "Example:\n  cairn simulate ./sim --attack root-takeover --attack log-tampering && cairn "
      "scan ./sim/AWSLogs");
  return command;
}

CLI::App* add_help(CLI::App& app, Raw& raw) {
  CLI::App* command = app.add_subcommand("help", "Read the manual: the list of topics, or one");
  command->add_option("TOPIC", raw.help.topic, "A topic (default: the list of them)");
  add_appearance(*command, raw.help.appearance);
  return command;
}

CLI::App* add_completion(CLI::App& app, Raw& raw) {
  CLI::App* command =
      app.add_subcommand("completion", "Print a completion script: bash, zsh or fish");
  command->add_option("SHELL", raw.shell, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example:\n  source <(cairn completion bash)");
  return command;
}

/// The command line as a shell would take it again.
std::string quoted_command(int argument_count, const char* const* arguments) {
  std::string text = "cairn";
  for (int i = 1; i < argument_count; ++i) {
    std::string_view argument = arguments[i];
    bool plain = !argument.empty() && std::all_of(argument.begin(), argument.end(), [](char c) {
      return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
             std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
    });
    text += ' ';
    if (plain) {
      text += argument;
      continue;
    }
    text += '\'';
    for (char c : argument) {
      if (c == '\'') {
        text += "'\\''";
      } else {
        text += c;
      }
    }
    text += '\'';
  }
  return text;
}

/// Lets a command know how it was typed, for its manifest.
Command told(Command command, const std::string& typed) {
  if (auto* load = std::get_if<LoadCommand>(&command)) load->evidence.command = typed;
  if (auto* sql = std::get_if<SqlCommand>(&command)) sql->choice.evidence.command = typed;
  if (auto* ask = std::get_if<AskCommand>(&command)) ask->choice.evidence.command = typed;
  if (auto* verify = std::get_if<VerifyCommand>(&command)) verify->evidence.command = typed;
  return command;
}

/// Puts a converted option into place or says what is wrong with it.
std::optional<Stop> finish_scan(Raw& raw, Timestamp now) {
  if (auto stop = finish_filter("scan", raw.filter, now, raw.scan.options.filter)) return stop;
  if (!parse_level(raw.level, raw.scan.options.min_level)) {
    return usage_error("scan", "--level: \"" + printable(raw.level) +
                                   "\" is none of informational, low, medium, high, critical");
  }
  if (!parse_level(raw.fail_on, raw.scan.fail_on)) {
    return usage_error("scan", "--fail-on: \"" + printable(raw.fail_on) +
                                   "\" is none of informational, low, medium, high, critical");
  }
  if (raw.no_builtin && raw.scan.options.rules.paths.empty() &&
      raw.scan.options.rules.sets.empty()) {
    return usage_error("scan", "--no-builtin leaves no rules: name some with --rules");
  }
  raw.scan.options.rules.builtin = !raw.no_builtin;
  raw.scan.options.incidents = !raw.no_incidents;
  if (!raw.lateness.empty()) {
    auto lateness = parse_duration(raw.lateness);
    if (!lateness.ok()) return usage_error("scan", "--lateness: " + lateness.error().message);
    raw.scan.options.lateness = lateness.value();
  }
  return std::nullopt;
}

std::optional<Stop> finish_exports(Raw& raw) {
  engine::ScanOptions& options = raw.scan.options;
  std::vector<std::string> names = {"all"};
  for (const engine::OutputKind& kind : engine::output_kinds()) names.emplace_back(kind.name);
  for (const std::string& text : raw.exports) {
    size_t equals = text.find('=');
    std::string name = text.substr(0, equals);
    std::string path = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      std::string_view near = nearest(name, names);
      return usage_error("scan", "--export: there is no output \"" + printable(name) + "\"; " +
                                     (near.empty() ? "see cairn scan --list-outputs"
                                                   : "did you mean " + std::string(near) + "?"));
    }
    if (equals != std::string::npos && path.empty())
      return usage_error("scan", "--export: name a file after " + printable(text));
    if (path.empty() && options.out_folder.empty())
      return usage_error(
          "scan", "--export " + name + ": write " + name + "=FILE, or name a folder with --out");
    if (name != "all") {
      options.exports.push_back({name, path});
      continue;
    }
    if (!path.empty())
      return usage_error("scan", "--export all goes into the folder of --out, not into one file");
    for (const engine::OutputKind& kind : engine::output_kinds())
      options.exports.push_back({std::string(kind.name), ""});
  }
  return std::nullopt;
}

std::optional<Stop> finish_timeline(Raw& raw) {
  engine::ScanOptions& options = raw.scan.options;
  options.timeline.order = raw.sort == "level"  ? report::TimelineOrder::kLevel
                           : raw.sort == "rule" ? report::TimelineOrder::kRule
                                                : report::TimelineOrder::kTime;
  options.timeline_for_timesketch = raw.profile == "timesketch";
  if (options.timeline_for_timesketch && raw.sort != "time")
    return usage_error("scan", "--profile timesketch is by time: Timesketch sorts itself");
  if (auto columns = report::timeline_profile(raw.profile))
    options.timeline.columns = std::move(*columns);
  std::vector<std::string> known;
  for (const report::TimelineColumn& column : report::timeline_columns())
    known.emplace_back(column.name);
  for (const std::string& column : raw.columns) {
    if (std::find(known.begin(), known.end(), column) != known.end()) continue;
    std::string_view near = nearest(column, known);
    return usage_error("scan", "--columns: there is no column \"" + printable(column) + "\"; " +
                                   (near.empty() ? "see cairn scan --list-outputs"
                                                 : "did you mean " + std::string(near) + "?"));
  }
  if (raw.columns.empty()) return std::nullopt;
  if (raw.profile != "analyst")
    return usage_error("scan", "--profile and --columns both say which columns: give one of them");
  options.timeline.columns = raw.columns;
  return std::nullopt;
}

std::optional<Stop> finish_simulate(Raw& raw, Timestamp now) {
  SimulateCommand& command = raw.simulate;
  if (command.list) return std::nullopt;
  if (command.folder.empty())
    return usage_error("simulate", "name a folder to write to (or --list for what there is)");
  simulate::SimulationPlan plan;
  if (!raw.scenario.empty()) {
    const auto scenarios = simulate::simulation_scenarios();
    const auto found = std::find_if(scenarios.begin(), scenarios.end(), [&](const auto& scenario) {
      return scenario.name == raw.scenario;
    });
    if (found == scenarios.end()) {
      return usage_error("simulate", "--scenario: there is no \"" + printable(raw.scenario) +
                                         "\" (see cairn simulate --list)");
    }
    plan = found->plan;
  }
  plan.seed = command.plan.seed;
  plan.threads = command.plan.threads;
  if (!raw.size.empty()) {
    auto size = simulate::parse_organization_size(raw.size);
    if (!size) {
      return usage_error("simulate",
                         "--size: \"" + printable(raw.size) + "\" is none of small, medium, large");
    }
    plan.size = *size;
  }
  auto start =
      parse_human_time(raw.start.empty() ? "2024-06-03" : raw.start, now, TimeEdge::kStart);
  if (!start.ok()) return usage_error("simulate", "--start: " + start.error().message);
  plan.start = start.value();
  if (!raw.length.empty()) {
    auto length = parse_duration(raw.length);
    if (!length.ok()) return usage_error("simulate", "--length: " + length.error().message);
    plan.length = length.value();
  }
  if (!raw.organization.empty()) plan.organization = raw.organization;
  if (raw.events) plan.target_events = *raw.events;
  if (raw.accounts) plan.accounts = *raw.accounts;
  if (raw.people) plan.people = *raw.people;
  if (!raw.attacks.empty()) plan.attacks = raw.attacks;
  plan.organization_trail |= raw.organization_trail;
  plan.second_trail |= raw.second_trail;
  plan.outage |= raw.outage;
  plan.broken |= raw.broken;
  if (!command.tamper.empty()) command.digests = true;
  if (command.digests && plan.broken)
    return usage_error(
        "simulate", "--digests and --broken: CloudTrail does not sign damaged files; choose one");
  if (command.digests && command.events_per_second > 0)
    return usage_error("simulate", "--digests and --rate: digests come when all logs are there");
  command.plan = std::move(plan);
  return std::nullopt;
}

}  // namespace

Command parse_arguments(int argument_count, const char* const* arguments, Timestamp now) {
  Raw raw;
  CLI::App app(
      "Cairn reads an AWS account's CloudTrail logs and says what happened, what is wrong, and "
      "what to do next.",
      "cairn");
  app.require_subcommand(1);
  bool version = false;
  app.add_flag_callback(
      "--version",
      [&version] {
        version = true;
        throw CLI::Success();
      },
      "Print the version and end");  // tidy: allow throw, CLI11's own way to end
  CLI::App* scan = add_scan(app, raw);
  ExploreArguments explore(app);
  InvestigateArguments investigate(app);
  InsightsArguments insights(app);
  StoryArguments story(app);
  LakeArguments lake(app);
  SqlArguments sql(app);
  VerifyArguments verify(app);
  MonitorArguments monitor(app);
  StackArguments stack(app);  // after monitor, which it adds to
  CLI::App* simulate = add_simulate(app, raw);
  add_rules(app, raw.rules, raw.no_builtin);
  CLI::App* help = add_help(app, raw);
  CLI::App* completion = add_completion(app, raw);
  CLI::App* version_command = app.add_subcommand("version", "Print the version");
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    if (version) return VersionCommand{};
    if (raw.list_outputs) return Stop{explain_outputs(), false};
    std::ostringstream out, err;
    bool failed = app.exit(error, out, err) != 0;
    if (!failed) return Stop{out.str(), false};
    return usage_error(app, error);
  }
  if (scan->parsed()) {
    if (auto stop = finish_scan(raw, now)) return *stop;
    raw.scan.options.command = quoted_command(argument_count, arguments);
    raw.scan.evidence.command = raw.scan.options.command;
    if (auto stop = finish_exports(raw)) return *stop;
    if (auto stop = finish_timeline(raw)) return *stop;
    return raw.scan;
  }
  if (auto command = explore.finish(now)) return *command;
  if (auto command = investigate.finish(now)) return *command;
  if (auto command = insights.finish(now)) return *command;
  if (auto command = story.finish(now)) return *command;
  std::string typed = quoted_command(argument_count, arguments);
  if (auto command = lake.finish(now)) return told(std::move(*command), typed);
  if (auto command = sql.finish()) return told(std::move(*command), typed);
  if (auto command = verify.finish(now)) return told(std::move(*command), typed);
  if (auto command = stack.finish()) return *command;
  if (auto command = monitor.finish(now)) return *command;
  if (simulate->parsed()) {
    if (auto stop = finish_simulate(raw, now)) return *stop;
    return raw.simulate;
  }
  if (version_command->parsed()) return VersionCommand{};
  if (help->parsed()) return raw.help;
  if (completion->parsed())
    return Stop{completion_script(describe_commands(app), raw.shell), false};
  raw.rules.rules.builtin = !raw.no_builtin;
  // `check PATH` and `test PATH` are about those files alone.
  bool own_files = raw.rules.action == RulesCommand::Action::kCheck ||
                   raw.rules.action == RulesCommand::Action::kTest;
  if (own_files && !raw.rules.rules.paths.empty()) raw.rules.rules.builtin = false;
  return raw.rules;
}

}  // namespace cairn::cli
