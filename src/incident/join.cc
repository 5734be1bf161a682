// Strands joined to incidents.
//
//   stretches of each credential ─► with those of the same origin, unless kQuiet lies between
//                                ─► with those of credentials that these made
//                                ─► with grave ones from the same address
//
// What is joined is weighed by what it is together, and told if that is grave.

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "detect/detect.h"
#include "identity/first_seen.h"
#include "incident/strand.h"
#include "model/attack_tags.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>

namespace cairn::incident {

namespace {

using identity::Making;
using identity::OriginKind;

constexpr Duration kMadeLongAgo = std::chrono::hours(24 * 7);  // between a making and its use
constexpr size_t kOriginsOfAddress = 4;  // an address of more origins says nothing of them
constexpr size_t kDeedsTold = 4;         // in the reason
constexpr size_t kDeedsInTitle = 3;
constexpr size_t kResources = 50;
constexpr size_t kFindings = 200;

/// A stretch on its way into an incident.
struct Unit {
  uint64_t handle = 0;
  const Strand* strand = nullptr;
  const Stretch* stretch = nullptr;
  uint64_t origin = 0;
  size_t parent = 0;  // of the union
};

std::string id_of(uint64_t hash) {
  std::string id = "INC-";
  for (int shift = 36; shift >= 0; shift -= 4) id += "0123456789abcdef"[(hash >> shift) & 15];
  return id;
}

/// The same for all credentials of one origin. What is not known by an ARN is told apart by
/// account.
uint64_t key_of(const identity::Session& session) {
  const identity::Origin& origin = session.origin;
  bool by_name = origin.name.substr(0, 4) == "arn:" || origin.kind == OriginKind::kHuman;
  uint64_t key = hash64(origin.name);
  return by_name ? key : hash64(origin.account.empty() ? session.account : origin.account, key);
}

bool is_address(std::string_view text) {
  if (text.empty() || text.size() > 45) return false;
  size_t dots = 0, colons = 0;
  for (char c : text) {
    char lower = ascii_lower(c);
    dots += c == '.';
    colons += c == ':';
    if (!is_digit(c) && c != '.' && c != ':' && (lower < 'a' || lower > 'f')) return false;
  }
  return dots == 3 || colons >= 2;
}

/// Weighs what acts are together.
class Weight {
 public:
  Weight(const RuleBook& book, const std::vector<const Act*>& acts) : book_(book) {
    bool any_done = false;
    std::set<uint32_t> bystanding = bystanding_summaries(acts);
    for (const Act* act : acts) {
      for (uint32_t rule : act->rules) {
        if (bystanding.count(rule) > 0) continue;
        alone_ = std::max(alone_, book.infos[rule].level);
        if (book.infos[rule].level >= Level::kMedium) rules_.insert(rule);
        if (!book.is_summary[rule]) parts_ = std::max(parts_, book.infos[rule].level);
        if (book.is_summary[rule] &&
            (!summary_ || book.infos[rule].level > book.infos[*summary_].level))
          summary_ = rule;
      }
      any_done = any_done || (!act->is_mark && !act->failed_wholly());
      note_deed(*act);
    }
    failed_wholly_ = !any_done && std::any_of(acts.begin(), acts.end(), [](const Act* act) {
      return act->failed_wholly();
    }) && std::none_of(acts.begin(), acts.end(), [](const Act* act) {
      return act->is_mark && !act->failed_wholly();
    });
    level_ = alone_;
    if (failed_wholly_ && level_ > Level::kMedium) {
      level_ = static_cast<Level>(static_cast<int>(level_) - 1);
    } else if (is_combination() && level_ >= Level::kMedium && level_ < Level::kCritical) {
      level_ = static_cast<Level>(static_cast<int>(level_) + 1);
      raised_ = true;
    }
  }

  Level level() const { return level_; }
  /// Grave by itself, or several different things.
  bool is_incident() const {
    return level_ >= Level::kHigh || (level_ == Level::kMedium && rules_.size() > 1);
  }

