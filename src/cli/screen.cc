#include "cli/screen.h"

#include "base/text.h"
#include "sys/process.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

namespace cairn::cli {

namespace {

constexpr size_t kDefaultWidth = 100;
constexpr size_t kBarCells = 24;

bool print_to(std::FILE* stream, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         std::fflush(stream) == 0;
}

std::string bar(double done, bool plain) {
  auto filled = static_cast<size_t>(std::clamp(done, 0.0, 1.0) * kBarCells);
  std::string text = "[";
  for (size_t i = 0; i < kBarCells; ++i)
    text += i < filled ? (plain ? "#" : "█") : (plain ? "-" : "░");
  return text + "]";
}

std::string percent(double done) {
  return std::to_string(static_cast<int>(std::clamp(done, 0.0, 1.0) * 100)) + " %";
}

}  // namespace

bool print_out(std::string_view text) {
  if (print_to(stdout, text)) return true;
  static bool told = false;
  // A reader that has seen enough (`| head`) is no trouble.
  if (errno != EPIPE && !std::exchange(told, true)) {
    complain("cannot write the result to standard output: " +
             std::string(std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe): one thread
  }
  return false;
}
bool print_error(std::string_view text) { return print_to(stderr, text); }

void complain(std::string_view message) {
  std::string text = "cairn: ";
  text += message;
  text += '\n';
  print_error(text);
}

void print_diagnostics(const Diagnostics& diagnostics, size_t limit) {
  size_t shown = 0;
  for (const Diagnostic& item : diagnostics.items()) {
    if (shown++ == limit) break;
    print_error(format_text(item));
  }
  if (diagnostics.items().size() > limit) {
    print_error(plural(diagnostics.items().size() - limit, "more remark") +
                ", see all with cairn rules check PATH (rules) or cairn template check FILE\n");
  }
}

report::TerminalStyle style_for(const Appearance& appearance, bool to_error_stream) {
  Stream stream = to_error_stream ? Stream::kError : Stream::kOut;
  report::TerminalStyle style;
  style.plain = appearance.plain || environment("TERM") == "dumb";
  bool wanted =
      appearance.colour == "always" ||
      (appearance.colour == "auto" && is_terminal(stream) && environment("NO_COLOR").empty());
  style.colour = wanted && !style.plain;
  style.width = appearance.width != 0 ? appearance.width : terminal_width(stream);
  if (style.width == 0) {
    std::string columns = environment("COLUMNS");
    std::from_chars(columns.data(), columns.data() + columns.size(), style.width);
  }
  if (style.width == 0) style.width = kDefaultWidth;
  return style;
}

ProgressLine::ProgressLine(const Appearance& appearance)
    : enabled_(!appearance.quiet && is_terminal(Stream::kError) && environment("TERM") != "dumb"),
      plain_(appearance.plain),
      width_(std::max<size_t>(terminal_width(Stream::kError), 40)) {}

void ProgressLine::draw(const std::string& text) {
  if (!enabled_) return;
  print_error("\r" + truncate_to_width(text, width_ - 1) + "\x1b[K");
  drawn_ = true;
}

void ProgressLine::clear() {
  if (std::exchange(drawn_, false)) print_error("\r\x1b[K");
}

void ProgressLine::show(const engine::ScanProgress& progress) {
  if (std::string_view(progress.phase) != "reading") {
    draw(std::string(progress.phase) + (plain_ ? "..." : "…"));
    return;
  }
  std::string text = progress.phase;
  bool know_size = progress.bytes_total > 0;
  double done =
      know_size ? static_cast<double>(progress.bytes) / static_cast<double>(progress.bytes_total)
                : 0;
  if (know_size) text += " " + bar(done, plain_) + " " + percent(done);
  text += "  " + format_count(progress.files) + " of " + format_count(progress.files_total) +
          (progress.totals_final ? "" : "+") + " files";
  text += "  " + format_count(progress.events) + " events";
  if (progress.seconds > 0.2) {
    auto rate = static_cast<uint64_t>(static_cast<double>(progress.events) / progress.seconds);
    auto bytes_rate =
        static_cast<uint64_t>(static_cast<double>(progress.text_bytes) / progress.seconds);
    text += "  " + format_count(rate) + " events/s  " + format_bytes(bytes_rate) + "/s";
    if (know_size && done > 0.01 && progress.totals_final)
      text += "  ETA " + format_seconds(progress.seconds * (1 - done) / done);
  }
  draw(text);
}

void ProgressLine::show(const integrity::VerifyProgress& progress) {
  std::string text(progress.phase);
  double done = progress.bytes_total > 0 ? static_cast<double>(progress.bytes) /
                                               static_cast<double>(progress.bytes_total)
                                         : 0;
  if (progress.phase == "hashing") {
    text += " " + bar(done, plain_) + " " + percent(done) + "  " + format_count(progress.files) +
            " of " + format_count(progress.files_total) + " files";
    if (progress.seconds > 0.2 && done > 0.01)
      text += "  ETA " + format_seconds(progress.seconds * (1 - done) / done);
  } else {
    text += "  " + format_count(progress.files_total) + " files";
  }
  draw(text);
}

void ProgressLine::show(const simulate::SimulationProgress& progress) {
  double done = progress.length.count() > 0 ? static_cast<double>(progress.played.count()) /
                                                  static_cast<double>(progress.length.count())
                                            : 0;
  draw("simulating " + bar(done, plain_) + " " + percent(done) + "  " +
       format_count(progress.events) + " events  " + format_count(progress.files) + " files");
}

}  // namespace cairn::cli
