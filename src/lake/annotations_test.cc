// Findings and verdicts in a lake.

#include "lake/care.h"
#include "lake/test_lake.h"

#include <gtest/gtest.h>

namespace cairn::lake {
namespace {

LakeFinding finding(const std::string& id, const std::string& account, const std::string& day,
                    int events = 1) {
  return {id, account, parse_event_time(day + "T12:00:00Z").value(),
          R"({"id":")" + id + R"(","level":"high","rule":{"code":"R-1","title":"T","id":"r"},)" +
              R"("account":")" + account + R"(","count":)" + std::to_string(events) +
              R"(,"failed":0,"source_ips":["192.0.2.1"],"last":")" + day + R"(T12:00:00Z"})"};
}

class Annotations : public testing::Test {
 protected:
  void save(const std::vector<LakeFinding>& findings) {
    auto saved = save_findings(*lake_.open(Access::kWrite), findings);
    ASSERT_TRUE(saved.ok()) << saved.error().message;
  }
  std::string ids() { return lake_.ask("SELECT string_agg(id, ' ' ORDER BY id) FROM findings"); }

  TestLake lake_{testing::TempDir() + "cairn_annotations_test"};
  const std::string one_ = "111122223333", two_ = "444455556666";
};

TEST_F(Annotations, AFindingIsThereOnce) {
  for (Protection protection : {Protection::kKeyFile, Protection::kPlain}) {
    std::filesystem::remove_all(lake_.lake_folder());
    lake_.create(protection);
    save({finding("F-1", one_, "2024-06-01"), finding("F-2", "no account", "2024-06-02")});
    save({finding("F-1", one_, "2024-06-01", 5)});
    EXPECT_EQ(lake_.ask("SELECT id, level, code, account, events, source_ips[1], last_event, "
                        "saved_at FROM findings ORDER BY id"),
              "F-1|high|R-1|111122223333|5|192.0.2.1|2024-06-01T12:00:00Z|2024-07-01 00:00:00\n"
              "F-2|high|R-1|no account|1|192.0.2.1|2024-06-02T12:00:00Z|2024-07-01 00:00:00");
  }
}

TEST_F(Annotations, FindingsGoWithTheirAccountAndTheirAge) {
  lake_.create();
  save({finding("F-1", one_, "2024-06-01"), finding("F-2", one_, "2024-06-20"),
        finding("F-3", two_, "2024-06-01")});
  ASSERT_TRUE(hold(*lake_.open(Access::kWrite), two_, "case").ok());
  Timestamp limit = parse_event_time("2024-06-10T00:00:00Z").value();
  ASSERT_TRUE(retain(*lake_.open(Access::kWrite), limit, "", true).ok());
  EXPECT_EQ(ids(), "F-1 F-2 F-3");
  ASSERT_TRUE(retain(*lake_.open(Access::kWrite), limit, "", false).ok());
  EXPECT_EQ(ids(), "F-2 F-3");
  ASSERT_TRUE(forget(*lake_.open(Access::kWrite), one_).ok());
  EXPECT_EQ(ids(), "F-3");
  // Another master key does not change what can be read.
  KeySource other;
  other.key_file = lake_.folder_ + "/other";
  ASSERT_TRUE(rotate_key(*lake_.open(Access::kWrite), Protection::kKeyFile, other).ok());
  lake_.keys_ = other;
  EXPECT_EQ(ids(), "F-3");
}

TEST_F(Annotations, VerdictsAreAboutOneObject) {
  lake_.create();
  std::string text = record("a", "2024-06-01T10:00:00Z");
  ASSERT_TRUE(lake_.load({{"/x/AWSLogs/1/one.json", text}, {"/x/AWSLogs/1/two.json", text}}).ok());
  std::string hash = crypto::sha256(text);
  auto count = [&](const ObjectVerdict& verdict) {
    return set_verdicts(*lake_.open(Access::kWrite), {verdict}).value();
  };
  EXPECT_EQ(count({"AWSLogs/1/one.json", hash, "valid"}), 1u);
  EXPECT_EQ(count({"1/three.json", hash, "valid"}), 0u);
  EXPECT_EQ(count({"e.json", hash, "valid"}), 0u);
  EXPECT_EQ(count({"AWSLogs/1/two.json", crypto::sha256("other"), "valid"}), 0u);
  EXPECT_EQ(lake_.ask("SELECT verdict, verified_at FROM files ORDER BY name"),
            "valid|2024-07-01 00:00:00\nNULL|NULL");
}

TEST_F(Annotations, ALakeWithoutRecordsStaysSo) {
  lake_.create();
  auto load = [&](const std::string& name, bool without_raw) -> Result<LoadSummary> {
    auto lake = lake_.open(Access::kWrite);
    LoadOptions options;
    options.without_raw = without_raw;
    TRY_ASSIGN(auto loader, Loader::begin(*lake, options));
    FieldTable fields;
    StandardFields standard = StandardFields::intern_into(fields);
    fields.freeze();
    FakeFiles files;
    cloudtrail::Reader reader(files, fields, standard, {});
    TestLake::Sink sink{*loader, standard};
    std::string text = record(name, "2024-06-01T10:00:00Z");
    sink.object = loader->begin_object({name, text.size(), crypto::sha256(text)}).value().value();
    auto report = reader.read_text(name, text, sink);
    loader->end_object(sink.object, report.kind, report.quarantined, true);
    loader->end(0);
    return loader->finish();
  };
  ASSERT_TRUE(load("a", true).ok());
  ASSERT_TRUE(load("b", false).ok());
  EXPECT_EQ(lake_.ask("SELECT eventid, raw FROM cloudtrail_logs ORDER BY 1"), "a|NULL\nb|NULL");
  EXPECT_FALSE(keeps_raw(*lake_.open()).value());
  auto found = find_records(*lake_.open(), "a", 5).value();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].raw.find(R"("eventName":"GetUser")"), std::string::npos);
  auto report = check(*lake_.open(), false, nullptr).value();
  EXPECT_TRUE(report.faults.empty());
}

}  // namespace
}  // namespace cairn::lake
