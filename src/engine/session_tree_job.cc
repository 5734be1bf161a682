#include "engine/session_reading.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace cairn::engine {

namespace {

struct Kept {
  uint64_t handle = 0;
  identity::Session session;
};

/// Keeps the busiest sessions.
class Busiest {
 public:
  void add(uint64_t handle, identity::Session&& session) {
    kept_.push_back({handle, std::move(session)});
    if (kept_.size() >= 2 * kTreeSessions) cut();
  }
  std::vector<Kept> take() {
    if (kept_.size() > kTreeSessions) cut();
    return std::move(kept_);
  }

 private:
  void cut() {
    std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) {
      return std::tie(b.session.events, a.handle) < std::tie(a.session.events, b.handle);
    });
    kept_.resize(kTreeSessions);
  }
  std::vector<Kept> kept_;
};

bool earlier(const identity::Session& a, const identity::Session& b) {
  auto order = [](const identity::Session& session) {
    return std::make_tuple(!session.time_known, session.first, std::string_view(session.access_key),
                           std::string_view(session.principal), std::string_view(session.name));
  };
  return order(a) < order(b);
}

/// Puts each session below the one that its credential was taken with.
class Planter {
 public:
  Planter(std::vector<Kept> sessions, const geo::Atlas& atlas,
          const identity::FirstSeen& first_seen)
      : sessions_(std::move(sessions)), atlas_(atlas), first_seen_(first_seen) {
    std::sort(sessions_.begin(), sessions_.end(),
              [](const Kept& a, const Kept& b) { return earlier(a.session, b.session); });
    std::unordered_map<uint64_t, size_t> places;
    for (size_t i = 0; i < sessions_.size(); ++i) places.emplace(sessions_[i].handle, i);
    opened_.resize(sessions_.size());
    for (size_t i = 0; i < sessions_.size(); ++i) {
      auto giver = places.find(sessions_[i].session.giver);
      bool below = sessions_[i].session.giver != 0 && giver != places.end() && !ends_in(i, places);
      (below ? opened_[giver->second] : roots_).push_back(i);
    }
  }

  std::vector<OriginTree> plant() {
    std::map<std::tuple<std::string, uint8_t, std::string>, size_t> places;
    std::vector<OriginTree> trees;
    for (size_t root : roots_) {
      const identity::Origin& origin = sessions_[root].session.origin;
      // A name without an ARN may be another's in another account.
      auto key = std::make_tuple(origin.name, static_cast<uint8_t>(origin.kind), origin.account);
      auto [place, is_new] = places.emplace(key, trees.size());
      if (is_new) {
        trees.emplace_back();
        trees.back().name = origin.name;
        trees.back().account = origin.account;
        trees.back().kind = origin.kind;
      }
      OriginTree& tree = trees[place->second];
      tree.certain = (is_new || tree.certain) && origin.certain;
      if (tree.because.empty()) tree.because = origin.because;
      append(root, 0, tree);
    }
    return trees;
  }

 private:
  /// True when the way up from a session comes back to it.
  bool ends_in(size_t start, const std::unordered_map<uint64_t, size_t>& places) const {
    size_t at = start;
    for (size_t steps = 0; steps < kLongestChain; ++steps) {
      uint64_t giver = sessions_[at].session.giver;
      auto found = places.find(giver);
      if (giver == 0 || found == places.end()) return false;
      at = found->second;
      if (at == start) return true;
    }
    return true;
  }

  void append(size_t place, size_t depth, OriginTree& tree) {
    SessionNode node;
    node.session = std::move(sessions_[place].session);
    node.depth = depth;
    node.countries = countries_of(node.session, atlas_);
    node.networks = networks_of(node.session, atlas_);
    node.first_seen = first_seen_.marks(node.session);
    tree.events += node.session.events;
    tree.errors += node.session.errors;
    tree.writes += node.session.writes;
    tree.sessions.push_back(std::move(node));
    for (size_t below : opened_[place]) append(below, depth + 1, tree);
  }

  static constexpr size_t kLongestChain = 64;
  std::vector<Kept> sessions_;
  std::vector<std::vector<size_t>> opened_;
  std::vector<size_t> roots_;
  const geo::Atlas& atlas_;
  const identity::FirstSeen& first_seen_;
};

}  // namespace

Result<SessionForest> run_session_tree(World world, const SessionsOptions& options,
                                       const ScanProgressCallback& progress) {
  SessionReading reading;
  TRY(reading.read(world, options.read, true, progress));
  identity::FirstSeen first_seen(world.atlas);
  TRY(reading.learn(options.asked, first_seen));
  SessionForest forest;
  forest.first_seen_complete = first_seen.complete();
  Busiest busiest;
  TRY(reading.log().for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    ++forest.sessions;
    if (!is_asked(options.asked, session)) return {};
    ++forest.found;
    busiest.add(handle, std::move(session));
    return {};
  }));
  forest.origins = Planter(busiest.take(), world.atlas, first_seen).plant();
  forest.read = std::move(reading).summary();
  return forest;
}

}  // namespace cairn::engine
