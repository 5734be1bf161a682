#include "engine/session_reading.h"

#include "engine/event_feed.h"
#include "engine/event_filter.h"
#include "engine/read_summary.h"

#include <algorithm>

namespace cairn::engine {

class SessionConsumer : public EventConsumer {
 public:
  SessionConsumer(const StandardFields& standard, const identity::IdentityFields& fields,
                  Files& files, size_t memory_bytes, bool with_calls)
      : collector_(standard, fields, files, memory_bytes, with_calls) {}

  uint64_t consume(const Event& event, const std::string&) override {
    collector_.add(event);
    return 0;
  }
  identity::Collector& collector() { return collector_; }

 private:
  identity::Collector collector_;
};

SessionReading::SessionReading() = default;
SessionReading::~SessionReading() = default;

Status SessionReading::read(World world, const EventPlace& place, bool with_calls,
                            const ScanProgressCallback& progress) {
  standard_ = StandardFields::intern_into(fields_);
  identity_fields_ = identity::IdentityFields::intern_into(fields_);
  fields_.freeze();
  unsigned threads = feed_width(place);
  for (unsigned i = 0; i < threads; ++i) {
    consumers_.push_back(std::make_unique<SessionConsumer>(
        standard_, identity_fields_, world.files, place.read.memory_bytes / threads, with_calls));
  }
  TRY_ASSIGN(summary_,
             feed_events(world, place, fields_, standard_, consumers_of(consumers_), progress));
  std::vector<identity::Collector*> collectors;
  for (auto& consumer : consumers_) collectors.push_back(&consumer->collector());
  TRY_ASSIGN(identity::SessionLog log, identity::SessionLog::build(collectors));
  log_.emplace(std::move(log));
  return {};
}

Status SessionReading::learn(const std::vector<std::string>& asked,
                             identity::FirstSeen& first_seen) const {
  TRY(log_->for_each([&](uint64_t, identity::Session&& session) -> Status {
    if (is_asked(asked, session)) first_seen.ask(session);
    return {};
  }));
  return first_seen.learn_all(*log_);
}

bool is_asked(const std::vector<std::string>& asked, const identity::Session& session) {
  if (asked.empty()) return true;
  auto any = [&](std::string_view text) { return fits_any(asked, text); };
  auto any_value = [&](const std::vector<identity::Used>& values) {
    return std::any_of(values.begin(), values.end(),
                       [&](const identity::Used& used) { return any(used.value); });
  };
  return any(session.principal) || any(detect::short_principal(session.principal)) ||
         any(session.name) || any(session.access_key) || any(session.origin.name) ||
         any(detect::short_principal(session.origin.name)) || any_value(session.source_ips);
}

}  // namespace cairn::engine
