#include "base/text.h"
#include "cli/commands.h"
#include "cli/screen.h"
#include "simulate/digests.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace cairn::cli {

namespace {

constexpr double kLongestNapSeconds = 0.1;  // so that an interruption is noticed

std::string words(const std::vector<std::string_view>& list) {
  std::string text;
  for (const std::string_view word : list) (text += text.empty() ? "" : " ") += word;
  return text;
}

int list_all() {
  std::string text = "Scenarios (--scenario NAME): ready-made simulations.\n\n";
  for (const auto& scenario : simulate::simulation_scenarios()) {
    ((text += "  ") += scenario.name) += "\n      ";
    (text += scenario.description) += "\n";
  }
  text += "\nAttacks (--attack NAME or NAME:DISGUISE, all for every one).\n";
  text +=
      "Disguises: new, the intruder's own address and tools; known-address, the victim's address; "
      "known, also the victim's tools.\n\n";
  for (const auto& attack : simulate::attack_scenarios()) {
    ((text += "  ") += attack.name) += "\n      ";
    (text += attack.description) += "\n";
    text += "      tactics: " + words(attack.tactics) + "\n";
    text += "      detections: " +
            (attack.detections.empty() ? "none of a single event" : words(attack.detections)) +
            "\n";
  }
  return print_out(text) ? 0 : kExitIncomplete;
}

/// Lets records appear at a steady rate of this command's clock.
class Metronome {
 public:
  Metronome(engine::World& world, uint64_t events_per_second)
      : world_(world), rate_(static_cast<double>(events_per_second)) {}

  /// Waits until so many records may have appeared; false when the user wants to stop.
  bool wait(uint64_t events) {
    const double now = world_.clock.monotonic_seconds();
    if (start_ < 0) start_ = now;
    const double due = start_ + static_cast<double>(events) / rate_;
    for (double left = due - now; left > 0 && !world_.interrupted.load();
         left = due - world_.clock.monotonic_seconds()) {
      std::this_thread::sleep_for(
          std::chrono::duration<double>(std::min(left, kLongestNapSeconds)));
    }
    return !world_.interrupted.load();
  }

 private:
  engine::World& world_;
  double rate_;
  double start_ = -1;
};

}  // namespace

int run(const SimulateCommand& command, engine::World world) {
  if (command.list) return list_all();
  ProgressLine line(command.appearance);
  Metronome metronome(world, command.events_per_second);
  simulate::SimulationPaceCallback pace;
  if (command.events_per_second > 0) {
    pace = [&](uint64_t events) { return metronome.wait(events); };
  }
  auto summary = simulate::simulate(
      world.files, command.folder, command.plan,
      [&](const simulate::SimulationProgress& progress) {
        line.show(progress);
        return !world.interrupted.load();
      },
      pace);
  line.clear();
  if (!summary.ok()) {
    complain("simulate: " + summary.error().message);
    return summary.error().code == ErrorCode::kInvalidInput ? kExitUsage : kExitIncomplete;
  }
  simulate::DigestSummary digests;
  if (command.digests) {
    simulate::DigestPlan plan;
    plan.seed = command.plan.seed;
    plan.start = command.plan.start;
    plan.tamper = command.tamper;
    plan.bucket = command.plan.organization + "-cloudtrail";
    auto written = simulate::write_digests(world.files, command.folder, plan);
    if (!written.ok()) {
      complain("simulate: " + written.error().message);
      return written.error().code == ErrorCode::kInvalidInput ? kExitUsage : kExitIncomplete;
    }
    digests = std::move(written).value();
  }
  if (command.appearance.quiet) return 0;
  const auto& made = summary.value();
  Timestamp end = command.plan.start + command.plan.length;
  std::string text = "Simulated " + plural(made.events, "event") + " of " +
                     plural(made.accounts.size(), "account") + ", " +
                     format_time_short(command.plan.start) + " to " + format_time_short(end) +
                     " UTC, seed " + std::to_string(command.plan.seed) + "\n";
  text += "  " + plural(made.files, "file") + ", " + format_bytes(made.stored_bytes) + " (" +
          format_bytes(made.text_bytes) + " of JSON); " + format_count(made.error_events) +
          " calls failed or were denied\n";
  if (made.copies > 0) {
    text += "  " + plural(made.copies, "event") + " came a second time, through the second trail\n";
  }
  if (!command.plan.attacks.empty()) {
    text += "  " + plural(made.attack_events, "event") +
            " of attacks: " + join(command.plan.attacks, ", ") + "\n";
  }
  if (command.digests) {
    text += "  " + plural(digests.digests, "signed digest") + " over " +
            plural(digests.logs, "file") +
            "; the keys: " + printable(join_path(command.folder, "public-keys.json")) + "\n";
    if (!digests.tampered.empty()) text += "  tampered: " + printable(digests.tampered) + "\n";
  }
  text += "  logs   " + printable(join_path(command.folder, "AWSLogs")) + "\n";
  text += "  truth  " + printable(join_path(command.folder, "truth")) + "\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace cairn::cli
