#include "report/fold.h"

#include "base/text.h"

#include <algorithm>
#include <map>

namespace cairn::report {

namespace {

constexpr size_t kListed = 50;  // values of one list; more than any screen shows

void add_distinct(std::vector<std::string>& list, const std::string& value) {
  if (value.empty() || list.size() >= kListed) return;
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

void add_all(std::vector<std::string>& list, const std::vector<std::string>& values) {
  for (const std::string& value : values) add_distinct(list, value);
}

void add_window(FoldedFinding& folded, const Finding& finding) {
  bool first_time = finding.time_known &&
                    (!folded.time_known || folded.windows.empty() || finding.first < folded.first);
  if (first_time) folded.first = finding.first;
  if (finding.time_known &&
      (folded.windows.empty() || !folded.time_known || finding.last > folded.last))
    folded.last = finding.last;
  folded.time_known =
      folded.windows.empty() ? finding.time_known : folded.time_known || finding.time_known;
  folded.windows.push_back(&finding);
  folded.count += finding.count;
  folded.failed += finding.failed;
  add_distinct(folded.accounts, finding.account);
  add_distinct(folded.principals, finding.principal);
  add_all(folded.principals, finding.principals);
  add_all(folded.source_ips, finding.source_ips);
  add_all(folded.regions, finding.regions);
  add_all(folded.targets, finding.targets);
  add_all(folded.error_codes, finding.error_codes);
  for (const std::string& agent : finding.user_agents)
    add_distinct(folded.clients, detect::client_name(agent));
  for (const EventSummary& event : finding.samples) {
    add_distinct(folded.access_keys, event.access_key);
    add_distinct(folded.sessions, event.session);
    add_distinct(folded.accounts, event.account);
  }
  folded.source_ip_count = std::max<uint64_t>(
      {folded.source_ip_count, finding.source_ip_count, folded.source_ips.size()});
  folded.principal_count = std::max<uint64_t>(
      {folded.principal_count, finding.principal_count, folded.principals.size()});
  folded.target_count =
      std::max<uint64_t>({folded.target_count, finding.target_count, folded.targets.size()});
}

}  // namespace

std::vector<FoldedFinding> fold(const detect::Outcome& outcome) {
  std::map<std::string_view, double> risks;
  for (const PrincipalProfile& profile : outcome.principals) risks[profile.key] = profile.risk;
  std::map<std::pair<uint32_t, std::string_view>, size_t> index;
  std::vector<FoldedFinding> all;
  for (const Finding& finding : outcome.findings) {
    auto [entry, is_new] =
        index.emplace(std::pair(finding.rule, std::string_view(finding.key)), all.size());
    if (is_new) {
      all.emplace_back();
      all.back().rule = finding.rule;
      all.back().level = finding.level;
      all.back().key = finding.key;
    }
    add_window(all[entry->second], finding);
  }
  for (FoldedFinding& folded : all) {
    for (const std::string& principal : folded.principals) {
      auto risk = risks.find(principal);
      if (risk != risks.end()) folded.risk = std::max(folded.risk, risk->second);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const FoldedFinding& a, const FoldedFinding& b) {
    if (a.level != b.level) return a.level > b.level;
    if (a.risk != b.risk) return a.risk > b.risk;
    if (a.time_known != b.time_known) return a.time_known;
    return a.first < b.first;
  });
  return all;
}

std::vector<Deed> deeds_of(const FoldedFinding& folded, size_t limit) {
  std::vector<Deed> deeds;
  for (const Finding* window : folded.windows) {
    for (const EventSummary& event : window->samples) {
      std::string code = event.error_code;
      if (code.empty() && !event.error_message.empty()) code = event.error_message;
      auto known = std::find_if(deeds.begin(), deeds.end(), [&](const Deed& deed) {
        return deed.words == event.words && deed.error_code == code;
      });
      if (known != deeds.end()) {
        ++known->samples;
      } else if (deeds.size() < limit) {
        deeds.push_back({event.words, code, 1});
      }
    }
  }
  return deeds;
}

}  // namespace cairn::report
