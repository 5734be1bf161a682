// Time goes by minutes. When one is over, the series that it touched are judged, those with an open
// insight, and those busy enough to miss calls; nothing else is looked at.

#include "anomaly/rates.h"

#include "anomaly/names.h"
#include "anomaly/rate_series.h"
#include "base/hash.h"
#include "formats/json_writer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unordered_map>

namespace cairn::anomaly {

namespace {

constexpr int64_t kHistoryMinutes = 24 * 60;  // before it, an account is silent
constexpr int64_t kForgetMinutes = kBaselineHours * 60;
constexpr int64_t kIdleMinutes = 12;  // after as many without a call nothing changes any more
constexpr int kOrdinaryWindows = 3, kLowWindows = 3;

int64_t minute_of(Timestamp time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}
Timestamp time_of(int64_t minute) { return Timestamp(std::chrono::minutes(minute)); }

/// What an account as a whole has done.
struct Account {
  int64_t first = 0, last = 0;  // minutes
  std::array<std::pair<int64_t, uint64_t>, kWindowMinutes> minutes{};

  void add(int64_t minute) {
    last = minute;
    auto& slot =
        minutes[static_cast<size_t>(((minute % kWindowMinutes) + kWindowMinutes) % kWindowMinutes)];
    if (slot.first != minute) slot = {minute, 0};
    ++slot.second;
  }
  uint64_t in_window(int64_t minute) const {
    uint64_t calls = 0;
    for (const auto& [at, count] : minutes)
      if (at > minute - kWindowMinutes && at <= minute) calls += count;
    return calls;
  }
};

}  // namespace

struct RateWatch::State {
  State(RateOptions wanted, Sink to) : options(wanted), sink(std::move(to)) {}

  RateOptions options;
  Sink sink;
  RateTotals totals;
  Names names;   // of series
  Names actors;  // of attributions: whoever makes these up cannot use up the names of series
  std::vector<std::unique_ptr<RateSeries>> series;  // in order of birth
  std::unordered_map<uint64_t, RateSeries*> by_key;
  std::unordered_map<uint32_t, Account> accounts;
  int64_t now = 0, swept = 0;   // minutes
  int64_t full_at = INT64_MIN;  // the minute whose series alone reach the limit
  bool started = false;
  std::vector<RateSeries*> touched, open, busy;

