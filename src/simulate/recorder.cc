#include "simulate/recorder.h"

#include "base/check.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace cairn::simulate {
namespace {

constexpr std::string_view kTls13 =
    R"("tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256")";
constexpr std::string_view kTls12 =
    R"("tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256")";

/// Returns "May 6, 2024, 7:08:09 AM", as services write dates into responses.
std::string human_date(Seconds time) {
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds moment{std::chrono::seconds(time)};
  const auto midnight = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(moment - midnight);
  const int hour = static_cast<int>(clock.hours().count());
  char text[40];
  std::snprintf(text, sizeof text, "%s %u, %d, %d:%02d:%02d %s",
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<unsigned>(date.day()),
                static_cast<int>(date.year()), hour % 12 == 0 ? 12 : hour % 12,
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), hour < 12 ? "AM" : "PM");
  return text;
}

/// Returns "2024/05/06", or "20240506T0705Z" with minutes a multiple of five.
std::string date_in_key(Seconds time, bool stamp) {
  const std::string iso =
      format_seconds(time - (stamp ? time % kSlotSeconds : 0));  // 2024-05-06T07:05:00Z
  if (!stamp) return iso.substr(0, 4) + '/' + iso.substr(5, 2) + '/' + iso.substr(8, 2);
  return iso.substr(0, 4) + iso.substr(5, 2) + iso.substr(8, 5) + iso.substr(14, 2) + 'Z';
}

/// Returns the newest event version 1.x of a day: when each came, as AWS's documents and real logs
/// say.
int newest_minor(Seconds day) {
  struct Since {
    int year;
    unsigned month;
    int minor;
  };
  constexpr std::array<Since, 8> kVersions = {{{2024, 1, 11},
                                               {2023, 6, 10},
                                               {2023, 1, 9},
                                               {2020, 10, 8},
                                               {2019, 10, 7},
                                               {2019, 4, 6},
                                               {2016, 3, 5},
                                               {2015, 9, 4}}};
  const std::chrono::year_month_day date(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds(day)}));
  for (const Since& since : kVersions) {
    const auto first = std::chrono::year(since.year) / static_cast<int>(since.month) / 1;
    if (date >= std::chrono::year_month_day(first)) return since.minor;
  }
  return 2;
}

/// Services that still show the parameters of a call that was denied.
bool shows_denied_parameters(std::string_view service) {
  return service == "ec2" || service == "s3" || service == "cloudtrail" || service == "guardduty";
}

}  // namespace

Recorder::Recorder(const Organization& organization, Outbox& outbox, Random random_source,
                   Seconds day)
    : organization_(organization),
      outbox_(outbox),
      random_(random_source),
      newest_minor_(newest_minor(day)) {
  text_.resize(book_.names.size());
  storage_.resize(book_.names.size());
  stamp_.resize(book_.names.size());
  inventory_of_.assign(book_.names.size(), -1);
  for (size_t i = 0; i < book_.inventories.size(); ++i) {
    inventory_of_[book_.inventories[i].slot] = static_cast<int32_t>(i);
  }
  random = &random_;
}

void Recorder::set(Slot slot, std::string_view text) {
  text_[slot] = text;
  stamp_[slot] = record_;
}

void Recorder::nothing_for(Slot slot) const {
  const std::string call = action_->call == nullptr ? "a name" : action_->call->name;
  const std::string message = "<" + book_.names.name(slot) + "> has no value in " + call;
  check_failed("playbook", 0, message.c_str());
}

std::string_view Recorder::value(Slot slot) {
  if (stamp_[slot] == record_) return text_[slot];
  if (action_->given != nullptr) {
    for (const auto& [known, text] : *action_->given) {
      if (known != slot) continue;
      set(slot, text);
      return text_[slot];
    }
  }
  if (action_->with != nullptr) {
    for (const Binding& binding : *action_->with) {
      if (binding.slot != slot) continue;
      storage_[slot].clear();
      binding.value.append_to(storage_[slot], *this);
      set(slot, storage_[slot]);
      return text_[slot];
    }
  }
  for (const auto& [known, text] : action_->caller->scope) {
    if (known != slot) continue;
    set(slot, text);
    return text_[slot];
  }

  if (inventory_of_[slot] >= 0) {
    const size_t inventory = static_cast<size_t>(inventory_of_[slot]);
    const std::vector<std::string>& things = action_->caller->account->things[region_][inventory];
    set(slot, things[random_.favourite(things.size())]);
    return text_[slot];
  }
  std::string& text = storage_[slot];
  text.clear();
  if (!append_builtin(text, slot)) made_of(slot).append_to(text, *this);
  set(slot, text);
  return text_[slot];
}

