#include "identity/first_seen.h"

#include "base/hash.h"
#include "base/text.h"
#include "detect/detect.h"
#include "model/global_services.h"

#include <algorithm>
#include <array>

namespace cairn::identity {

namespace {

struct Scope {
  uint64_t key = 0;
  std::string name;  // "in account 111122223333"
};

/// From the widest to the narrowest. One without a name has key 0.
std::array<Scope, 3> scopes_of(const Session& session) {
  auto scope = [](uint64_t kind, std::string_view name, std::string words) {
    return Scope{name.empty() ? 0 : hash64(name, kind), std::move(words)};
  };
  const std::string& origin = session.origin.name;
  return {scope(1, session.account, "in account " + session.account),
          scope(2, session.principal, "for " + detect::short_principal(session.principal)),
          scope(3, origin, "for origin " + detect::short_principal(origin))};
}

uint64_t value_key(uint64_t scope, std::string_view what, std::string_view value) {
  return hash64(value, hash64(what, scope));
}

/// "Boto3" of "Boto3/1.26.1 …": a new version is no new client.
std::string client_of(std::string_view user_agent) {
  std::string name = detect::client_name(user_agent);
  return name.substr(0, name.find('/'));
}

}  // namespace

/// Each list goes from the widest to the narrowest: only its first new fact is told.
std::vector<std::vector<FirstSeen::Fact>> FirstSeen::facts_of(const Session& session) const {
  std::vector<std::vector<Fact>> lists;
  auto add = [&](const char* what, const Used& used, std::string value) {
    if (used.time_known) lists.push_back({{what, std::move(value), used.first, used.events}});
  };
  for (const Used& used : session.source_ips) {
    if (!used.time_known || !geo::is_public_address(used.value)) continue;
    std::vector<Fact>& list = lists.emplace_back();
    geo::Place place = atlas_.place_of(used.value);
    if (!place.country.empty()) list.push_back({"country", place.country, used.first, used.events});
    if (place.network != 0)
      list.push_back({"network", place.network_text(), used.first, used.events});
    list.push_back({"address", used.value, used.first, used.events});
  }
  for (const Used& used : session.user_agents) add("client", used, client_of(used.value));
  uint64_t global_events = 0;
  for (const Used& used : session.services)
    if (is_global_service(used.value)) global_events += used.events;
  for (const Used& used : session.regions) {
    // Nothing in it but calls of services without regions: nobody went there.
    if (is_home_region(used.value) && used.events <= global_events) continue;
    add("region", used, used.value);
  }
  for (const Used& used : session.services) {
    std::string_view service = used.value;
    add("service", used, std::string(service.substr(0, service.find(".amazonaws.com"))));
  }
  return lists;
}

void FirstSeen::ask(const Session& session) {
  if (!session.time_known) return;
  auto lists = facts_of(session);
  for (const Scope& scope : scopes_of(session)) {
    if (scope.key == 0) continue;
    scopes_.try_emplace(scope.key);
    for (const auto& list : lists) {
      for (const Fact& fact : list) {
        if (values_.size() < kValuesHeld) {
          values_.try_emplace(value_key(scope.key, fact.what, fact.value), Timestamp::max());
        } else {
          complete_ = false;
        }
      }
    }
  }
}

void FirstSeen::learn(const Session& session) {
  if (!session.time_known) return;
  std::vector<std::vector<Fact>> lists;
  for (const Scope& scope : scopes_of(session)) {
    auto known = scope.key == 0 ? scopes_.end() : scopes_.find(scope.key);
    if (known == scopes_.end()) continue;
    known->second.first = std::min(known->second.first, session.first);
    known->second.events += session.events;
    if (lists.empty()) lists = facts_of(session);
    for (const auto& list : lists) {
      for (const Fact& fact : list) {
        auto value = values_.find(value_key(scope.key, fact.what, fact.value));
        if (value != values_.end()) value->second = std::min(value->second, fact.first);
      }
    }
  }
}

Status FirstSeen::learn_all(const SessionLog& log) {
  return log.for_each_unordered([](uint64_t) { return true; },
                                [&](uint64_t, Session&& session) -> Status {
                                  learn(session);
                                  return {};
                                },
                                Lists::kAll);
}

std::string FirstSeen::mark_of(const Session& session, const Fact& fact) const {
  for (const Scope& scope : scopes_of(session)) {
    if (scope.key == 0) continue;
    auto value = values_.find(value_key(scope.key, fact.what, fact.value));
    if (value == values_.end() || value->second < fact.first) continue;
    const Known& known = scopes_.at(scope.key);
    Duration before = fact.first - known.first;
    // Events with the value itself are not what the account was known by.
    if (before < kLearning || known.events < kLearningEvents + fact.events) continue;
    auto days = std::chrono::duration_cast<std::chrono::hours>(before).count() / 24;
    return std::string(fact.what) + " " + fact.value + " first seen " + scope.name +
           ", known for " + plural(static_cast<uint64_t>(days), "day");
  }
  return "";
}

std::vector<std::string> FirstSeen::marks(const Session& session) const {
  std::vector<std::pair<Timestamp, std::string>> marks;
  if (!session.time_known) return {};
  for (const auto& list : facts_of(session)) {
    for (const Fact& fact : list) {
      std::string text = mark_of(session, fact);
      if (text.empty()) continue;
      bool known = std::any_of(marks.begin(), marks.end(),
                               [&](const auto& other) { return other.second == text; });
      if (!known) marks.emplace_back(fact.first, std::move(text));
      break;
    }
  }
  std::stable_sort(marks.begin(), marks.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  if (marks.size() > kMarks) marks.resize(kMarks);
  std::vector<std::string> texts;
  for (auto& [time, text] : marks) texts.push_back(std::move(text));
  return texts;
}

}  // namespace cairn::identity
