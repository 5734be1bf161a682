#include "engine/dashboard_job.h"

#include "base/text.h"
#include "dashboard/dashboard.h"
#include "dashboard/insights.h"
#include "engine/content.h"
#include "engine/filter_matches.h"
#include "engine/sql.h"
#include "engine/stack.h"

#include <algorithm>

namespace cairn::engine {

namespace {

constexpr size_t kRowsLimit = 200;        // of a log widget
constexpr size_t kEvidenceSentences = 3;  // of an alarm
constexpr std::string_view kDataMark = "<!--cairn:data-->";

/// The dashboard's name and body.
Result<std::pair<std::string, std::string>> find_body(World world,
                                                      const DashboardOptions& options) {
  std::string folder = options.stack.state_folder;
  if (folder.empty()) folder = default_state_folder();
  TRY_ASSIGN(Stack stack,
             load_stack(world, options.stack.templates, options.stack.parameters, folder));
  for (const StackResource* entry : stack.running("AWS::CloudWatch::Dashboard")) {
    const templates::Resource& resource = entry->resource;
    if (!options.name.empty() && !equals_ignore_case(options.name, resource.name) &&
        !equals_ignore_case(options.name, resource.logical_id))
      continue;
    const YamlNode* body = resource.properties.find("DashboardBody");
    if (body == nullptr) continue;
    return std::pair(resource.name, body->is_scalar() ? body->text : templates::to_json(*body));
  }
  return Error{ErrorCode::kNotFound,
               options.name.empty() ? "the templates have no dashboard"
                                    : "there is no dashboard \"" + printable(options.name) + "\""};
}

/// "3 calls: CreateUser; by user/alice; from 203.0.113.7": who and what is behind an alarm.
std::vector<std::string> sentences(const AlarmEvidence& evidence) {
  std::vector<std::string> result;
  auto list = [](const AlarmEvidence::Top& top) {
    std::string text;
    for (size_t i = 0; i < top.size() && i < 2; ++i)
      text += (i == 0 ? "" : ", ") + top[i].first +
              (top[i].second > 1 ? " (" + format_count(top[i].second) + ")" : "");
    return text + (top.size() > 2 ? ", …" : "");
  };
  if (!evidence.principals.empty()) result.push_back("by " + list(evidence.principals));
  if (!evidence.addresses.empty()) result.push_back("from " + list(evidence.addresses));
  if (!evidence.actions.empty()) result.push_back(list(evidence.actions));
  if (result.size() > kEvidenceSentences) result.resize(kEvidenceSentences);
  return result;
}

// As it was at the end of the events: the replay goes on until alarms have fallen back.
std::optional<dashboard::AlarmView> view_of(const ReplayResult& replay, const std::string& name) {
  const ReplayVariant& variant = replay.variants.front();
  auto found = std::find_if(variant.alarms.begin(), variant.alarms.end(),
                            [&](const AlarmHistory& alarm) { return alarm.name == name; });
  if (found == variant.alarms.end()) return std::nullopt;
  dashboard::AlarmView view;
  view.name = name;
  view.description = found->description;
  view.state = to_string(monitor::AlarmState::kInsufficientData);
  view.raised = found->raised;
  for (const AlarmChange& change : found->changes) {
    if (change.event.kind != monitor::BoardEvent::Kind::kState) continue;
    if (change.event.time > replay.last_event) break;
    view.state = to_string(change.event.after);
    view.since = change.event.time;
    view.reason = change.event.reason;
    const auto& principals = change.evidence.principals;
    view.changes.push_back({change.event.time, std::string(to_string(change.event.after)),
                            principals.empty() ? "" : principals.front().first});
    if (change.event.after == monitor::AlarmState::kAlarm)
      view.evidence = sentences(change.evidence);  // of the last time
  }
  return view;
}

/// Answers log widgets with SQL over the same logs or lake, between the same times.
class Tables {
 public:
  Tables(World world, const DashboardOptions& options) : world_(world), options_(options) {}

  Result<dashboard::Table> answer(const std::string& query) {
    const EventFilter& filter = options_.place.read.filter;
    TRY_ASSIGN(std::string sql, dashboard::insights_sql(query, {filter.from, filter.to}));
    if (!session_) {
      SqlOptions sql_options;
      std::unique_ptr<lake::Lake> lake;
      if (options_.place.lake == nullptr) {
        sql_options.logs = options_.place.read.inputs;
      } else {
        TRY_ASSIGN(lake, options_.open_lake());
      }
      TRY_ASSIGN(session_, SqlSession::open(world_, sql_options, std::move(lake)));
    }
    TRY_ASSIGN(auto answer, session_->ask(sql));
    dashboard::Table table;
    for (const auto& column : answer->columns()) table.columns.push_back(column.name);
    for (;;) {
      TRY_ASSIGN(size_t rows, answer->next());
      if (rows == 0) return table;
      for (size_t row = 0; row < rows && table.rows.size() < kRowsLimit; ++row) {
        auto& cells = table.rows.emplace_back();
        for (size_t column = 0; column < table.columns.size(); ++column)
          answer->append_text(column, row, cells.emplace_back());
      }
    }
  }

 private:
  World world_;
  const DashboardOptions& options_;
  std::unique_ptr<SqlSession> session_;
};

}  // namespace

Result<DashboardResult> run_dashboard(World world, const DashboardOptions& options,
                                      const ScanProgressCallback& progress) {
  TRY_ASSIGN(auto named, find_body(world, options));
  auto parsed = dashboard::Dashboard::parse(named.second);
  if (!parsed.ok()) return std::move(parsed).error().with_context("dashboard " + named.first);
  const dashboard::Dashboard& board = parsed.value();

  DashboardResult result;
  result.name = named.first;
  result.widgets = board.widgets();
  monitor::MetricStore store({});
  ReplayOptions replay;
  replay.place = options.place;
  replay.stack = options.stack;
  replay.observe = [&](const FilterMatches& found,
                       const std::vector<monitor::MetricFilter>& filters) {
    return fill_store(found, filters, store);
  };
  TRY_ASSIGN(result.replay, run_replay(world, replay, progress));
  if (result.replay.diagnostics.has_errors() || result.replay.variants.empty()) return result;
  if (result.replay.nothing()) return result;

  Tables tables(world, options);
  monitor::BandKeeper bands(anomaly_bands());
  dashboard::Sources sources;
  sources.store = &store;
  sources.name = named.first;
  sources.first = result.replay.from;
  sources.last = result.replay.last_event;
  sources.origin = "Replayed by Cairn from " + format_count(result.replay.read.events) +
                   " events. Times are UTC.";
  sources.band = [&](const monitor::MetricStat& stat, double width,
                     const monitor::Periods& periods) {
    return bands.band(stat, width, periods, store);
  };
  sources.alarm = [&](const std::string& name) { return view_of(result.replay, name); };
  sources.table = [&](const std::string& query) { return tables.answer(query); };

  std::string_view page = embedded_text("dashboard.html");
  size_t mark = page.find(kDataMark);
  CAIRN_CHECK(mark != std::string_view::npos);
  result.html = std::string(page.substr(0, mark)) + board.data(sources) +
                std::string(page.substr(mark + kDataMark.size()));
  return result;
}

}  // namespace cairn::engine
