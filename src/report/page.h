#pragma once

// Lines for a terminal: a column of labels, wrapped text beside it, colours when they are wanted,
// ASCII when nothing else is.

#include "model/rule_info.h"
#include "report/report.h"

#include <string>
#include <string_view>

namespace cairn::report {

enum class Ink : uint8_t { kPlain, kLabel, kDim, kGood, kCritical, kHigh, kMedium, kLow };
Ink ink_of(Level level);

/// Collects the screen's lines. One thread.
class Page {
 public:
  static constexpr size_t kLabelWidth = 10;

  explicit Page(const TerminalStyle& style);

  size_t width() const { return width_; }
  /// Columns beside the labels.
  size_t text_width() const { return width_ - kLabelWidth; }
  bool plain() const { return plain_; }

  /// Makes untrusted text fit to print: no control characters, and in plain mode no byte above
  /// 0x7E.
  std::string clean(std::string_view text) const;
  /// clean() cut to some columns, at the end or in the middle.
  std::string cut(std::string_view text, size_t columns) const;
  std::string cut_middle(std::string_view text, size_t columns) const;
  /// Pads with blanks to some columns; longer text is cut.
  std::string pad(std::string_view text, size_t columns) const;
  std::string pad_left(std::string_view text, size_t columns) const;

  /// Puts colour around text, when the terminal wants it. The text must be clean.
  std::string paint(Ink ink, std::string_view text) const;

  void blank() { out_ += '\n'; }
  /// Writes one line as it is: clean, and not wider than the page.
  void line(std::string_view text);
  /// Writes a label, a colon-free word in capitals, and text wrapped beside it; `indent` more
  /// columns from the second line on.
  void labelled(std::string_view label, std::string_view text, size_t indent = 0,
                Ink label_ink = Ink::kLabel, Ink text_ink = Ink::kPlain);
  /// Writes wrapped text with `indent` blanks before every line.
  void wrapped(std::string_view text, size_t indent, Ink ink = Ink::kPlain);

  std::string take() && { return std::move(out_); }

 private:
  std::vector<std::string> wrap(std::string_view text, size_t first_columns, size_t columns) const;

  size_t width_;
  bool colour_, plain_;
  std::string out_;
};

/// Keeps a phrase on one line: its blanks become no-break spaces, which line() turns back.
std::string solid(std::string_view phrase);

/// "a, b and 3 more" from the first values of a list whose true length is `total`.
std::string few(const std::vector<std::string>& values, size_t shown, uint64_t total);

/// "2024-01-01 10:00:05", "2024-01-01 10:00:05 .. 11:30:00", "2024-01-01 10:00 .. 2024-02-03
/// 11:30".
std::string period(Timestamp first, Timestamp last);

}  // namespace cairn::report
