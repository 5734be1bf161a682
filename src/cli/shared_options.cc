#include "cli/shared_options.h"

#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

void add_appearance(CLI::App& command, Appearance& appearance) {
  command
      .add_option("--color,--colour", appearance.colour,
                  "Colours: auto, always, never (NO_COLOR is honoured)")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group("Screen");
  command.add_flag("--plain", appearance.plain, "ASCII text without colours or box characters")
      ->group("Screen");
  command
      .add_option("--width", appearance.width,
                  "Columns of the screen (default: the terminal's, else 100)")
      ->check(CLI::Range(40, 1000))
      ->group("Screen");
  command
      .add_flag("-q,--quiet", appearance.quiet,
                "No progress and no screen: only files and the exit code")
      ->group("Screen");
}

void add_places(CLI::App& command, std::vector<std::string>& files) {
  command
      .add_option("--geoip", files,
                  "MaxMind DB file of countries, cities or networks (ASN), asked before the one "
                  "inside the package; \"none\": none at all (default: $CAIRN_GEOIP)")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group("Places");
}

void add_threads(CLI::App& command, unsigned& threads) {
  command.add_option("--threads", threads, "Worker threads (default: one for each processor)")
      ->check(CLI::Range(1, 256))
      ->group("Work");
}

void add_filter(CLI::App& command, FilterTexts& texts, engine::EventFilter& filter) {
  command
      .add_option("--from", texts.from,
                  "Only events from this time on: 2024-01-31, 2024-01-31T10:00, yesterday, 30d …")
      ->group("Which events");
  command.add_option("--to", texts.to, "Only events up to this time (a day means its end)")
      ->group("Which events");
  command.add_option("--account", filter.accounts, "Only these accounts (globs)")
      ->allow_extra_args(false)
      ->group("Which events");
  command.add_option("--region", filter.regions, "Only these regions (globs)")
      ->allow_extra_args(false)
      ->group("Which events");
  command
      .add_option("--principal", filter.principals,
                  "Only these principals: ARN, user name, role, access key (globs)")
      ->allow_extra_args(false)
      ->group("Which events");
  command
      .add_option("--event", filter.events,
                  "Only these events: eventName or SERVICE:eventName (globs)")
      ->allow_extra_args(false)
      ->group("Which events");
}

void add_evidence(CLI::App& command, EvidenceChoice& evidence) {
  command
      .add_option("--manifest", evidence.manifest,
                  "Write a signed list of all files that were read and written, with their hashes")
      ->group("Evidence");
  command
      .add_option("--signing-key", evidence.signing_key,
                  "The key that signs it (default: $CAIRN_SIGNING_KEY, else "
                  "~/.config/cairn/signing.key)")
      ->group("Evidence");
}

std::optional<Stop> finish_filter(std::string_view command, const FilterTexts& texts, Timestamp now,
                                  engine::EventFilter& filter) {
  auto time = [&](const char* option, const std::string& text, TimeEdge edge,
                  std::optional<Timestamp>& target) -> std::optional<Stop> {
    if (text.empty()) return std::nullopt;
    auto parsed = parse_human_time(text, now, edge);
    if (!parsed.ok())
      return usage_error(command, std::string(option) + ": " + parsed.error().message);
    target = parsed.value();
    return std::nullopt;
  };
  if (auto stop = time("--from", texts.from, TimeEdge::kStart, filter.from)) return stop;
  if (auto stop = time("--to", texts.to, TimeEdge::kEnd, filter.to)) return stop;
  if (filter.from && filter.to && *filter.from > *filter.to) {
    return usage_error(command, "--from (" + format_time(*filter.from) + ") is after --to (" +
                                    format_time(*filter.to) + ")");
  }
  return std::nullopt;
}

}  // namespace cairn::cli
