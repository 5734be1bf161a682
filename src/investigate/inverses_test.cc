#include "investigate/inverses.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cairn::investigate {
namespace {

TEST(ShellWord, IsOneWordWhateverItHolds) {
  struct Row {
    std::string text, word;
  };
  const Row rows[] = {
      {"alice", "alice"},
      {"arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/a"},
      {"", "''"},
      {"a b", "'a b'"},
      {"$(id)", "'$(id)'"},
      {"`id`;id", "'`id`;id'"},
      {"it's", "'it'\\''s'"},
      {"a\nb", "$'a\\x0ab'"},
      {"\x1b[31m'", "$'\\x1b[31m\\''"},
      {"a\\\t", "$'a\\\\\\x09'"},
      {"{\"a\":[1]}", "'{\"a\":[1]}'"},
      {"~", "'~'"},
      {"*", "'*'"},
  };
  for (const Row& row : rows) EXPECT_EQ(shell_word(row.text), row.word);
}

TEST(RecordTree, FindsValuesThroughArrays) {
  RecordTree record;
  ASSERT_TRUE(record.parse(
      R"({"a":{"b":[{"c":"1"},{"c":2},{"c":null}],"d":{"x":["]"],"y":1}},"e":"text"})"));
  using Texts = std::vector<std::string>;
  EXPECT_EQ(record.values("a.b.c", false), (Texts{"1", "2"}));
  EXPECT_EQ(record.values("e", true), (Texts{"text"}));
  EXPECT_EQ(record.values("a.d", true), (Texts{R"({"x":["]"],"y":1})"}));
  EXPECT_EQ(record.values("a.d", false), Texts{});
  EXPECT_EQ(record.values("a.none", false), Texts{});
  EXPECT_FALSE(record.parse("not JSON"));
}

constexpr std::string_view kTable =
    "iam\tPutP\tchanged\tpolicy {r.name}\taws iam put --name {r.name} --doc {PutP:r.doc|json} || "
    "aws iam delete --name {r.name}\tback || lost\n"
    "ec2\tShare\tshared\tsnapshot {r.id}\taws ec2 unshare --id {r.id} --users {r.users|each}[ --x "
    "{r.x}]\tcopies\n"
    "ec2\tSwitch\tchanged\tthing {r.id}\t?r.on=true aws ec2 off --id {r.id} ;; aws ec2 log "
    "|| ?r.on=false aws ec2 on --id {r.id|one}\tr\n"
    "cloudtrail\tSelect\tchanged\ttrail {r.t}\taws cloudtrail select --s {Select:r.s|members}\tr\n"
    "iam\tGone\tdeleted\tuser {r.names|each}\t-\tcannot come back\n"
    "lambda\tAddPermission\tshared\tfunction {r.f|last}\taws lambda remove --f {r.f}\tr\n";

