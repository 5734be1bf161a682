// report.html: the page of content/report/ with the scan's data in it.
//
// The data are JSON documents in <script type="application/json"> blocks, which no browser runs:
//
//   cairn-report      everything but the findings: verdict, rules, principals, coverage, how it was
//   made cairn-groups      the folded findings; texts are numbers cairn-strings     the texts
//   cairn-evidence-N  the sample events of a range of groups; parsed by the page when one is
//   opened.
//                     Their texts continue the numbers of cairn-strings
//
// Every "<", ">" and "&" in them is written as an escape, so that no text can end its block. A
// report of 100,000 groups is mostly numbers: the page parses it in a fraction of a second. Blocks
// are written as soon as they are full; only the texts' table grows with the findings.

#include "base/check.h"
#include "base/text.h"
#include "formats/json_writer.h"
#include "report/fold.h"
#include "report/html_summary.h"
#include "report/html_text.h"
#include "report/report.h"

#include <algorithm>
#include <span>

namespace cairn::report {

namespace {

/// Where a block of evidence ends: enough to be worth a block, little enough to open at once.
constexpr size_t kEventsPerBlock = 2000;
/// What is handed to the file at once.
constexpr size_t kPieceBytes = 256u << 10;

/// Numbers for the texts of one block: those of the groups where they are known there, else numbers
/// after them.
class EvidenceTexts {
 public:
  explicit EvidenceTexts(const StringTable& shared) : shared_(shared) {}

  uint32_t number(std::string_view text) {
    if (auto known = shared_.find(text)) return *known;
    // own_ has the empty text at 0, which is always known: its numbers begin at 1.
    return static_cast<uint32_t>(shared_.texts().size()) + own_.number(text) - 1;
  }
  /// The texts of this block alone, in order of their numbers.
  std::span<const std::string_view> own() const { return std::span(own_.texts()).subspan(1); }

 private:
  const StringTable& shared_;
  StringTable own_;
};

class HtmlReport {
 public:
  HtmlReport(OutputFile& out, const ScanReport& report)
      : out_(out), report_(report), folded_(fold(report.outcome)) {}

  Status write() {
    TRY(write_block("cairn-report", html_summary(report_, folded_)));
    TRY(write_groups());
    TRY(write_block("cairn-strings", strings_json()));
    return write_evidence();
  }

 private:
  Status write_block(const std::string& id, std::string_view json) {
    TRY(out_.write("<script type=\"application/json\" id=\"" + id + "\">"));
    for (; !json.empty(); json.remove_prefix(std::min(json.size(), kPieceBytes)))
      TRY(out_.write(safe_in_html(json.substr(0, kPieceBytes))));
    return out_.write("</script>\n");
  }

  /// A list of texts: 0 when empty, a number when one, else an array of numbers.
  template <typename Texts>
  void add_list(JsonWriter& json, const Texts& values) {
    if (values.size() <= 1) {
      json.value(values.empty() ? 0u : strings_.number(values[0]));
      return;
    }
    json.begin_array();
    for (std::string_view value : values) json.value(strings_.number(value));
    json.end_array();
  }

  /// The distinct values of one member of the samples.
  static std::vector<std::string_view> of_samples(const Finding& finding,
                                                  std::string EventSummary::*member) {
    std::vector<std::string_view> values;
    for (const EventSummary& event : finding.samples) {
      const std::string& value = event.*member;
      if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end())
        values.push_back(value);
    }
    return values;
  }

  /// What was done: sentence, error, sentence, error … without repeats.
  void add_deeds(JsonWriter& json, const Finding& finding) {
    std::vector<std::pair<uint32_t, uint32_t>> deeds;
    for (const EventSummary& event : finding.samples) {
      const std::string& error = event.error_code.empty() ? event.error_message : event.error_code;
      std::pair deed(strings_.number(event.words), strings_.number(error));
      if (std::find(deeds.begin(), deeds.end(), deed) == deeds.end()) deeds.push_back(deed);
    }
    json.begin_array();
    for (const auto& [words, error] : deeds) json.value(words).value(error);
    json.end_array();
  }

