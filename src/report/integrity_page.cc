#include "report/integrity_page.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "formats/json_writer.h"
#include "report/integrity_words.h"
#include "report/json_members.h"
#include "report/page.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace cairn::report {

namespace {

using integrity::CoverageRow;
using integrity::Finding;
using integrity::HourCell;
using integrity::Outcome;
using integrity::Verdict;
using integrity::VerifySummary;

constexpr size_t kCalendarRows = 24;
constexpr size_t kObjectsShown = 3;
constexpr size_t kFindingsInFull = 12;

uint64_t count_of(const std::array<uint64_t, integrity::kVerdictCount>& counts, Verdict verdict) {
  return counts[static_cast<size_t>(verdict)];
}

class IntegrityPage {
 public:
  IntegrityPage(const VerifySummary& summary, const std::vector<std::string>& roots,
                const TerminalStyle& style)
      : summary_(summary), roots_(roots), style_(style), page_(style) {}

  std::string render() {
    verdict();
    findings();
    coverage();
    chains();
    remarks();
    cost();
    return std::move(page_).take();
  }

 private:
  uint64_t present_digests() const {
    return summary_.digest_count() - count_of(summary_.digests, Verdict::kDigestMissing);
  }

  void verdict() {
    auto [text, ink] = integrity_verdict(summary_);
    page_.labelled("VERDICT", text, 0, Ink::kLabel, ink);
    if (summary_.last != Timestamp{})
      page_.labelled("", "Proven digests cover " + period(summary_.first, summary_.last) + " UTC.");
    if (summary_.history_ends > 0) {
      page_.labelled("", "The oldest digest here of " + plural(summary_.history_ends, "chain") +
                             " names one before it, which is not here: nothing is said of the "
                             "time before.");
    }
    if (summary_.interrupted) page_.labelled("", "Interrupted: not every file was looked at.");
    page_.labelled("", page_.clean(few(roots_, 3, roots_.size())) + ": " +
                           plural(summary_.log_count(), "log file") + ", " +
                           plural(present_digests(), "digest") + ", " +
                           plural(summary_.chains.size(), "chain") + ".");
  }

  void findings() {
    if (summary_.findings.empty()) return;
    page_.blank();
    page_.labelled("FINDINGS", plural(summary_.findings.size(), "finding"));
    size_t shown = style_.top == 0 ? SIZE_MAX : kFindingsInFull;
    for (const Finding& finding : summary_.findings) {
      if (shown-- == 0) {
        page_.wrapped("… and " + format_count(summary_.findings.size() - kFindingsInFull) +
                          " more; --top 0 shows all, --out DIR writes all.",
                      Page::kLabelWidth, Ink::kDim);
        return;
      }
      one_finding(finding);
    }
  }

  void one_finding(const Finding& finding) {
    std::string label = finding.level;
    for (char& c : label) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    Ink ink = finding.level == "critical" ? Ink::kCritical
              : finding.level == "high"   ? Ink::kHigh
                                          : Ink::kMedium;
    page_.labelled(label, page_.clean(finding.title), 0, ink);
    page_.wrapped("account " + page_.clean(finding.account) + ", " + page_.clean(finding.region) +
                      ", delivered " + period(finding.first, finding.last),
                  Page::kLabelWidth);
    size_t shown =
        style_.top == 0 ? finding.objects.size() : std::min(kObjectsShown, finding.objects.size());
    for (size_t i = 0; i < shown; ++i) {
      const std::string& line = finding.objects[i];
      size_t tab = line.find('\t');
      std::string_view object = std::string_view(line).substr(0, tab);
      page_.wrapped(page_.clean(base_name(object)) + ": " +
                        page_.clean(std::string_view(line).substr(tab + 1)),
                    Page::kLabelWidth + 2);
    }
    if (finding.count > shown && shown > 0)
      page_.wrapped("… and " + format_count(finding.count - shown) + " more", Page::kLabelWidth + 2,
                    Ink::kDim);
    page_.wrapped("Next: " + finding.next_step, Page::kLabelWidth, Ink::kDim);
  }

  std::string mark_text(CalendarMark mark) const {
    if (!page_.plain() && mark == CalendarMark::kEmpty) return "·";
    if (!page_.plain() && mark == CalendarMark::kProven) return "█";
    return std::string(1, kMarkLetters[static_cast<size_t>(mark)]);
  }

