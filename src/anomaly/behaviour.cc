#include "anomaly/behaviour.h"

#include "anomaly/names.h"
#include "anomaly/profile.h"
#include "anomaly/rates.h"
#include "base/hash.h"
#include "base/pack.h"
#include "base/text.h"
#include "formats/json_writer.h"
#include "model/global_services.h"
#include "model/refusal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cairn::anomaly {

namespace {

constexpr std::array<double, kDimensions> kPriors = {0.13, 0.05, 0.21, 0.06, 0.03, 0.10, 0.02};
constexpr std::array<double, kDimensions> kWeights = {1, 0.25, 0.35, 0.3, 0.3, 0.3, 0.35};
constexpr double kSensitive = 2.5, kWrite = 1.2, kRead = 0.3;
constexpr double kMostSurprise = 8, kFade = 0.5, kRateWeight = 0.8, kDenialWeight = 0.7;
constexpr size_t kItems = 12, kDenials = 4, kDenialsFree = 2;
constexpr uint64_t kLeastCalls = 10;
constexpr double kKeepRate = 0.99;                     // an active hour
constexpr double kPriorCalls = 2, kPriorSquares = 30;  // of an API in an hour, one hour's worth
constexpr int32_t kYoungHours = 72, kYoungActive = 3;
constexpr double kHabitHalfLife = 7 * 24, kHabitStep = 0.2;
constexpr int32_t kQuietHours = 24;
constexpr double kReopen = 1.5;
constexpr Duration kLongSilence = std::chrono::hours(7 * 24);  // after it an account learns anew
constexpr size_t kTextBytes = 128, kListed = 10, kApisAnHour = 512;

int32_t hour_of(Timestamp time) {
  int64_t hours = std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
  return static_cast<int32_t>(std::clamp<int64_t>(hours, INT32_MIN / 2, INT32_MAX / 2));
}

std::string_view before(std::string_view text, std::string_view marks) {
  return text.substr(0, text.find_first_of(marks));
}

/// "45.9.0.0/16" of an address, the name of anything else.
std::string network_of(const Call& call) {
  if (!call.network.empty()) return std::string(cut_bytes(call.network, kTextBytes));
  std::string_view address = call.address;
  size_t dot = address.find('.');
  size_t second = dot == std::string_view::npos ? dot : address.find('.', dot + 1);
  bool digits = !address.empty() && address.find_first_not_of("0123456789.") == address.npos;
  if (digits && second != std::string_view::npos)
    return std::string(address.substr(0, second)) + ".0.0/16";
  size_t colon = address.find(':');
  if (colon != std::string_view::npos) {
    size_t next = address.find(':', colon + 1);
    return std::string(address.substr(0, next)) + "::/32";
  }
  return std::string(cut_bytes(address, kTextBytes));
}

std::string family_of(std::string_view agent) {
  while (!agent.empty() && (agent.front() == '[' || agent.front() == ' ')) agent.remove_prefix(1);
  std::string_view family = before(agent, "/ ;,(]");
  return to_lower(cut_bytes(family, kTextBytes));
}

std::string api_of(const Call& call) {
  return std::string(cut_bytes(before(call.source, "."), kTextBytes)) + ":" +
         std::string(cut_bytes(call.name, kTextBytes));
}

template <typename List>
void keep_few(List& list, std::string_view text, size_t limit) {
  if (list.size() >= limit || text.empty()) return;
  if (std::find(list.begin(), list.end(), text) == list.end()) list.emplace_back(text);
}

}  // namespace

std::string_view name_of(Dimension dimension) {
  constexpr std::array<std::string_view, kDimensions> kNames = {
      "API", "service", "network", "agent", "region", "error", "country"};
  return kNames[static_cast<size_t>(dimension)];
}

KnownValue* KnownValues::find(uint64_t hash) {
  for (KnownValue& value : values_)
    if (value.hash == hash) return &value;
  return nullptr;
}

