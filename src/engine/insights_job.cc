// Workers pack what the watches look at, keyed by time and fingerprint; a merge gives all of it in
// one order, with copies of an event side by side.

#include "engine/insights_job.h"

#include "base/pack.h"
#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "detect/detect.h"
#include "engine/event_feed.h"
#include "engine/read_summary.h"
#include "sys/spill.h"

#include <algorithm>

namespace cairn::engine {

namespace {

/// Clocks of AWS do not go wrong by more.
constexpr Duration kFuture = std::chrono::hours(1);
constexpr Duration kMostLearning = std::chrono::hours(72);
constexpr int64_t kLearningShare = 4;
constexpr size_t kTextBytes = 512;

enum Flag : uint64_t { kWrite = 1, kManagement = 2, kService = 4 };

class CallCollector : public EventConsumer {
 public:
  CallCollector(const StandardFields& standard, Files& files, size_t memory_bytes, Timestamp latest)
      : standard_(standard), calls_(files, memory_bytes), latest_(latest) {}

  uint64_t consume(const Event& event, const std::string&) override {
    if (!event.time_known()) {
      ++without_time;
      return 0;
    }
    // Insight events tell of calls; they are none.
    if (event.text(standard_.event_category) == "Insight") return 0;
    if (event.time() <= latest_) {
      first = std::min(first, event.time());
      last = std::max(last, event.time());
    }
    key_.clear();
    append_key_i64(key_, event.time().time_since_epoch().count());
    append_key_u64(key_, cloudtrail::content_fingerprint(event, standard_));
    pack(event);
    if (status.ok()) status = calls_.add(key_, payload_);
    return 0;
  }
  SpillSorter& calls() { return calls_; }

  uint64_t without_time = 0;
  Timestamp first = Timestamp::max(), last = Timestamp::min();
  Status status;

 private:
  void pack(const Event& event) {
    const StandardFields& f = standard_;
    payload_.clear();
    auto text = [&](std::string_view value) { pack_text(payload_, cut_bytes(value, kTextBytes)); };
    std::string_view account = event.text(f.recipient_account);
    text(account.empty() ? event.text(f.identity_account) : account);
    text(event.text(f.region));
    text(event.text(f.event_source));
    text(event.text(f.event_name));
    text(event.text(f.error_code));
    text(detect::principal_of(event, f).key);
    text(event.text(f.user_agent));
    text(event.text(f.source_ip));
    text(event.text(f.event_id));
    uint64_t flags = 0;
    if (detect::is_write(event, f, event.text(f.event_name))) flags |= kWrite;
    std::string_view category = event.text(f.event_category);
    bool data = category == "Data" ||
                (category.empty() && equals_ignore_case(event.text(f.management_event), "false"));
    if (!data) flags |= kManagement;
    std::string_view type = event.text(f.identity_type);
    bool service =
        type == "AWSService" || (type.empty() && !event.text(f.identity_invoked_by).empty());
    if (service) flags |= kService;
    pack_number(payload_, flags);
  }

  const StandardFields& standard_;
  SpillSorter calls_;
  Timestamp latest_;
  std::string key_, payload_;
};

anomaly::Call read_call(std::string_view key, std::string_view payload) {
  PackReader in(payload);
  anomaly::Call call;
  call.time = Timestamp(Duration(read_key_i64(key)));
  call.account = in.text();
  call.region = in.text();
  call.source = in.text();
  call.name = in.text();
  call.error = in.text();
  call.principal = in.text();
  call.agent = in.text();
  call.address = in.text();
  call.event_id = in.text();
  uint64_t flags = in.number();
  call.write = (flags & kWrite) != 0;
  call.management = (flags & kManagement) != 0;
  call.service = (flags & kService) != 0;
  return call;
}

}  // namespace

Result<InsightsResult> run_insights(World world, const InsightsOptions& options,
                                    const InsightSinks& sinks,
                                    const ScanProgressCallback& progress) {
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  fields.freeze();
  Timestamp latest = world.clock.now() + kFuture;
  unsigned width = feed_width(options.place);
  std::vector<std::unique_ptr<CallCollector>> collectors;
  for (unsigned i = 0; i < width; ++i) {
    collectors.push_back(std::make_unique<CallCollector>(
        standard, world.files, options.place.read.memory_bytes / width, latest));
  }
  InsightsResult result;
  TRY_ASSIGN(result.read, feed_events(world, options.place, fields, standard,
                                      consumers_of(collectors), progress));
  result.first = Timestamp::max();
  result.last = Timestamp::min();
  std::vector<SpillSorter*> sorters;
  for (auto& collector : collectors) {
    TRY(std::move(collector->status));
    result.without_time += collector->without_time;
    result.first = std::min(result.first, collector->first);
    result.last = std::max(result.last, collector->last);
    sorters.push_back(&collector->calls());
  }
  if (result.first > result.last) result.first = result.last = Timestamp{};
  result.learning = options.learning.value_or(
      std::min(kMostLearning, Duration((result.last - result.first) / kLearningShare)));

  anomaly::RateOptions rate_options;
  rate_options.latest = latest;
  anomaly::RateWatch rates(rate_options, sinks.rate);
  anomaly::BehaviourOptions behaviour_options;
  behaviour_options.latest = latest;
  behaviour_options.threshold = options.threshold;
  behaviour_options.learning = result.learning;
  behaviour_options.services = options.services;
  anomaly::BehaviourWatch behaviour(behaviour_options, sinks.behaviour);
  std::string last_key;
  auto hand_on = [&](std::string_view key, std::string_view payload) -> Status {
    if (key == last_key) {
      ++result.duplicates;
      return {};
    }
    last_key = key;
    anomaly::Call call = read_call(key, payload);
    if (call.time > latest) ++result.from_the_future;
    if (options.rates) TRY(rates.add(call));
    if (options.behaviour) TRY(behaviour.add(call));
    return {};
  };
  TRY(SpillSorter::merge(sorters, hand_on));
  TRY(rates.finish());
  TRY(behaviour.finish());
  result.rates = rates.totals();
  result.behaviour = behaviour.totals();
  return result;
}

}  // namespace cairn::engine
