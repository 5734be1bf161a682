#include "report/html_text.h"
#include "report/test_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace cairn::report {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPage = "<head><!--cairn:data--><tail>";

std::string page_of(const ScanReport& report, std::string_view page = kPage) {
  FakeFiles files;
  auto file = files.create("out");
  EXPECT_TRUE(file.ok());
  EXPECT_TRUE(write_report_html(*file.value(), report, page).ok());
  EXPECT_TRUE(file.value()->close().ok());
  return files.contents["out"];
}

/// The text of one data block.
std::string block(const std::string& page, const std::string& id) {
  std::string begin = "<script type=\"application/json\" id=\"" + id + "\">";
  size_t at = page.find(begin);
  if (at == std::string::npos) return "no block " + id;
  at += begin.size();
  return page.substr(at, page.find("</script>", at) - at);
}

size_t count_of(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string source_file(const std::string& name) {
  std::ifstream in(std::string(CAIRN_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(in.good()) << name;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(SafeInHtml, LeavesNothingThatEndsABlock) {
  struct Case {
    std::string_view json, expected;
  };
  for (const Case& c : {
           Case{R"({"a":1})", R"({"a":1})"},
           {R"("</script>")", R"("\u003c/script\u003e")"},
           {R"("<!--<script>")", R"("\u003c!--\u003cscript\u003e")"},
           {R"("&lt;")", R"("\u0026lt;")"},
           {"", ""},
       })
    EXPECT_EQ(safe_in_html(c.json), c.expected);
}

TEST(StringTable, NumbersTextsInOrderOfFirstUse) {
  StringTable table;
  EXPECT_EQ(table.number(""), 0u);
  EXPECT_EQ(table.number("b"), 1u);
  EXPECT_EQ(table.number("a"), 2u);
  EXPECT_EQ(table.number("b"), 1u);
  table.note_agent("aws-cli/2.15.0 Python/3.11");
  table.note_agent("aws-cli/2.15.0 Python/3.11");
  EXPECT_THAT(table.texts(),
              testing::ElementsAre("", "b", "a", "aws-cli/2.15.0 Python/3.11", "aws-cli/2.15.0"));
  EXPECT_THAT(table.clients(), testing::ElementsAre(testing::Pair(3u, 4u)));
}

TEST(ReportHtml, PutsItsDataBetweenHeadAndTail) {
  auto made = one_critical();
  std::string page = page_of(made->report);
  EXPECT_TRUE(page.starts_with("<head><script type=\"application/json\" id=\"cairn-report\">{"));
  EXPECT_TRUE(page.ends_with("</script>\n<tail>"));
  // Three groups: [rule, level, key, block, [windows]].
  std::string groups = block(page, "cairn-groups");
  EXPECT_TRUE(groups.starts_with("[[0,4,1,0,[[\"F-0123456789\",1705461129,60,2,0,")) << groups;
  EXPECT_EQ(count_of(groups, "F-0123456789"), 3u);
  EXPECT_THAT(block(page, "cairn-strings"),
              HasSubstr("{\"strings\":[\"\",\"arn:aws:iam::111122223333:user/mallory\","));
  std::string evidence = block(page, "cairn-evidence-0");
  EXPECT_TRUE(evidence.starts_with("{\"first\":0,\"groups\":[[[[1705461129,0,\"e0\",")) << evidence;
  // Texts of the groups are not said again; the file's folder and name are.
  EXPECT_THAT(evidence, Not(HasSubstr("stopped logging of trail main")));
  EXPECT_THAT(evidence, HasSubstr("\"logs/\",\"a.json.gz\""));
  EXPECT_EQ(block(page, "cairn-evidence-1"), "no block cairn-evidence-1");
  std::string summary = block(page, "cairn-report");
  EXPECT_THAT(summary, HasSubstr("\"findings\":\"3 findings (1 critical, 1 high and 1 medium)"));
  EXPECT_THAT(summary, HasSubstr("\"blind\":\"source\",\"detail\":\"eks.amazonaws.com\""));
}

TEST(ReportHtml, IsTheSameForTheSameReport) {
  EXPECT_EQ(page_of(one_critical()->report), page_of(one_critical()->report));
}

TEST(ReportHtml, SaysSoWhenThereIsNothing) {
  auto made = quiet_month();
  made->report.outcome = {};
  std::string page = page_of(made->report);
  EXPECT_EQ(block(page, "cairn-groups"), "[]");
  EXPECT_THAT(block(page, "cairn-report"), HasSubstr("\"first\":null"));
}

// Whatever a log says, the page has the blocks that were meant and no other.
TEST(ReportHtml, NoTextCanLeaveItsBlock) {
  const std::string hostile =
      "</script><script>alert(1)</script><!--<img src=x "
      "onerror=alert(2)>\xE2\x80\xA8\xE2\x80\xAE\x01"
      "\xFF\"\\";
  auto made = one_critical();
  size_t blocks = count_of(page_of(made->report), "<script");
  made->report.command = made->report.inputs[0] = hostile;
  made->report.filters = {hostile};
  made->report.skipped = {{hostile, hostile}};
  made->report.quarantine = {{QuarantineEntry::Kind::kRecord, hostile, 1, 2, hostile}};
  made->report.skipped_reasons[hostile] = 1;
  made->rules[0].title = made->rules[0].description = made->rules[0].next_step = hostile;
  made->rules[0].tags = {"attack." + hostile};
  detect::Outcome& outcome = made->report.outcome;
  outcome.accounts[hostile] = outcome.regions[hostile] = 1;
  outcome.principals[0].key = outcome.principals[0].unusual[0] = hostile;
  for (Finding& finding : outcome.findings) {
    finding.id = finding.key = finding.principal = finding.account = hostile;
    finding.principals = finding.source_ips = finding.regions = finding.targets = {hostile};
    finding.user_agents = finding.event_names = finding.error_codes = {hostile};
    for (EventSummary& event : finding.samples)
      event.event_id = event.words = event.user_agent = event.file = event.error_message = hostile;
  }
  std::string page = page_of(made->report);
  EXPECT_EQ(count_of(page, "<script"), blocks);
  EXPECT_EQ(count_of(page, "</script"), blocks);
  EXPECT_THAT(page, Not(HasSubstr("<!--")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("\xE2\x80\xA8")));
  EXPECT_THAT(page, Not(HasSubstr("\xFF")));
  EXPECT_THAT(block(page, "cairn-groups"), HasSubstr("\\u003c/script\\u003e"));
}

TEST(ReportHtml, DividesEvidenceIntoBlocks) {
  auto made = quiet_month();
  for (int i = 0; i < 3000; ++i) {
    Finding finding = made_up_finding(4, Level::kMedium, "user/u" + std::to_string(i),
                                      "2024-01-17T03:04:00Z", {"created a user"}, 1);
    made->report.outcome.findings.push_back(finding);
  }
  std::string page = page_of(made->report);
  EXPECT_TRUE(block(page, "cairn-evidence-0").starts_with("{\"first\":0,"));
  EXPECT_TRUE(block(page, "cairn-evidence-1").starts_with("{\"first\":2000,"));
  EXPECT_EQ(block(page, "cairn-evidence-2"), "no block cairn-evidence-2");
  // The group itself says which block it is in.
  EXPECT_EQ(count_of(block(page, "cairn-groups"), ",0,[[\"F-"), 2000u);
  EXPECT_EQ(count_of(block(page, "cairn-groups"), ",1,[[\"F-"), 1000u);
}

TEST(ReportHtml, GivesBackTheErrorOfAFullDisk) {
  auto made = one_critical();
  FakeFiles files;
  auto file = files.create("out");
  ASSERT_TRUE(file.ok());
  files.fail_after = 2;
  EXPECT_FALSE(write_report_html(*file.value(), made->report, kPage).ok());
}

// The matrix can name what the pack is tagged with.
TEST(AttackTable, KnowsEveryTechniqueOfThePack) {
  std::string table = source_file("content/report/attack.json");
  size_t tags = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(CAIRN_SOURCE_DIR "/content/rules")) {
    if (entry.path().extension() != ".yml") continue;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      size_t at = line.find("- attack.t1");
      if (at == std::string::npos) continue;
      std::string id = "T" + line.substr(at + 10);
      EXPECT_THAT(table, HasSubstr("\"" + id + "\": [")) << entry.path();
      ++tags;
    }
  }
  EXPECT_GT(tags, 100u);
}

// Nothing in the page may take markup or code from a text.
TEST(ReportPage, NeverTurnsTextIntoMarkup) {
  size_t scripts = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(CAIRN_SOURCE_DIR "/content/report")) {
    if (entry.path().extension() != ".js") continue;
    ++scripts;
    std::string text = source_file("content/report/" + entry.path().filename().string());
    for (std::string_view word :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
          "fetch(", "XMLHttpRequest", "import(", "javascript:"})
      EXPECT_THAT(text, Not(HasSubstr(std::string(word)))) << entry.path();
  }
  EXPECT_GT(scripts, 5u);
}

}  // namespace
}  // namespace cairn::report
