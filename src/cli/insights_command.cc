#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "engine/insights_job.h"
#include "engine/pending_file.h"
#include "report/page.h"

namespace cairn::cli {

namespace {

/// The screen: one paragraph an insight, as they come. A list that nobody would read is cut.
class InsightScreen {
 public:
  InsightScreen(const InsightsCommand& command, const report::TerminalStyle& style)
      : command_(command), rates_(style), behaviour_(style) {}

  void rate(const anomaly::RateInsight& insight) {
    if (!insight.end) return;
    insight.drop ? ++drops : insight.error_code.empty() ? ++bursts : ++errors;
    std::string_view kind = insight.drop ? "DROP" : insight.error_code.empty() ? "BURST" : "ERRORS";
    add(rates_, rates_shown_, insight.start, kind,
        insight.drop ? report::Ink::kMedium : report::Ink::kHigh, insight.account,
        insight.sentence());
  }
  void behaviour(const anomaly::BehaviourAlert& alert) {
    ++alerts;
    alert.over_budget ? ++over_budget : 0;
    if (alert.over_budget) return;
    std::array<char, 16> score{};
    std::snprintf(score.data(), score.size(), "%.1f", alert.score);
    add(behaviour_, behaviour_shown_, alert.first, score.data(), report::Ink::kHigh, alert.account,
        alert.sentence());
  }
  std::string text(const engine::InsightsResult& result, const report::TerminalStyle& style) &&;

  uint64_t bursts = 0, drops = 0, errors = 0, alerts = 0, over_budget = 0;

 private:
  static constexpr uint64_t kShown = 200;

  void add(report::Page& page, uint64_t& shown, Timestamp time, std::string_view label,
           report::Ink ink, std::string_view account, const std::string& sentence) {
    if (shown++ >= kShown) return;
    std::string what = report::solid(format_time_short(time)) + "  " + page.clean(sentence);
    if (!account.empty()) what += report::solid(" (" + page.clean(account) + ")");
    page.labelled(label, what, 0, ink);
  }

  const InsightsCommand& command_;
  report::Page rates_, behaviour_;
  uint64_t rates_shown_ = 0, behaviour_shown_ = 0;
};

std::string InsightScreen::text(const engine::InsightsResult& result,
                                const report::TerminalStyle& style) && {
  report::Page page(style);
  auto part = [&](std::string_view label, const std::string& summary, report::Page&& rows,
                  uint64_t shown) {
    page.labelled(label, summary);
    std::string text = std::move(page).take();
    page = report::Page(style);
    text += std::move(rows).take();
    if (shown > kShown) {
      page.labelled("", "… " + format_count(shown - kShown) + " more: --json has all");
      text += std::move(page).take();
      page = report::Page(style);
    }
    return text;
  };
  std::string out;
  if (command_.options.rates) {
    std::string summary = plural(bursts, "burst") + " of calls, " + plural(errors, "burst") +
                          " of errors, " + plural(drops, "drop") + " in " +
                          plural(result.rates.series, "series", "series");
    if (result.last - result.first < std::chrono::hours(24))
      summary += "; an account is learned for a day, and these logs are shorter";
    out += part("RATES", summary, std::move(rates_), rates_shown_);
  }
  if (command_.options.behaviour) {
    if (!out.empty()) out += "\n";
    std::string summary = plural(alerts, "alert") + " about " +
                          plural(result.behaviour.principals, "principal") + ", after " +
                          format_duration(result.learning) + " of learning";
    if (over_budget > 0)
      summary += "; " + format_count(over_budget) +
                 " are beyond what an account may say in a day: --json has them";
    out += part("BEHAVIOUR", summary, std::move(behaviour_), behaviour_shown_);
  }
  std::vector<std::string> left;
  if (result.without_time > 0)
    left.push_back(plural(result.without_time, "event") + " without a time");
  if (result.from_the_future > 0)
    left.push_back(plural(result.from_the_future, "event") + " from the future");
  if (result.rates.forgotten > 0)
    left.push_back(plural(result.rates.forgotten, "series", "series") + " forgotten");
  if (result.behaviour.forgotten > 0)
    left.push_back(plural(result.behaviour.forgotten, "principal") + " forgotten");
  if (uint64_t calls = result.rates.passed_over + result.behaviour.passed_over; calls > 0)
    left.push_back(plural(calls, "call") + " of more series or principals than fit");
  if (result.duplicates > 0) left.push_back(plural(result.duplicates, "copy", "copies"));
  page.blank();
  if (!left.empty()) page.labelled("LEFT OUT", join(left, ", "));
  page.labelled("", reading_sentence(result.read), 0, report::Ink::kLabel, report::Ink::kDim);
  return out + std::move(page).take();
}

/// Lines to a file, which appears whole, or to standard output, as they come.
class Lines {
 public:
  explicit Lines(std::unique_ptr<engine::PendingFile> file) : file_(std::move(file)) {}
  Status write(std::string line) {
    text_ += line + "\n";
    return text_.size() < 65'536 ? Status() : flush();
  }
  /// Writes what is left; a file appears now. That nobody reads on is no error.
  Status finish() {
    Status done = flush();
    if (done.ok()) done = file_->commit();
    return reader_gone_ ? Status() : done;
  }
  bool reader_gone() const { return reader_gone_; }