  std::string because() const {
    std::string text(to_string(level_));
    text += " because ";
    std::vector<const Told*> told = most_telling(kDeedsTold);
    for (size_t i = 0; i < told.size(); ++i) {
      if (i > 0) text += i + 1 == told.size() && i > 1 ? " and " : i == 1 ? ", then " : ", ";
      text += told[i]->words;
    }
    if (told.empty() && summary_) {
      text += lower_first(book_.infos[*summary_].title);
    } else if (summary_ && book_.infos[*summary_].level > parts_)
      text += "; together: " + lower_first(book_.infos[*summary_].title);
    if (raised_)
      text += "; the gravest alone would be " + std::string(to_string(alone_)) +
              ", but together they are steps of one attack";
    if (failed_wholly_)
      text += "; not " + std::string(to_string(alone_)) + ", because no call succeeded";
    return text;
  }

  std::string title() const {
    std::vector<const Told*> told = most_telling(kDeedsInTitle, false);
    if (told.empty()) told = most_telling(1);
    if (told.empty() && summary_) return book_.infos[*summary_].title;
    std::string text;
    for (size_t i = 0; i < told.size(); ++i) {
      if (i > 0) text += i + 1 == told.size() ? " and " : ", ";
      text += told[i]->words;
    }
    return upper_first(text);
  }

 private:
  struct Told {
    std::string words;
    Stage stage;
    Level level;
    Timestamp first;
    bool done;
    bool mark;
    std::string deed;  // done or tried, the same
  };

  /// A rule that joins the calls of several principals says little of one who made a single kind of
  /// them that no rule minds by itself: who looks at the versioning of a bucket is not who emptied
  /// it.
  std::set<uint32_t> bystanding_summaries(const std::vector<const Act*>& acts) const {
    std::map<uint32_t, std::set<uint64_t>> kinds;
    std::set<uint32_t> grave;
    for (const Act* act : acts) {
      bool is_grave = std::any_of(act->rules.begin(), act->rules.end(), [&](uint32_t rule) {
        return !book_.is_summary[rule] && !book_.is_mark[rule] &&
               book_.infos[rule].level >= Level::kMedium;
      });
      for (uint32_t rule : act->rules) {
        if (!book_.is_summary[rule]) continue;
        kinds[rule].insert(act->kind);
        if (is_grave) grave.insert(rule);
      }
    }
    std::set<uint32_t> bystanding;
    for (const auto& [rule, made] : kinds)
      if (made.size() < 2 && grave.count(rule) == 0) bystanding.insert(rule);
    return bystanding;
  }

  /// The gravest rule that is not a summary says what an act was.
  void note_deed(const Act& act) {
    std::optional<uint32_t> best;
    for (uint32_t rule : act.rules) {
      if (book_.is_summary[rule] || book_.is_mark[rule] != act.is_mark) continue;
      if (!best || book_.infos[rule].level > book_.infos[*best].level) best = rule;
    }
    if (!best || book_.infos[*best].level < Level::kLow) return;
    const Deed& deed = book_.deeds[*best];
    bool done = !act.failed_wholly();
    Level level = book_.infos[*best].level;
    std::string words = act.is_mark ? lower_first(book_.infos[*best].title)
                        : done      ? deed.done
                                    : deed.tried;
    if (done && level >= Level::kMedium) stages_[static_cast<size_t>(deed.stage)] = true;
    for (Told& told : told_) {
      if (told.words != words) continue;
      told.level = std::max(told.level, level);
      told.first = std::min(told.first, act.first);
      return;
    }
    told_.push_back({std::move(words), deed.stage, level, act.first, done, act.is_mark, deed.done});
  }

