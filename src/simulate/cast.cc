#include "simulate/cast.h"

#include "base/check.h"
#include "formats/json_writer.h"

#include <array>

namespace cairn::simulate {
namespace {

constexpr std::array<int64_t, 24> kOfficeCurve = {350,  300,  280,  280,  300,  400,  650,  1000,
                                                  1450, 1700, 1750, 1700, 1500, 1650, 1750, 1700,
                                                  1600, 1350, 1100, 950,  800,  650,  500,  290};
constexpr int64_t kWeekendPerMille = 600;  // of an office curve
constexpr int64_t kDayBegins = 7, kDayEnds = 17;

int64_t weekday(Milliseconds time) {
  return ((time / kDay) + 4) % 7;
}  // 0 is Sunday; 1 Jan 1970 was a Thursday

}  // namespace

bool is_weekend(Milliseconds time) { return weekday(time) == 0 || weekday(time) == 6; }

Curve parse_curve(std::string_view name) {
  if (name == "office") return Curve::kOffice;
  if (name == "day") return Curve::kDaytime;
  CAIRN_CHECK(name == "flat");
  return Curve::kFlat;
}

int64_t activity_per_mille(Curve curve, Milliseconds time) {
  const int64_t hour = time / kHour % 24;
  switch (curve) {
    case Curve::kFlat:
      return 1000;
    case Curve::kOffice: {
      const int64_t usual = kOfficeCurve[static_cast<size_t>(hour)];
      return is_weekend(time) ? usual * kWeekendPerMille / 1000 : usual;
    }
    case Curve::kDaytime: {
      const bool open = hour >= kDayBegins && hour < kDayEnds && !is_weekend(time);
      return open ? 24'000 / (kDayEnds - kDayBegins) : 0;
    }
  }
  return 1000;
}

Slot slot_of(std::string_view name) {
  const std::optional<Slot> slot = playbook().names.find(name);
  if (!slot) check_failed("playbook", 0, std::string(name).c_str());
  return *slot;
}

std::string agent_text(Stage& stage, const Caller& caller, const std::string& name) {
  return stage.recorder.text(playbook().value("agent-" + name), caller, kHomeRegion, 0);
}

void adopt_things(Caller& caller, size_t region, Random& random) {
  const std::vector<Inventory>& inventories = playbook().inventories;
  for (size_t i = 0; i < inventories.size(); ++i) {
    const std::vector<std::string>& things = caller.account->things[region][i];
    caller.scope.emplace_back(inventories[i].slot, things[random.favourite(things.size())]);
  }
}

Caller with_scope(Caller who, const Caller& like) {
  who.scope = like.scope;
  return who;
}

void bind_value(Caller& caller, Slot slot, std::string_view text) {
  for (auto& [known, value] : caller.scope) {
    if (known == slot) {
      value = text;
      return;
    }
  }
  caller.scope.emplace_back(slot, text);
}

void note_identity(Stage& stage, const Caller& session, std::string_view how,
                   std::string_view event_id, const Caller* giver, Seconds time) {
  JsonWriter line;
  line.begin_object().member("access_key", session.key).member("principal", session.arn);
  line.member("account", session.account->id).member("how", how);
  line.member("time", format_seconds(time)).member("event_id", event_id);
  line.member("given_to", giver == nullptr ? "" : giver->arn.empty() ? giver->name : giver->arn);
  line.member("given_to_key", giver == nullptr ? "" : giver->key);
  line.member("origin", session.origin).member("actor", session.actor);
  line.member("hops", static_cast<uint64_t>(session.hops)).end_object();
  stage.identity_lines += std::move(line).take();
  stage.identity_lines += '\n';
}

void begin_session(Stage& stage, const Caller& giver, Caller& session, std::string_view call,
                   size_t region, Seconds time) {
  session.origin = giver.origin.empty() ? giver.arn : giver.origin;
  session.actor = giver.actor;
  session.hops = giver.hops + 1;
  Caller asking = giver;
  asking.scope = session.scope;
  const Scope credentials = credentials_of(session);
  Action action;
  action.caller = &asking;
  action.call = &playbook().call(call);
  action.region = region;
  action.time = time;
  action.may_fail = false;
  action.given = &credentials;
  const bool crosses = giver.account->number != session.account->number && !giver.aws_service;
  const std::string shared = crosses ? stage.recorder.shared_id() : "";
  action.shared_id = shared;
  if (crosses) {
    // The account of the role sees a principal of another account, and the same request.
    stage.recorder.record(action);
    Caller guest = make_foreign(*session.account, giver.account->id,
                                giver.role_id.empty() ? giver.account->unique_id("AIDA", giver.name)
                                                      : giver.role_id + ':' + giver.session);
    guest.scope = asking.scope;
    guest.address = giver.address;
    guest.agent = giver.agent;
    action.caller = &guest;
    const Recorded recorded = stage.recorder.record(action);
    note_identity(stage, session, action.call->name, recorded.event_id, &giver, time);
    return;
  }
  const Recorded recorded = stage.recorder.record(action);
  note_identity(stage, session, action.call->name, recorded.event_id, &giver, time);
}

std::span<const Caller* const> Cast::of(const Script& script, const Caller& self, Seconds now,
                                        Random& random) {
  callers_.clear();
  made_.clear();
  made_.reserve(script.cast.size());
  callers_.push_back(&self);
  for (size_t i = 1; i < script.cast.size(); ++i) {
    const std::string& name = script.cast[i];
    if (name == "stack-role") {
      Caller role = make_role_session(*self.account, "cloudformation-execution", "/",
                                      "AWSCloudFormation", now, random);
      role.service = role.address = role.agent = "cloudformation.amazonaws.com";
      made_.push_back(with_scope(std::move(role), self));
    } else {
      CAIRN_CHECK(name.ends_with(".amazonaws.com"));
      made_.push_back(with_scope(make_service(*self.account, name), self));
    }
    callers_.push_back(&made_.back());
  }
  return callers_;
}

}  // namespace cairn::simulate
