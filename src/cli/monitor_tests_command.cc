#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "engine/monitor_test_job.h"
#include "formats/json_writer.h"

namespace cairn::cli {

namespace {

std::string outcome_text(const engine::MonitorTestOutcome& outcome) {
  std::string text = (outcome.failures.empty() ? "ok    " : "FAIL  ") + printable(outcome.name);
  for (const std::string& failure : outcome.failures) text += "\n      " + printable(failure);
  return text + "\n";
}

std::string outcome_json(const engine::MonitorTestOutcome& outcome) {
  JsonWriter json;
  json.begin_object().member("name", outcome.name).member("ok", outcome.failures.empty());
  json.key("failures").begin_array();
  for (const std::string& failure : outcome.failures) json.value(failure);
  json.end_array().end_object();
  return std::move(json).take() + "\n";
}

}  // namespace

int run(const MonitorTestCommand& command, engine::World world) {
  auto result = engine::run_monitor_tests(world, command.stack, command.tests);
  if (!result.ok()) {
    if (result.error().code != ErrorCode::kInvalidInput) return job_failed(result.error());
    print_error(usage_error("monitor test", result.error().message).text);
    return kExitUsage;
  }
  print_diagnostics(result.value().diagnostics, 20);
  if (result.value().diagnostics.has_errors()) return kExitUsage;
  size_t failed = 0;
  for (const engine::MonitorTestOutcome& outcome : result.value().outcomes) {
    failed += outcome.failures.empty() ? 0u : 1u;
    if (!print_out(command.json ? outcome_json(outcome) : outcome_text(outcome)))
      return kExitIncomplete;
  }
  if (!command.json) {
    print_error(plural(result.value().outcomes.size(), "test") +
                (failed == 0 ? ", all hold\n" : ", " + std::to_string(failed) + " failed\n"));
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace cairn::cli
