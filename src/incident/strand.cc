#include "incident/strand.h"

#include "base/hash.h"

#include <algorithm>

namespace cairn::incident {

namespace {

constexpr size_t kStrandBytes = 700, kActBytes = 900;  // about, with their texts

void note_rule(std::vector<uint32_t>& rules, uint32_t rule) {
  auto place = std::lower_bound(rules.begin(), rules.end(), rule);
  if (place == rules.end() || *place != rule) rules.insert(place, rule);
}

size_t bytes_of(const Strand& strand) {
  size_t bytes = kStrandBytes;
  for (const Stretch& stretch : strand.stretches)
    bytes += kStrandBytes + stretch.acts.size() * kActBytes;
  return bytes;
}

}  // namespace

void note(std::vector<std::string>& list, std::string_view value, size_t limit) {
  if (value.empty() || list.size() >= limit) return;
  if (std::find(list.begin(), list.end(), value) == list.end()) list.emplace_back(value);
}

Level Strand::level() const {
  Level level = Level::kInformational;
  for (const Stretch& stretch : stretches) level = std::max(level, stretch.level);
  return level;
}

RuleBook::RuleBook(std::span<const RuleInfo> rules, std::span<const Correlation> correlations)
    : infos(rules), is_mark(rules.size()), is_summary(rules.size()) {
  for (size_t i = 0; i < rules.size(); ++i) {
    deeds.push_back(deed_of(rules[i]));
    is_mark[i] = rules[i].needed_event_names.empty();
  }
  for (const Correlation& correlation : correlations) {
    bool joins = correlation.kind == Correlation::Kind::kTemporal ||
                 correlation.kind == Correlation::Kind::kTemporalOrdered;
    is_mark[correlation.rule] = false;
    is_summary[correlation.rule] = joins && correlation.sources.size() > 1;
  }
}

void Builder::State::add(std::span<const uint32_t> rules, const EventSummary& event) {
  if (!event.time_known) {
    ++untimed;
    return;
  }
  uint64_t handle = identity::handle_of(event.access_key, event.principal, event.session);
  auto [entry, is_new] = strands.try_emplace(handle);
  Strand& strand = entry->second;
  if (is_new) {
    strand.access_key = event.access_key;
    strand.principal = event.principal;
    strand.session = event.session;
    bytes += kStrandBytes;
  }
  if (strand.stretches.empty() || event.time - strand.stretches.back().last > kQuiet) {
    Stretch& stretch = strand.stretches.emplace_back();
    stretch.first = event.time;
    stretch.first_event = event.event_id;
    bytes += kStrandBytes;
  }
  Stretch& stretch = strand.stretches.back();
  stretch.last = event.time;
  ++stretch.events;
  stretch.failed += !event.error_code.empty() || !event.error_message.empty();
  note(stretch.accounts, event.account);
  note(stretch.source_ips, event.source_ip);
  bool substantive = false, marked = false;
  for (uint32_t rule : rules) {
    note_rule(stretch.rules, rule);
    stretch.level = std::max(stretch.level, book.infos[rule].level);
    if (book.is_mark[rule]) {
      add_to_act(stretch, rule, true, {&rule, 1}, event);
      marked = true;
    } else {
      substantive = substantive || !book.is_summary[rule];
    }
  }
  if (substantive || !marked) {
    const std::string& error = event.error_code.empty() ? event.error_message : event.error_code;
    uint64_t kind = hash64(error, hash64(event.event_name, hash64(event.event_source)));
    add_to_act(stretch, kind, false, rules, event);
  }
  if (bytes > budget_bytes) make_room();
}

void Builder::State::add_to_act(Stretch& stretch, uint64_t kind, bool is_mark,
                                std::span<const uint32_t> rules, const EventSummary& event) {
  Act* act = nullptr;
  for (size_t i = stretch.acts.size(); i-- > 0 && act == nullptr;) {
    Act& one = stretch.acts[i];
    if (one.kind == kind && one.is_mark == is_mark && (is_mark || event.time - one.last <= kActGap))
      act = &one;
  }
  if (act == nullptr) {
    if (stretch.acts.size() >= kActs) {
      ++stretch.acts_left_out;
      return;
    }
    act = &stretch.acts.emplace_back();
    act->kind = kind;
    act->is_mark = is_mark;
    act->first = event.time;
    act->event_name = event.event_name;
    act->event_source = event.event_source;
    act->error_code = event.error_code.empty() ? event.error_message : event.error_code;
    act->words = event.words;
    bytes += kActBytes;
  }
  act->last = event.time;
  ++act->events;
  act->failed += !event.error_code.empty() || !event.error_message.empty();
  for (uint32_t rule : rules) {
    note_rule(act->rules, rule);
    // How something was done, or what it was a part of, makes a call itself no graver.
    if (is_mark || (!book.is_mark[rule] && !book.is_summary[rule]))
      act->level = std::max(act->level, book.infos[rule].level);
  }
  if (act->event_ids.size() < kIdsTold) act->event_ids.push_back(event.event_id);
  note(act->targets, event.target, kTargets);
  note(act->source_ips, event.source_ip);
  note(act->user_agents, event.user_agent);
  note(act->regions, event.region);
  if (!event.target.empty() && act->target_hashes.size() < kCountedTargets) {
    uint64_t hash = hash64(event.target);
    auto place = std::lower_bound(act->target_hashes.begin(), act->target_hashes.end(), hash);
    if (place == act->target_hashes.end() || *place != hash) act->target_hashes.insert(place, hash);
  }
  if (!is_mark) return;
  auto name = std::find_if(act->names.begin(), act->names.end(),
                           [&](const auto& known) { return known.name == event.event_name; });
  if (name != act->names.end()) {
    ++name->calls;
  } else if (act->names.size() < kValues) {
    act->names.push_back({event.event_name, event.words, 1});
  }
}

/// Forgets what is least grave, then what is oldest, until half of the budget is free. Depends on
/// the events and the budget alone.
void Builder::State::make_room() {
  std::vector<std::pair<std::pair<Level, Timestamp>, uint64_t>> order;
  for (const auto& [handle, strand] : strands)
    order.push_back({{strand.level(), strand.stretches.back().last}, handle});
  std::sort(order.begin(), order.end());
  for (const auto& [rank, handle] : order) {
    if (bytes <= budget_bytes / 2) break;
    bytes -= std::min(bytes, bytes_of(strands.at(handle)));
    strands.erase(handle);
    ++left_out;
  }
}

Builder::Builder(std::span<const RuleInfo> rules, std::span<const Correlation> correlations,
                 size_t memory_bytes)
    : state_(std::make_unique<State>(rules, correlations, memory_bytes)) {}
Builder::~Builder() = default;

void Builder::add(std::span<const uint32_t> rules, const EventSummary& event) {
  state_->add(rules, event);
}

Result<Incidents> Builder::finish(const identity::SessionLog& sessions, const geo::Atlas& atlas) {
  return join_strands(*state_, sessions, atlas);
}

}  // namespace cairn::incident
