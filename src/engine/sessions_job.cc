#include "base/text.h"
#include "engine/identity_jobs.h"
#include "engine/session_reading.h"
#include "identity/session_tree.h"
#include "sys/spill.h"

#include <algorithm>
#include <limits>

namespace cairn::engine {

namespace {

explore::Cell truth_cell(bool truth) { return {{FieldKind::kBool, truth ? "true" : "false"}}; }
explore::Cell values_cell(const std::vector<identity::Used>& values) {
  explore::Cell cell;
  for (const identity::Used& used : values) cell.push_back({FieldKind::kString, used.value});
  return cell;
}
explore::Cell texts_cell(const std::vector<std::string>& texts) {
  explore::Cell cell;
  for (const std::string& text : texts) cell.push_back({FieldKind::kString, text});
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

constexpr std::string_view kMarksColumn = "first_seen";

/// In the order of session_columns().
explore::Row row_of(const identity::Session& session, const std::vector<std::string>& marks,
                    const geo::Atlas& atlas) {
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
          explore::text_cell(origin.because),
          texts_cell(identity::countries_of(session, atlas)),
          texts_cell(identity::networks_of(session, atlas)),
          texts_cell(marks)};
}

/// Where the wanted columns stand in a whole row.
Result<std::vector<size_t>> columns_at(const std::vector<std::string>& columns) {
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

Status collect_rows(const SessionReading& reading, const SessionsOptions& options,
                    const std::vector<size_t>& places, const geo::Atlas& atlas, SpillSorter& rows,
                    SessionsResult& result) {
  identity::FirstSeen first_seen(atlas);
  // Learning takes all sessions twice more.
  bool marked = std::find(options.columns.begin(), options.columns.end(), kMarksColumn) !=
                options.columns.end();
  if (marked) TRY(reading.learn(options.asked, first_seen));
  result.first_seen_complete = first_seen.complete();
  return reading.log().for_each([&](uint64_t handle, identity::Session&& session) -> Status {
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
    explore::Row all =
                     row_of(session,
                            marked ? first_seen.marks(session) : std::vector<std::string>(), atlas),
                 row;
    for (size_t place : places) row.push_back(all[place]);
    explore::append_row(payload, row);
    return rows.add(key, payload);
  });
}

}  // namespace

const std::vector<std::string>& session_columns() {
  static const std::vector<std::string> names = {
      "first",  "origin", "kind",    "certain",   "principal", "session",   "access_key", "account",
      "events", "failed", "writes",  "source_ip", "region",    "service",   "user_agent", "mfa",
      "last",   "chain",  "because", "country",   "network",   "first_seen"};
  return names;
}

Result<SessionsResult> run_sessions(World world, const SessionsOptions& options, RowSink& sink,
                                    const ScanProgressCallback& progress) {
  TRY_ASSIGN(std::vector<size_t> places, columns_at(options.columns));
  SessionReading reading;
  TRY(reading.read(world, options.place, false, progress));
  SessionsResult result;
  result.credentials_issued = reading.log().credentials_issued();
  SpillSorter rows(world.files, options.place.read.memory_bytes);
  TRY(collect_rows(reading, options, places, world.atlas, rows, result));
  TRY(SpillSorter::merge({&rows}, [&](std::string_view, std::string_view payload) {
    sink.measure(explore::read_row(payload));
    return Status::success();
  }));
  TRY(SpillSorter::merge({&rows}, [&](std::string_view, std::string_view payload) {
    return sink.write(explore::read_row(payload));
  }));
  result.read = std::move(reading).summary();
  return result;
}

}  // namespace cairn::engine