KnownValue& KnownValues::add(uint64_t hash, int32_t hour) {
  if (values_.size() < kLimit) {
    values_.push_back({hash, hour});
    return values_.back();
  }
  auto oldest = std::min_element(
      values_.begin(), values_.end(),
      [](const KnownValue& a, const KnownValue& b) { return a.last_hour < b.last_hour; });
  *oldest = {hash, hour};
  return *oldest;
}

uint64_t AccountView::holders(Dimension dimension, uint64_t hash) const {
  const auto& map = having[static_cast<size_t>(dimension)];
  auto found = map.find(hash);
  return found == map.end() ? 0 : found->second;
}

void AccountView::gain(Dimension dimension, uint64_t hash) {
  auto& map = having[static_cast<size_t>(dimension)];
  // A flood of made-up values: those that one principal alone has are forgotten.
  if (map.size() >= kValues) std::erase_if(map, [](const auto& entry) { return entry.second < 2; });
  if (map.size() >= kValues) return;
  if (++map[hash] == 1) ++firsts[static_cast<size_t>(dimension)];
}

struct BehaviourWatch::State {
  State(BehaviourOptions wanted, Sink to) : options(wanted), sink(std::move(to)) {}

  BehaviourOptions options;
  Sink sink;
  BehaviourTotals totals;
  std::vector<std::unique_ptr<Principal>> principals;
  std::unordered_map<uint64_t, Principal*> by_key;
  std::vector<std::unique_ptr<AccountView>> accounts;
  std::unordered_map<uint64_t, uint32_t> account_by_key;
  std::vector<Principal*> active;  // with calls in the present hour
  Timestamp now{};
  bool started = false;
  int32_t full_at = INT32_MIN;  // the hour whose principals alone reach the limit

  /// An alert on its way: what its principal keeps of it depends on the budget.
  struct Told {
    BehaviourAlert alert;
    Principal* who;
    double habit;
    int32_t hour;
  };

  uint32_t account_of(std::string_view name);
  Principal* principal_of(const Call& call, int32_t hour);
  bool make_room(int32_t hour);
  void see(Principal& who, Dimension dimension, std::string value, const Call& call);
  void count(Principal& who, const Call& call, const std::string& api);
  Status close_hour();
  std::optional<Told> judge(Principal& who);
  void spend_budget(std::vector<Told>& told);
  double weigh(Principal& who, const AccountView& account, FirstSeen& item) const;
  std::optional<OddRate> odd_rate(Principal& who) const;
  void learn(Principal& who, AccountView& account);
  void forget();
};

uint32_t BehaviourWatch::State::account_of(std::string_view name) {
  if (accounts.size() >= options.max_accounts && !account_by_key.contains(hash64(name)))
    name = "(other)";
  auto [place, fresh] =
      account_by_key.try_emplace(hash64(name), static_cast<uint32_t>(accounts.size()));
  if (fresh) {
    accounts.push_back(std::make_unique<AccountView>());
    accounts.back()->name = cut_bytes(name, kTextBytes);
    accounts.back()->first = accounts.back()->last = now;
  }
  return place->second;
}

/// Forgets the quarter of the principals that have been silent longest.
void BehaviourWatch::State::forget() {
  std::vector<int32_t> lasts;
  for (const auto& who : principals) lasts.push_back(who->last_hour);
  auto quarter = lasts.begin() + static_cast<ptrdiff_t>(lasts.size() / 4);
  std::nth_element(lasts.begin(), quarter, lasts.end());
  auto stays = [&](const std::unique_ptr<Principal>& who) {
    return who->last_hour > *quarter || who->hour != nullptr;
  };
  auto gone = std::stable_partition(principals.begin(), principals.end(), stays);
  for (auto it = gone; it != principals.end(); ++it) {
    by_key.erase((*it)->key);
    --accounts[(*it)->account]->principals;
    ++totals.forgotten;
  }
  principals.erase(gone, principals.end());
}

/// Tries but once an hour: forgetting looks at all principals.
bool BehaviourWatch::State::make_room(int32_t hour) {
  if (principals.size() < options.max_principals) return true;
  if (full_at == hour) return false;
  forget();
  if (principals.size() < options.max_principals) return true;
  full_at = hour;
  return false;
}

