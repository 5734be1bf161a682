#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "formats/json_writer.h"

namespace cairn::cli {

namespace {

int show(const AuditCommand& command, lake::Lake& lake) {
  std::string text;
  Status shown = lake::visit_audit(lake, [&](const lake::AuditEntry& entry) -> Status {
    if (command.json) {
      JsonWriter json;
      json.begin_object().member("number", entry.number).member("time", format_time(entry.time));
      json.member("action", entry.action).member("detail", entry.detail);
      json.member("hash", entry.hash).end_object();
      text += std::move(json).take() + "\n";
    } else {
      text += std::to_string(entry.number) + "  " + format_time_short(entry.time) + "  " +
              entry.hash.substr(0, 12) + "  " + printable(entry.action) + "  " +
              printable(entry.detail) + "\n";
    }
    return {};
  });
  if (!shown.ok()) return job_failed(shown.error());
  return print_out(text) ? 0 : kExitIncomplete;
}

int check(const AuditCommand& command, lake::Lake& lake) {
  auto checked = lake::check_audit(lake, command.head);
  if (!checked.ok()) return job_failed(checked.error());
  const lake::AuditReport& report = checked.value();
  if (!report.fault.empty()) {
    print_out("BROKEN: " + printable(report.fault) + "\n");
    return kExitFindings;
  }
  std::string text = "Whole: " + plural(report.rows, "row") + ", each follows the one before\n";
  text += "Head   " + report.head + "\n";
  text += command.head.empty()
              ? "Keep the head elsewhere: with --head HASH a cut end and a new chain show, too.\n"
              : "The head that was given is in it.\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace

int run(const AuditCommand& command, engine::World world) {
  auto lake = open_lake(command.lake, lake::Access::kRead, world, lake::Older::kAdmit);
  if (!lake.ok()) return job_failed(lake.error());
  return command.show ? show(command, *lake.value()) : check(command, *lake.value());
}

}  // namespace cairn::cli
