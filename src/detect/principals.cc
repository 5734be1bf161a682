#include "detect/principals.h"

#include "base/text.h"
#include "detect/allow_list.h"

#include <algorithm>
#include <cmath>

namespace cairn::detect {

namespace {

// Thresholds of the marks. Each keeps ordinary days quiet; all are named in
// docs/reference/findings.md.
constexpr uint64_t kDeniedCalls = 20;
constexpr double kDeniedShare = 0.5;
constexpr uint64_t kBroadCalls = 40;            // different calls …
constexpr int64_t kBroadMs = 3'600'000;         // … within an hour
constexpr uint64_t kManyNetworks = 3;           // /16 of IPv4, /32 of IPv6
constexpr int64_t kLateSpanMs = 6 * 3'600'000;  // shortest activity in which something can be late
constexpr double kLateShare = 0.75;             // of the activity has passed
constexpr uint64_t kLateEventsBefore = 20;
constexpr size_t kLateValues = 4;  // with more values than this a new one is nothing special
constexpr size_t kSoleAddresses = 6;
constexpr uint64_t kSolePrincipals = 3;
constexpr size_t kMarks = 5;

constexpr std::array<double, kLevelCount> kLevelWeight = {0.2, 1, 5, 15, 40};

constexpr std::string_view kTools[] = {
    "pacu",       "kali",          "parrot",       "pentoo",      "stratus-red-team",
    "scoutsuite", "prowler",       "cloudfox",     "cloudmapper", "cloudsplaining",
    "weirdaal",   "enumerate-iam", "trufflehog",   "s3scanner",   "aws-nuke",
    "cloud-nuke", "nuclei",        "sqlmap",       "metasploit",  "nmap",
    "gitleaks",   "aws_consoler",  "s3browser",    "s3 browser",  "cloudcustodian",
    "peirates",   "barq",          "nimbostratus", "rclone",      "tor browser"};

std::string instant(int64_t time_ms) { return format_time_short(Timestamp(Duration(time_ms))); }

std::string percent(uint64_t part, uint64_t whole) {
  return std::to_string(part * 100 / std::max<uint64_t>(whole, 1)) + " %";
}

void note(Uses& uses, std::string_view value, const Counts& counts) {
  if (value.empty()) return;
  auto found = uses.find(value);
  if (found == uses.end()) {
    if (uses.size() >= kExactDistinct) return;
    found = uses.emplace(std::string(value), Use{}).first;
  }
  found->second.events += counts.events;
  found->second.global_calls += counts.global_calls;
  found->second.first_ms = std::min(found->second.first_ms, counts.first_ms);
}

std::vector<std::string> most_used(const Uses& uses) {
  std::vector<const Uses::value_type*> order;
  for (const auto& use : uses) order.push_back(&use);
  size_t kept = std::min(order.size(), kListedValues);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [](const auto* a, const auto* b) {
                      if (a->second.events != b->second.events)
                        return a->second.events > b->second.events;
                      return a->first < b->first;
                    });
  std::vector<std::string> values;
  for (size_t i = 0; i < kept; ++i) values.push_back(order[i]->first);
  return values;
}

std::string most_common(const std::map<std::string, uint64_t, std::less<>>& values) {
  const std::string* best = nullptr;
  uint64_t events = 0;
  for (const auto& [value, count] : values) {
    if (count > events) {
      best = &value;
      events = count;
    }
  }
  return best == nullptr ? std::string() : *best;
}

/// "from 203.0.113.7 first on 2024-01-05 12:00:00, 4 d 3 h after its first event (12 calls)", for
/// what came late.
void add_late(const Uses& uses, std::string_view what, const Counts& all,
              std::vector<std::string>& marks) {
  int64_t span = all.span_ms();
  if (!all.has_time() || span < kLateSpanMs || uses.size() < 2 || uses.size() > kLateValues) return;
  const Uses::value_type& latest = *std::max_element(
      uses.begin(), uses.end(),
      [](const auto& a, const auto& b) { return a.second.first_ms < b.second.first_ms; });
  const Use& use = latest.second;
  if (use.first_ms > all.last_ms) return;  // only events without a time
  auto waited = static_cast<double>(use.first_ms - all.first_ms);
  uint64_t others = all.events - std::min(all.events, use.events);
  if (waited < kLateShare * static_cast<double>(span) || others < kLateEventsBefore) return;
  marks.push_back("new " + std::string(what) + " " + latest.first + " from " +
                  instant(use.first_ms) + ", " +
                  format_duration(Duration(use.first_ms - all.first_ms)) + " into its activity (" +
                  plural(use.events, "call") + ")");
}

/// Number of different networks among public addresses: the first 16 bits of IPv4, 32 of IPv6.
uint64_t networks_of(const Uses& addresses) {
  std::set<std::string> networks;
  for (const auto& [text, use] : addresses) {
    auto address = Network::parse(text);
    if (!address || !address->is_public()) continue;
    size_t from = address->is_ipv4() ? 12 : 0, count = address->is_ipv4() ? 2 : 4;
    networks.emplace(address->bytes.begin() + static_cast<std::ptrdiff_t>(from),
                     address->bytes.begin() + static_cast<std::ptrdiff_t>(from + count));
  }
  return networks.size();
}

bool is_public_address(std::string_view text) {
  auto address = Network::parse(text);
  return address && address->is_public();
}

/// A principal that stands for a person or program of ours, not an AWS service.
bool is_own(std::string_view identity_type, std::string_view key) {
  return identity_type != "AWSService" && key != "AWS Internal";
}

}  // namespace