 private:
  Status flush() {
    Status written = file_->out().write(text_);
    reader_gone_ = !written.ok() && written.error().code == ErrorCode::kCancelled;
    text_.clear();
    return written;
  }
  std::unique_ptr<engine::PendingFile> file_;
  bool reader_gone_ = false;
  std::string text_;
};

engine::InsightSinks sinks_of(bool json, InsightScreen& screen, Lines& lines) {
  engine::InsightSinks sinks;
  sinks.rate = [&, json](const anomaly::RateInsight& insight) -> Status {
    screen.rate(insight);
    if (!json) return {};
    std::string line;
    anomaly::append_insight_json(line, insight);
    return lines.write(std::move(line));
  };
  sinks.behaviour = [&, json](const anomaly::BehaviourAlert& alert) -> Status {
    screen.behaviour(alert);
    if (!json) return {};
    std::string line;
    anomaly::append_behaviour_json(line, alert);
    return lines.write(std::move(line));
  };
  return sinks;
}

}  // namespace

int run(const InsightsCommand& command, engine::World world) {
  engine::InsightsOptions options = command.options;
  std::unique_ptr<lake::Lake> lake;
  if (options.place.read.inputs.empty()) {
    auto opened = open_lake(command.lake, lake::Access::kRead, world);
    if (!opened.ok() && command.lake.folder.empty() &&
        opened.error().code == ErrorCode::kNotFound) {
      print_error(
          usage_error("insights", "name files or folders of logs, or a lake with --lake").text);
      return kExitUsage;
    }
    if (!opened.ok()) return job_failed(opened.error());
    lake = std::move(opened).value();
    options.place.lake = lake.get();
  }
  report::TerminalStyle style = style_for(command.appearance, false);
  if (command.output != "-" && command.appearance.colour != "always") style.colour = false;
  InsightScreen screen(command, style);
  auto file = engine::PendingFile::create(world.files, command.output);
  if (!file.ok()) return job_failed(file.error());
  Lines lines(std::move(file).value());
  ProgressLine line(command.appearance);
  auto result =
      engine::run_insights(world, options, sinks_of(command.json, screen, lines),
                           [&](const engine::ScanProgress& progress) { line.show(progress); });
  line.clear();
  if (lines.reader_gone()) return 0;
  if (!result.ok()) return job_failed(result.error());
  print_problems(result.value().read);
  bool found = screen.bursts + screen.drops + screen.errors + screen.alerts > 0;
  if (result.value().read.events == 0) {
    complain("no events: nothing to look at");
    if (Status done = command.json ? lines.finish() : Status(); !done.ok())
      return job_failed(done.error());
    return listing_exit_code(result.value().read, false);
  }
  if (!command.json && (!command.appearance.quiet || command.output != "-")) {
    std::string text = std::move(screen).text(result.value(), style);
    if (!text.empty() && text.back() == '\n') text.pop_back();
    if (Status done = lines.write(std::move(text)); !done.ok()) return job_failed(done.error());
  }
  if (Status done = lines.finish(); !done.ok()) return job_failed(done.error());
  return listing_exit_code(result.value().read, found);
}

}  // namespace cairn::cli