  bool has(Stage stage) const { return stages_[static_cast<size_t>(stage)]; }
  /// Stages that together are an attack, where each alone may be somebody's work.
  bool is_combination() const {
    size_t grave = 0;
    for (Stage stage : {Stage::kEntry, Stage::kSecrets, Stage::kFoothold, Stage::kHiding,
                        Stage::kControl, Stage::kTaking, Stage::kHarm})
      grave += has(stage);
    bool pair = (has(Stage::kEntry) && has(Stage::kFoothold)) ||
                (has(Stage::kFoothold) && has(Stage::kHiding)) ||
                (has(Stage::kHiding) && (has(Stage::kHarm) || has(Stage::kTaking))) ||
                (has(Stage::kSecrets) && has(Stage::kTaking));
    // Somebody who signs in, opens a port and deletes a machine may just be at work.
    bool telling = has(Stage::kSecrets) || has(Stage::kFoothold) || has(Stage::kHiding);
    return (grave >= 3 && telling) || (pair && alone_ >= Level::kHigh);
  }

  /// The gravest deeds, different stages first, in order of time.
  std::vector<const Told*> most_telling(size_t limit, bool marks = true) const {
    // What is only context is told when there is nothing else.
    bool any_grave = std::any_of(told_.begin(), told_.end(),
                                 [](const Told& told) { return told.level >= Level::kMedium; });
    auto is_done_too = [&](const Told& told) {
      return !told.done && std::any_of(told_.begin(), told_.end(), [&](const Told& other) {
        return other.done && other.deed == told.deed;
      });
    };
    std::vector<const Told*> order;
    for (const Told& told : told_)
      if (!is_done_too(told) && (!any_grave || told.level >= Level::kMedium) &&
          (marks || !told.mark))
        order.push_back(&told);
    std::stable_sort(order.begin(), order.end(), [](const Told* a, const Told* b) {
      if (a->level != b->level) return a->level > b->level;
      if (a->done != b->done) return a->done;
      if (a->mark != b->mark) return b->mark;
      return a->first < b->first;
    });
    std::array<bool, kStages> seen{};
    std::stable_partition(order.begin(), order.end(), [&](const Told* told) {
      return !std::exchange(seen[static_cast<size_t>(told->stage)], true);
    });
    if (order.size() > limit) order.resize(limit);
    std::stable_sort(order.begin(), order.end(), [](const Told* a, const Told* b) {
      if (a->mark != b->mark) return a->mark;  // how, then what
      return a->first < b->first;
    });
    return order;
  }

  const RuleBook& book_;
  std::vector<Told> told_;
  std::set<uint32_t> rules_;
  std::array<bool, kStages> stages_{};
  std::optional<uint32_t> summary_;      // the gravest rule that joins others
  Level parts_ = Level::kInformational;  // of the rules that do not
  Level alone_ = Level::kInformational, level_ = Level::kInformational;
  bool raised_ = false, failed_wholly_ = false;
};

class Joiner {
 public:
  Joiner(Builder::State& state, const identity::SessionLog& log, const geo::Atlas& atlas)
      : state_(state), log_(log), atlas_(atlas), first_seen_(atlas) {}

  Result<Incidents> join() {
    TRY(ask_identity());
    make_units();
    join_origins();
    join_makings();
    join_addresses();
    tell();
    return std::move(incidents_);
  }

 private:
  /// Who is behind the strands: first of those that are grave by themselves, then of everything
  /// that shares an origin with them.
  Status ask_identity() {
    std::set<uint64_t> origins;
    std::unordered_map<uint64_t, uint64_t> origin_of;  // a strand's session
    TRY(log_.for_each_unordered(
        [&](uint64_t handle) { return state_.strands.find(handle) != state_.strands.end(); },
        [&](uint64_t handle, identity::Session&& session) -> Status {
          const uint64_t origin = origin_of[handle] = key_of(session);
          if (state_.strands.at(handle).level() >= Level::kMedium) origins.insert(origin);
          return {};
        }));
    if (origins.empty()) return {};
    std::erase_if(origin_of, [&](const auto& one) { return !origins.contains(one.second); });
    TRY(log_.for_each_unordered([&](uint64_t handle) { return origin_of.contains(handle); },
                                [&](uint64_t handle, identity::Session&& session) -> Status {
                                  first_seen_.ask(session);
                                  sessions_.emplace(handle, std::move(session));
                                  return {};
                                }));
    return first_seen_.learn_all(log_);
  }