  void coverage() {
    if (summary_.coverage.empty()) return;
    Calendar calendar = make_calendar(summary_, std::max<size_t>(24, page_.text_width() - 32));
    page_.blank();
    std::string unit = calendar.hours_per_mark == 1
                           ? "an hour"
                           : format_duration(std::chrono::hours(calendar.hours_per_mark));
    page_.labelled("COVERAGE", "one mark is " + unit + ": " + mark_text(CalendarMark::kProven) +
                                   " proven, " + mark_text(CalendarMark::kEmpty) +
                                   " proven without logs, ? not proven, ! broken, - nothing");
    size_t shown =
        style_.top == 0 ? calendar.rows.size() : std::min(calendar.rows.size(), kCalendarRows);
    for (size_t i = 0; i < shown; ++i) {
      const Calendar::Row& row = calendar.rows[i];
      std::string cells;
      for (CalendarMark mark : row.marks) cells += mark_text(mark);
      page_.line(std::string(Page::kLabelWidth, ' ') + page_.pad(row.account, 13) +
                 page_.pad(row.region, 16) + " " + cells);
    }
    page_.line(std::string(Page::kLabelWidth + 30, ' ') +
               format_time_short(calendar.begin).substr(0, 16));
    if (calendar.rows.size() > shown)
      page_.wrapped("… and " + format_count(calendar.rows.size() - shown) +
                        " more accounts' regions; --top 0 shows all",
                    Page::kLabelWidth, Ink::kDim);
  }

  void chains() {
    std::map<std::string, std::array<uint64_t, 5>> trails;
    for (const integrity::Chain& chain : summary_.chains) {
      std::array<uint64_t, 5>& counts = trails[chain.trail + " (" + chain.home_region +
                                               (chain.backfill ? ", made afterwards)" : ")")];
      counts[0] += 1;
      counts[1] += chain.digests;
      counts[2] += chain.proven;
      counts[3] += chain.missing;
      counts[4] += chain.gaps.size();
    }
    if (trails.empty()) return;
    page_.blank();
    std::string_view label = "TRAILS";
    for (const auto& [name, counts] : trails) {
      std::string text = page_.clean(name) + ": " + plural(counts[0], "chain") + ", " +
                         format_count(counts[2]) + " of " + plural(counts[1], "digest") + " proven";
      if (counts[3] > 0) text += ", " + format_count(counts[3]) + " missing";
      if (counts[4] > 0) text += ", " + plural(counts[4], "gap");
      page_.labelled(label, text, 2);
      label = "";
    }
  }

  void remarks() {
    std::vector<std::string> lines;
    if (summary_.duplicates > 0)
      lines.push_back(plural(summary_.duplicates, "log file") + " listed by several digests alike");
    if (summary_.uncompressed > 0)
      lines.push_back(plural(summary_.uncompressed, "file") +
                      " stored without compression: the "
                      "text is what was signed");
    if (summary_.other_kinds > 0)
      lines.push_back(plural(summary_.other_kinds, "file") +
                      " of other kinds (such as CloudTrail-Insight) that no digest lists: not "
                      "judged");
    if (summary_.links > 0) lines.push_back(plural(summary_.links, "link") + " not followed");
    for (const std::string& line : summary_.unreadable) lines.push_back("cannot be read: " + line);
    lines.insert(lines.end(), summary_.remarks.begin(), summary_.remarks.end());
    if (lines.empty()) return;
    page_.blank();
    size_t shown = style_.top == 0 ? lines.size() : std::min<size_t>(lines.size(), 8);
    for (size_t i = 0; i < shown; ++i)
      page_.labelled(i == 0 ? "REMARKS" : "", page_.clean(lines[i]), 2);
    if (lines.size() > shown)
      page_.labelled("", "… and " + format_count(lines.size() - shown) + " more");
  }

  void cost() {
    page_.blank();
    auto rate = [&](uint64_t amount) {
      return static_cast<uint64_t>(static_cast<double>(amount) / std::max(summary_.seconds, 1e-3));
    };
    uint64_t files =
        summary_.log_count() + present_digests() - count_of(summary_.logs, Verdict::kMissing);
    page_.labelled("COST", plural(files, "file") + ", " + format_bytes(summary_.stored_bytes) +
                               " (" + format_bytes(summary_.text_bytes) + " of text) in " +
                               format_seconds(summary_.seconds) + ": " + format_count(rate(files)) +
                               " files/s, " + format_bytes(rate(summary_.text_bytes)) + "/s");
  }