const Template& Recorder::made_of(Slot slot) {
  if (book_.values[slot].empty()) nothing_for(slot);
  return book_.values[slot];
}

bool Recorder::append_builtin(std::string& out, Slot slot) {
  const Caller& caller = *action_->caller;
  const Seconds now = action_->time;
  // clang-format off
  switch (slot) {
    case kSlotAccount: out += caller.account->id; return true;
    case kSlotCode: out += caller.account->code; return true;
    case kSlotEnvironment: out += caller.account->environment; return true;
    case kSlotOrganization: out += organization_.name; return true;
    case kSlotRegion: out += kRegions[region_]; return true;
    case kSlotTime: out += time_text_; return true;
    case kSlotDate: out += human_date(now); return true;
    case kSlotExpires: out += human_date(now + 3600); return true;
    case kSlotEpoch: out += std::to_string(now * 1000); return true;
    case kSlotDay: out += date_in_key(now, false); return true;
    case kSlotStamp: out += date_in_key(now, true); return true;
    case kSlotMyArn: out += caller.arn; return true;
    case kSlotMyName: out += caller.name; return true;
    case kSlotMyAddress: out += caller.address; return true;
    case kSlotRequest:
      if (action_->call->service->name == "s3") random_.append_upper(out, 16);
      else random_.append_uuid(out);
      return true;
    default: return false;
  }
  // clang-format on
}

std::string_view Recorder::choose_error() {
  if (action_->failure != nullptr) return action_->failure->code;
  if (!action_->error.empty()) return action_->error;
  if (!action_->may_fail) return {};
  uint64_t lot = random_.below(1000);
  for (const CallError& error : action_->call->errors) {
    if (lot < error.per_mille) return error.code;
    lot -= error.per_mille;
  }
  return {};
}

void Recorder::append_identity(std::string& out) {
  const Caller& caller = *action_->caller;
  if (action_->call->service_event) {
    out += R"({"accountId":")";
    out += caller.beneficiary.empty() ? caller.account->id : caller.beneficiary;
    out += R"(","invokedBy":")";
    out += caller.service;
    out += "\"}";
    return;
  }
  out += caller.identity;
  const std::string_view service = action_->via.empty() ? caller.service : action_->via;
  if (!service.empty()) {
    out += R"(,"invokedBy":")";
    out += service;
    out += '"';
  }
  out += '}';
}

std::string_view Recorder::denied_code() const {
  return action_->call->service->name == "ec2" ? "Client.UnauthorizedOperation" : "AccessDenied";
}

void Recorder::append_denied_message(std::string& out) {
  const std::string& service = action_->call->service->name;
  if (service == "s3") {
    out += "Access Denied";
    return;
  }
  if (service == "ec2") out += "You are not authorized to perform this operation. ";
  out += "User: ";
  out += action_->caller->arn;
  out += " is not authorized to perform: " + service + ':' + action_->call->name;
  out += " because no identity-based policy allows the " + service + ':' + action_->call->name +
         " action";
  if (service != "ec2") return;
  out += ". Encoded authorization failure message: ";
  random_.append_mixed(out, 320);
}

void Recorder::append_error(std::string& out, std::string_view code) {
  out += R"(,"errorCode":")";
  out += code == "denied" ? denied_code() : code;
  out += R"(","errorMessage":")";
  if (code == "denied") {
    append_denied_message(out);
  } else if (action_->failure != nullptr) {
    action_->failure->message.append_to(out, *this);
  } else {
    for (const CallError& error : action_->call->errors) {
      if (error.code == code) error.message.append_to(out, *this);
    }
  }
  out += '"';
}

