#include "investigate/undo.h"

#include "base/text.h"
#include "detect/detect.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>

namespace cairn::investigate {

namespace {

struct Call {
  Act act;
  std::vector<std::string> things;
  std::map<std::string, std::string> earlier;  // event name → record
  Inverse inverse;
  bool made_here = false;  // what it deleted was made by a call that is taken back, too
  std::string gone;        // the event that deleted its thing later
};

std::string_view unversioned_of(std::string_view name) {
  size_t digits = name.find("20");
  return digits == std::string_view::npos ? name : name.substr(0, digits);
}

class Undo {
 public:
  Undo(const UndoChoice& choice, const InverseTable& table) : choice_(choice), table_(table) {}

  Result<UndoResult> answer(const std::vector<Gatherer*>& gatherers) {
    TRY(choose(gatherers));
    TRY(find_earlier(gatherers));
    for (Call& call : calls_) invert(call);
    UndoResult result;
    result.calls = calls_.size();
    for (const Call& call : calls_) result.taken_back += call.inverse.commands.empty() ? 0u : 1u;
    result.script = script();
    result.sheet = sheet();
    result.near = near_;
    return result;
  }

 private:
  Status choose(const std::vector<Gatherer*>& gatherers);
  Status find_earlier(const std::vector<Gatherer*>& gatherers);
  void invert(Call& call) const;
  void keep(const Act& act);
  std::string script() const;
  void write_call(const Call& call, std::string& out) const;
  Sheet sheet() const;