std::string_view client_of(std::string_view user_agent) {
  // The console and some services put theirs in brackets: [S3Console/0.4, aws-internal/3 …].
  if (!user_agent.empty() && user_agent.front() == '[') user_agent.remove_prefix(1);
  return user_agent.substr(0, user_agent.find_first_of("/ ,]"));
}

std::string_view tool_in(std::string_view user_agent) {
  std::string lower = to_lower(user_agent);
  for (std::string_view tool : kTools) {
    size_t at = lower.find(tool);
    while (at != std::string::npos) {
      // A whole word: "kali" in "linux/5.10.0-kali3-amd64", not "barq" in "embarque".
      bool starts = at == 0 || !(lower[at - 1] >= 'a' && lower[at - 1] <= 'z');
      size_t end = at + tool.size();
      bool ends = end >= lower.size() || !(lower[end] >= 'a' && lower[end] <= 'z');
      if (starts && ends) return tool;
      at = lower.find(tool, at + 1);
    }
  }
  return {};
}

double risk_of(const PrincipalProfile& profile, size_t distinct_rules) {
  double risk = 0;
  for (size_t level = 0; level < kLevelCount; ++level) {
    auto findings = static_cast<double>(profile.findings_by_level[level]);
    if (findings > 0) risk += kLevelWeight[level] * (1 + std::log2(findings));
  }
  if (distinct_rules > 1) risk += std::min(3.0 * static_cast<double>(distinct_rules - 1), 30.0);
  if (profile.events >= kDeniedCalls && is_own(profile.type, profile.key))
    risk += 10.0 * static_cast<double>(profile.errors) / static_cast<double>(profile.events);
  risk += 5.0 * static_cast<double>(profile.unusual.size());
  return std::round(risk * 10) / 10;
}

bool ProfileBuilder::Candidate::operator<(const Candidate& other) const {
  if (profile.risk != other.profile.risk) return profile.risk > other.profile.risk;
  if (profile.events != other.profile.events) return profile.events > other.profile.events;
  return profile.key < other.profile.key;
}

void ProfileBuilder::add(const ContextRecord& record) {
  if (!open_ || record.texts.principal != key_) {
    end();
    open_ = true;
    key_ = record.texts.principal;
  }
  const Counts& counts = record.counts;
  counts_.add(counts);
  types_[std::string(record.texts.identity_type)] += counts.events;
  accounts_[std::string(record.texts.account)] += counts.events;
  note(source_ips_, record.texts.source_ip, counts);
  note(regions_, record.texts.region, counts);
  note(user_agents_, record.texts.user_agent, counts);
  note(access_keys_, record.texts.access_key, counts);
  note(clients_, client_of(record.texts.user_agent), counts);
  for (uint64_t type : record.types)
    if (event_types_.size() < kExactDistinct) event_types_[type] = 1;
}

