#include "engine/people_sessions.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace cairn::engine {

namespace {

constexpr size_t kPeople = 40;
constexpr size_t kEach = 10;    // sessions of a principal
constexpr size_t kOpened = 10;  // sessions opened by one of them, whoever they are of

/// The busiest sessions of something.
class Busiest {
 public:
  struct One {
    uint64_t events = 0, handle = 0, giver = 0, root = 0;
  };
  explicit Busiest(size_t limit) : limit_(limit) {}

  void add(const One& one) {
    auto busier = [](const One& a, const One& b) {
      return a.events != b.events ? a.events > b.events : a.handle < b.handle;
    };
    list_.insert(std::upper_bound(list_.begin(), list_.end(), one, busier), one);
    if (list_.size() > limit_) list_.pop_back();
  }
  const std::vector<One>& list() const { return list_; }

 private:
  size_t limit_;
  std::vector<One> list_;
};

Busiest::One one_of(uint64_t handle, const identity::Session& session) {
  return {session.events, handle, session.giver, session.root};
}

bool stands_out(const PrincipalProfile& person) {
  auto findings = std::span(person.findings_by_level).subspan(1);
  return !person.unusual.empty() ||
         std::any_of(findings.begin(), findings.end(), [](uint64_t count) { return count > 0; });
}

}  // namespace

Result<std::vector<identity::OriginTree>> sessions_of_people(
    const identity::SessionLog& log, std::span<const PrincipalProfile> people,
    const geo::Atlas& atlas) {
  std::unordered_map<std::string, Busiest> own;
  for (const PrincipalProfile& person : people)
    if (own.size() < kPeople && stands_out(person)) own.emplace(person.key, Busiest(kEach));
  if (own.empty()) return std::vector<identity::OriginTree>();
  TRY(log.for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    if (auto person = own.find(session.principal); person != own.end())
      person->second.add(one_of(handle, session));
    return {};
  }));
  std::set<uint64_t> wanted;
  std::unordered_map<uint64_t, Busiest> opened;
  for (const auto& [key, sessions] : own) {
    for (const Busiest::One& one : sessions.list()) {
      wanted.insert({one.handle, one.giver, one.root});
      opened.emplace(one.handle, Busiest(kOpened));
    }
  }
  TRY(log.for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    if (auto giver = opened.find(session.giver); giver != opened.end())
      giver->second.add(one_of(handle, session));
    return {};
  }));
  for (const auto& [giver, sessions] : opened)
    for (const Busiest::One& one : sessions.list()) wanted.insert(one.handle);

  identity::FirstSeen first_seen(atlas);
  identity::SessionTrees trees(wanted.size() + 1);
  TRY(log.for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    if (!wanted.contains(handle)) return {};
    first_seen.ask(session);
    trees.add(handle, std::move(session));
    return {};
  }));
  TRY(first_seen.learn_all(log));
  return trees.plant(atlas, first_seen);
}

}  // namespace cairn::engine
