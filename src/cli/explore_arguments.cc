#include "cli/explore_arguments.h"

#include "base/text.h"
#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

namespace {

/// Where the rows go, as flags.
struct ListingFlags {
  bool csv = false, json = false, raw = false;
};

void add_listing(CLI::App& command, ListingFlags& flags, ListingChoice& listing, bool with_raw) {
  command.add_flag("--csv", flags.csv, "Write CSV, safe for spreadsheets")->group("Output");
  command.add_flag("--json", flags.json, "Write JSON lines: one object a row")->group("Output");
  if (with_raw) {
    command
        .add_flag("--raw", flags.raw, "Write the records themselves, one a line, for jq or cairn")
        ->group("Output");
  }
  command.add_option("-o,--output", listing.output, "Write to this file instead of the screen")
      ->group("Output");
  add_appearance(command, listing.appearance);
}

/// Puts the format into place, or says that two were asked for.
std::optional<Stop> finish_listing(std::string_view command, const ListingFlags& flags,
                                   ListingChoice& listing) {
  if (int(flags.csv) + int(flags.json) + int(flags.raw) > 1)
    return usage_error(command, flags.raw ? "--csv, --json and --raw: choose one"
                                          : "--csv and --json: choose one");
  if (flags.csv) listing.format = report::ListingFormat::kCsv;
  if (flags.json) listing.format = report::ListingFormat::kJson;
  if (flags.raw) listing.format = report::ListingFormat::kRaw;
  return std::nullopt;
}

/// The words that say both what is asked and where to look. `what`: "TERM".
void add_words(CLI::App& command, MixedWords& words, const std::string& what,
               const std::string& description) {
  command.add_option(what + "... PATH", words.words, description);
  command.add_option("--in", words.paths, "A path; then every word is a " + to_lower(what))
      ->allow_extra_args(false)
      ->group("Where");
}

/// "a,b,c" as three names; blanks around them do not count.
std::vector<std::string> names_in(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    for (std::string_view name : split(list, ',')) {
      if (!trim(name).empty()) names.emplace_back(trim(name));
    }
  }
  return names;
}

}  // namespace

struct ExploreArguments::State {
  CLI::App* search = nullptr;
  SearchCommand search_command;
  FilterTexts search_filter;
  ListingFlags search_flags;
  std::vector<std::string> search_columns;
  std::string search_order = "time";
  bool unsorted = false;

  CLI::App* stats = nullptr;
  StatsCommand stats_command;
  FilterTexts stats_filter;
  ListingFlags stats_flags;
  std::string period;

  CLI::App* show = nullptr;
  ShowCommand show_command;
  FilterTexts show_filter;
  ListingFlags show_flags;
  bool no_builtin = false;

  CLI::App* top = nullptr;
  TopCommand top_command;
  FilterTexts top_filter;
  ListingFlags top_flags;

  CLI::App* sessions = nullptr;
  SessionsCommand sessions_command;
  FilterTexts sessions_filter;
  ListingFlags sessions_flags;
  std::vector<std::string> session_column_lists;

  void add_search(CLI::App& app);
  void add_stats(CLI::App& app);
  void add_show(CLI::App& app);
  void add_top(CLI::App& app);
  void add_sessions(CLI::App& app);
  Command finish_search(Timestamp now);
  Command finish_stats(Timestamp now);
  Command finish_show(Timestamp now);
  Command finish_top(Timestamp now);
  Command finish_sessions(Timestamp now);
};

void ExploreArguments::State::add_search(CLI::App& app) {
  search = app.add_subcommand("search", "Find events by text, expression or field");
  SearchCommand& command = search_command;
  CLI::App& to = *search;
  add_words(to, command.words, "TERM",
            "What to look for, then where: files or folders, - for standard input");
  to.add_option("-e,--for", command.words.asked, "A term; then every word is a path")
      ->allow_extra_args(false)
      ->group("Terms");
  to.add_option("--not", command.negated, "A term that must not hold")
      ->allow_extra_args(false)
      ->group("Terms");
  to.add_option("--regex", command.regexes,
                "A regular expression (RE2) for the whole record; (?i) ignores case")
      ->allow_extra_args(false)
      ->group("Terms");
  to.add_option("-t,--terms", command.indicator_file,
                "A file of indicators, one a line: any of them")
      ->group("Terms");
  to.add_flag("--any", command.options.terms.any, "Any term is enough (else all must hold)")
      ->group("Terms");
  to.add_flag("-F,--fixed", command.fixed, "Take FIELD=VALUE for plain text too")->group("Terms");
  add_filter(to, search_filter, command.options.read.filter);
  to.add_option("-c,--columns", search_columns,
                "What to show: field paths and names such as time, principal, words, file; commas "
                "between")
      ->allow_extra_args(false)
      ->group("Output");
  to.add_option("-n,--limit", command.options.limit, "At most this many events")
      ->check(CLI::PositiveNumber)
      ->group("Output");
  to.add_flag("--count", command.options.count_only, "Print how many, and nothing else")
      ->group("Output");
  to.add_option("--sort", search_order, "time, newest, or none (as found)")
      ->check(CLI::IsMember({"time", "newest", "none"}))
      ->group("Output")
      ->capture_default_str();
  to.add_flag("--unsorted", unsorted, "The same as --sort none: rows appear while reading")
      ->group("Output");
  add_listing(to, search_flags, command.listing, true);
  add_threads(to, command.options.read.threads);
  to.footer(
      "Terms:\n"
      "  AKIAIOSFODNN7EXAMPLE        a text anywhere in the record; case is ignored\n"
      "  eventName=Get*              the value of a field, with * and ?; != for any other\n"
      "  ip=198.51.100.0/24          an address or network\n"
      "  errorCode!=                 there is an error; errorCode= for none\n"
      "  userAgent~(?i)kali          an expression found in a field; !~ for not\n"
      "  requestParameters.maxItems>100\n"
      "Fields are dotted paths; ip, agent, region, event, service, user, arn, key, role are "
      "short.\n"
      "Exit codes: 0 found, 1 nothing found, 2 wrong usage, 3 something could not be read.\n"
      "Examples:\n"
      "  cairn search AKIAIOSFODNN7EXAMPLE ./AWSLogs\n"
      "  cairn search event=ConsoleLogin errorMessage!= ./AWSLogs --from 30d\n"
      "  cairn search --terms bad-addresses.txt ./AWSLogs --csv > hits.csv\n"
      "  cairn search user=alice ./AWSLogs --raw | jq .requestParameters");
}