  void make_units() {
    for (const auto& [handle, session] : sessions_) {
      const Strand& strand = state_.strands.at(handle);
      for (const Stretch& stretch : strand.stretches)
        units_.push_back({handle, &strand, &stretch, key_of(session), 0});
    }
    std::sort(units_.begin(), units_.end(), [](const Unit& a, const Unit& b) {
      if (a.stretch->first != b.stretch->first) return a.stretch->first < b.stretch->first;
      if (a.stretch->first_event != b.stretch->first_event)
        return a.stretch->first_event < b.stretch->first_event;
      return a.handle < b.handle;
    });
    for (size_t i = 0; i < units_.size(); ++i) units_[i].parent = i;
  }

  size_t root(size_t unit) {
    while (units_[unit].parent != unit) {
      units_[unit].parent = units_[units_[unit].parent].parent;
      unit = units_[unit].parent;
    }
    return unit;
  }
  /// The earlier unit leads.
  void unite(size_t a, size_t b) {
    a = root(a);
    b = root(b);
    units_[std::max(a, b)].parent = std::min(a, b);
  }

  void join_origins() {
    struct Open {
      size_t unit;
      Timestamp last;
    };
    std::map<uint64_t, Open> open;
    for (size_t i = 0; i < units_.size(); ++i) {
      const Stretch& stretch = *units_[i].stretch;
      auto [entry, is_new] = open.try_emplace(units_[i].origin, Open{i, stretch.last});
      if (is_new) continue;
      if (stretch.first - entry->second.last <= kQuiet) {
        unite(entry->second.unit, i);
        entry->second.last = std::max(entry->second.last, stretch.last);
      } else {
        entry->second = {i, stretch.last};
      }
    }
  }

  void join_makings() {
    std::map<uint64_t, std::vector<size_t>> by_handle;
    for (size_t i = 0; i < units_.size(); ++i) by_handle[units_[i].handle].push_back(i);
    for (size_t i = 0; i < units_.size(); ++i) {
      const Stretch& used = *units_[i].stretch;
      for (const Making& making : sessions_.at(units_[i].handle).makings) {
        auto makers = by_handle.find(making.maker);
        if (!making.time_known || makers == by_handle.end()) continue;
        if (used.last < making.time || used.first - making.time > kMadeLongAgo) continue;
        for (size_t maker : makers->second) {
          const Stretch& made = *units_[maker].stretch;
          if (making.time < made.first - kQuiet || making.time > made.last + kQuiet) continue;
          unite(maker, i);
        }
      }
    }
  }

  /// An attacker who holds several credentials uses them from one place.
  void join_addresses() {
    std::map<std::string_view, std::vector<size_t>> by_address;
    std::map<std::string_view, std::set<uint64_t>> origins;
    for (size_t i = 0; i < units_.size(); ++i) {
      for (const std::string& address : units_[i].stretch->source_ips) {
        if (!is_address(address)) continue;
        origins[address].insert(units_[i].origin);
        if (units_[i].stretch->level >= Level::kHigh) by_address[address].push_back(i);
      }
    }
    for (const auto& [address, users] : by_address) {
      if (origins[address].size() > kOriginsOfAddress) continue;
      for (size_t i = 1; i < users.size(); ++i) {
        const Stretch &before = *units_[users[i - 1]].stretch, &after = *units_[users[i]].stretch;
        if (after.first - before.last <= kQuiet) unite(users[i - 1], users[i]);
      }
    }
  }