/// Null when the limit is reached by those of this very hour.
Principal* BehaviourWatch::State::principal_of(const Call& call, int32_t hour) {
  uint64_t key = mix64(hash64(call.account), hash64(call.principal));
  auto found = by_key.find(key);
  if (found != by_key.end()) return found->second;
  if (!make_room(hour)) {
    ++totals.passed_over;
    return nullptr;
  }
  auto who = std::make_unique<Principal>();
  who->account = account_of(call.account);
  who->key = key;
  who->name = cut_bytes(call.principal, 2048);
  who->first_hour = who->habit_hour = hour;
  ++accounts[who->account]->principals;
  ++totals.principals;
  Principal* raw = who.get();
  by_key.emplace(key, raw);
  principals.push_back(std::move(who));
  return raw;
}

void BehaviourWatch::State::see(Principal& who, Dimension dimension, std::string value,
                                const Call& call) {
  if (value.empty()) return;
  uint64_t hash = hash64(value);
  KnownValues& known = who.known[static_cast<size_t>(dimension)];
  int32_t hour = hour_of(now);
  if (KnownValue* old = known.find(hash)) {
    old->last_hour = hour;
    return;
  }
  known.add(hash, hour).active_hour = who.active_hours;
  AccountView& account = *accounts[who.account];
  FirstSeen item;
  item.dimension = dimension;
  item.others = account.holders(dimension, hash);
  item.of_others = account.principals - 1;
  item.others = std::min(item.others, item.of_others);
  if (dimension == Dimension::kApi) {
    item.effect = effect_of(call.name);
    item.surprise = !item.effect.empty() ? kSensitive : call.write ? kWrite : kRead;
  } else {
    item.surprise = 1;
  }
  item.surprise *= kWeights[static_cast<size_t>(dimension)];
  item.value = std::move(value);
  account.gain(dimension, hash);
  keep_few(who.hour->event_ids, call.event_id, kListed);
  if (who.hour->items.size() < kApisAnHour) who.hour->items.push_back(std::move(item));
}

void BehaviourWatch::State::count(Principal& who, const Call& call, const std::string& api) {
  Hour& hour = *who.hour;
  hour.last = now;
  ++hour.calls;
  int64_t minute = std::chrono::floor<std::chrono::minutes>(now).time_since_epoch().count();
  if (hour.minute != minute) hour.minute_calls = 0;
  hour.minute = minute;
  hour.peak_minute = std::max(hour.peak_minute, ++hour.minute_calls);
  keep_few(hour.addresses, cut_bytes(call.address, kTextBytes), kListed);
  uint64_t hash = hash64(api);
  auto same = std::find_if(hour.apis.begin(), hour.apis.end(),
                           [&](const Hour::ApiCalls& calls) { return calls.hash == hash; });
  if (same != hour.apis.end()) {
    ++same->calls;
  } else if (hour.apis.size() < kApisAnHour) {
    hour.apis.push_back({hash, api, 1});
  }
  if (call.error.empty()) return;
  ++hour.failed;
  if (!is_refusal(call.error)) return;
  if (hour.denied.size() < kItems) keep_few(hour.event_ids, call.event_id, kListed);
  keep_few(hour.denied, api, kItems);
}

double BehaviourWatch::State::weigh(Principal& who, const AccountView& account,
                                    FirstSeen& item) const {
  auto place = static_cast<size_t>(item.dimension);
  double q = (who.novelties[place] + 10 * kPriors[place]) / (who.active_hours + 10.0);
  double share = item.others > 0 ? (static_cast<double>(item.others) + 0.5) /
                                       (static_cast<double>(item.of_others) + 1)
                                 : (static_cast<double>(account.firsts[place]) + 1) /
                                       (static_cast<double>(account.active_hours) + 100);
  double chance = std::min(1.0, q) * std::min(1.0, share);
  return std::clamp(-std::log10(chance), 0.0, kMostSurprise) * item.surprise;
}

