#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "lake/care.h"

#include <algorithm>
#include <chrono>

namespace cairn::cli {

namespace {

constexpr size_t kGapsShown = 5, kActionsShown = 10;

std::string accounts_table(const std::vector<lake::AccountStatus>& accounts) {
  std::string text = "ACCOUNT            records   files        size  days  from        to\n";
  auto right = [](const std::string& value, size_t width) {
    return std::string(width - std::min(width, value.size()), ' ') + value;
  };
  for (const lake::AccountStatus& one : accounts) {
    text +=
        printable(one.account) + std::string(12 - std::min<size_t>(12, one.account.size()), ' ');
    text += right(format_count(one.rows), 14) + right(format_count(one.files), 8) +
            right(format_bytes(one.bytes), 12) + right(format_count(one.days), 6);
    if (one.days > 0) text += "  " + format_date(one.first) + "  " + format_date(one.last);
    if (one.held) text += "  held";
    text += "\n";
    size_t shown = std::min(one.gaps.size(), kGapsShown);
    for (size_t i = 0; i < shown; ++i) text += "    no records: " + one.gaps[i] + "\n";
    if (one.gaps.size() > shown)
      text += "    … and " + format_count(one.gaps.size() - shown) + " more gaps\n";
  }
  return text;
}

int status(const LakeCommand& command, engine::World world) {
  auto lake = open_lake(command.lake, lake::Access::kRead, world);
  if (!lake.ok()) return job_failed(lake.error());
  auto found = lake::status_of(*lake.value());
  if (!found.ok()) return job_failed(found.error());
  const lake::LakeStatus& status = found.value();
  std::string protection = status.protection == lake::Protection::kPlain ? "not encrypted"
                           : status.protection == lake::Protection::kKeyFile
                               ? "AES-256-GCM under a key file"
                               : "AES-256-GCM under a passphrase";
  std::string text = "Lake     " + printable(status.folder) + ", " + protection + "\n";
  text += "Holds    " + plural(status.rows, "record") + " in " + plural(status.files, "file") +
          ", " + format_bytes(status.bytes) + "\n";
  text += "Loaded   " + plural(status.objects - status.objects_partial, "file") + ", " +
          format_bytes(status.object_bytes) + ", in " + plural(status.loads, "load");
  if (status.loads_interrupted > 0)
    text += ", " + format_count(status.loads_interrupted) + " of them interrupted";
  if (status.objects_partial > 0)
    text +=
        "; " + plural(status.objects_partial, "file") + " not read to the end: load again to go on";
  text += "\nFormat   " + std::to_string(status.format) + ", catalog version " +
          std::to_string(status.version) + "\n";
  if (status.quarantined > 0)
    text += "Damaged  " + plural(status.quarantined, "record or stretch", "records or stretches") +
            " in quarantine\n";
  for (const auto& [account, reason] : status.holds)
    text += "Hold     " + printable(account) + ": " + printable(reason) + "\n";
  if (!status.accounts.empty()) text += "\n" + accounts_table(status.accounts);
  if (!status.actions.empty()) text += "\nDONE\n";
  size_t from = status.actions.size() - std::min(status.actions.size(), kActionsShown);
  for (size_t i = from; i < status.actions.size(); ++i)
    text += "  " + printable(status.actions[i]) + "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int check(const LakeCommand& command, engine::World world) {
  auto lake = open_lake(command.lake, command.repair ? lake::Access::kWrite : lake::Access::kRead,
                        world, lake::Older::kAdmit);
  if (!lake.ok()) return job_failed(lake.error());
  auto checked = lake::check(*lake.value(), command.repair, nullptr);
  if (!checked.ok()) return job_failed(checked.error());
  const lake::CheckReport& report = checked.value();
  std::string text;
  for (const std::string& fault : report.faults) text += "fault: " + fault + "\n";
  for (const std::string& repair : report.repairs) text += "repaired: " + repair + "\n";
  text += plural(report.files, "file") + " whole, " + plural(report.rows, "record") + ", " +
          format_bytes(report.bytes) + ": every byte, block and record was read\n";
  text += "  " + format_count(report.stored) +
          " stored by all loads = " + format_count(report.rows) + " here + " +
          format_count(report.removed) + " removed";
  uint64_t missing = report.stored - std::min(report.stored, report.rows + report.removed);
  if (missing > 0) text += " + " + format_count(missing) + " LOST";
  text += "\n";
  if (!print_out(text)) return kExitIncomplete;
  return report.whole() ? 0 : kExitIncomplete;
}

int forget(const LakeCommand& command, engine::World world) {
  auto lake = open_lake(command.lake, lake::Access::kWrite, world);
  if (!lake.ok()) return job_failed(lake.error());
  auto done = lake::forget(*lake.value(), command.account);
  if (!done.ok()) return job_failed(done.error());
  const lake::Removal& removal = done.value();
  std::string text = "Destroyed " + plural(removal.keys, "key") + " of account " +
                     printable(command.account) + " and removed " + plural(removal.rows, "record") +
                     " in " + plural(removal.files, "file") + ".\n";
  text += "Proof: " + format_count(removal.unreadable) + " of " + plural(removal.files, "file") +
          " could not be opened any more before they were removed.\n";
  text += "Copies of catalog.db in backups still hold the keys, under your master key.\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int retain(const LakeCommand& command, engine::World world) {
  auto lake =
      open_lake(command.lake, command.dry_run ? lake::Access::kRead : lake::Access::kWrite, world);
  if (!lake.ok()) return job_failed(lake.error());
  Timestamp before = world.clock.now() - std::chrono::hours(24 * command.days);
  auto done = lake::retain(*lake.value(), before, command.account, command.dry_run);
  if (!done.ok()) return job_failed(done.error());
  const lake::Removal& removal = done.value();
  std::string text = (command.dry_run ? "Would remove " : "Removed ") +
                     plural(removal.rows, "record") + " in " + plural(removal.files, "file") +
                     ", " + format_bytes(removal.bytes) + ", from before " +
                     format_time_short(before) + ".\n";
  for (const std::string& account : removal.held)
    text += "Account " + printable(account) + " is held: left alone.\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int hold(const LakeCommand& command, engine::World world, bool end) {
  auto lake = open_lake(command.lake, lake::Access::kWrite, world);
  if (!lake.ok()) return job_failed(lake.error());
  Status done = end ? lake::release(*lake.value(), command.account)
                    : lake::hold(*lake.value(), command.account, command.reason);
  if (!done.ok()) return job_failed(done.error());
  std::string text =
      "Account " + printable(command.account) +
      (end ? " is no longer held.\n" : " is held: retain and forget leave it alone.\n");
  return print_out(text) ? 0 : kExitIncomplete;
}

int merge(const LakeCommand& command, engine::World world) {
  auto lake = open_lake(command.lake, lake::Access::kWrite, world);
  if (!lake.ok()) return job_failed(lake.error());
  auto done = lake::merge_small_files(*lake.value());
  if (!done.ok()) return job_failed(done.error());
  std::string text = done.value().made == 0
                         ? "No account's month has enough small files to be worth it.\n"
                         : "Merged " + plural(done.value().merged, "small file") + " into " +
                               format_count(done.value().made) + ".\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int export_plain(const LakeCommand& command, engine::World world) {
  auto lake = open_lake(command.lake, lake::Access::kRead, world);
  if (!lake.ok()) return job_failed(lake.error());
  auto done = lake::export_plain(*lake.value(), command.bounds, command.folder, command.location);
  if (!done.ok()) return job_failed(done.error());
  std::string text = "Wrote " + plural(done.value().rows, "record") + " in " +
                     plural(done.value().files, "file") + " to " + printable(command.folder) +
                     ", not encrypted.\n";
  text += "Athena's table for it: " + printable(join_path(command.folder, "cloudtrail_logs.sql")) +
          "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace

int run(const LakeCommand& command, engine::World world) {
  using Action = LakeCommand::Action;
  switch (command.action) {
    case Action::kStatus:
      return status(command, world);
    case Action::kCheck:
      return check(command, world);
    case Action::kForget:
      return forget(command, world);
    case Action::kRetain:
      return retain(command, world);
    case Action::kHold:
      return hold(command, world, false);
    case Action::kRelease:
      return hold(command, world, true);
    case Action::kMerge:
      return merge(command, world);
    case Action::kExport:
      return export_plain(command, world);
  }
  return kExitUsage;
}

}  // namespace cairn::cli
