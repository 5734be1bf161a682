#include "report/overview.h"

#include "base/text.h"
#include "detect/detect.h"
#include "report/page.h"
#include "report/strip.h"

#include <algorithm>
#include <array>

namespace cairn::report {

namespace {

constexpr size_t kCountWidth = 10, kShareWidth = 7, kGap = 2;

std::string percent(uint64_t part, uint64_t whole) {
  if (part == 0 || whole == 0) return "-";
  double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (share < 0.1) return "< 0.1 %";
  auto tenths = static_cast<uint64_t>(share * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

/// Which part of "2024-01-31 10:00:05" tells the times of a period apart.
struct TimePart {
  size_t begin = 0, size = 16;

  static TimePart of(const explore::Count& all) {
    if (!all.time_known()) return {};
    std::string first = format_time_short(Timestamp(Duration(all.first_ms)));
    std::string last = format_time_short(Timestamp(Duration(all.last_ms)));
    if (first.substr(0, 10) == last.substr(0, 10)) return {11, 8};  // 10:00:05
    if (first.substr(0, 4) == last.substr(0, 4)) return {5, 11};    // 01-31 10:00
    return {0, 10};                                                 // 2024-01-31
  }
  std::string in(int64_t time_ms) const {
    return format_time_short(Timestamp(Duration(time_ms))).substr(begin, size);
  }
};

/// A list's name in capitals, and what its values are called.
struct Heading {
  std::string_view column, label, one, many;
};
constexpr std::array<Heading, 7> kHeadings = {{
    {"principal", "WHO", "principal", "principals"},
    {"source_ip", "FROM", "source address", "source addresses"},
    {"action", "CALLS", "call", "calls"},
    {"error", "ERRORS", "error", "errors"},
    {"user_agent", "CLIENTS", "client", "clients"},
    {"region", "REGIONS", "region", "regions"},
    {"account", "ACCOUNTS", "account", "accounts"},
}};

Heading heading_of(const std::string& column) {
  auto found = std::find_if(kHeadings.begin(), kHeadings.end(),
                            [&](const Heading& heading) { return heading.column == column; });
  return found != kHeadings.end() ? *found : Heading{column, column, "value", "values"};
}

/// "role/Admin 111122223333".
std::string shown_value(const std::string& column, const std::string& text, bool accounts) {
  if (column != "principal") return text;
  std::string name = detect::short_principal(text);
  auto parts = split(text, ':');
  bool has_account =
      accounts && text.starts_with("arn:") && parts.size() > 4 && parts[4].size() == 12;
  return has_account ? name + " " + std::string(parts[4]) : name;
}

class Overview {
 public:
  Overview(const OverviewFacts& facts, const TerminalStyle& style)
      : facts_(facts),
        totals_(*facts.totals),
        times_(TimePart::of(facts.totals->events)),
        page_(style) {}

  std::string render(std::span<const explore::ValueList> lists) {
    say_what();
    draw_strip();
    for (const explore::ValueList& list : lists)
      several_accounts_ |= list.name == "account" && list.different > 1;
    for (const explore::ValueList& list : lists) add_list(list);
    return std::move(page_).take();
  }

 private:
  void say_what() {
    std::string text = page_.clean(facts_.inputs) + ": ";
    const explore::Count& all = totals_.events;
    text += plural(all.events, "event");
    if (totals_.copies > 0)
      text += " (" + plural(totals_.copies, "copy", "copies") + " counted once)";
    if (all.time_known())
      text += ", " + period(Timestamp(Duration(all.first_ms)), Timestamp(Duration(all.last_ms))) +
              " UTC";
    if (all.failed > 0)
      text += ", " + format_count(all.failed) + " failed (" + percent(all.failed, all.events) + ")";
    page_.labelled("LOGS", text + ".");
    page_.labelled("", facts_.reading + ".");
  }

  void draw_strip() {
    detect::Outcome outcome;
    outcome.hours = totals_.hours;
    outcome.minutes = totals_.minutes;
    outcome.first = Timestamp(Duration(totals_.events.first_ms));
    outcome.last = Timestamp(Duration(totals_.events.last_ms));
    Strip strip;
    if (totals_.events.time_known()) strip = make_strip(outcome, page_.text_width() - 1);
    if (strip.buckets() < 2) return;
    page_.labelled("EVENTS", bars(strip.events, page_.plain()));
    page_.line(std::string(Page::kLabelWidth, ' ') + page_.paint(Ink::kDim, axis(strip)));
  }

  void add_list(const explore::ValueList& list) {
    if (list.values.empty()) return;
    page_.blank();
    Heading heading = heading_of(list.name);
    bool failures = list.name != "error";
    size_t value_width = page_.text_width() - (kCountWidth + kGap + kShareWidth) -
                         (failures ? kGap + kShareWidth : 0) - 2 * (kGap + times_.size);
    std::string gap(kGap, ' ');
    std::string title =
        page_.pad(plural(list.different, heading.one, std::string(heading.many)), value_width) +
        page_.pad_left("events", kCountWidth) + gap + page_.pad_left("share", kShareWidth);
    if (failures) title += gap + page_.pad_left("failed", kShareWidth);
    title += gap + page_.pad("first", times_.size) + gap + "last";
    page_.line(page_.paint(Ink::kLabel, page_.pad(heading.label, Page::kLabelWidth)) +
               page_.paint(Ink::kDim, title));
    for (const explore::ValueList::Value& value : list.values) {
      const explore::Count& count = value.count;
      std::string text =
          page_.cut_middle(shown_value(list.name, value.text, several_accounts_), value_width - 1);
      std::string line(Page::kLabelWidth, ' ');
      line += page_.pad(text, value_width) +
              page_.pad_left(format_count(count.events), kCountWidth) + gap +
              page_.pad_left(percent(count.events, totals_.events.events), kShareWidth);
      if (failures) line += gap + failed_share(count);
      if (count.time_known())
        line += gap + times_.in(count.first_ms) + gap + times_.in(count.last_ms);
      page_.line(line);
    }
    if (list.different > list.values.size()) {
      page_.line(std::string(Page::kLabelWidth, ' ') +
                 page_.paint(Ink::kDim, (page_.plain() ? "... and " : "… and ") +
                                            format_count(list.different - list.values.size()) +
                                            " more"));
    }
  }

  /// Many failures stand out.
  std::string failed_share(const explore::Count& count) const {
    std::string text = page_.pad_left(percent(count.failed, count.events), kShareWidth);
    return count.failed * 2 > count.events ? page_.paint(Ink::kMedium, text) : text;
  }

  const OverviewFacts& facts_;
  const explore::CountTotals& totals_;
  const TimePart times_;
  Page page_;
  bool several_accounts_ = false;
};

}  // namespace

std::string render_overview(const OverviewFacts& facts, std::span<const explore::ValueList> lists,
                            const TerminalStyle& style) {
  return Overview(facts, style).render(lists);
}

}  // namespace cairn::report