void Recorder::append_body(std::string& out) {
  const Call& call = *action_->call;
  const bool sign_in = call.service->name == "signin";
  const std::string_view code = choose_error();
  // A failed sign-in has a message and no code; its response says Failure.
  if (!code.empty() && !sign_in) append_error(out, code);
  if (!code.empty()) ++failures_;
  const auto part = [&](std::string_view name, const Template& text, bool shown) {
    out += name;
    if (shown && !text.empty())
      text.append_to(out, *this);
    else
      out += "null";
  };
  const bool hidden = code == "denied" && !shows_denied_parameters(call.service->name);
  if (!code.empty() && sign_in) {
    out +=
        R"(,"errorMessage":"Failed authentication","requestParameters":null,"responseElements":{")";
    out += call.name;
    out += R"(":"Failure"})";
  } else {
    part(R"(,"requestParameters":)", call.request, !hidden);
    part(R"(,"responseElements":)", call.response, code.empty());
  }
  if (!call.additional.empty()) part(R"(,"additionalEventData":)", call.additional, true);
  if (!sign_in && !call.service_event) {
    out += R"(,"requestID":")";
    out += value(kSlotRequest);
    out += '"';
  }
  out += R"(,"eventID":")";
  out += event_id_;
  out += '"';
  if (minor_ >= 6) out += call.read_only ? R"(,"readOnly":true)" : R"(,"readOnly":false)";
  if (!call.resources.empty() && !hidden) part(R"(,"resources":)", call.resources, true);
  out += call.service_event ? R"(,"eventType":"AwsServiceEvent")"
         : sign_in          ? R"(,"eventType":"AwsConsoleSignIn")"
                            : R"(,"eventType":"AwsApiCall")";
  if (!call.service->api.empty()) out += R"(,"apiVersion":")" + call.service->api + '"';
  if (minor_ < 6) return;
  out += call.data ? R"(,"managementEvent":false)" : R"(,"managementEvent":true)";
}

void Recorder::append_tail(std::string& out) {
  const Call& call = *action_->call;
  const Caller& caller = *action_->caller;
  const auto member = [&](std::string_view name, std::string_view text) {
    out += name;
    out += text;
    out += '"';
  };
  const auto category = [&] {
    if (minor_ >= 7) member(R"(,"eventCategory":")", call.data ? "Data" : "Management");
  };
  const auto shared = [&] {
    if (minor_ < 3) return;
    if (!action_->shared_id.empty()) {
      member(R"(,"sharedEventID":")", action_->shared_id);
      return;
    }
    if (!caller.aws_service && !call.service_event) return;
    out += R"(,"sharedEventID":")";
    random_.append_uuid(out);
    out += '"';
  };
  const auto endpoint = [&] {
    if (minor_ >= 4 && !caller.vpc_endpoint.empty() && action_->via.empty())
      member(R"(,"vpcEndpointId":")", caller.vpc_endpoint);
  };
  const auto tls = [&] {
    if (minor_ < 8 || !caller.service.empty() || !action_->via.empty() || call.service_event)
      return;
    if (caller.console && call.service->name != "signin") {
      out += R"(,"sessionCredentialFromConsole":"true")";
      return;
    }
    out += R"(,"tlsDetails":{)";
    out += call.service->minor < 10 && call.service->layout == Layout::kPlain ? kTls12 : kTls13;
    out += R"(,"clientProvidedHostHeader":")";
    (call.host.empty() ? call.service->host : call.host).append_to(out, *this);
    out += "\"}";
  };
  const auto recipient = [&] { member(R"(,"recipientAccountId":")", caller.account->id); };
  switch (call.service->layout) {
    case Layout::kPlain:
      recipient();
      shared();
      endpoint();
      break;
    case Layout::kLate:
      category();
      recipient();
      shared();
      endpoint();
      break;
    case Layout::kShared:
      recipient();
      category();
      break;
  }
  if (call.service_event && !call.details.empty()) {
    out += R"(,"serviceEventDetails":)";
    call.details.append_to(out, *this);
  }
  if (call.service->layout == Layout::kPlain) category();
  tls();
  if (call.service->layout == Layout::kShared) {
    shared();
    endpoint();
  }
}

std::string Recorder::text(const Template& text, const Caller& caller, size_t region,
                           Seconds time) {
  Action action;
  action.caller = &caller;
  action.time = time;
  action_ = &action;
  region_ = region;
  ++record_;
  std::string result;
  text.append_to(result, *this);
  action_ = nullptr;
  return result;
}