  void tell() {
    std::map<size_t, std::vector<size_t>> groups;
    for (size_t i = 0; i < units_.size(); ++i) groups[root(i)].push_back(i);
    std::map<uint64_t, std::vector<Making>> makings;
    log_.for_each_making([&](const Making& making) { makings[making.maker].push_back(making); });
    struct Told {
      Incident incident;
      std::vector<size_t> units;
    };
    std::vector<Told> told;
    for (const auto& [lead, members] : groups) {
      std::vector<const Act*> acts;
      for (size_t i : members)
        for (const Act& act : units_[i].stretch->acts) acts.push_back(&act);
      Weight weight(state_.book, acts);
      if (!weight.is_incident()) continue;
      Incident incident = tell_group(members, weight);
      for (size_t i : members) {
        auto made = makings.find(units_[i].handle);
        if (made == makings.end()) continue;
        for (const Making& making : made->second) note_making(incident, making);
      }
      incident.next = advise(incident, acts);
      told.push_back({std::move(incident), members});
    }
    std::sort(told.begin(), told.end(), [](const Told& a, const Told& b) {
      if (a.incident.level != b.incident.level) return a.incident.level > b.incident.level;
      if (a.incident.first != b.incident.first) return a.incident.first < b.incident.first;
      return a.incident.id < b.incident.id;
    });
    for (Told& one : told) {
      for (size_t i : one.units) {
        const Stretch& stretch = *units_[i].stretch;
        incidents_.note_credential(units_[i].handle, stretch.first, stretch.last,
                                   incidents_.list.size());
      }
      incidents_.list.push_back(std::move(one.incident));
    }
    incidents_.left_out = state_.left_out;
    incidents_.untimed = state_.untimed;
  }

  static void note_making(Incident& incident, const Making& making) {
    if (!making.time_known || making.time < incident.first - kQuiet ||
        making.time > incident.last + kQuiet)
      return;
    for (const Making& known : incident.makings)
      if (known.event_id == making.event_id && known.what == making.what) return;
    incident.makings.push_back(making);
  }

  Incident tell_group(const std::vector<size_t>& members, const Weight& weight) {
    const Unit& lead = units_[members.front()];
    Incident incident;
    incident.level = weight.level();
    incident.because = weight.because();
    incident.title = weight.title();
    incident.origin = sessions_.at(lead.handle).origin;
    auto began = static_cast<uint64_t>(lead.stretch->first.time_since_epoch().count());
    incident.id = id_of(mix64(hash64(lead.stretch->first_event, lead.origin), began));
    incident.first = lead.stretch->first;
    incident.last = lead.stretch->last;
    std::set<uint64_t> origins = {lead.origin};
    for (size_t i : members) {
      const Unit& unit = units_[i];
      const Stretch& stretch = *unit.stretch;
      incident.last = std::max(incident.last, stretch.last);
      incident.events += stretch.events;
      incident.failed += stretch.failed;
      for (const std::string& account : stretch.accounts) note(incident.accounts, account);
      for (const std::string& address : stretch.source_ips) note(incident.source_ips, address);
      if (origins.insert(unit.origin).second)
        note(incident.also, link_of(unit, lead, stretch.source_ips));
    }
    for (const std::string& address : incident.source_ips) note_place(incident, address);
    std::map<uint64_t, size_t> credentials = note_credentials(incident, members);
    note_acts(incident, members, credentials);
    return incident;
  }

  void note_place(Incident& incident, const std::string& address) const {
    geo::Place place = atlas_.place_of(address);
    if (place.known()) incident.places.emplace(address, place.text());
  }

  /// Why another origin is part of an incident.
  std::string link_of(const Unit& unit, const Unit& lead,
                      const std::vector<std::string>& addresses) const {
    const identity::Session& session = sessions_.at(unit.handle);
    std::string name = detect::short_principal(session.origin.name);
    for (const Making& making : session.makings) {
      if (sessions_.find(making.maker) == sessions_.end() || making.maker == unit.handle) continue;
      return name + ": its credential was made by " +
             detect::short_principal(sessions_.at(making.maker).principal) + " (event " +
             making.event_id + ")";
    }
    for (const std::string& address : addresses) {
      const std::vector<std::string>& others = lead.stretch->source_ips;
      if (is_address(address) && std::find(others.begin(), others.end(), address) != others.end())
        return name + ": used from the same address " + address;
    }
    return name + ": used from the same addresses";
  }

