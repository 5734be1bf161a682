// Who, by risk, and the timeline strip.

#include "base/text.h"
#include "report/screen.h"
#include "report/strip.h"

#include <algorithm>
#include <cmath>

namespace cairn::report {

namespace {

constexpr size_t kShown = 4;              // principals
constexpr size_t kRoomForAccounts = 100;  // columns

/// The two worst levels of a principal's findings: "2 crit, 1 high".
std::string worst_levels(const PrincipalProfile& profile) {
  static constexpr std::string_view kNames[] = {"info", "low", "medium", "high", "crit"};
  std::string text;
  int shown = 0;
  for (size_t level = kLevelCount; level-- > 0 && shown < 2;) {
    if (profile.findings_by_level[level] == 0) continue;
    if (!text.empty()) text += ", ";
    text += format_count(profile.findings_by_level[level]) + " " + std::string(kNames[level]);
    ++shown;
  }
  return text;
}

/// Something to say beyond a share of failed calls.
bool is_worth_showing(const PrincipalProfile& profile) {
  bool found = std::any_of(profile.findings_by_level.begin() + 1, profile.findings_by_level.end(),
                           [](uint64_t count) { return count > 0; });
  return found || !profile.unusual.empty();
}

std::string bucket_name(int64_t minutes) {
  if (minutes % 1440 == 0)
    return minutes == 1440 ? "1 day" : std::to_string(minutes / 1440) + " days";
  if (minutes % 60 == 0) return minutes == 60 ? "1 hour" : std::to_string(minutes / 60) + " hours";
  return minutes == 1 ? "1 minute" : std::to_string(minutes) + " minutes";
}

}  // namespace

/// "01-03..01-17" inside one year, else "2023-12..2024-02".
std::string Screen::seen(const PrincipalProfile& profile) const {
  if (profile.first == Timestamp{} && profile.last == Timestamp{}) return "";
  std::string first = format_date(profile.first), last = format_date(profile.last);
  if (first.size() != 10 || last.size() != 10) return first + ".." + last;
  bool one_year =
      format_date(outcome_.first).substr(0, 4) == format_date(outcome_.last).substr(0, 4);
  size_t from = one_year ? 5 : 0, count = one_year ? 5 : 7;
  first = first.substr(from, count);
  last = last.substr(from, count);
  return first == last ? first : first + ".." + last;
}

void Screen::principal_row(const PrincipalRow& row) {
  constexpr size_t kRisk = 5, kLevels = 17, kCalls = 9, kFailed = 7, kSeen = 18;
  size_t columns = page_.text_width() - kRisk - kLevels - kCalls - kFailed - kSeen - 2;
  std::string label = page_.pad(row.label, Page::kLabelWidth);
  page_.line(page_.paint(Ink::kLabel, label) +
             page_.pad(page_.cut_middle(row.name, columns), columns) +
             page_.pad_left(row.risk, kRisk) + "  " + page_.pad(row.levels, kLevels) +
             page_.pad_left(row.calls, kCalls) + page_.pad_left(row.failed, kFailed) + "  " +
             page_.pad(row.seen, kSeen - 2));
}

void Screen::principal(const PrincipalProfile& profile) {
  std::string share = percent_of(profile.errors, profile.events);
  if (share.substr(0, 6) == "under ") share = "<" + share.substr(6);
  std::vector<std::string> remarks = profile.unusual;
  std::string name = detect::short_principal(profile.key);
  if (many_accounts_ && !profile.account.empty()) {
    if (page_.width() >= kRoomForAccounts) {
      name += " " + profile.account;
    } else {
      remarks.insert(remarks.begin(), "account " + profile.account);
    }
  }
  principal_row({"", std::move(name),
                 format_count(static_cast<uint64_t>(std::llround(profile.risk))),
                 worst_levels(profile), format_count(profile.events),
                 profile.errors == 0 ? "-" : share, seen(profile)});
  if (remarks.empty()) return;
  std::string text = join(remarks, "; ");
  constexpr size_t kIndent = Page::kLabelWidth + 2;
  if (!all_) text = page_.cut(text, 2 * (page_.width() - kIndent) - 8);  // two lines
  page_.wrapped(text, kIndent, Ink::kMedium);
}

void Screen::principals() {
  std::vector<const PrincipalProfile*> shown;
  uint64_t risky = 0;
  for (const PrincipalProfile& profile : outcome_.principals) {
    if (!is_worth_showing(profile)) continue;
    ++risky;
    if (all_ || shown.size() < kShown) shown.push_back(&profile);
  }
  if (shown.empty()) return;
  page_.blank();
  principal_row({"WHO", "", "risk", "findings", "calls", "failed", "seen"});
  for (const PrincipalProfile* profile : shown) principal(*profile);
  uint64_t rest = outcome_.principal_count - shown.size();
  if (rest == 0) return;
  std::string text = "… and " + plural(rest, "more principal");
  text += risky > shown.size() ? "; " + where_all("principals.csv")
                               : ", without findings or anything unusual";
  page_.labelled("", text + ".", 0, Ink::kLabel, Ink::kDim);
}

void Screen::timeline() {
  constexpr size_t kCountColumns = 12;
  Strip strip = make_strip(outcome_, page_.text_width() - kCountColumns);
  if (strip.buckets() < 3) return;  // a bar or two say nothing
  page_.blank();
  auto busiest = std::max_element(outcome_.hours.begin(), outcome_.hours.end(),
                                  [](const auto& a, const auto& b) { return a.second < b.second; });
  std::string when = format_time_short(Timestamp(std::chrono::hours(busiest->first)));
  page_.labelled("TIMELINE", "one mark is " + bucket_name(strip.bucket_minutes) +
                                 "; busiest hour " + when.substr(0, when.size() - 3) + " with " +
                                 plural(busiest->second, "event"));
  auto row = [&](std::string_view label, Ink ink, const std::vector<uint64_t>& counts) {
    uint64_t total = 0;
    for (uint64_t count : counts) total += count;
    page_.line(page_.pad(label, Page::kLabelWidth) + page_.paint(ink, bars(counts, page_.plain())) +
               "  " + format_count(total));
  };
  row("events", Ink::kPlain, strip.events);
  for (size_t level = kLevelCount; level-- > static_cast<size_t>(Level::kLow);) {
    if (!strip.matches[level].empty())
      row(to_string(static_cast<Level>(level)),
          level == static_cast<size_t>(Level::kCritical) ? Ink::kHigh
                                                         : ink_of(static_cast<Level>(level)),
          strip.matches[level]);
  }
  page_.line(std::string(Page::kLabelWidth, ' ') + page_.paint(Ink::kDim, axis(strip)));
}

}  // namespace cairn::report
