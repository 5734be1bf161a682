// What the scan could not see, what it cost, and the files it left.

#include "base/text.h"
#include "report/screen.h"

#include <algorithm>

namespace cairn::report {

namespace {

constexpr size_t kGapsShown = 3;
constexpr size_t kListedDetails = 2;

/// Three digits that mean something: 612345 is "612,000".
std::string rate(double per_second, std::string_view unit) {
  auto value = static_cast<uint64_t>(per_second);
  uint64_t step = 1;
  while (value / step >= 1000) step *= 10;
  return solid(format_count(value / step * step) + " " + std::string(unit));
}

/// True for what the kinds of files already tell.
bool is_left_alone(std::string_view reason) {
  return reason == "CloudTrail digest" || reason == "AWS Config";
}

}  // namespace

void Screen::blind_line(BlindRule::Reason reason, std::string_view words) {
  std::vector<std::string> details;
  uint64_t count = 0;
  for (const BlindRule& blind : coverage_.blind) {
    if (blind.reason != reason) continue;
    ++count;
    std::string detail = blind.detail;
    // "iam.amazonaws.com" is "iam" to everybody.
    constexpr std::string_view kSuffix = ".amazonaws.com";
    for (size_t at = detail.find(kSuffix); at != std::string::npos; at = detail.find(kSuffix))
      detail.erase(at, kSuffix.size());
    if (reason == BlindRule::Reason::kNoField)
      detail += " (" + report_.rules[blind.rule].code + ")";
    if (std::find(details.begin(), details.end(), detail) == details.end())
      details.push_back(detail);
  }
  if (count == 0) return;
  constexpr size_t kIndent = Page::kLabelWidth + 2;
  std::string text = format_count(count) + " " + std::string(words) + ": " +
                     few(details, all_ ? details.size() : kListedDetails, details.size());
  page_.wrapped(all_ ? text : page_.cut(text, page_.width() - kIndent), kIndent);
}

void Screen::rule_coverage() {
  uint64_t blind = coverage_.blind.size();
  std::string loaded = plural(coverage_.rules, "rule");
  if (coverage_.rules == 0) {
    page_.labelled("COVERAGE", "no rule was loaded, so nothing could be found", 0, Ink::kLabel,
                   Ink::kHigh);
  } else if (outcome_.events == 0) {
    page_.labelled("COVERAGE", "none of the " + loaded + " could fire: there were no events");
  } else {
    std::string text = format_count(coverage_.matched) + " of " + loaded + " matched";
    uint64_t quiet = coverage_.rules - coverage_.matched - blind;
    if (quiet > 0) text += ", " + format_count(quiet) + " could have and did not";
    if (blind > 0) text += ", " + format_count(blind) + " could NOT have fired on these logs:";
    page_.labelled("COVERAGE", text);
    blind_line(BlindRule::Reason::kNoSource, "for services without any event here");
    blind_line(BlindRule::Reason::kNoDataEvents, "for data events, none of which were logged");
    blind_line(BlindRule::Reason::kNoField, "for a field that its events never carry");
  }
  const RuleCounts& counts = report_.rule_counts;
  if (counts.filters > 0)
    page_.labelled("", plural(counts.filters, "filter document") + " applied to the rules", 6);
  std::vector<std::string> left;
  if (counts.rejected > 0) left.push_back(format_count(counts.rejected) + " rejected with errors");
  if (counts.other_log_source > 0)
    left.push_back(format_count(counts.other_log_source) + " for other logs");
  if (!left.empty()) page_.labelled("", "rule documents not used: " + join(left, ", "), 6);
  uint64_t allowed = 0;
  for (uint64_t count : outcome_.rule_allowed) allowed += count;
  if (allowed > 0)
    page_.labelled("", plural(allowed, "match", "matches") + " expected by allow-lists", 6);
}

void Screen::file_coverage() {
  auto of_kind = [&](SourceKind kind) { return report_.files_by_kind[static_cast<size_t>(kind)]; };
  uint64_t with_events = of_kind(SourceKind::kCloudTrail);
  std::string text =
      with_events == report_.files && with_events > 0
          ? "files: all " + format_count(with_events)
          : "files: " + format_count(with_events) + " of " + format_count(report_.files);
  text += " hold CloudTrail events";
  if (of_kind(SourceKind::kDigest) == 0 && with_events > 0)
    text += ", no digests prove them unchanged or complete";
  if (uint64_t count = of_kind(SourceKind::kDigest); count > 0)
    text += "; " + plural(count, "digest") + " found, not verified";
  if (uint64_t count = of_kind(SourceKind::kConfig); count > 0)
    text += "; " + format_count(count) + " of AWS Config left alone";
  std::vector<std::string> reasons, unreadable;
  uint64_t skipped = 0;
  for (const auto& [reason, count] : report_.skipped_reasons) {
    if (is_left_alone(reason)) continue;  // has its own words above
    std::string words = format_count(count) + " " + reason;
    if (reason.starts_with(kUnreadableReason)) {
      unreadable.push_back(std::move(words));
      continue;
    }
    skipped += count;
    reasons.push_back(std::move(words));
  }
  if (skipped > 0)
    text += "; " + format_count(skipped) + " skipped: " + few(reasons, 4, reasons.size());
  if (!unreadable.empty()) text += "; " + few(unreadable, 4, unreadable.size());
  if (report_.special_files > 0)
    text += "; " + plural(report_.special_files, "special file") + " passed over (pipes, devices)";
  page_.labelled("", text, 6);
  const ArchiveCounts& archives = report_.archives;
  if (archives.archives == 0) return;
  text = "archives: " + plural(archives.files, "file") + " inside " +
         plural(archives.archives, "archive") + ", read in place";
  if (archives.links > 0) text += "; " + plural(archives.links, "link") + " not followed";
  if (archives.special_files > 0)
    text += "; " + plural(archives.special_files, "special file") + " passed over";
  page_.labelled("", text, 6);
}

void Screen::record_coverage() {
  std::vector<std::string> parts;
  using Kind = QuarantineEntry::Kind;
  auto add = [&](Kind kind, std::string_view one, std::string_view many) {
    uint64_t count = report_.quarantine_by_kind[static_cast<size_t>(kind)];
    if (count > 0) parts.push_back(plural(count, one, many));
  };
  add(Kind::kRecord, "record does not parse", "records do not parse");
  add(Kind::kTruncated, "file ends inside a record", "files end inside a record");
  add(Kind::kContainer, "damaged stretch", "damaged stretches");
  add(Kind::kUnreadable, "file or folder unreadable", "files or folders unreadable");
  add(Kind::kLimit, "limit reached", "limits reached");
  add(Kind::kRepaired, "record repaired (invalid UTF-8)", "records repaired (invalid UTF-8)");
  if (!parts.empty()) {
    std::string text = "quarantine: " + join(parts, ", ");
    if (report_.quarantined() > 0 && !report_.quarantine.empty()) {
      const QuarantineEntry& first = report_.quarantine[0];
      text += "; first: ";
      if (first.kind != Kind::kUnreadable) {
        text += first.file + " at byte " + format_count(first.offset) + ", ";
      } else if (first.reason.find(first.file) == std::string::npos) {
        text += first.file + ", ";
      }
      text += first.reason;
    }
    page_.labelled("", text, 6, Ink::kLabel, report_.quarantined() > 0 ? Ink::kHigh : Ink::kPlain);
  }
  std::vector<std::string> records;
  if (outcome_.duplicates > 0)
    records.push_back(plural(outcome_.duplicates, "duplicate") + " counted once");
  if (outcome_.without_time > 0)
    records.push_back(plural(outcome_.without_time, "event") + " without a readable time");
  if (!records.empty()) page_.labelled("", "records: " + join(records, ", "), 6);
}

void Screen::time_coverage() {
  if (coverage_.hours == 0) return;
  std::string text = "time: ";
  if (coverage_.silent_hours == 0) {
    text += coverage_.hours == 1
                ? "all within one hour"
                : "each of the " + format_count(coverage_.hours) + " hours has events";
  } else {
    text += format_count(coverage_.silent_hours) + " of " + format_count(coverage_.hours) +
            " hours without any event";
  }
  std::vector<std::string> gaps;
  for (const Coverage::Gap& gap : coverage_.gaps) {
    if (gaps.size() >= kGapsShown) break;
    std::string words = gap.account.empty() ? "" : "account " + gap.account + " ";
    gaps.push_back(words + period(gap.begin, gap.end) + " (" +
                   solid(format_duration(gap.end - gap.begin)) + ")");
  }
  if (!gaps.empty()) text += "; longest " + join(gaps, ", ");
  page_.labelled("", text, 6);
}

void Screen::coverage() {
  page_.blank();
  rule_coverage();
  file_coverage();
  record_coverage();
  time_coverage();
}

void Screen::cost() {
  page_.blank();
  std::string text = plural(report_.files, "file") + ", " + format_bytes(report_.stored_bytes);
  if (report_.text_bytes > report_.stored_bytes)
    text += " (" + format_bytes(report_.text_bytes) + " of text)";
  text += ", " + plural(outcome_.events, "event") + " in " + format_seconds(report_.seconds);
  if (report_.seconds > 0 && outcome_.events > 0) {
    text += ": " + rate(static_cast<double>(outcome_.events) / report_.seconds, "events/s") + ", " +
            rate(static_cast<double>(report_.text_bytes) / 1e6 / report_.seconds, "MB/s");
  }
  page_.labelled("COST", text);
  std::vector<std::string> elapsed, cpu;
  for (const Phase& phase : report_.phases)
    (phase.cpu ? cpu : elapsed).push_back(phase.name + " " + format_seconds(phase.seconds));
  std::string phases = join(elapsed, ", ");
  if (!cpu.empty()) phases += (phases.empty() ? "" : "; ") + ("CPU: " + join(cpu, ", "));
  phases += (phases.empty() ? "" : "; ") + plural(report_.threads, "thread") + ", peak memory " +
            format_bytes(report_.peak_memory_bytes);
  page_.labelled("", phases, 0, Ink::kLabel, Ink::kDim);
}

void Screen::files() {
  if (report_.written.empty()) return;
  page_.blank();
  size_t widest = 0;
  for (const WrittenFile& file : report_.written)
    widest = std::max(widest, display_width(page_.clean(file.path)));
  widest = std::min(widest, page_.text_width() / 2);
  bool first = true;
  for (const WrittenFile& file : report_.written) {
    std::string content = file.content;
    if (file.rows > 0) content += ", " + plural(file.rows, "row");
    page_.line(page_.paint(Ink::kLabel, page_.pad(first ? "FILES" : "", Page::kLabelWidth)) +
               page_.pad(page_.cut_middle(file.path, widest), widest) + "  " +
               page_.cut(content, page_.text_width() - widest - 2));
    first = false;
  }
}

}  // namespace cairn::report