TEST(InverseTable, FillsCommandsFromRecords) {
  auto table = InverseTable::parse(kTable);
  ASSERT_TRUE(table.ok());
  struct Row {
    std::string source, name, record, earlier;
    std::string commands, remark;
  };
  const std::string lacking = "the record does not hold what the inverse call needs";
  const Row rows[] = {
      {"iam.amazonaws.com", "PutP", R"({"r":{"name":"a b"}})", "", "aws iam delete --name 'a b'",
       "lost"},
      {"iam.amazonaws.com", "PutP", R"({"r":{"name":"p"}})", R"({"r":{"doc":{"v":"it's"}}})",
       R"(aws iam put --name p --doc '{"v":"it'\''s"}')", "back"},
      {"ec2.amazonaws.com", "Share", R"({"r":{"id":"s-1","users":["1","2 3"]}})", "",
       "aws ec2 unshare --id s-1 --users 1 '2 3' --region eu-west-1", "copies"},
      {"ec2.amazonaws.com", "Share", R"({"r":{"id":"s-1","users":[],"x":"y"}})", "", "", lacking},
      {"ec2.amazonaws.com", "Share", R"({"r":{"id":"-rf","users":"1","x":"y"}})", "",
       "aws ec2 unshare --id=-rf --users 1 --x y --region eu-west-1", "copies"},
      // The command line tool would read these from a file or the network.
      {"ec2.amazonaws.com", "Share", R"({"r":{"id":"file:///etc/shadow","users":"1"}})", "", "",
       lacking},
      {"ec2.amazonaws.com", "Share", R"({"r":{"id":"s","users":"1","x":"http://evil"}})", "",
       "aws ec2 unshare --id s --users 1 --region eu-west-1", "copies"},
      {"ec2.amazonaws.com", "Switch", R"({"r":{"id":"i","on":true}})", "",
       "aws ec2 off --id i --region eu-west-1;aws ec2 log --region eu-west-1", "r"},
      {"ec2.amazonaws.com", "Switch", R"({"r":{"id":"i","on":"FALSE"}})", "",
       "aws ec2 on --id i --region eu-west-1", "r"},
      {"ec2.amazonaws.com", "Switch", R"({"r":{"id":["i","j"],"on":false}})", "", "", lacking},
      // CloudTrail's spelling of members is not the command line tool's.
      {"cloudtrail.amazonaws.com", "Select", R"({"r":{"t":"t"}})",
       R"({"r":{"s":[{"readWriteType":"All","n":1,"e":[],"x":{"xmlns":"u","on":true}}]}})",
       R"(aws cloudtrail select --s '[{"ReadWriteType":"All","N":1,"E":[],"X":{"On":true}}]')"
       " --region eu-west-1",
       "r"},
      {"cloudtrail.amazonaws.com", "Select", R"({"r":{"t":"t"}})", R"({"r":{"s":"no JSON"}})", "",
       lacking + ", and these logs hold no earlier Select of the same thing"},
      {"iam.amazonaws.com", "Gone", R"({"r":{"names":["a"]}})", "", "", "cannot come back"},
      {"lambda.amazonaws.com", "AddPermission20150331v2", R"({"r":{"f":"x/f"}})", "",
       "aws lambda remove --f x/f --region eu-west-1", "r"},
  };
  for (const Row& row : rows) {
    const InverseTable::Row* found = table.value().find(row.source, row.name);
    ASSERT_NE(found, nullptr) << row.name;
    RecordTree record, earlier;
    ASSERT_TRUE(record.parse(row.record));
    bool has_earlier = !row.earlier.empty() && earlier.parse(row.earlier);
    Inverse inverse = InverseTable::invert(
        *found, record, "eu-west-1",
        [&](std::string_view) -> const RecordTree* { return has_earlier ? &earlier : nullptr; });
    std::string commands;
    for (const std::string& command : inverse.commands)
      commands += (commands.empty() ? "" : ";") + command;
    EXPECT_EQ(commands, row.commands) << row.record;
    EXPECT_EQ(inverse.remark, row.remark) << row.record;
  }
  RecordTree record;
  ASSERT_TRUE(record.parse(R"({"r":{"names":["a","b"]}})"));
  EXPECT_EQ(InverseTable::things_of(*table.value().find("iam.amazonaws.com", "Gone"), record),
            (std::vector<std::string>{"user a", "user b"}));
  EXPECT_EQ(table.value().find("s3.amazonaws.com", "PutP"), nullptr);
}

TEST(InverseTable, SaysWhatIsWrongWithARow) {
  struct Row {
    std::string table, error;
  };
  const Row rows[] = {
      {"a\tb\tc\n", "line 1: expected 6 columns, got 3"},
      {"# c\na\tb\tbroken\tx\t-\tr\n", "line 2: no effect broken"},
      {"a\tb\tchanged\t{x\t-\tr\n", "line 1: { without }"},
      {"a\tb\tchanged\tx\trm -rf {y}\tr\n", "line 1: a command begins with \"aws \""},
      {"a\tb\tchanged\tx\taws a {y|all}\tr\n", "line 1: no form |all"},
      {"a\tb\tchanged\tx\taws a [{y}\tr\n", "line 1: [ without ]"},
      {"a\tb\tchanged\tx\t-\tr\na\tb\tchanged\tx\t-\tr\n",
       "line 2: a second row for the same call"},
  };
  for (const Row& row : rows) {
    auto table = InverseTable::parse(row.table);
    ASSERT_FALSE(table.ok());
    EXPECT_EQ(table.error().message, row.error);
  }
}

TEST(InverseTable, ShipsWithManyCalls) {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR) + "/content/inverses.tsv");
  std::stringstream text;
  text << file.rdbuf();
  auto table = InverseTable::parse(text.str());
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_GE(table.value().size(), 250u);
}

}  // namespace
}  // namespace cairn::investigate