std::optional<OddRate> BehaviourWatch::State::odd_rate(Principal& who) const {
  std::optional<OddRate> most;
  double exposure = (1 - std::pow(kKeepRate, who.active_hours)) / (1 - kKeepRate);
  for (const Hour::ApiCalls& api : who.hour->apis) {
    if (api.calls < kLeastCalls) continue;
    KnownValue* known = who.known[static_cast<size_t>(Dimension::kApi)].find(api.hash);
    double fade = known == nullptr ? 0 : std::pow(kKeepRate, who.active_hours - known->active_hour);
    double calls = known == nullptr ? 0 : double{known->calls} * fade;
    double squares = known == nullptr ? 0 : double{known->squares} * fade;
    double mean = (calls + kPriorCalls) / (exposure + 1);
    double square = (squares + kPriorSquares) / (exposure + 1);
    double dispersion = std::max(1.0, (square - mean * mean) / mean);
    double surprise = std::min(kMostSurprise, -log10_at_least(api.calls, mean, dispersion));
    if (most && surprise <= most->surprise) continue;
    most = OddRate{api.api, api.calls, exposure > 0 ? calls / exposure : 0, surprise};
  }
  return most;
}

/// The hour becomes part of what is known.
void BehaviourWatch::State::learn(Principal& who, AccountView& account) {
  for (const FirstSeen& item : who.hour->items)
    ++who.novelties[static_cast<size_t>(item.dimension)];
  for (const Hour::ApiCalls& api : who.hour->apis) {
    KnownValue* known = who.known[static_cast<size_t>(Dimension::kApi)].find(api.hash);
    if (known == nullptr) continue;
    auto fade = static_cast<float>(std::pow(kKeepRate, who.active_hours + 1 - known->active_hour));
    auto calls = static_cast<float>(api.calls);
    known->calls = known->calls * fade + calls;
    known->squares = known->squares * fade + calls * calls;
    known->active_hour = who.active_hours + 1;
  }
  who.usual_peak = std::max(who.usual_peak * static_cast<float>(kKeepRate),
                            static_cast<float>(who.hour->peak_minute));
  ++who.active_hours;
  ++account.active_hours;
}

std::optional<BehaviourWatch::State::Told> BehaviourWatch::State::judge(Principal& who) {
  AccountView& account = *accounts[who.account];
  Hour& hour = *who.hour;
  BehaviourAlert alert;
  for (FirstSeen& item : hour.items) {
    item.surprise = weigh(who, account, item);
    if (item.surprise > 0) alert.items.push_back(item);
  }
  std::stable_sort(alert.items.begin(), alert.items.end(),
                   [](const FirstSeen& a, const FirstSeen& b) { return a.surprise > b.surprise; });
  double fade = 1;
  for (size_t i = 0; i < std::min(alert.items.size(), kItems); ++i, fade *= kFade)
    alert.score += alert.items[i].surprise * fade;
  alert.rate = odd_rate(who);
  if (alert.rate) alert.score += kRateWeight * alert.rate->surprise;
  size_t denied = hour.denied.size() > kDenialsFree ? hour.denied.size() - kDenialsFree : 0;
  alert.score += kDenialWeight * static_cast<double>(std::min(denied, kDenials));
  int32_t now_hour = hour_of(hour.first);
  bool young = now_hour - who.first_hour < kYoungHours || who.active_hours < kYoungActive;
  if (young) alert.score *= 0.5;

  double habit = double{who.habit} * std::exp2(-(now_hour - who.habit_hour) / kHabitHalfLife);
  alert.bar = options.threshold + habit;
  bool quiet = who.alert_hour > now_hour - kQuietHours && alert.score < kReopen * who.alert_score;
  bool tell = alert.score >= alert.bar && !quiet && hour.first - account.first >= options.learning;
  std::optional<Told> told;
  if (tell) {
    alert.principal = who.name;
    alert.account = account.name;
    alert.first = hour.first;
    alert.last = hour.last;
    if (alert.rate && alert.rate->surprise < 1) alert.rate.reset();
    if (alert.items.size() > kItems) alert.items.resize(kItems);
    alert.denied = hour.denied;
    alert.calls = hour.calls;
    alert.failed = hour.failed;
    alert.peak_minute = hour.peak_minute;
    alert.usual_peak = static_cast<uint32_t>(std::lround(who.usual_peak));
    alert.known_days = static_cast<uint32_t>(std::max(0, now_hour - who.first_hour) / 24);
    alert.active_hours = who.active_hours;
    alert.event_ids = hour.event_ids;
    alert.addresses = hour.addresses;
    ++totals.alerts;
    told = Told{std::move(alert), &who, habit, now_hour};
  }
  learn(who, account);
  who.hour.reset();
  return told;
}

