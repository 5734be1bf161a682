#include "identity/session_tree.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace cairn::identity {

namespace {

bool earlier(const Session& a, const Session& b) {
  auto order = [](const Session& session) {
    return std::make_tuple(!session.time_known, session.first, std::string_view(session.access_key),
                           std::string_view(session.principal), std::string_view(session.name));
  };
  return order(a) < order(b);
}

template <typename Part>
std::vector<std::string> parts_of(const Session& session, const geo::Atlas& atlas,
                                  const Part& part) {
  std::vector<std::string> texts;
  for (const Used& used : session.source_ips) {
    std::string text = part(atlas.place_of(used.value));
    if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end())
      texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

std::vector<std::string> countries_of(const Session& session, const geo::Atlas& atlas) {
  return parts_of(session, atlas, [](const geo::Place& place) { return place.country; });
}

std::vector<std::string> networks_of(const Session& session, const geo::Atlas& atlas) {
  return parts_of(session, atlas, [](const geo::Place& place) { return place.network_text(); });
}

/// Puts each session below the one that its credential was taken with.
class SessionTrees::Planter {
 public:
  Planter(std::vector<Kept> sessions, const geo::Atlas& atlas, const FirstSeen& first_seen)
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
      const Origin& origin = sessions_[root].session.origin;
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
  const FirstSeen& first_seen_;
};

void SessionTrees::add(uint64_t handle, Session&& session) {
  kept_.push_back({handle, std::move(session)});
  if (kept_.size() >= 2 * limit_) cut();
}

void SessionTrees::cut() {
  std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) {
    return std::tie(b.session.events, a.handle) < std::tie(a.session.events, b.handle);
  });
  kept_.resize(limit_);
}

std::vector<OriginTree> SessionTrees::plant(const geo::Atlas& atlas, const FirstSeen& first_seen) {
  if (kept_.size() > limit_) cut();
  return Planter(std::move(kept_), atlas, first_seen).plant();
}

}  // namespace cairn::identity
