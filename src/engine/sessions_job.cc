#include "base/text.h"
#include "engine/event_filter.h"
#include "engine/identity_jobs.h"
#include "engine/read_summary.h"
#include "engine/reading.h"
#include "sys/spill.h"

#include <algorithm>
#include <limits>

namespace cairn::engine {

namespace {

class SessionConsumer : public EventConsumer {
 public:
  SessionConsumer(const StandardFields& standard, const identity::IdentityFields& fields,
                  Files& files, size_t memory_bytes)
      : collector_(standard, fields, files, memory_bytes) {}

  uint64_t consume(const Event& event, const std::string&) override {
    collector_.add(event);
    return 0;
  }
  identity::Collector& collector() { return collector_; }

 private:
  identity::Collector collector_;
};

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

explore::Cell truth_cell(bool truth) { return {{FieldKind::kBool, truth ? "true" : "false"}}; }
explore::Cell values_cell(const std::vector<identity::Used>& values) {
  explore::Cell cell;
  for (const identity::Used& used : values) cell.push_back({FieldKind::kString, used.value});
  return cell;
}
explore::Cell steps_cell(const std::vector<identity::Step>& steps) {
  explore::Cell cell;
  for (const identity::Step& step : steps) {
    std::string text = step.time_known ? format_time(step.time) + " " : std::string();
    text += step.words;
    if (!step.event_id.empty()) text += " (" + step.event_id + ")";
    cell.push_back({FieldKind::kString, std::move(text)});
  }
  return cell;
}

/// In the order of session_columns().
explore::Row row_of(const identity::Session& session) {
  auto time = [&](Timestamp value) {
    return session.time_known ? explore::text_cell(format_time(value)) : explore::Cell{};
  };
  const identity::Origin& origin = session.origin;
  return {time(session.first),
          explore::text_cell(origin.name),
          explore::text_cell(identity::name_of(origin.kind)),
          truth_cell(origin.certain),
          explore::text_cell(session.principal),
          explore::text_cell(session.name),
          explore::text_cell(session.access_key),
          explore::text_cell(session.account),
          explore::number_cell(session.events),
          explore::number_cell(session.errors),
          explore::number_cell(session.writes),
          values_cell(session.source_ips),
          values_cell(session.regions),
          values_cell(session.services),
          values_cell(session.user_agents),
          truth_cell(session.mfa),
          time(session.last),
          steps_cell(origin.steps),
          explore::text_cell(origin.because)};
}

/// Where the wanted columns stand in a whole row.
Result<std::vector<size_t>> places_of(const std::vector<std::string>& columns) {
  const std::vector<std::string>& known = session_columns();
  std::vector<size_t> places;
  for (const std::string& name : columns) {
    auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      return Error{ErrorCode::kInvalidInput, "sessions have no column \"" + printable(name) +
                                                 "\"; they have " + join(known, ", ")};
    }
    places.push_back(static_cast<size_t>(found - known.begin()));
  }
  return places;
}

Status collect_rows(const identity::SessionLog& log, const SessionsOptions& options,
                    const std::vector<size_t>& places, SpillSorter& rows, SessionsResult& result) {
  return log.for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    ++result.sessions;
    if (!is_asked(options.asked, session)) return {};
    ++result.written;
    result.events += session.events;
    if (session.origin.certain) result.certain_events += session.events;
    result.events_by_kind[static_cast<size_t>(session.origin.kind)] += session.events;
    std::string key, payload;
    append_key_i64(key, session.time_known ? session.first.time_since_epoch().count()
                                           : std::numeric_limits<int64_t>::max());
    append_key_u64(key, handle);
    explore::Row all = row_of(session), row;
    for (size_t place : places) row.push_back(all[place]);
    explore::append_row(payload, row);
    return rows.add(key, payload);
  });
}

}  // namespace

const std::vector<std::string>& session_columns() {
  static const std::vector<std::string> names = {
      "first",      "origin", "kind",   "certain", "principal", "session", "access_key",
      "account",    "events", "failed", "writes",  "source_ip", "region",  "service",
      "user_agent", "mfa",    "last",   "chain",   "because"};
  return names;
}

Result<SessionsResult> run_sessions(World world, const SessionsOptions& options, RowSink& sink,
                                    const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(std::vector<size_t> places, places_of(options.columns));
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  identity::IdentityFields identity_fields = identity::IdentityFields::intern_into(fields);
  fields.freeze();
  unsigned threads = worker_count(options.read.threads);
  std::vector<std::unique_ptr<SessionConsumer>> consumers;
  for (unsigned i = 0; i < threads; ++i) {
    consumers.push_back(std::make_unique<SessionConsumer>(standard, identity_fields, world.files,
                                                          options.read.memory_bytes / threads));
  }
  TRY_ASSIGN(ReadOutcome read, read_inputs(world, options.read.inputs, options.read.filter, fields,
                                           standard, consumers_of(consumers), progress));
  std::vector<identity::Collector*> collectors;
  for (auto& consumer : consumers) collectors.push_back(&consumer->collector());
  TRY_ASSIGN(identity::SessionLog log, identity::SessionLog::build(collectors));
  SessionsResult result;
  result.credentials_issued = log.credentials_issued();
  SpillSorter rows(world.files, options.read.memory_bytes);
  TRY(collect_rows(log, options, places, rows, result));
  TRY(SpillSorter::merge({&rows}, [&](std::string_view, std::string_view payload) {
    sink.measure(explore::read_row(payload));
    return Status::success();
  }));
  TRY(SpillSorter::merge({&rows}, [&](std::string_view, std::string_view payload) {
    return sink.write(explore::read_row(payload));
  }));
  result.read = summarise(std::move(read), world, started, false);
  return result;
}

}  // namespace cairn::engine
