// The look-up index: what it says, what damage does to it, and that questions with it give what
// questions without it give.

#include "lake/care.h"
#include "lake/file_choice.h"
#include "lake/lookup_index.h"
#include "lake/parquet_footer.h"
#include "lake/test_lake.h"
#include "model/cloudtrail_table.h"

#include <gtest/gtest.h>

#include <fstream>

namespace cairn::lake {
namespace {

class TextInput : public duck::MountedInput {
 public:
  explicit TextInput(std::string text) : text_(std::move(text)) {}
  uint64_t size_bytes() const override { return text_.size(); }
  Status read_at(uint64_t offset, std::span<char> buffer) const override {
    if (offset + buffer.size() > text_.size()) return Error{ErrorCode::kCorrupt, "ended early"};
    text_.copy(buffer.data(), buffer.size(), offset);
    return {};
  }

 private:
  std::string text_;
};

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_whole(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

TEST(LookupIndex, HoldsWhatItWasGivenAndLittleElse) {
  LookupBuilder builder;
  constexpr int kGroups = 3, kValues = 3000;
  auto name = [](int group, int i) { return std::to_string(group) + "-" + std::to_string(i); };
  for (int group = 0; group < kGroups; ++group) {
    for (int i = 0; i < kValues; ++i) builder.add(LookupKind::kEventId, name(group, i));
    builder.end_group();
  }
  builder.end_group();  // one without values
  std::string bytes = "before" + builder.finish();
  auto index = LookupIndex::read(TextInput(bytes + "footer"), bytes.size()).value();
  ASSERT_TRUE(index.has_value());
  ASSERT_EQ(index->groups(), kGroups + 1u);
  EXPECT_EQ(LookupIndex::offset_in(TextInput(bytes), bytes.size()).value(), 6u);
  int wrong = 0;
  for (int group = 0; group < kGroups; ++group) {
    for (int i = 0; i < kValues; ++i) {
      uint64_t hash = lookup_hash(LookupKind::kEventId, name(group, i));
      EXPECT_TRUE(index->may_hold(static_cast<size_t>(group), hash));
      wrong += index->may_hold(static_cast<size_t>((group + 1) % kGroups), hash) ? 1 : 0;
      EXPECT_FALSE(index->may_hold(kGroups, hash));
    }
  }
  EXPECT_LT(wrong, kGroups * kValues / 50);
  // The same value as something else is another value.
  EXPECT_NE(lookup_hash(LookupKind::kEventId, "x"), lookup_hash(LookupKind::kAddress, "x"));
}

TEST(LookupIndex, DamageIsNoIndex) {
  LookupBuilder builder;
  for (int i = 0; i < 50; ++i) builder.add(LookupKind::kAddress, std::to_string(i));
  builder.end_group();
  const std::string bytes = builder.finish();
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x11);
    auto index = LookupIndex::read(TextInput(damaged), damaged.size());
    ASSERT_TRUE(index.ok()) << at;
    EXPECT_FALSE(index.value().has_value()) << at;
  }
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    std::string shorter = bytes.substr(cut);
    EXPECT_FALSE(LookupIndex::read(TextInput(shorter), shorter.size()).value().has_value()) << cut;
  }
}

/// Objects of `count` records each, one a day; ids are "DAY-NUMBER".
std::string object_text(int day, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(day) + "-" + std::to_string(i);
    std::string minute = std::to_string(100 + i * 60 / count).substr(1);
    text +=
        record("id-" + number, "2024-06-0" + std::to_string(day) + "T10:" + minute + ":00Z",
               "111122223333",
               R"(,"sourceIPAddress":"10.)" + std::to_string(day) + "." + std::to_string(i / 200) +
                   R"(.1","userIdentity":{"accessKeyId":"AKIA)" + number + "\"}") +
        "\n";
  }
  return text;
}

class JoinedLake : public testing::Test {
 protected:
  static constexpr int kDays = 2, kRecords = 9000;

  void fill(Protection protection) {
    lake_.create(protection);
    for (int day = 1; day <= kDays; ++day) {
      auto loaded =
          lake_.load({{"day" + std::to_string(day), object_text(day, kRecords)}}, 64u << 20);
      ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    }
    ASSERT_EQ(lake_.event_files().size(), 2u);
    auto lake = lake_.open(Access::kWrite);
    auto merged = merge_small_files(*lake);
    ASSERT_TRUE(merged.ok()) << merged.error().message;
    ASSERT_EQ(merged.value().made, 1u);
    ASSERT_EQ(lake_.event_files().size(), 1u);
  }
  /// What a question has to read.
  std::vector<std::string> chosen(const duck::Condition& condition) {
    auto lake = lake_.open();
    LakeMount mount;
    auto files = lake->inside().catalog->files().value();
    EXPECT_TRUE(add_entries(lake->inside(), files, mount).ok());
    return FileChoice(files, mount).choose(condition).value();
  }
  static duck::Condition equals(const std::string& column, const std::string& value,
                                const std::string& member = "") {
    duck::Condition condition;
    condition.kind = duck::Condition::Kind::kEqual;
    auto columns = cloudtrail_table_columns();
    while (columns[condition.column].name != column) ++condition.column;
    if (!member.empty()) condition.member = {member};
    condition.values = {value};
    return condition;
  }
  std::string count(const std::string& condition) {
    return lake_.ask("SELECT count(*) FROM cloudtrail_logs WHERE " + condition);
  }

  TestLake lake_{testing::TempDir() + "cairn_lookup_test"};
};

