#include "base/text.h"
#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/listing_output.h"
#include "cli/screen.h"

namespace cairn::cli {

namespace {

/// The account, as a sum: what was read is what was stored and what was not, with the reason.
std::string account_of(const lake::LoadSummary& sum) {
  size_t width = format_count(sum.records).size();
  auto line = [&](const char* sign, uint64_t count, const char* what) {
    std::string number = format_count(count);
    return std::string(sign) + std::string(width - number.size(), ' ') + number + " " + what + "\n";
  };
  std::string text = line("    ", sum.records, sum.records == 1 ? "record read" : "records read");
  text += line("  = ", sum.stored, "stored");
  text += line("  + ", sum.duplicates, "duplicates: the lake has them from another file");
  if (sum.resumed > 0)
    text += line("  + ", sum.resumed, "stored before, by a load that was interrupted");
  text += line("  + ", sum.quarantined, "in quarantine: could not be read");
  return text;
}

void print_account(const engine::LoadResult& result, const std::string& folder) {
  const lake::LoadSummary& sum = result.lake;
  std::string text = "Loaded " + plural(sum.objects, "file") + " into " + printable(folder);
  if (sum.objects_skipped > 0)
    text += "; " + format_count(sum.objects_skipped) + " loaded before and unchanged";
  if (sum.objects_partial > 0)
    text += "; " + format_count(sum.objects_partial) + " not read to the end";
  text += "\n" + account_of(sum);
  if (sum.files > 0) {
    text += "Wrote " + plural(sum.files, "file") + ", " + format_bytes(sum.bytes) + ", of " +
            format_bytes(result.read.stored_bytes) + " (" + format_bytes(result.read.text_bytes) +
            " of text)";
    double seconds = std::max(result.read.seconds, 0.001);
    text += " in " + format_seconds(result.read.seconds) + ": " +
            format_count(static_cast<uint64_t>(static_cast<double>(sum.records) / seconds)) +
            " records/s\n";
  }
  print_out(text);
}

}  // namespace

int run(const LoadCommand& command, engine::World world) {
  if (int code = prepare_evidence(command.evidence, world); code != 0) return code;
  std::string folder = lake_folder(command.lake);
  // A mistyped path should not make a lake.
  for (const std::string& input : command.job.inputs) {
    if (input == "-") continue;
    if (auto there = world.files.stat(input); !there.ok()) return job_failed(there.error());
  }
  bool make = command.plain && !world.files.stat(join_path(folder, "catalog.db")).ok();
  auto lake = make ? lake::Lake::create(folder, lake::Protection::kPlain, {}, world.clock)
                   : open_lake(command.lake, lake::Access::kWrite, world);
  if (!lake.ok()) return job_failed(lake.error());
  if (command.plain && lake.value()->protection() != lake::Protection::kPlain)
    complain("the lake is encrypted and stays so: --plain only matters when it is made");
  ProgressLine line(command.appearance);
  auto result =
      engine::run_load(world, *lake.value(), command.job,
                       [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (!result.ok() && result.error().code == ErrorCode::kInvalidInput)
    return job_failed(result.error());
  if (!result.ok()) {
    complain(result.error().message);
    complain("what was committed before stays; load again to go on");
    return kExitIncomplete;
  }
  print_problems(result.value().read);
  if (!command.appearance.quiet) print_account(result.value(), folder);
  integrity::ManifestFiles content;
  content.inputs = command.job.inputs;
  return write_evidence(
      command.evidence, world, std::move(content),
      {{"lake", folder}, {"stored", std::to_string(result.value().lake.stored)}},
      result.value().read.complete() && result.value().read.examined ? 0 : kExitIncomplete);
}

}  // namespace cairn::cli
