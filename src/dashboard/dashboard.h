#pragma once

// A door of `dashboard`: CloudWatch dashboards (DashboardBody) and the data that their page shows.
//
//   TRY_ASSIGN(Dashboard dashboard, Dashboard::parse(body));
//   std::string json = dashboard.data(sources);
//
// Source: "Dashboard body structure and syntax" of the CloudWatch API reference.
// docs/reference/dashboard.md tells what is drawn and what is not.

#include "base/result.h"
#include "base/time.h"
#include "monitor/metric_query.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::dashboard {

/// A state that an alarm was in from a time on.
struct AlarmViewChange {
  Timestamp time{};
  std::string state, who;  // of ALARM: the principal with the most events behind it, "" for none
};

/// An alarm as a dashboard shows it.
struct AlarmView {
  std::string name, description, state, reason;
  Timestamp since{};  // of the state
  uint64_t raised = 0;
  std::vector<AlarmViewChange> changes;  // oldest first
  std::vector<std::string> evidence;     // sentences: who, from where, what
};

/// The rows that answer a log widget.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Where the data of a page comes from. Callbacks must be set.
struct Sources {
  const monitor::MetricStore* store = nullptr;
  std::function<Result<std::pair<monitor::Values, monitor::Values>>(
      const monitor::MetricStat& stat, double width, const monitor::Periods& periods)>
      band;
  /// An alarm by name; nothing when there is none.
  std::function<std::optional<AlarmView>(const std::string& name)> alarm;
  std::function<Result<Table>(const std::string& insights_query)> table;
  Timestamp first{}, last{};  // of the data
  std::string name, origin;   // the dashboard's; where its data comes from
};

/// A metric or expression of a widget.
struct WidgetSeries {
  std::string id, label, colour, statistic;
  bool right = false, visible = true;
};

/// What is wrong with a widget, and where it begins in the body, in bytes from 0.
struct Problem {
  std::string message;
  size_t offset = 0;
};

/// One widget as defined.
struct Widget {
  std::string type, title, properties;  // properties: JSON as written
  int64_t x = 0, y = 0, width = 6, height = 6;
  // metric
  monitor::MetricQueries queries;
  std::vector<WidgetSeries> series;
  uint32_t period_seconds = 300;
  bool whole_range = false;          // setPeriodToTimeRange
  std::vector<std::string> alarms;   // of alarm widgets, and of annotations.alarms: names
  std::string query;                 // log
  std::string problem;               // why it is not drawn
  std::vector<std::string> refused;  // what is drawn, but PutDashboard does not take
  size_t offset = 0;                 // in the body, in bytes from 0
};

/// A dashboard as defined. A value.
class Dashboard {
 public:
  static constexpr size_t kWidgetsLimit = 500, kMetricsLimit = 500;
  static constexpr size_t kPointsLimit = 1'440;  // of a series: longer periods are taken

  /// Fails with kInvalidInput for a body that PutDashboard refuses: no JSON, no widgets, widgets of
  /// an unknown type or outside the grid. What is wrong inside a metric, an expression or a query
  /// is told in its widget.
  static Result<Dashboard> parse(std::string_view body);

  /// Returns the JSON that the page is drawn from; `<` is escaped, so that it can stand in HTML.
  std::string data(const Sources& sources) const;

  size_t widgets() const { return widgets_.size(); }
  /// Why widgets will not be drawn, and what PutDashboard does not take of those that are.
  std::vector<Problem> problems() const;
  /// The alarms that widgets show, by name, and where the first of these widgets begins.
  std::vector<std::pair<std::string, size_t>> alarms() const;
  /// The stretch to show when data ends at `last`: the dashboard's own start, but not before the
  /// data begins.
  std::pair<Timestamp, Timestamp> range(Timestamp first, Timestamp last) const;

 private:
  std::vector<Widget> widgets_;
  std::string start_, end_;
  std::vector<Problem> refused_;  // outside widgets
};

}  // namespace cairn::dashboard