/// The most surprising come first: a crowd of weak alerts must not hide the one that matters. What
/// is over the budget leaves no mark on its principal, so that it may be told when it goes on.
void BehaviourWatch::State::spend_budget(std::vector<Told>& told) {
  std::vector<Told*> order;
  for (Told& one : told) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(),
                   [](const Told* a, const Told* b) { return a->alert.score > b->alert.score; });
  for (Told* one : order) {
    AccountView& account = *accounts[one->who->account];
    int64_t day = one->hour / 24;
    if (account.alert_day != day) account.alerts = 0;
    account.alert_day = day;
    one->alert.over_budget = ++account.alerts > options.daily_budget;
    if (one->alert.over_budget) continue;
    one->who->habit = static_cast<float>(one->habit + kHabitStep);
    one->who->habit_hour = one->who->alert_hour = one->hour;
    one->who->alert_score = one->alert.score;
  }
}

Status BehaviourWatch::State::close_hour() {
  std::sort(active.begin(), active.end(), [](const Principal* a, const Principal* b) {
    return std::tie(a->name, a->key) < std::tie(b->name, b->key);
  });
  std::vector<Told> told;
  for (Principal* who : active) {
    if (auto one = judge(*who)) told.push_back(std::move(*one));
  }
  active.clear();
  spend_budget(told);
  for (const Told& one : told) TRY(sink(one.alert));
  return {};
}

BehaviourWatch::BehaviourWatch(BehaviourOptions options, Sink sink)
    : state_(std::make_unique<State>(options, std::move(sink))) {}
BehaviourWatch::~BehaviourWatch() = default;
BehaviourTotals BehaviourWatch::totals() const { return state_->totals; }

Status BehaviourWatch::add(const Call& call) {
  State& state = *state_;
  if (call.time > state.options.latest) {
    ++state.totals.from_the_future;
    return {};
  }
  if (!state.started || call.time > state.now) {
    if (state.started && hour_of(call.time) != hour_of(state.now)) TRY(state.close_hour());
    state.now = call.time;
    state.started = true;
  }
  if (call.service && !state.options.services) return {};
  int32_t hour = hour_of(state.now);
  Principal* found = state.principal_of(call, hour);
  if (found == nullptr) return {};
  Principal& who = *found;
  AccountView& account = *state.accounts[who.account];
  if (state.now - account.last > kLongSilence) account.first = state.now;
  account.last = state.now;
  who.last_hour = hour;
  if (who.hour == nullptr) {
    who.hour = std::make_unique<Hour>();
    who.hour->first = state.now;
    state.active.push_back(&who);
  }
  std::string api = api_of(call);
  state.see(who, Dimension::kApi, api, call);
  state.see(who, Dimension::kService, std::string(before(call.source, ".")), call);
  state.see(who, Dimension::kNetwork, network_of(call), call);
  state.see(who, Dimension::kAgent, family_of(call.agent), call);
  // Services without regions name theirs, wherever the caller works.
  if (!is_global_call(call.source, call.region))
    state.see(who, Dimension::kRegion, std::string(cut_bytes(call.region, kTextBytes)), call);
  state.see(who, Dimension::kError, std::string(cut_bytes(call.error, kTextBytes)), call);
  state.see(who, Dimension::kCountry, std::string(cut_bytes(call.country, kTextBytes)), call);
  state.count(who, call, api);
  return {};
}