  /// [id, first, seconds, count, failed, accounts, principals, calls, addresses, regions, targets,
  /// agents, errors, sessions, keys, deeds, true numbers of principals, calls, addresses, targets]
  void add_window(JsonWriter& json, const Finding& finding) {
    json.begin_array().value(finding.id);
    if (finding.time_known) {
      json_seconds(json, finding.first.time_since_epoch());
      json_seconds(json, finding.last - finding.first);
    } else {
      json.null().value(0);
    }
    json.value(finding.count).value(finding.failed);
    std::vector<std::string_view> accounts = of_samples(finding, &EventSummary::account);
    if (accounts.empty() && !finding.account.empty()) accounts.push_back(finding.account);
    add_list(json, accounts);
    if (finding.principals.empty()) {
      json.value(strings_.number(finding.principal));
    } else {
      add_list(json, finding.principals);
    }
    add_list(json, finding.event_names);
    add_list(json, finding.source_ips);
    add_list(json, finding.regions);
    add_list(json, finding.targets);
    add_list(json, finding.user_agents);
    for (const std::string& agent : finding.user_agents) strings_.note_agent(agent);
    add_list(json, finding.error_codes);
    add_list(json, of_samples(finding, &EventSummary::session));
    add_list(json, of_samples(finding, &EventSummary::access_key));
    add_deeds(json, finding);
    json.value(finding.principal_count).value(finding.event_name_count);
    json.value(finding.source_ip_count).value(finding.target_count);
    json.end_array();
  }

  Status write_groups() {
    TRY(out_.write("<script type=\"application/json\" id=\"cairn-groups\">["));
    std::string piece;
    for (size_t i = 0; i < folded_.size(); ++i) {
      const FoldedFinding& folded = folded_[i];
      JsonWriter json;
      json.begin_array().value(folded.rule).value(static_cast<int>(folded.level));
      json.value(strings_.number(folded.key)).value(block_of(folded)).begin_array();
      for (const Finding* window : folded.windows) add_window(json, *window);
      json.end_array().end_array();
      if (i > 0) piece += ",\n";
      piece += safe_in_html(json.text());
      if (piece.size() < kPieceBytes) continue;
      TRY(out_.write(piece));
      piece.clear();
    }
    TRY(out_.write(piece));
    return out_.write("]</script>\n");
  }

  /// Decides which block has a group's events; called once per group, in order.
  uint64_t block_of(const FoldedFinding& folded) {
    if (block_events_ >= kEventsPerBlock) {
      block_ends_.push_back(next_group_);
      block_events_ = 0;
    }
    ++next_group_;
    for (const Finding* window : folded.windows) block_events_ += window->samples.size();
    return block_ends_.size();
  }

  std::string strings_json() {
    JsonWriter json;
    json.begin_object().key("strings").begin_array();
    for (std::string_view text : strings_.texts()) json.value(text);
    json.end_array().key("clients").begin_array();
    for (const auto& [agent, client] : strings_.clients()) json.value(agent).value(client);
    json.end_array().end_object();
    return std::move(json).take();
  }

  Status write_evidence() {
    block_ends_.push_back(folded_.size());
    size_t group = 0;
    for (size_t block = 0; block < block_ends_.size(); ++block) {
      EvidenceTexts texts(strings_);
      JsonWriter json;
      json.begin_object().member("first", static_cast<uint64_t>(group)).key("groups").begin_array();
      for (; group < block_ends_[block]; ++group) {
        json.begin_array();
        for (const Finding* window : folded_[group].windows) {
          json.begin_array();
          for (const EventSummary& event : window->samples) add_event(json, texts, event);
          json.end_array();
        }
        json.end_array();
      }
      json.end_array().key("strings").begin_array();
      for (std::string_view text : texts.own()) json.value(text);
      json.end_array().end_object();
      TRY(write_block("cairn-evidence-" + std::to_string(block), json.text()));
    }
    return Status::success();
  }

  void add_event(JsonWriter& json, EvidenceTexts& texts, const EventSummary& event) const {
    json.begin_array();
    if (event.time_known) {
      json_seconds(json, event.time.time_since_epoch());
    } else {
      json.null();
    }
    json.value(event.offset).value(event.event_id);
    for (const std::string* text :
         {&event.event_source, &event.event_name, &event.region, &event.account, &event.principal,
          &event.session, &event.access_key, &event.source_ip, &event.user_agent, &event.error_code,
          &event.error_message, &event.target, &event.words})
      json.value(texts.number(*text));
    // Thousands of files share a folder.
    std::string_view name = base_name(event.file);
    json.value(
        texts.number(std::string_view(event.file).substr(0, event.file.size() - name.size())));
    json.value(texts.number(name));
    json.value(texts.number(report_.file_verdict ? report_.file_verdict(event.file) : ""));
    json.end_array();
  }

  OutputFile& out_;
  const ScanReport& report_;
  std::vector<FoldedFinding> folded_;
  StringTable strings_;
  std::vector<size_t> block_ends_;  // first group after each block that is full
  size_t block_events_ = 0, next_group_ = 0;
};

}  // namespace

Status write_report_html(OutputFile& out, const ScanReport& report, std::string_view page) {
  size_t mark = page.find(kReportDataMark);
  CAIRN_CHECK(mark != std::string_view::npos);
  TRY(out.write(page.substr(0, mark)));
  TRY(HtmlReport(out, report).write());
  return out.write(page.substr(mark + kReportDataMark.size()));
}

}  // namespace cairn::report