  const UndoChoice& choice_;
  const InverseTable& table_;
  std::deque<Call> calls_;  // in order of time
  uint64_t left_out_ = 0;
  std::vector<std::string> near_;
};

void Undo::keep(const Act& act) {
  calls_.push_back({act, {}, {}, {}, false, {}});
  if (calls_.size() <= kUndoCalls) return;
  calls_.pop_front();
  ++left_out_;
}

Status Undo::choose(const std::vector<Gatherer*>& gatherers) {
  if (choice_.subject == nullptr) {
    return Gatherer::for_each_act(gatherers, [&](const Act& act) -> Status {
      if (act.looked) return {};
      bool issued = issues_credential(act.name) || act.name == "ConsoleLogin";
      bool inside = !issued && std::any_of(choice_.stretches.begin(), choice_.stretches.end(),
                                           [&](const UndoChoice::Stretch& stretch) {
                                             return stretch.handle == act.handle &&
                                                    act.time_known &&
                                                    act.time_ms >= stretch.first_ms &&
                                                    act.time_ms <= stretch.last_ms;
                                           });
      if (inside || choice_.event_ids.contains(to_lower(act.event_id))) keep(act);
      return {};
    });
  }
  NearNames near(choice_.subject->text());
  Reach reach(*choice_.subject, table_);
  TRY(reach.walk(gatherers, [&](const Act& act, bool in, const RecordTree&) -> Status {
    if (!in) {
      near.offer(act.principal);
      near.offer(act.access_key);
    } else if (!act.looked && !issues_credential(act.name) && act.name != "ConsoleLogin") {
      keep(act);
    }
    return {};
  }));
  near_ = near.take();
  return {};
}

/// One walk in order of time: the last record of every event that is asked for, of the things that
/// are asked for, and at each chosen call a copy of what was there; and which things are gone.
Status Undo::find_earlier(const std::vector<Gatherer*>& gatherers) {
  std::set<std::string> wanted_names, wanted_keys, chosen_things;
  std::map<std::string, Call*> by_id;
  RecordTree record;
  auto thing_key = [](const Act& act, const std::string& thing) {
    return act.account + "|" + act.source + "|" + thing;
  };
  for (Call& call : calls_) {
    const InverseTable::Row* row = table_.find(call.act.source, call.act.name);
    if (row == nullptr || !record.parse(call.act.record)) continue;
    call.things = InverseTable::things_of(*row, record);
    by_id[call.act.event_id] = &call;
    for (const std::string& thing : call.things) {
      chosen_things.insert(thing_key(call.act, thing));
      for (const std::string& name : InverseTable::earlier_events(*row)) {
        wanted_names.insert(name);
        wanted_keys.insert(thing_key(call.act, thing) + "|" + name);
      }
    }
  }
  std::map<std::string, std::string> last;  // thing and event name → record
  std::map<std::string, std::string> gone;  // thing → the event that deleted it
  std::set<std::string> made;               // things that chosen calls made
  TRY(Gatherer::for_each_act(gatherers, [&](const Act& act) -> Status {
    const InverseTable::Row* row = table_.find(act.source, act.name);
    if (row == nullptr) return {};
    auto chosen = by_id.find(act.event_id);
    std::string name(unversioned_of(act.name));
    Effect effect = InverseTable::effect_of(*row);
    bool matters = chosen != by_id.end() || effect == Effect::kDeleted ||
                   effect == Effect::kCreated || wanted_names.contains(name);
    if (!matters || !record.parse(act.record)) return {};
    for (const std::string& thing : InverseTable::things_of(*row, record)) {
      std::string key = thing_key(act, thing);
      if (!chosen_things.contains(key)) continue;
      if (chosen != by_id.end()) {
        for (const std::string& earlier : InverseTable::earlier_events(*row)) {
          auto found = last.find(key + "|" + earlier);
          if (found != last.end()) chosen->second->earlier[earlier] = found->second;
        }
        if (effect == Effect::kDeleted) chosen->second->made_here = made.contains(key);
        if (effect == Effect::kCreated) made.insert(key);
      }
      if (effect == Effect::kDeleted) gone[key] = act.event_id;
      if (effect == Effect::kCreated) gone.erase(key);
      std::string event_key = key + "|" + name;
      if (wanted_keys.contains(event_key)) last[event_key] = act.record;
    }
    return {};
  }));
  for (auto& [id, call] : by_id) {
    const InverseTable::Row* row = table_.find(call->act.source, call->act.name);
    if (InverseTable::effect_of(*row) == Effect::kDeleted) continue;
    size_t left = call->things.size();
    for (const std::string& thing : call->things) {
      auto found = gone.find(thing_key(call->act, thing));
      if (found == gone.end()) continue;
      --left;
      call->gone = found->second;
    }
    if (left > 0) call->gone.clear();
  }
  return {};
}

void Undo::invert(Call& call) const {
  const InverseTable::Row* row = table_.find(call.act.source, call.act.name);
  RecordTree record;
  if (row == nullptr) {
    call.inverse.remark = "no inverse of this call is known: judge it by its record";
    return;
  }
  if (!record.parse(call.act.record)) {
    call.inverse.remark = "its record cannot be read";
    return;
  }
  if (call.made_here) {
    call.inverse.remark = "nothing to put back: calls that are taken back, too, had made it";
    return;
  }
  if (!call.gone.empty()) {
    call.inverse.remark = "nothing to do: what it is about was deleted later (" + call.gone + ")";
    return;
  }
  std::map<std::string, std::unique_ptr<RecordTree>> trees;
  call.inverse = InverseTable::invert(*row, record, call.act.region,
                                      [&](std::string_view name) -> const RecordTree* {
                                        auto found = call.earlier.find(std::string(name));
                                        if (found == call.earlier.end()) return nullptr;
                                        auto& tree = trees[found->first];
                                        if (!tree) {
                                          tree = std::make_unique<RecordTree>();
                                          if (!tree->parse(found->second)) return nullptr;
                                        }
                                        return tree.get();
                                      });
}

/// One line: what a terminal would not show is an escape.
std::string comment(std::string_view text) { return printable(text); }

void Undo::write_call(const Call& call, std::string& out) const {
  const Act& act = call.act;
  std::string who = detect::short_principal(act.principal);
  if (!act.session.empty()) who += " as " + act.session;
  out += "# " + (act.time_known ? time_text(true, act.time_ms) : std::string("no time")) + "  " +
         comment(call_name(act.source, act.name)) + "  " + comment(act.event_id) + "\n";
  out += "#   " + comment(who) + " " + comment(act.words) + "\n";
  if (call.inverse.commands.empty()) {
    bool done = call.made_here || !call.gone.empty();
    out += done ? "#   " : "#   CANNOT BE TAKEN BACK: ";
    out += comment(call.inverse.remark) + "\n\n";
    return;
  }
  out += "#   risk: " + comment(call.inverse.remark) + "\n";
  for (const std::string& command : call.inverse.commands)
    out += "run " + shell_word(act.account) + " " + command + "\n";
  out += "\n";
}

std::string Undo::script() const {
  uint64_t back = 0;
  std::set<std::string> accounts;
  for (const Call& call : calls_) {
    if (call.inverse.commands.empty()) continue;
    ++back;
    accounts.insert(call.act.account);
  }
  std::string expected;
  for (const std::string& account : accounts)
    expected += (expected.empty() ? "" : " ") + (account.empty() ? "unknown" : account);
  std::string out = "#!/usr/bin/env bash\n";
  out += "# Takes back " + format_count(back) + " of " + plural(calls_.size(), "call") +
         ", the newest first. Made by cairn undo from CloudTrail "
         "records.\n";
  out += "# REVIEW EVERY LINE. It prints what it would do; with --execute it does it.\n";
  if (left_out_ > 0)
    out += "# " + plural(left_out_, "earlier call") + " were left out: this is too long already.\n";
  out += "# Accounts: " + comment(expected.empty() ? "none" : expected) +
         ". Commands of other accounts than that of your credentials are passed over.\n";
  out += "expected=" + shell_word(expected) + "\n";
  out += R"(set -uo pipefail
export AWS_PAGER=""
execute=false
case "${1-}" in
  --execute) execute=true ;;
  "") ;;
  *) echo "usage: $0 [--execute]" >&2; exit 2 ;;