TEST_F(JoinedLake, ReadsOnlyTheGroupsThatMatter) {
  fill(Protection::kKeyFile);
  EXPECT_EQ(lake_.ask("SELECT count(*), count(DISTINCT eventid) FROM cloudtrail_logs"),
            "18000|18000");
  auto first = chosen(equals("eventid", "id-1-17"));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(first[0].ends_with("?0")) << first[0];
  EXPECT_TRUE(chosen(equals("eventid", "id-9-17")).empty());
  EXPECT_EQ(chosen(equals("useridentity", "AKIA2-8999", "accesskeyid")).size(), 1u);
  EXPECT_TRUE(chosen(equals("sourceipaddress", "10.7.0.1")).empty());
  EXPECT_TRUE(chosen(equals("recipientaccountid", "999999999999")).empty());
  EXPECT_EQ(chosen(equals("recipientaccountid", "111122223333")).size(), 1u);
  EXPECT_TRUE(chosen(equals("eventtime", "2024-07-17T00:00:00Z")).empty());

  EXPECT_EQ(count("eventid = 'id-1-17'"), "1");
  EXPECT_EQ(count("eventid IN ('id-1-17', 'id-2-8999', 'none')"), "2");
  EXPECT_EQ(count("eventid = 'none'"), "0");
  EXPECT_EQ(count("useridentity.accesskeyid = 'AKIA2-8999'"), "1");
  EXPECT_EQ(count("sourceipaddress = '10.2.3.1'"), "200");
  EXPECT_EQ(count("sourceipaddress = '10.2.3.1' OR eventid = 'id-1-1'"), "201");
  EXPECT_EQ(count("sourceipaddress = '10.2.3.1' OR eventname = 'none'"), "200");
  EXPECT_EQ(count("NOT (eventid = 'id-1-17')"), "17999");
  EXPECT_EQ(count("eventtime >= '2024-06-02'"), "9000");
  EXPECT_EQ(count("eventtime_ts < TIMESTAMP '2024-06-02'"), "9000");
  EXPECT_EQ(count("account = '111122223333'"), "18000");
  EXPECT_EQ(count("account = '999999999999'"), "0");
  EXPECT_EQ(lake_.ask("SELECT eventname FROM cloudtrail_logs a JOIN (SELECT 'id-2-5' AS x) b ON "
                      "a.eventid = b.x"),
            "GetUser");
  auto found = find_records(*lake_.open(), "ID-2-77", 10);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found.value().size(), 1u);

  auto report = check(*lake_.open(), false, nullptr);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report.value().faults.empty()) << report.value().faults[0];
  EXPECT_EQ(report.value().rows, 18000u);

  // What was joined is still recognised, and goes with its account.
  EXPECT_EQ(TestLake::in_words(lake_.load({{"copy", object_text(1, kRecords)}}, 64u << 20)),
            "9000 = 0 + 9000 + 0 + 0; 1 objects, 0 skipped");
  ASSERT_TRUE(forget(*lake_.open(Access::kWrite), "111122223333").ok());
  EXPECT_EQ(count("eventid = 'id-1-17'"), "0");
}

TEST_F(JoinedLake, ADamagedIndexCostsTimeOnly) {
  fill(Protection::kPlain);
  std::string path = lake_.event_files()[0], good = read_whole(path);
  uint64_t footer = ParquetFooter::offset_in(TextInput(good)).value();
  uint64_t begin = LookupIndex::offset_in(TextInput(good), footer).value();
  ASSERT_LT(begin, footer);
  for (uint64_t at :
       {begin, begin + 8, begin + 16, (begin + footer) / 2, footer - 24, footer - 16, footer - 1}) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    write_whole(path, damaged);
    EXPECT_EQ(count("eventid = 'id-1-17'"), "1") << at;
    EXPECT_EQ(count("sourceipaddress = '10.2.3.1'"), "200") << at;
    auto report = check(*lake_.open(), false, nullptr);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report.value().faults.size(), 1u) << at;
  }
}

TEST_F(JoinedLake, ADamagedEncryptedIndexIsAnError) {
  fill(Protection::kKeyFile);
  std::string path = lake_.event_files()[0], bytes = read_whole(path);
  for (size_t block = kVaultHeaderBytes; block < bytes.size(); block += kVaultBlockBytes + 16)
    bytes[block] = static_cast<char>(bytes[block] ^ 1);
  write_whole(path, bytes);
  EXPECT_TRUE(count("eventid = 'id-1-17'").starts_with("error: ")) << count("eventid = 'id-1-17'");
}

TEST_F(JoinedLake, FootersOfAnyBytesAreReadOrRefused) {
  fill(Protection::kPlain);
  std::string file = read_whole(lake_.event_files()[0]);
  auto whole = ParquetFooter::read(TextInput(file)).value();
  EXPECT_EQ(whole.rows(), 18000u);
  EXPECT_TRUE(whole.same_columns(whole));
  std::string bytes = file.substr(whole.offset(), file.size() - 8 - whole.offset());
  for (size_t length = 0; length < bytes.size(); length += 1 + length / 50)
    EXPECT_FALSE(ParquetFooter::parse(bytes.substr(0, length)).ok()) << length;
  for (size_t at = 0; at < bytes.size(); at += 1 + at / 200) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      auto footer = ParquetFooter::parse(damaged);
      if (!footer.ok()) continue;
      FooterWriter writer(footer.value());
      for (size_t group = 0; group < footer.value().groups(); ++group) {
        if (!writer.add(footer.value(), group, 1000).ok()) break;
      }
      writer.finish();
    }
  }
  // Groups that are copied without a shift give the same footer again.
  FooterWriter writer(whole);
  for (size_t group = 0; group < whole.groups(); ++group)
    ASSERT_TRUE(writer.add(whole, group, 0).ok());
  EXPECT_EQ(writer.finish(), file.substr(whole.offset()));
}

}  // namespace
}  // namespace cairn::lake