void ProfileBuilder::end() {
  if (!open_) return;
  ++count_;
  Candidate candidate;
  PrincipalProfile& profile = candidate.profile;
  profile.key = key_;
  profile.type = most_common(types_);
  profile.account = most_common(accounts_);
  profile.events = counts_.events;
  profile.errors = counts_.errors;
  profile.writes = counts_.writes;
  if (counts_.has_time()) {
    profile.first = Timestamp(Duration(counts_.first_ms));
    profile.last = Timestamp(Duration(counts_.last_ms));
  }
  profile.source_ips = most_used(source_ips_);
  profile.regions = most_used(regions_);
  profile.user_agents = most_used(user_agents_);
  profile.access_keys = most_used(access_keys_);
  profile.source_ip_count = source_ips_.size();
  profile.region_count = regions_.size();
  profile.user_agent_count = user_agents_.size();
  profile.event_name_count = event_types_.size();

  bool own = is_own(profile.type, key_);
  std::vector<std::string>& marks = profile.unusual;
  if (profile.type == "Root") marks.push_back("root user: " + plural(counts_.events, "call"));
  if (counts_.sign_ins_without_mfa > 0)
    marks.push_back("signed in to the console without MFA" +
                    (counts_.sign_ins_without_mfa > 1
                         ? " " + format_count(counts_.sign_ins_without_mfa) + " times"
                         : std::string()));
  for (const auto& [user_agent, use] : user_agents_) {
    std::string_view tool = tool_in(user_agent);
    if (tool.empty()) continue;
    marks.push_back("user agent names " + std::string(tool) + " (" + plural(use.events, "call") +
                    ")");
    break;
  }
  if (own && counts_.errors >= kDeniedCalls &&
      static_cast<double>(counts_.errors) >= kDeniedShare * static_cast<double>(counts_.events))
    marks.push_back(percent(counts_.errors, counts_.events) +
                    " of its calls were denied or failed");
  int64_t span = counts_.span_ms();
  if (own && counts_.has_time() && profile.event_name_count >= kBroadCalls && span <= kBroadMs)
    marks.push_back(format_count(profile.event_name_count) + " different calls within " +
                    format_duration(Duration(std::max<int64_t>(span, 1000))));
  if (own) {
    add_late(source_ips_, "address", counts_, marks);
    // Nobody went where only services without regions were called.
    Uses worked_in = regions_;
    std::erase_if(worked_in, [](const auto& region) {
      return region.second.global_calls == region.second.events;
    });
    add_late(worked_in, "region", counts_, marks);
    add_late(clients_, "client", counts_, marks);
    uint64_t networks = networks_of(source_ips_);
    if (networks >= kManyNetworks && profile.type != "AWSAccount" && key_ != "anonymous")
      marks.push_back("came from " + format_count(profile.source_ip_count) + " addresses in " +
                      format_count(networks) + " networks");
  }
  if (marks.size() > kMarks) marks.resize(kMarks);

  bool has_public = false;
  for (const auto& [address, use] : source_ips_)
    has_public = has_public || is_public_address(address);
  if (own && has_public) ++with_public_address_;
  if (own && source_ips_.size() > 1 && source_ips_.size() <= kSoleAddresses) {
    for (const auto& [address, use] : source_ips_) {
      if (!is_public_address(address)) continue;
      candidate.addresses[address] = use.events;
    }
  }
  size_t rules = 0;
  if (auto found = findings_->find(key_); found != findings_->end()) {
    profile.findings_by_level = found->second.by_level;
    rules = found->second.rules.size();
  }
  profile.risk = risk_of(profile, rules);
  candidates_.push_back(std::move(candidate));
  if (candidates_.size() >= 2 * kPrincipalsKept) prune(kPrincipalsKept);

  open_ = false;
  counts_ = {};
  types_.clear();
  accounts_.clear();
  for (Uses* uses : {&source_ips_, &regions_, &user_agents_, &access_keys_, &clients_})
    uses->clear();
  event_types_.clear();
}

void ProfileBuilder::prune(size_t limit) {
  std::sort(candidates_.begin(), candidates_.end());
  if (candidates_.size() > limit)
    candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(limit), candidates_.end());
}

void ProfileBuilder::absorb(ProfileBuilder&& other) {
  count_ += other.count_;
  with_public_address_ += other.with_public_address_;
  std::move(other.candidates_.begin(), other.candidates_.end(), std::back_inserter(candidates_));
  other.candidates_.clear();
  if (candidates_.size() >= 2 * kPrincipalsKept) prune(kPrincipalsKept);
}

AddressBook ProfileBuilder::addresses() {
  prune(kPrincipalsKept);
  AddressBook book;
  for (const Candidate& candidate : candidates_)
    for (const auto& [address, events] : candidate.addresses) book.watch(address);
  return book;
}

void AddressBook::note(std::string_view address, std::string_view principal) {
  auto found = uses_.find(address);
  if (found == uses_.end()) return;
  Use& use = found->second;
  if (use.principal.empty()) use.principal = principal;
  use.shared = use.shared || use.principal != principal;
}

void AddressBook::absorb(const AddressBook& other) {
  for (const auto& [address, use] : other.uses_) {
    if (use.principal.empty()) continue;
    note(address, use.principal);
    Use& ours = uses_[address];
    ours.shared = ours.shared || use.shared;
  }
}

bool AddressBook::is_shared(const std::string& address) const {
  auto found = uses_.find(address);
  return found != uses_.end() && found->second.shared;
}

std::vector<PrincipalProfile> ProfileBuilder::take(const AddressBook& addresses) {
  for (Candidate& candidate : candidates_) {
    std::vector<std::string> sole;
    for (const auto& [address, events] : candidate.addresses)
      if (!addresses.is_shared(address)) sole.push_back(address);
    // An address of one's own says something only where others share theirs and this principal
    // does, too.
    bool telling = sole.size() == 1 && candidate.addresses.size() > 1 &&
                   with_public_address_ >= kSolePrincipals;
    if (!telling || candidate.profile.unusual.size() >= kMarks) continue;
    candidate.profile.unusual.push_back("only principal seen from " + sole[0] + " (" +
                                        plural(candidate.addresses[sole[0]], "call") + ")");
    auto found = findings_->find(candidate.profile.key);
    candidate.profile.risk =
        risk_of(candidate.profile, found == findings_->end() ? 0 : found->second.rules.size());
  }
  prune(kPrincipalsKept);
  std::vector<PrincipalProfile> profiles;
  for (Candidate& candidate : candidates_) profiles.push_back(std::move(candidate.profile));
  std::sort(profiles.begin(), profiles.end(),
            [](const PrincipalProfile& a, const PrincipalProfile& b) {
              return a.risk != b.risk ? a.risk > b.risk : a.key < b.key;
            });
  return profiles;
}

}  // namespace cairn::detect