esac
account=""
if $execute; then
  account=$(aws sts get-caller-identity --query Account --output text) || exit 1
  echo "expected accounts: $expected; these credentials are of $account" >&2
  case " $expected " in
    *" $account "*) ;;
    *) echo "none of them: nothing was done" >&2; exit 1 ;;
  esac
fi
)";
  out += R"(failed=0 passed_over=0
# run ACCOUNT COMMAND...
run() {
  local wanted=$1
  shift
  if ! $execute; then printf '%q ' "$@"; printf '\n'; return; fi
  if [ "$wanted" != "$account" ]; then passed_over=$((passed_over + 1)); return; fi
  printf '+ '; printf '%q ' "$@"; printf '\n'
  "$@" || { failed=$((failed + 1)); echo "this failed: see the reason above" >&2; }
}

)";
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) write_call(*call, out);
  out += R"(if $execute; then
  echo "$failed failed, $passed_over passed over for other accounts" >&2
  [ "$failed" -eq 0 ]
fi
)";
  return out;
}

Sheet Undo::sheet() const {
  Sheet sheet;
  sheet.title = "undo";
  SheetPart& part = sheet.table("calls", "CALLS",
                                {{"time", SheetColumn::Kind::kTime},
                                 {"call"},
                                 {"words"},
                                 {"principal", SheetColumn::Kind::kPrincipal},
                                 {"account"},
                                 {"region"},
                                 {"commands"},
                                 {"remark"},
                                 {"event", SheetColumn::Kind::kEvent}});
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
    const Act& act = call->act;
    part.rows.push_back({time_text(act.time_known, act.time_ms), call_name(act.source, act.name),
                         act.words, act.principal, act.account, act.region,
                         join(call->inverse.commands, "\n"), call->inverse.remark, act.event_id});
  }
  part.total = calls_.size() + left_out_;
  return sheet;
}

}  // namespace

Result<UndoResult> undo(const UndoChoice& choice, const InverseTable& table,
                        const std::vector<Gatherer*>& gatherers) {
  return Undo(choice, table).answer(gatherers);
}

}  // namespace cairn::investigate
