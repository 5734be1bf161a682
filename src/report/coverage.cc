// What the scan could not have seen. "0 findings" is only worth something beside this.

#include "base/text.h"
#include "report/report.h"

#include <algorithm>
#include <optional>
#include <set>

namespace cairn::report {

namespace {

constexpr size_t kGapsKept = 20;
constexpr int64_t kShortestGapHours = 2;

/// Data events by service: calls that a trail records only when it is told to (AWS CloudTrail User
/// Guide, "Logging data events").
struct DataCalls {
  std::string_view source;
  std::vector<std::string_view> names;  // lower case; a trailing * matches a prefix
};

const std::vector<DataCalls>& data_calls() {
  static const std::vector<DataCalls> table = {
      {"s3.amazonaws.com",
       {"getobject*", "putobject*", "deleteobject*", "headobject", "listobject*", "copyobject",
        "createmultipartupload", "completemultipartupload", "abortmultipartupload", "uploadpart*",
        "listparts", "restoreobject", "selectobjectcontent"}},
      {"lambda.amazonaws.com", {"invoke*"}},
      {"dynamodb.amazonaws.com",
       {"getitem", "putitem", "updateitem", "deleteitem", "batch*item", "query", "scan",
        "transact*", "executestatement", "batchexecutestatement"}},
      {"sns.amazonaws.com", {"publish*"}},
      {"sqs.amazonaws.com", {"sendmessage*", "receivemessage", "deletemessage*"}},
      {"kinesis.amazonaws.com", {"putrecord*", "getrecords", "subscribetoshard"}},
  };
  return table;
}

const DataCalls* data_calls_of(std::string_view source) {
  for (const DataCalls& calls : data_calls())
    if (equals_ignore_case(calls.source, source)) return &calls;
  return nullptr;
}

bool is_data_call(std::string_view source, std::string_view name) {
  const DataCalls* calls = data_calls_of(source);
  return calls != nullptr &&
         std::any_of(calls->names.begin(), calls->names.end(), [&](std::string_view pattern) {
           return glob_match_ignore_case(pattern, name);
         });
}

/// True when every event the rule waits for is a data event.
bool needs_data_events(const RuleInfo& rule) {
  if (rule.needed_event_sources.empty() || rule.needed_event_names.empty()) return false;
  for (const std::string& source : rule.needed_event_sources)
    for (const std::string& name : rule.needed_event_names)
      if (!is_data_call(source, name)) return false;
  return true;
}

/// The services of a run's events, and those with data events.
struct Seen {
  std::set<std::string> sources, data_sources;

  explicit Seen(const detect::Outcome& outcome) {
    for (const auto& [type, count] : outcome.event_types) {
      std::string source = to_lower(type.first);
      if (is_data_call(source, type.second)) data_sources.insert(source);
      sources.insert(std::move(source));
    }
  }
};

bool any_seen(const std::vector<std::string>& patterns, const std::set<std::string>& sources) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    if (sources.count(pattern) > 0) return true;
    return std::any_of(sources.begin(), sources.end(), [&](const std::string& source) {
      return glob_match_ignore_case(pattern, source);
    });
  });
}

std::optional<BlindRule> blindness(uint32_t index, const RuleInfo& rule, const Seen& seen,
                                   const detect::Outcome& outcome) {
  const std::vector<std::string>& sources = rule.needed_event_sources;
  if (needs_data_events(rule) && !any_seen(sources, seen.data_sources))
    return BlindRule{index, BlindRule::Reason::kNoDataEvents, join(sources, ", ")};
  if (!sources.empty() && !any_seen(sources, seen.sources))
    return BlindRule{index, BlindRule::Reason::kNoSource, join(sources, ", ")};
  if (index < outcome.rule_missing_fields.size() && !outcome.rule_missing_fields[index].empty())
    return BlindRule{index, BlindRule::Reason::kNoField,
                     join(outcome.rule_missing_fields[index], ", ")};
  return std::nullopt;
}

Timestamp at_hour(int64_t hour) { return Timestamp(std::chrono::hours(hour)); }

/// Adds the silences between hours with events.
void add_gaps(const std::map<int64_t, uint64_t>& hours, const std::string& account,
              std::vector<Coverage::Gap>& gaps) {
  const int64_t* last = nullptr;
  for (const auto& [hour, count] : hours) {
    if (last != nullptr && hour - *last - 1 >= kShortestGapHours)
      gaps.push_back({account, at_hour(*last + 1), at_hour(hour)});
    last = &hour;
  }
}

bool covered(const Coverage::Gap& gap, const std::vector<Coverage::Gap>& all) {
  return std::any_of(all.begin(), all.end(), [&](const Coverage::Gap& other) {
    return other.account.empty() && other.begin <= gap.begin && gap.end <= other.end;
  });
}

}  // namespace

Coverage coverage_of(const ScanReport& report) {
  const detect::Outcome& outcome = report.outcome;
  Coverage coverage;
  Seen seen(outcome);
  for (uint32_t i = 0; i < report.rules.size(); ++i) {
    const RuleInfo& rule = report.rules[i];
    if (rule.level < report.min_level) continue;
    ++coverage.rules;
    bool matched = i < outcome.rule_matches.size() && outcome.rule_matches[i] > 0;
    if (matched) {
      ++coverage.matched;
    } else if (auto blind = blindness(i, rule, seen, outcome)) {
      coverage.blind.push_back(std::move(*blind));
    }
  }
  std::stable_sort(coverage.blind.begin(), coverage.blind.end(),
                   [](const BlindRule& a, const BlindRule& b) { return a.reason < b.reason; });

  if (!outcome.hours.empty()) {
    int64_t first = outcome.hours.begin()->first, last = outcome.hours.rbegin()->first;
    coverage.hours = static_cast<uint64_t>(last - first + 1);
    coverage.silent_hours = coverage.hours - outcome.hours.size();
  }
  add_gaps(outcome.hours, "", coverage.gaps);
  if (outcome.account_hours.size() > 1) {
    std::vector<Coverage::Gap> own;
    for (const auto& [account, hours] : outcome.account_hours) add_gaps(hours, account, own);
    std::erase_if(own, [&](const Coverage::Gap& gap) { return covered(gap, coverage.gaps); });
    coverage.gaps.insert(coverage.gaps.end(), own.begin(), own.end());
  }
  std::stable_sort(coverage.gaps.begin(), coverage.gaps.end(),
                   [](const Coverage::Gap& a, const Coverage::Gap& b) {
                     return a.end - a.begin > b.end - b.begin;
                   });
  if (coverage.gaps.size() > kGapsKept) coverage.gaps.resize(kGapsKept);
  return coverage;
}

}  // namespace cairn::report