  RateSeries* series_of(const Call& call, bool of_errors);
  void count(const Call& call, bool of_errors);
  void touch(RateSeries& one, const std::array<uint32_t, kAttributes>& by);
  bool make_room();
  Status go_to(int64_t minute);
  Status judge_all(int64_t minute);
  Status judge(RateSeries& one, int64_t minute);
  Status judge_open(RateSeries& one, int64_t minute);
  Status begin(RateSeries& one, int64_t minute, const Baseline& baseline, double chance, bool drop);
  Status end(RateSeries& one);
  Status tell(const RateSeries& one, bool end);
  void find_busy(int64_t minute);
  void forget(int64_t minute);
};

/// Null when the limit is reached by what this very minute touched.
RateSeries* RateWatch::State::series_of(const Call& call, bool of_errors) {
  uint64_t key = mix64(hash64(call.account), hash64(call.region));
  key = mix64(key, hash64(call.source));
  key = mix64(key, hash64(call.name));
  key = mix64(key, of_errors ? hash64(call.error) : 1);
  auto found = by_key.find(key);
  if (found != by_key.end()) return found->second;
  if (!make_room()) {
    ++totals.passed_over;
    return nullptr;
  }
  auto one = std::make_unique<RateSeries>();
  one->account = names.id(call.account);
  one->region = names.id(call.region);
  one->source = names.id(call.source);
  one->name = names.id(call.name);
  one->error = names.id(of_errors ? call.error : "");
  one->of_errors = of_errors;
  one->management = call.management;
  one->key = key;
  RateSeries* raw = one.get();
  by_key.emplace(key, raw);
  series.push_back(std::move(one));
  ++totals.series;
  return raw;
}

/// Tries but once a minute: forgetting looks at all series.
bool RateWatch::State::make_room() {
  if (series.size() < options.max_series) return true;
  if (full_at == now) return false;
  forget(now);
  if (series.size() < options.max_series) return true;
  full_at = now;
  return false;
}

void RateWatch::State::count(const Call& call, bool of_errors) {
  RateSeries* one = series_of(call, of_errors);
  if (one == nullptr) return;
  touch(*one, {actors.id(call.principal), actors.id(call.agent), actors.id(call.error)});
}

void RateWatch::State::touch(RateSeries& one, const std::array<uint32_t, kAttributes>& by) {
  if (one.recent.empty() || one.last_minute != now) touched.push_back(&one);
  one.add(now, by);
  if (one.open == nullptr) return;
  RateSeries::Open& open_one = *one.open;
  if (open_one.drop) return;
  auto& behind = open_one.behind;
  auto same = std::find_if(behind.begin(), behind.end(),
                           [&](const MinuteCalls& calls) { return calls.values == by; });
  if (same != behind.end()) {
    ++same->calls;
  } else if (behind.size() < 1024) {
    behind.push_back({0, by, 1});
  }
  ++open_one.calls;
  open_one.last_call = now;
}

/// Keeps the series with calls in the last week, and of these at most three quarters of the limit.
void RateWatch::State::forget(int64_t minute) {
  int64_t oldest = minute - kForgetMinutes;
  bool full = series.size() >= options.max_series;
  if (full) {
    std::vector<int64_t> lasts;
    for (const auto& one : series) lasts.push_back(one->last_minute);
    auto quarter = lasts.begin() + static_cast<ptrdiff_t>(lasts.size() / 4);
    std::nth_element(lasts.begin(), quarter, lasts.end());
    oldest = std::max(oldest, *quarter);
  }
  auto stays = [&](const std::unique_ptr<RateSeries>& one) {
    return one->last_minute > oldest || one->open != nullptr || one->last_minute == now;
  };
  auto gone = std::stable_partition(series.begin(), series.end(), stays);
  for (auto it = gone; it != series.end(); ++it) {
    by_key.erase((*it)->key);
    std::erase(busy, it->get());
    totals.forgotten += full ? 1 : 0;  // a week of silence is no loss
  }
  series.erase(gone, series.end());
}

void RateWatch::State::find_busy(int64_t minute) {
  busy.clear();
  for (const auto& one : series) {
    auto account = accounts.find(one->account);
    if (account == accounts.end()) continue;
    one->retire(minute);
    if (judge_few(0, one->baseline(minute, account->second.first)) < 0) busy.push_back(one.get());
  }
}

Status RateWatch::State::go_to(int64_t minute) {
  if (!started) {
    started = true;
    now = swept = minute;
    return {};
  }
  if (minute <= now) return {};
  TRY(judge_all(now));
  touched.clear();
  int64_t until = std::min(minute, now + kIdleMinutes);
  for (int64_t between = now + 1; between < until; ++between) TRY(judge_all(between));
  if (minute / 60 != now / 60) find_busy(minute);
  if (minute - swept >= kHistoryMinutes) {
    swept = minute;
    forget(minute);
  }
  now = minute;
  return {};
}

Status RateWatch::State::judge_all(int64_t minute) {
  for (RateSeries* one : touched) TRY(judge(*one, minute));
  for (RateSeries* one : busy)
    if (one->last_minute != minute) TRY(judge(*one, minute));
  // Ended ones leave the list.
  std::vector<RateSeries*> going = std::move(open);
  open.clear();
  for (RateSeries* one : going) {
    bool judged = one->last_minute == minute || std::count(busy.begin(), busy.end(), one) > 0;
    if (!judged) TRY(judge(*one, minute));
    if (one->open != nullptr) open.push_back(one);
  }
  return {};
}

Status RateWatch::State::judge(RateSeries& one, int64_t minute) {
  one.retire(minute);
  if (one.open != nullptr) return judge_open(one, minute);
  const Account& account = accounts[one.account];
  if (minute - kWindowMinutes - account.first < kHistoryMinutes) return {};
  Baseline baseline = one.baseline(minute, account.first);
  uint64_t calls = one.in_window();
  if (double chance = judge_many(calls, baseline); chance < 0)
    return begin(one, minute, baseline, chance, false);
  double chance = judge_few(calls, baseline);
  bool others = account.in_window(minute) > calls && account.last > minute - 2;
  one.low_windows = chance < 0 && others ? one.low_windows + 1 : 0;
  if (one.low_windows < kLowWindows) return {};
  return begin(one, minute, baseline, chance, true);
}

Status RateWatch::State::begin(RateSeries& one, int64_t minute, const Baseline& baseline,
                               double chance, bool drop) {
  one.low_windows = 0;
  one.open = std::make_unique<RateSeries::Open>();
  RateSeries::Open& insight = *one.open;
  insight.drop = drop;
  insight.start = drop ? minute - kWindowMinutes - kLowWindows + 2 : one.recent.front().minute;
  insight.last_call = minute;
  if (!drop) insight.last_call = one.recent.back().minute;
  insight.calls = one.in_window();
  if (!drop) insight.behind = one.recent;
  insight.baseline = baseline;
  for (size_t i = 0; i < kAttributes; ++i) insight.before[i] = one.values[i].most(minute / 1440);
  insight.log10_chance = chance;
  insight.shared_id = mix64(mix64(one.key, static_cast<uint64_t>(insight.start)), drop ? 2 : 1);
  open.push_back(&one);
  ++totals.insights;
  return tell(one, false);
}

Status RateWatch::State::judge_open(RateSeries& one, int64_t minute) {
  RateSeries::Open& insight = *one.open;
  uint64_t calls = one.in_window();
  if (insight.drop) {
    // Without the account's other calls there is nothing to miss these among.
    if (accounts[one.account].in_window(minute) <= calls) return {};
    uint64_t here = 0;
    for (const MinuteCalls& some : one.recent) here += some.minute == minute ? some.calls : 0;
    if (static_cast<double>(here) * 2 * kWindowMinutes < insight.baseline.least) {
      insight.last_call = minute;
      insight.calls += here;
    }
  }
  double chance =
      insight.drop ? judge_few(calls, insight.baseline) : judge_many(calls, insight.baseline);
  if (chance < 0) {
    insight.ordinary = 0;
    insight.log10_chance = std::min(insight.log10_chance, chance);
    return {};
  }
  return ++insight.ordinary >= kOrdinaryWindows ? end(one) : Status();
}

Status RateWatch::State::end(RateSeries& one) {
  Status told = tell(one, true);
  one.open.reset();
  return told;
}

namespace {

std::vector<RateAttribution> averages(const std::vector<std::pair<uint32_t, uint64_t>>& counts,
                                      const Names& names, int64_t minutes, bool of_errors) {
  std::vector<RateAttribution> list;
  for (const auto& [id, calls] : counts) {
    const std::string& text = names.text(id);
    // AWS writes the word for calls that succeeded.
    list.push_back({text.empty() && of_errors ? "null" : text,
                    static_cast<double>(calls) / static_cast<double>(minutes)});
  }
  return list;
}

std::vector<std::pair<uint32_t, uint64_t>> most_of(const std::vector<MinuteCalls>& behind,
                                                   size_t attribute) {
  std::vector<std::pair<uint32_t, uint64_t>> list;
  for (const MinuteCalls& calls : behind) {
    auto same = std::find_if(list.begin(), list.end(), [&](const auto& entry) {
      return entry.first == calls.values[attribute];
    });
    if (same != list.end()) {
      same->second += calls.calls;
    } else {
      list.emplace_back(calls.values[attribute], calls.calls);
    }
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (list.size() > kAttributed) list.resize(kAttributed);
  return list;
}

}  // namespace

Status RateWatch::State::tell(const RateSeries& one, bool end) {
  const RateSeries::Open& open_one = *one.open;
  RateInsight insight;
  insight.end = end;
  insight.drop = open_one.drop;
  insight.account = names.text(one.account);
  insight.region = names.text(one.region);
  insight.source = names.text(one.source);
  insight.name = names.text(one.name);
  insight.management = one.management;
  insight.error_code = names.text(one.error);
  // An End is dated by the minute after the last unusual one; a Start by the one it began in.
  int64_t minutes = std::max<int64_t>(1, open_one.last_call + 1 - open_one.start);
  if (!end) minutes = kWindowMinutes;
  insight.start = time_of(open_one.start);
  insight.time = end ? time_of(open_one.start + minutes) : insight.start;
  insight.calls = open_one.calls;
  insight.baseline_average = open_one.baseline.a_minute;
  insight.insight_average = static_cast<double>(open_one.calls) / static_cast<double>(minutes);
  insight.baseline_minutes = static_cast<uint32_t>(open_one.baseline.minutes);
  insight.duration_minutes = static_cast<uint32_t>(minutes);
  insight.log10_chance = open_one.log10_chance;
  insight.shared_id = open_one.shared_id;
  constexpr std::array<std::string_view, kAttributes> kNames = {"userIdentityArn", "userAgent",
                                                                "errorCode"};
  for (size_t i = 0; i < kAttributes; ++i) {
    if (one.of_errors && i == 2) break;  // AWS leaves out what the series is of
    RateAttributes attributes;
    attributes.attribute = kNames[i];
    attributes.insight = averages(most_of(open_one.behind, i), actors, minutes, i == 2);
    attributes.baseline = averages(open_one.before[i], actors, open_one.baseline.minutes, i == 2);
    insight.attributes.push_back(std::move(attributes));
  }
  return sink(insight);
}

RateWatch::RateWatch(RateOptions options, Sink sink)
    : state_(std::make_unique<State>(options, std::move(sink))) {}
RateWatch::~RateWatch() = default;
RateTotals RateWatch::totals() const { return state_->totals; }

Status RateWatch::add(const Call& call) {
  State& state = *state_;
  if (call.time > state.options.latest) {
    ++state.totals.from_the_future;
    return {};
  }
  TRY(state.go_to(minute_of(call.time)));
  uint32_t account_id = state.names.id(call.account);
  auto [place, fresh] = state.accounts.try_emplace(account_id);
  Account& account = place->second;
  // After a week without a word the past is another country.
  if (fresh || state.now - account.last > kForgetMinutes) account.first = state.now;
  account.add(state.now);
  if (call.write || !call.management) state.count(call, false);
  if (!call.error.empty()) state.count(call, true);
  return {};
}

Status RateWatch::finish() {
  State& state = *state_;
  if (!state.started) return {};
  TRY(state.go_to(state.now + kIdleMinutes + kWindowMinutes));
  for (RateSeries* one : state.open)
    if (one->open != nullptr) TRY(state.end(*one));
  state.open.clear();
  return {};
}

namespace {

std::string uuid_of(uint64_t high, uint64_t low) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(high >> 32), static_cast<unsigned>((high >> 16) & 0xFFFF),
                static_cast<unsigned>(high & 0x0FFF) | 0x5000U,
                static_cast<unsigned>((low >> 48) & 0x3FFF) | 0x8000U,
                static_cast<unsigned long long>(low & 0xFFFF'FFFF'FFFF));
  return text.data();
}

}  // namespace

