#include "rules/event_pattern.h"

#include "rules/event_tree.h"

#include <algorithm>
#include <map>

namespace cairn::rules {

namespace {

/// What is still to be found under a node: a field, and how much of its path lies behind.
struct Wanted {
  const EventField* field;
  size_t done;
  std::string_view rest() const { return std::string_view(field->path).substr(done); }
};

/// Judges one event. Fields that lead through one array must find their leaves in the same element
/// of it, and in the same element of the arrays inside: so a group of fields goes down together.
class EventJudge {
 public:
  explicit EventJudge(const JsonTree& event) : event_(event) {}

  bool matches(const EventBranch& branch) const {
    std::vector<Wanted> wanted;
    for (const EventField& field : branch) {
      if (field.or_missing && !has_leaf(0, field.path)) continue;
      wanted.push_back({&field, 0});
    }
    return wanted.empty() || found(0, wanted);
  }

 private:
  /// Calls `visit(child, used)` for each member through which a path may go on, until one serves:
  /// its name is the path's beginning, up to a dot or the end. Of the same names the last counts.
  template <typename Visit>
  bool any_way(uint32_t object, std::string_view rest, const Visit& visit) const {
    std::vector<uint32_t> ways;  // few: one for each dot at most
    for (uint32_t child = object + 1; child < event_[object].next; child = event_[child].next) {
      std::string_view key = event_[child].key;
      bool leads = rest.starts_with(key) && (rest.size() == key.size() || rest[key.size()] == '.');
      if (!leads) continue;
      auto same = std::find_if(ways.begin(), ways.end(),
                               [&](uint32_t way) { return event_[way].key == key; });
      if (same != ways.end()) {
        *same = child;
      } else {
        ways.push_back(child);
      }
    }
    return std::any_of(ways.begin(), ways.end(), [&](uint32_t way) {
      return visit(way, std::min(event_[way].key.size() + 1, rest.size()));
    });
  }

  bool has_leaf(uint32_t node, std::string_view rest, bool at_value = false) const {
    const JsonTree::Node& at = event_[node];
    if (at.is_scalar()) return at_value;
    if (at.kind == JsonTree::Kind::kArray) {
      for (uint32_t child = node + 1; child < at.next; child = event_[child].next)
        if (has_leaf(child, rest, at_value)) return true;
      return false;
    }
    return !at_value && any_way(node, rest, [&](uint32_t child, size_t used) {
      return has_leaf(child, rest.substr(used), used == rest.size());
    });
  }

  /// Do all of `wanted` find leaves under a node?
  bool found(uint32_t node, const std::vector<Wanted>& wanted) const {
    const JsonTree::Node& at = event_[node];
    if (at.is_scalar()) {
      return std::all_of(wanted.begin(), wanted.end(), [&](const Wanted& want) {
        return want.rest().empty() &&
               std::any_of(want.field->matchers.begin(), want.field->matchers.end(),
                           [&](const LeafMatcher& matcher) { return matcher.holds(at); });
      });
    }
    if (at.kind == JsonTree::Kind::kArray) {
      for (uint32_t child = node + 1; child < at.next; child = event_[child].next)
        if (found(child, wanted)) return true;
      return false;
    }
    return found_in_object(node, wanted);
  }

  /// A field whose name has dots may go through several members; it takes the first that serves.
  bool found_in_object(uint32_t node, const std::vector<Wanted>& wanted) const {
    std::map<uint32_t, std::vector<Wanted>> by_member;
    for (const Wanted& want : wanted) {
      std::string_view rest = want.rest();
      if (rest.empty()) return false;  // the path ends at an object, which is no leaf
      bool serves = any_way(node, rest, [&](uint32_t child, size_t used) {
        Wanted next{want.field, want.done + used};
        if (!found(child, {next})) return false;
        by_member[child].push_back(next);
        return true;
      });
      if (!serves) return false;
    }
    return std::all_of(by_member.begin(), by_member.end(), [&](const auto& member) {
      return member.second.size() == 1 || found(member.first, member.second);
    });
  }

  const JsonTree& event_;
};

}  // namespace

EventPattern::EventPattern(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
EventPattern::EventPattern(EventPattern&&) noexcept = default;
EventPattern& EventPattern::operator=(EventPattern&&) noexcept = default;
EventPattern::~EventPattern() = default;

std::optional<EventPattern> EventPattern::parse(std::string_view text, const std::string& name,
                                                Diagnostics& diagnostics) {
  auto contents = std::make_unique<Contents>();
  if (!parse_event_pattern(text, name, *contents, diagnostics)) return std::nullopt;
  return EventPattern(std::move(contents));
}

namespace {

void join_spellings(std::vector<LeafMatcher>& matchers) {
  constexpr std::pair<std::string_view, std::string_view> kSpellings[] = {
      {"Console Signin", "Console Sign In"}, {"console signin", "console sign in"}};
  for (LeafMatcher& matcher : matchers) {
    join_spellings(matcher.others);
    for (auto [listed, sent] : kSpellings) {
      size_t at = matcher.text.find(listed);
      if (at != std::string::npos) matcher.text.replace(at, listed.size(), sent);
    }
  }
}

}  // namespace

void EventPattern::join_sign_in_spellings() {
  for (EventBranch& branch : contents_->branches)
    for (EventField& field : branch)
      if (field.path == "detail-type") join_spellings(field.matchers);
}

const std::string& EventPattern::text() const { return contents_->text; }

bool EventPattern::matches(const JsonTree& event) const {
  if (event.nodes().empty() || event[0].kind != JsonTree::Kind::kObject) return false;
  EventJudge judge(event);
  return std::any_of(contents_->branches.begin(), contents_->branches.end(),
                     [&](const EventBranch& branch) { return judge.matches(branch); });
}

}  // namespace cairn::rules
