#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"

#include <algorithm>

namespace cairn::cli {

namespace {

constexpr size_t kIndicatorsShown = 5;

std::vector<std::string> default_columns(const SearchCommand& command, bool indicators) {
  std::vector<std::string> names;
  if (command.listing.format == report::ListingFormat::kTable) {
    names = {"time", "principal", "source_ip", "region", "action", "error", "words"};
  } else {
    names = {"time",          "account",  "region", "principal", "session",    "access_key",
             "action",        "target",   "words",  "source_ip", "user_agent", "error_code",
             "error_message", "event_id", "file",   "offset"};
  }
  if (indicators) names.insert(names.begin() + 1, "matched");
  return names;
}

/// The terms of the command line; an error is a usage error.
Result<explore::SearchTerms> read_terms(const SearchCommand& command,
                                        const std::vector<std::string>& words, Files& files) {
  auto parse = [&](const std::string& word) {
    return command.fixed ? explore::text_term(word) : explore::parse_term(word);
  };
  explore::SearchTerms terms = command.options.terms;
  for (const std::string& word : words) terms.tests.push_back(parse(word));
  for (const std::string& regex : command.regexes)
    terms.tests.push_back(explore::regex_term(regex));
  for (const std::string& word : command.negated) {
    terms.tests.push_back(parse(word));
    terms.tests.back().negated = !terms.tests.back().negated;
  }
  for (const explore::Term& test : terms.tests) {
    if (!explore::is_only_derived(test.field)) continue;
    std::string instead = equals_ignore_case(test.field, "principal") ? "--principal GLOB"
                          : equals_ignore_case(test.field, "action")  ? "--event SERVICE:NAME"
                                                                      : "a field's path";
    return Error{ErrorCode::kInvalidInput, printable(test.field) +
                                               " is no field of a record; write " + instead +
                                               ", or --fixed to look for the text"};
  }
  if (!command.indicator_file.empty()) {
    auto text = read_file(files, command.indicator_file, explore::kIndicatorFileBytes);
    if (!text.ok()) return std::move(text).error().with_context("--terms");
    auto indicators = explore::parse_indicators(text.value());
    if (!indicators.ok())
      return std::move(indicators)
          .error()
          .with_context("--terms " + printable(command.indicator_file));
    terms.indicators = std::move(indicators).value();
  }
  return terms;
}

void print_summary(const engine::SearchResult& result, const explore::SearchTerms& terms) {
  std::string text = plural(result.found, "event") + " found";
  if (result.stopped) text += " before --limit ended the search";
  if (result.written < result.found && result.written > 0)
    text += ", the first " + format_count(result.written) + " shown";
  if (result.copies > 0)
    text += result.copies == 1 ? ", 1 copy left out"
                               : ", " + format_count(result.copies) + " copies left out";
  print_error(text + "; " + reading_sentence(result.read) + "\n");
  if (terms.indicators.empty()) return;
  std::vector<std::pair<uint64_t, size_t>> hits;
  for (size_t i = 0; i < terms.indicators.size(); ++i) {
    if (result.indicator_hits[i] > 0) hits.emplace_back(result.indicator_hits[i], i);
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  text =
      format_count(hits.size()) + " of " + plural(terms.indicators.size(), "indicator") + " occur";
  for (size_t i = 0; i < hits.size() && i < kIndicatorsShown; ++i)
    text += (i == 0 ? ": " : ", ") + printable(terms.indicators[hits[i].second]) + " " +
            format_count(hits[i].first);
  if (hits.size() > kIndicatorsShown) text += " …";
  print_error(text + "\n");
}

}  // namespace

int run(const SearchCommand& command, engine::World world) {
  size_t least =
      command.regexes.empty() && command.negated.empty() && command.indicator_file.empty() ? 1 : 0;
  auto usage = [](const Error& error) {
    print_error(usage_error("search", error.message).text);
    return kExitUsage;
  };
  auto words = divide(command.words, least, "what to look for", world.files);
  if (!words.ok()) return usage(words.error());
  engine::SearchOptions options = command.options;
  options.read.inputs = words.value().paths;
  auto terms = read_terms(command, words.value().asked, world.files);
  if (!terms.ok()) return usage(terms.error());
  options.terms = std::move(terms).value();
  if (options.columns.empty())
    options.columns = default_columns(command, !options.terms.indicators.empty());

  bool chosen = !command.options.columns.empty();
  std::vector<report::ListingColumn> columns;
  for (const std::string& name : options.columns) {
    columns.push_back(listing_column(name));
    if (chosen) continue;
    columns.back().hide_empty = true;
    columns.back().drop = name == "region" ? 2 : name == "source_ip" ? 1 : 0;
  }
  ListingChoice listing = command.listing;
  if (options.count_only) listing.appearance.quiet = true;
  auto output = ListingOutput::open(listing, std::move(columns), world);
  if (!output.ok()) return job_failed(output.error());
  ProgressLine line(command.listing.appearance);
  auto result =
      engine::run_search(world, options, *output.value(),
                         [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (output.value()->reader_gone()) return 0;
  if (!result.ok()) return job_failed(result.error());
  if (options.count_only) {
    if (!print_out(std::to_string(result.value().found) + "\n")) return kExitIncomplete;
  } else if (Status done = output.value()->finish(); !done.ok()) {
    return job_failed(done.error());
  }
  for (const std::string& field : result.value().unseen_fields) {
    complain("no record has a field " + printable(field) +
             ": is it a path of the records, or text to look for (--fixed)?");
  }
  print_problems(result.value().read);
  if (!command.listing.appearance.quiet) print_summary(result.value(), options.terms);
  return listing_exit_code(result.value().read, result.value().found > 0);
}

}  // namespace cairn::cli