Status BehaviourWatch::finish() { return state_->close_hour(); }

std::string BehaviourAlert::sentence() const {
  std::string text = std::string(short_name(principal)) + ": ";
  std::vector<std::string> acts, around;
  for (const FirstSeen& item : items) {
    if (item.dimension == Dimension::kApi) {
      if (acts.size() < 3) {
        std::string act = item.value;
        if (!item.effect.empty()) act += " (" + item.effect + ")";
        if (item.of_others > 0) {
          act += item.others == 0 ? ", never called by " + plural(item.of_others, "other principal")
                                  : ", called by " + std::to_string(item.others) + " of " +
                                        plural(item.of_others, "other principal");
        }
        acts.push_back(std::move(act));
      }
    } else if (item.dimension != Dimension::kService && around.size() < 4) {
      around.push_back(item.value + " (new " + std::string(name_of(item.dimension)) + ")");
    }
  }
  if (!acts.empty()) {
    text += join(acts, "; ") + ": ";
    text += active_hours == 0
                ? "in the first hour that it was seen"
                : "for the first time in " + (known_days > 0 ? plural(known_days, "day")
                                                             : plural(active_hours, "active hour"));
    size_t apis =
        static_cast<size_t>(std::count_if(items.begin(), items.end(), [](const FirstSeen& item) {
          return item.dimension == Dimension::kApi;
        }));
    if (apis > acts.size()) text += ", and " + plural(apis - acts.size(), "other new API");
  }
  if (!around.empty()) text += (acts.empty() ? "" : "; ") + join(around, ", ");
  if (rate) {
    text += (acts.empty() && around.empty() ? "" : "; ") + rate->api + " " +
            plural(rate->calls, "time") + " in an hour";
    if (rate->usual > 0) text += ", usually " + count_text(rate->usual);
  }
  if (denied.size() > kDenialsFree) text += "; denied " + plural(denied.size(), "different API");
  if (peak_minute > usual_peak && usual_peak > 0)
    text += ". Usually at most " + plural(usual_peak, "call") + " a minute, now " +
            std::to_string(peak_minute);
  return text;
}

void append_behaviour_json(std::string& out, const BehaviourAlert& alert) {
  JsonWriter json;
  json.begin_object().member("eventTime", format_time(alert.first));
  json.member("eventType", "CairnInsight").member("recipientAccountId", alert.account);
  json.key("insightDetails").begin_object();
  json.member("insightType", "PrincipalBehavior").member("principal", alert.principal);
  json.member("summary", alert.sentence());
  json.member("first", format_time(alert.first)).member("last", format_time(alert.last));
  json.member("score", alert.score).member("threshold", alert.bar);
  json.member("overDailyBudget", alert.over_budget);
  json.member("calls", alert.calls).member("failed", alert.failed);
  json.member("peakMinute", alert.peak_minute).member("usualPeakMinute", alert.usual_peak);
  json.member("knownDays", alert.known_days).member("activeHours", alert.active_hours);
  json.key("firstSeen").begin_array();
  for (const FirstSeen& item : alert.items) {
    json.begin_object().member("dimension", name_of(item.dimension)).member("value", item.value);
    if (!item.effect.empty()) json.member("effect", item.effect);
    json.member("surprise", item.surprise).member("others", item.others);
    json.member("ofOthers", item.of_others).end_object();
  }
  json.end_array();
  if (alert.rate) {
    json.key("rate").begin_object().member("api", alert.rate->api);
    json.member("calls", alert.rate->calls).member("usualAnHour", alert.rate->usual);
    json.member("surprise", alert.rate->surprise).end_object();
  }
  auto list = [&](std::string_view name, const std::vector<std::string>& values) {
    json.key(name).begin_array();
    for (const std::string& value : values) json.value(value);
    json.end_array();
  };
  list("denied", alert.denied);
  list("sourceIPAddresses", alert.addresses);
  list("eventIDs", alert.event_ids);
  json.end_object().member("eventCategory", "Insight").end_object();
  out += std::move(json).take();
}

}  // namespace cairn::anomaly