Command ExploreArguments::State::finish_search(Timestamp now) {
  SearchCommand& command = search_command;
  engine::SearchOptions& options = command.options;
  if (auto stop = finish_filter("search", search_filter, now, options.read.filter)) return *stop;
  if (auto stop = finish_listing("search", search_flags, command.listing)) return *stop;
  if (unsorted) search_order = "none";
  options.order = search_order == "none"     ? engine::RowOrder::kUnsorted
                  : search_order == "newest" ? engine::RowOrder::kNewest
                                             : engine::RowOrder::kTime;
  options.columns = names_in(search_columns);
  if (command.listing.format == report::ListingFormat::kRaw) {
    if (!options.columns.empty())
      return usage_error("search",
                         "--raw writes whole records: leave --columns out, or use --json");
    options.columns = {"record"};
  }
  return command;
}

void ExploreArguments::State::add_stats(CLI::App& app) {
  stats = app.add_subcommand("stats", "Count the values of fields, alone or combined");
  StatsCommand& command = stats_command;
  CLI::App& to = *stats;
  add_words(to, command.words, "FIELD",
            "Fields to count together, then where: files or folders, - for standard input");
  to.add_option("--by", period, "Count by hour, day, week or month as well (UTC)")
      ->group("Counting");
  to.add_option("--top", command.top,
                "The most frequent values (of each period); 0 for all (default: 20 in a table, of "
                "a period 5; else all)")
      ->group("Counting");
  add_filter(to, stats_filter, command.options.read.filter);
  add_listing(to, stats_flags, command.listing, false);
  add_threads(to, command.options.read.threads);
  to.footer(
      "Fields are dotted paths, or short: principal, action, user, ip, agent, region, account,\n"
      "service, event, error, key, role (all: docs/reference/search.md).\n"
      "Exit codes: 0 counted, 1 no events, 2 wrong usage, 3 something could not be read.\n"
      "Examples:\n"
      "  cairn stats event ./AWSLogs\n"
      "  cairn stats principal ip ./AWSLogs --event ConsoleLogin\n"
      "  cairn stats error ./AWSLogs --by day --csv > errors.csv");
}

Command ExploreArguments::State::finish_stats(Timestamp now) {
  StatsCommand& command = stats_command;
  if (auto stop = finish_filter("stats", stats_filter, now, command.options.read.filter))
    return *stop;
  if (auto stop = finish_listing("stats", stats_flags, command.listing)) return *stop;
  if (!period.empty()) {
    auto parsed = explore::parse_period(period);
    if (!parsed)
      return usage_error("stats",
                         "--by: \"" + printable(period) + "\" is none of hour, day, week, month");
    command.options.period = *parsed;
  }
  return command;
}

void ExploreArguments::State::add_show(CLI::App& app) {
  show = app.add_subcommand("show", "Show single events whole: record, place, copies, rules");
  ShowCommand& command = show_command;
  CLI::App& to = *show;
  add_words(to, command.words, "EVENT_ID",
            "eventIDs or their beginnings, then where: files or folders, - for standard input");
  add_filter(to, show_filter, command.options.read.filter);
  to.add_option("-r,--rules", command.options.rules.paths,
                "Sigma rules to try besides the built-in pack: files or folders")
      ->allow_extra_args(false)
      ->group("Rules");
  to.add_flag("--no-builtin", no_builtin, "Leave the built-in pack out")->group("Rules");
  add_listing(to, show_flags, command.listing, true);
  add_threads(to, command.options.read.threads);
  to.footer(
      "Exit codes: 0 shown, 1 one was not found, 2 wrong usage or a beginning that several events "
      "share, 3 something could not be read.\n"
      "Examples:\n"
      "  cairn show 65e111a0-83ae-4ba8-9673-16291a804873 ./AWSLogs\n"
      "  cairn show 65e111a0 d190d14a ./AWSLogs --json\n"
      "  cairn show 65e111a0 ./AWSLogs --raw | jq .requestParameters");
}