  const VerifySummary& summary_;
  const std::vector<std::string>& roots_;
  const TerminalStyle& style_;
  Page page_;
};

void add_finding(JsonWriter& json, const Finding& finding) {
  json.begin_object().member("code", finding.code).member("level", finding.level);
  json.member("title", finding.title).member("account", finding.account);
  json.member("region", finding.region).member("verdict", to_string(finding.verdict));
  json.member("of", finding.digests ? "digests" : "logs").member("count", finding.count);
  json.member("first", format_time(finding.first)).member("last", format_time(finding.last));
  json.member("next_step", finding.next_step);
  for (auto [name, list] :
       {std::pair{"tags", &finding.tags}, {"frameworks", &finding.frameworks}}) {
    json.key(name).begin_array();
    for (const std::string& item : *list) json.value(item);
    json.end_array();
  }
  member_objects(json, finding);
  json.end_object();
}

std::string_view digests_word(HourCell::Digests digests) {
  switch (digests) {
    case HourCell::Digests::kNone:
      return "none";
    case HourCell::Digests::kProven:
      return "proven";
    case HourCell::Digests::kUnproven:
      return "unproven";
    case HourCell::Digests::kBroken:
      return "broken";
  }
  return "?";
}

void add_coverage(JsonWriter& json, const CoverageRow& row) {
  json.begin_object();
  if (!row.organization.empty()) json.member("organization", row.organization);
  json.member("account", row.account).member("region", row.region);
  json.key("hours").begin_array();
  for (const auto& [hour, cell] : row.hours) {
    json.begin_object().member("hour", format_time(Timestamp(std::chrono::hours(hour))));
    json.member("digests", digests_word(cell.digests)).member("present", cell.files);
    json.member("listed", cell.listed).member("verified", cell.verified);
    json.member("missing", cell.missing).member("altered", cell.altered);
    json.member("unsigned", cell.unsigned_files).member("unproven", cell.unproven);
    json.member("late", cell.late).end_object();
  }
  json.end_array().end_object();
}

void add_chain(JsonWriter& json, const integrity::Chain& chain) {
  json.begin_object();
  if (!chain.organization.empty()) json.member("organization", chain.organization);
  json.member("account", chain.account).member("region", chain.region);
  json.member("trail", chain.trail).member("home_region", chain.home_region);
  json.member("backfill", chain.backfill).member("digests", chain.digests);
  json.member("proven", chain.proven).member("missing", chain.missing);
  json.member("starting", chain.starting).member("empty", chain.empty);
  json.member("first", format_time(chain.first)).member("last", format_time(chain.last));
  json.key("gaps").begin_array();
  for (const integrity::Gap& gap : chain.gaps) {
    json.begin_object().member("from", format_time(gap.from)).member("to", format_time(gap.to));
    json.member("reason", gap.reason).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string render_integrity(const VerifySummary& summary, const std::vector<std::string>& roots,
                             const TerminalStyle& style) {
  return IntegrityPage(summary, roots, style).render();
}

std::string integrity_json(const VerifySummary& summary) {
  JsonWriter json;
  json.begin_object().member("outcome", to_string(summary.outcome));
  json.member("interrupted", summary.interrupted);
  member_verdicts(json, "digests", summary.digests);
  member_verdicts(json, "logs", summary.logs);
  json.key("covered");
  if (summary.last == Timestamp{}) {
    json.null();
  } else {
    json.begin_object().member("from", format_time(summary.first));
    json.member("to", format_time(summary.last)).end_object();
  }
  json.member("stored_bytes", summary.stored_bytes).member("text_bytes", summary.text_bytes);
  json.member("duplicates", summary.duplicates).member("uncompressed", summary.uncompressed);
  json.member("other_kinds", summary.other_kinds).member("links", summary.links);
  json.member("history_ends", summary.history_ends);
  json.key("findings").begin_array();
  for (const Finding& finding : summary.findings) add_finding(json, finding);
  json.end_array().key("chains").begin_array();
  for (const integrity::Chain& chain : summary.chains) add_chain(json, chain);
  json.end_array().key("coverage").begin_array();
  for (const CoverageRow& row : summary.coverage) add_coverage(json, row);
  json.end_array();
  for (auto [name, list] :
       {std::pair("remarks", &summary.remarks), std::pair("unreadable", &summary.unreadable)}) {
    json.key(name).begin_array();
    for (const std::string& line : *list) json.value(line);
    json.end_array();
  }
  json.end_object();
  return std::move(json).take() + "\n";
}

std::string verdict_line(const integrity::FileVerdict& file) {
  JsonWriter json;
  json.begin_object().member("object", file.object);
  json.member("kind", file.digest ? "digest" : "log").member("verdict", to_string(file.verdict));
  json.member("account", file.account).member("region", file.region);
  json.member("time", format_time(file.time)).member("file", file.path);
  json.member("size", file.size_bytes);
  if (!file.sha256.empty()) json.member("sha256", crypto::to_hex(file.sha256));
  if (!file.reason.empty()) json.member("reason", file.reason);
  json.end_object();
  return std::move(json).take() + "\n";
}

Status write_integrity_findings(OutputFile& out, const VerifySummary& summary) {
  for (const Finding& finding : summary.findings) {
    JsonWriter json;
    add_finding(json, finding);
    TRY(out.write(std::move(json).take() + "\n"));
  }
  return {};
}

}  // namespace cairn::report