  /// Lists the credentials as a tree, and returns the place of each.
  std::map<uint64_t, size_t> note_credentials(Incident& incident,
                                              const std::vector<size_t>& members) {
    std::vector<uint64_t> handles;
    for (size_t i : members)
      if (std::find(handles.begin(), handles.end(), units_[i].handle) == handles.end())
        handles.push_back(units_[i].handle);
    // An origin's own credentials come first, each with what was taken with it behind it.
    std::stable_sort(handles.begin(), handles.end(), [&](uint64_t a, uint64_t b) {
      const identity::Session &left = sessions_.at(a), &right = sessions_.at(b);
      if (left.root != right.root) return first_of(left.root, a) < first_of(right.root, b);
      return left.origin.steps.size() < right.origin.steps.size();
    });
    std::map<uint64_t, size_t> places;
    for (uint64_t handle : handles) {
      const identity::Session& session = sessions_.at(handle);
      Credential credential;
      credential.access_key = session.access_key;
      credential.principal = session.principal;
      credential.session = session.name;
      credential.identity_type = session.identity_type;
      credential.account = session.account;
      if (!session.origin.steps.empty()) {
        credential.how = session.origin.steps.back().words;
        credential.event_id = session.origin.steps.back().event_id;
      }
      credential.of_origin = key_of(session) == units_[members.front()].origin;
      credential.depth = session.root == handle ? 0 : session.origin.steps.size();
      credential.first = session.first;
      credential.last = session.last;
      credential.events = session.events;
      credential.errors = session.errors;
      credential.writes = session.writes;
      credential.mfa = session.mfa;
      auto values = [](const std::vector<identity::Used>& used) {
        std::vector<std::string> list;
        for (const identity::Used& one : used) note(list, one.value);
        return list;
      };
      credential.source_ips = values(session.source_ips);
      credential.regions = values(session.regions);
      credential.user_agents = values(session.user_agents);
      credential.marks = first_seen_.marks(session);
      for (const std::string& address : credential.source_ips) note_place(incident, address);
      places[handle] = incident.credentials.size();
      incident.credentials.push_back(std::move(credential));
    }
    return places;
  }

  std::pair<Timestamp, uint64_t> first_of(uint64_t root, uint64_t otherwise) const {
    auto found = sessions_.find(root);
    if (found == sessions_.end()) found = sessions_.find(otherwise);
    return {found->second.first, root};
  }

  /// Two things said of how the same calls were made are one sentence.
  bool add_to_mark(Incident& incident, const Act& act, size_t credential) const {
    if (incident.story.empty()) return false;
    Sentence& before = incident.story.back();
    if (!before.is_mark || before.credential != credential || before.first != act.first ||
        before.last != act.last || before.events != act.events || before.event_ids != act.event_ids)
      return false;
    before.words = title_of_mark(act, state_.book) + " and " + before.words;
    before.level = std::max(before.level, act.level);
    before.rules.insert(before.rules.end(), act.rules.begin(), act.rules.end());
    std::sort(before.rules.begin(), before.rules.end());
    return true;
  }