std::string RateInsight::sentence() const {
  std::string what = name + " in " + region;
  if (!error_code.empty()) what += ", " + error_code;
  std::string text = what + ": ";
  text += baseline_average > 0
              ? "usually " + rate_text(baseline_average) + ", "
              : "not once in the " + format_duration(std::chrono::minutes(baseline_minutes)) +
                    " before, ";
  text += drop ? "then " + rate_text(insight_average) : "now " + rate_text(insight_average);
  text += " for " + std::to_string(duration_minutes) + " min";
  if (drop || attributes.empty() || attributes[0].insight.empty()) return text;
  auto by =
      static_cast<uint64_t>(std::llround(attributes[0].insight[0].average * duration_minutes));
  return text + "; " + std::to_string(by) + " of " + std::to_string(calls) + " by " +
         std::string(short_name(attributes[0].insight[0].value));
}

void append_insight_json(std::string& out, const RateInsight& insight) {
  JsonWriter json;
  json.begin_object().member("eventVersion", "1.09");
  json.member("eventTime", format_time(insight.time)).member("awsRegion", insight.region);
  uint64_t own = mix64(insight.shared_id, insight.end ? 2 : 1);
  json.member("eventID", uuid_of(own, mix64(own, 3)));
  json.member("eventType", "AwsCloudTrailInsight");
  json.member("recipientAccountId", insight.account);
  json.member("sharedEventID", uuid_of(insight.shared_id, mix64(insight.shared_id, 3)));
  json.key("insightDetails").begin_object();
  json.member("state", insight.end ? "End" : "Start");
  json.member("eventSource", insight.source).member("eventName", insight.name);
  bool errors = !insight.error_code.empty();
  json.member("insightType", errors ? "ApiErrorRateInsight" : "ApiCallRateInsight");
  if (errors) json.member("errorCode", insight.error_code);
  json.member("sourceEventCategory", insight.management ? "Management" : "Data");
  json.key("insightContext").begin_object().key("statistics").begin_object();
  json.key("baseline").begin_object().member("average", insight.baseline_average).end_object();
  json.key("insight").begin_object().member("average", insight.insight_average).end_object();
  json.member("insightDuration", insight.duration_minutes);
  json.member("baselineDuration", insight.baseline_minutes).end_object();
  json.key("attributions").begin_array();
  for (const RateAttributes& attributes : insight.attributes) {
    json.begin_object().member("attribute", attributes.attribute);
    auto list = [&](std::string_view name, const std::vector<RateAttribution>& values) {
      json.key(name).begin_array();
      for (const RateAttribution& value : values) {
        json.begin_object().member("value", value.value).member("average", value.average);
        json.end_object();
      }
      json.end_array();
    };
    list("insight", attributes.insight);
    list("baseline", attributes.baseline);
    json.end_object();
  }
  json.end_array().end_object().end_object().member("eventCategory", "Insight").end_object();
  out += std::move(json).take();
}

}  // namespace cairn::anomaly