Command ExploreArguments::State::finish_show(Timestamp now) {
  ShowCommand& command = show_command;
  if (auto stop = finish_filter("show", show_filter, now, command.options.read.filter))
    return *stop;
  if (auto stop = finish_listing("show", show_flags, command.listing)) return *stop;
  command.options.rules.builtin = !no_builtin;
  return command;
}

void ExploreArguments::State::add_top(CLI::App& app) {
  top = app.add_subcommand(
      "top", "Show what is in the logs: who, from where, which calls, errors and clients");
  TopCommand& command = top_command;
  CLI::App& to = *top;
  to.add_option("PATH", command.options.read.inputs,
                "Files or folders of CloudTrail logs; - for standard input")
      ->required();
  add_filter(to, top_filter, command.options.read.filter);
  to.add_option("--top", command.options.values, "Values of each list")
      ->check(CLI::Range(1, 1000))
      ->group("Counting")
      ->capture_default_str();
  add_listing(to, top_flags, command.listing, false);
  add_threads(to, command.options.read.threads);
  to.footer(
      "Exit codes: 0 done, 1 no events, 2 wrong usage, 3 something could not be read.\n"
      "Examples:\n"
      "  cairn top ./AWSLogs\n"
      "  cairn top ./AWSLogs --principal '*alice*' --from 2024-01-10");
}

Command ExploreArguments::State::finish_top(Timestamp now) {
  TopCommand& command = top_command;
  if (auto stop = finish_filter("top", top_filter, now, command.options.read.filter)) return *stop;
  if (auto stop = finish_listing("top", top_flags, command.listing)) return *stop;
  return command;
}

void ExploreArguments::State::add_sessions(CLI::App& app) {
  sessions = app.add_subcommand("sessions", "List sessions, and who is really behind each");
  SessionsCommand& command = sessions_command;
  CLI::App& to = *sessions;
  add_words(to, command.words, "WHO",
            "Origins, principals, session names, access keys or addresses (globs; none: all), then "
            "where: files or folders, - for standard input; without a path: the lake");
  add_filter(to, sessions_filter, command.options.place.read.filter);
  to.add_option("-c,--columns", session_column_lists,
                "What to show, commas between: " + join(engine::session_columns(), ", "))
      ->allow_extra_args(false)
      ->group("Output");
  add_lake_choice(to, command.lake);
  to.add_option("--html", command.html,
                "Also write the tree as one page for a browser, which loads nothing else")
      ->group("Output");
  to.add_flag("--tree", command.tree,
              "Show sessions below the one that took their credential, origin by origin, with what "
              "each called")
      ->group("Output");
  add_listing(to, sessions_flags, command.listing, false);
  add_places(to, command.geoip);
  add_threads(to, command.options.place.read.threads);
  to.footer(
      "A session is one credential. The calls that issued it (AssumeRole and its kin) are "
      "followed\n"
      "back to where it began; filters hide such calls, too.\n"
      "Exit codes: 0 listed, 1 no session, 2 wrong usage, 3 something could not be read.\n"
      "Examples:\n"
      "  cairn sessions ./AWSLogs\n"
      "  cairn sessions 'role/Admin' ./AWSLogs --json\n"
      "  cairn sessions --tree dora@example.com ./AWSLogs\n"
      "  cairn sessions --lake ./lake --html sessions.html\n"
      "  cairn sessions 198.51.100.7 ./AWSLogs --columns first,origin,chain");
}

Command ExploreArguments::State::finish_sessions(Timestamp now) {
  SessionsCommand& command = sessions_command;
  if (auto stop =
          finish_filter("sessions", sessions_filter, now, command.options.place.read.filter))
    return *stop;
  if (auto stop = finish_listing("sessions", sessions_flags, command.listing)) return *stop;
  command.options.columns = names_in(session_column_lists);
  command.tree = command.tree || !command.html.empty();
  const std::string tree = command.html.empty() ? "--tree" : "--html";
  if (command.tree && !command.options.columns.empty())
    return usage_error("sessions", tree + " and --columns: a tree has no columns");
  if (command.tree && command.listing.format == report::ListingFormat::kCsv)
    return usage_error("sessions", tree + " and --csv: a tree is text or --json");
  return command;
}

ExploreArguments::ExploreArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  state_->add_search(app);
  state_->add_stats(app);
  state_->add_show(app);
  state_->add_top(app);
  state_->add_sessions(app);
}

ExploreArguments::~ExploreArguments() = default;

std::optional<Command> ExploreArguments::finish(Timestamp now) {
  if (state_->search->parsed()) return state_->finish_search(now);
  if (state_->stats->parsed()) return state_->finish_stats(now);
  if (state_->show->parsed()) return state_->finish_show(now);
  if (state_->top->parsed()) return state_->finish_top(now);
  if (state_->sessions->parsed()) return state_->finish_sessions(now);
  return std::nullopt;
}

}  // namespace cairn::cli
