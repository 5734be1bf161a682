#pragma once

// What monitors an account: the metric filters, alarms and mute rules of CloudFormation templates.

#include "base/diagnostics.h"
#include "engine/engine.h"
#include "monitor/alarm_board.h"
#include "monitor/metric_filter.h"

#include <map>
#include <string>
#include <vector>

namespace cairn::engine {

/// Which templates, and what they cannot know by themselves.
struct StackChoice {
  std::vector<std::string> templates;             // files; none: what runs (stack.h)
  std::map<std::string, std::string> parameters;  // of all of them
  std::string state_folder;                       // "": default_state_folder()
};

/// The resources of templates that Cairn runs. Move only.
struct MonitorStack {
  std::vector<monitor::MetricFilter> filters;
  std::vector<std::string> filter_names;  // as CloudFormation would call them
  monitor::AlarmBoard::Setup alarms;      // without a model of bands
  Diagnostics diagnostics;                // with errors nothing is to be run
};

/// Reads templates as check_templates() does. Fails when a file cannot be read; errors in a text
/// are in the diagnostics, and so is what cannot run here (warning stack-not-run): the rest does.
Result<MonitorStack> load_monitor_stack(World world, const StackChoice& choice);

/// Changes what a text such as "Alarm.Threshold=5,*.EvaluationPeriods=3" says: Threshold,
/// EvaluationPeriods, DatapointsToAlarm or TreatMissingData of an alarm by name (* and ? for
/// several). The parts hold together: they are checked when all are made. Fails with kInvalidInput.
Status change_alarms(std::vector<monitor::MetricAlarm>& alarms, const std::string& variant);

}  // namespace cairn::engine