Recorded Recorder::record(const Action& action) {
  action_ = &action;
  ++record_;
  const Call& call = *action.call;
  region_ = call.service->global ? kGlobalRegion : action.region;
  if (time_of_text_ != action.time) {
    time_text_ = format_seconds(action.time);
    time_of_text_ = action.time;
  }
  event_id_.clear();
  random_.append_uuid(event_id_);

  minor_ = std::min(newest_minor_, call.service->minor);
  const size_t account = action.caller->account->number;
  std::string& out = outbox_.begin_record(account, region_, action.time);
  const uint64_t failures_before = failures_;
  const auto member = [&](std::string_view name, std::string_view text) {
    out += name;
    out += text;
    out += '"';
  };
  out += R"({"eventVersion":"1.)";
  out += static_cast<char>('0' + minor_ / 10);
  out += static_cast<char>('0' + minor_ % 10);
  out += '"';
  out += R"(,"userIdentity":)";
  append_identity(out);
  member(R"(,"eventTime":")", time_text_);
  member(R"(,"eventSource":")", call.service->name);
  out.insert(out.size() - 1, ".amazonaws.com");
  member(R"(,"eventName":")", call.name);
  member(R"(,"awsRegion":")", kRegions[region_]);
  member(R"(,"sourceIPAddress":")", action.via.empty() ? action.caller->address : action.via);
  member(R"(,"userAgent":")", action.via.empty() ? action.caller->agent : action.via);
  append_body(out);
  append_tail(out);
  if (outbox_.is_late(account, action.time)) out += R"(,"addendum":{"reason":"DELIVERY_DELAY"})";
  out += '}';
  // The second trail is an old one that the accounts had before: the busiest, production, had none.
  outbox_.end_record(!call.data && account != 0);
  return {event_id_, region_, failures_ != failures_before};
}

std::string Recorder::shared_id() {
  std::string result;
  random_.append_uuid(result);
  return result;
}

void Recorder::record(const Insight& insight) {
  const std::string id = shared_id();
  const size_t region = insight.call->service->global ? kGlobalRegion : insight.region;
  region_ = region;
  for (const bool start : {true, false}) {
    std::string& out = outbox_.begin_record(insight.caller->account->number, region,
                                            start ? insight.start : insight.end, Channel::kInsight);
    append_insight(out, insight, start, id);
    outbox_.end_record();
  }
}

void Recorder::append_insight(std::string& out, const Insight& insight, bool start,
                              std::string_view shared_id) {
  const auto member = [&](std::string_view name, std::string_view text) {
    out += name;
    out += text;
    out += '"';
  };
  const int64_t minutes = std::max<int64_t>(1, (insight.end - insight.start + 59) / 60);
  const auto average = [&](int64_t thousandths) {
    out += R"("average":)" + std::to_string(thousandths / 1000) + '.';
    const std::string rest = std::to_string(thousandths % 1000 + 1000);
    out.append(rest, 1, 3);
  };
  const int64_t rate = insight.calls * 1000 / minutes;
  const auto attribution = [&](std::string_view what, std::string_view value) {
    member(R"({"attribute":")", what);
    member(R"(,"insight":[{"value":")", value);
    out += ',';
    average(rate);
    out += R"(}],"baseline":[]})";
  };
  event_id_.clear();
  random_.append_uuid(event_id_);
  member(R"({"eventVersion":")", newest_minor_ >= 8 ? "1.08" : "1.07");
  member(R"(,"eventTime":")", format_seconds((start ? insight.start : insight.end) / 60 * 60));
  member(R"(,"awsRegion":")", kRegions[region_]);
  member(R"(,"eventID":")", event_id_);
  out += R"(,"eventType":"AwsCloudTrailInsight")";
  member(R"(,"recipientAccountId":")", insight.caller->account->id);
  member(R"(,"sharedEventID":")", shared_id);
  member(R"(,"insightDetails":{"state":")", start ? "Start" : "End");
  member(R"(,"eventSource":")", insight.call->service->name);
  out.insert(out.size() - 1, ".amazonaws.com");
  member(R"(,"eventName":")", insight.call->name);
  member(R"(,"insightType":")",
         insight.error.empty() ? "ApiCallRateInsight" : "ApiErrorRateInsight");
  if (!insight.error.empty()) member(R"(,"errorCode":")", insight.error);
  out += R"(,"insightContext":{"statistics":{"baseline":{)";
  average(static_cast<int64_t>(random_.below(40)) + 1);
  out += R"(},"insight":{)";
  average(rate);
  out += '}';
  if (!start) out += R"(,"insightDuration":)" + std::to_string(minutes);
  out += R"(,"baselineDuration":)" + std::to_string(10'080 + random_.below(1000)) + '}';
  out += R"(,"attributions":[)";
  const Caller& caller = *insight.caller;
  attribution("userIdentityArn", caller.arn.empty() ? caller.name : caller.arn);
  out += ',';
  attribution("userAgent", caller.agent);
  if (insight.error.empty()) {
    out += ',';
    attribution("errorCode", "null");
  }
  out += R"(]}},"eventCategory":"Insight"})";
}

}  // namespace cairn::simulate