  void note_acts(Incident& incident, const std::vector<size_t>& members,
                 const std::map<uint64_t, size_t>& credentials) {
    struct Placed {
      const Act* act;
      const Unit* unit;
    };
    std::vector<Placed> acts;
    for (size_t i : members)
      for (const Act& act : units_[i].stretch->acts) acts.push_back({&act, &units_[i]});
    std::stable_sort(acts.begin(), acts.end(), [](const Placed& a, const Placed& b) {
      if (a.act->first != b.act->first) return a.act->first < b.act->first;
      return a.act->is_mark && !b.act->is_mark;  // how, then what
    });
    std::set<std::string> techniques;
    // Of a mark whose calls are told one by one, only how they were made is left to say.
    std::set<std::pair<const Stretch*, std::string_view>> told;
    for (const Placed& placed : acts)
      if (!placed.act->is_mark) told.insert({placed.unit->stretch, placed.act->event_name});
    auto is_told = [&](const Placed& placed) {
      const std::vector<Act::Name>& names = placed.act->names;
      return names.size() < kValues &&
             std::all_of(names.begin(), names.end(), [&](const Act::Name& name) {
               return told.find({placed.unit->stretch, name.name}) != told.end();
             });
    };
    for (const Placed& placed : acts) {
      const Act& act = *placed.act;
      for (uint32_t rule : act.rules) {
        if (state_.book.is_summary[rule]) continue;
        for (const Tactic& tactic : tactics_of(state_.book.infos[rule]))
          note(incident.tactics, tactic.name, SIZE_MAX);
        for (std::string& technique : techniques_of(state_.book.infos[rule]))
          techniques.insert(std::move(technique));
      }
      for (const std::string& region : act.regions) note(incident.regions, region);
      for (const std::string& agent : act.user_agents) note(incident.user_agents, agent);
      bool brief = act.is_mark && is_told(placed);
      size_t credential = credentials.at(placed.unit->handle);
      if (brief && add_to_mark(incident, act, credential)) continue;
      if (incident.story.size() == kSentences) continue;
      Sentence sentence;
      sentence.first = act.first;
      sentence.last = act.last;
      sentence.credential = credential;
      sentence.actor = detect::short_principal(placed.unit->strand->principal);
      if (!placed.unit->strand->session.empty())
        sentence.actor += " as " + placed.unit->strand->session;
      sentence.words = words_of(act, state_.book, brief);
      sentence.level = act.level;
      sentence.events = act.events;
      sentence.failed = act.failed;
      sentence.event_ids = act.event_ids;
      sentence.rules = act.rules;
      sentence.is_mark = act.is_mark;
      incident.story.push_back(std::move(sentence));
    }
    incident.techniques.assign(techniques.begin(), techniques.end());
    std::stable_sort(acts.begin(), acts.end(),
                     [](const Placed& a, const Placed& b) { return a.act->level > b.act->level; });
    bool only_marks = std::all_of(acts.begin(), acts.end(),
                                  [](const Placed& placed) { return placed.act->is_mark; });
    for (const Placed& placed : acts) {
      if (placed.act->is_mark && !only_marks) continue;
      for (const std::string& target : placed.act->targets)
        note(incident.resources, target, kResources);
      incident.resource_count = std::max<uint64_t>(
          {incident.resource_count, incident.resources.size(), placed.act->target_hashes.size()});
    }
  }

  Builder::State& state_;
  const identity::SessionLog& log_;
  const geo::Atlas& atlas_;
  identity::FirstSeen first_seen_;
  std::map<uint64_t, identity::Session> sessions_;  // of strands, by handle
  std::vector<Unit> units_;
  Incidents incidents_;
};

}  // namespace

Result<Incidents> join_strands(Builder::State& state, const identity::SessionLog& sessions,
                               const geo::Atlas& atlas) {
  return Joiner(state, sessions, atlas).join();
}

const Incident* Incidents::find(std::string_view id) const {
  constexpr std::string_view kPrefix = "INC-";
  std::string wanted =
      starts_with_ignore_case(id, kPrefix) ? to_lower(id.substr(kPrefix.size())) : to_lower(id);
  for (const Incident& incident : list)
    if (incident.id.substr(kPrefix.size()) == wanted) return &incident;
  return nullptr;
}

void Incidents::note_credential(uint64_t handle, Timestamp first, Timestamp last, size_t incident) {
  by_credential_[handle].push_back({first, last, incident});
}

bool Incidents::note_finding(const Finding& finding) {
  if (!finding.time_known) return false;
  // The first event of a finding over several principals may be a bystander's.
  for (const EventSummary& event : finding.samples) {
    auto found =
        by_credential_.find(identity::handle_of(event.access_key, event.principal, event.session));
    if (found == by_credential_.end()) continue;
    for (const Stretch& stretch : found->second) {
      if (event.time < stretch.first || event.time > stretch.last) continue;
      std::vector<std::string>& ids = list[stretch.incident].findings;
      if (ids.size() < kFindings) ids.push_back(finding.id);
      return true;
    }
  }
  return false;
}

}  // namespace cairn::incident
