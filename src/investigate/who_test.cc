#include "investigate/who.h"

#include "investigate/test_events.h"

#include <gtest/gtest.h>

namespace cairn::investigate {
namespace {

constexpr std::string_view kWords =
    "iam\tCreateUser\tuser {requestParameters.userName}\tcreated user "
    "{requestParameters.userName}\n"
    "iam\tCreateAccessKey\t[user {requestParameters.userName}]\tcreated an access key\n"
    "iam\tAttachRolePolicy\trole {requestParameters.roleName}\tattached a policy\n"
    "s3\tDeleteBucket\tbucket {requestParameters.bucketName}\tdeleted bucket "
    "{requestParameters.bucketName}\n";
const std::string kAccount = "arn:aws:iam::111122223333:";

WhoResult who_is(const std::string& asked, std::vector<TestRecord> records,
                 const FindingsAbout& findings = FindingsAbout()) {
  auto subject = Subject::parse(asked);
  EXPECT_TRUE(subject.ok());
  TestEvents events;
  auto identity_fields = identity::IdentityFields::intern_into(events.fields);
  auto words = detect::ActionWords::parse(kWords, events.fields);
  EXPECT_TRUE(words.ok());
  FakeFiles files;
  Gatherer gatherer(events.standard, events.own, &words.value(), files, 1u << 20, wanted_for_who());
  identity::Collector collector(events.standard, identity_fields, files, 1u << 20);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].insert({"eventID", std::string(1, static_cast<char>('a' + i))});
    records[i].insert({"readOnly", "false"});
  }
  events.feed(records, [&](const Event& event, size_t) {
    gatherer.add(event, hash64(event.text(events.standard.event_id)));
    collector.add(event);
  });
  auto log = identity::SessionLog::build({&collector});
  EXPECT_TRUE(log.ok());
  auto result = who(subject.value(), log.value(), {&gatherer}, findings, geo::Atlas());
  EXPECT_TRUE(result.ok());
  return std::move(result).value();
}

/// Dora takes a role, creates a user there and is refused; root gave her the key; max does as well.
std::vector<TestRecord> day() {
  TestRecord root = user_call("", "ASIAROOTEXAMPLE00001", "iam", "CreateAccessKey", "09:00:00",
                              {{"requestParameters.userName", "dora"},
                               {"responseElements.accessKey.userName", "dora"},
                               {"responseElements.accessKey.accessKeyId", "AKIADORAEXAMPLE00001"},
                               {"sourceIPAddress", "203.0.113.9"}});
  root["userIdentity.type"] = "Root";
  root["userIdentity.arn"] = kAccount + "root";
  root.erase("userIdentity.userName");
  return {
      root,
      user_call("dora", "AKIADORAEXAMPLE00001", "sts", "AssumeRole", "10:00:00",
                {{"requestParameters.roleArn", kAccount + "role/ops"},
                 {"requestParameters.roleSessionName", "d"},
                 {"responseElements.credentials.accessKeyId", "ASIAOPSEXAMPLE000001"},
                 {"readOnly", "true"}}),
      role_call("ops", "d", "ASIAOPSEXAMPLE000001", "iam", "CreateUser", "10:05:00",
                {{"requestParameters.userName", "eve"}}),
      role_call("ops", "d", "ASIAOPSEXAMPLE000001", "s3", "ListBuckets", "10:06:00",
                {{"errorCode", "AccessDenied"}, {"readOnly", "true"}}),
      user_call("max", "AKIAMAXEXAMPLE000001", "iam", "CreateUser", "11:00:00",
                {{"requestParameters.userName", "tom"}, {"sourceIPAddress", "192.0.2.1"}}),
      user_call("max", "AKIAMAXEXAMPLE000001", "iam", "AttachRolePolicy", "11:01:00",
                {{"requestParameters.roleName", "ops"}, {"sourceIPAddress", "192.0.2.1"}}),
  };
}

TEST(Who, SaysWhatItIsAndDid) {
  struct Row {
    std::string asked, is, active;
    std::vector<std::string> changed, done_to, calls;
  };
  const Row rows[] = {
      {"user/dora",
       kAccount + "user/dora",
       "3 events, 1 failed, 1 change, in 2 sessions",
       {"created user eve"},
       {"created an access key"},
       {"iam:CreateUser first here", "s3:ListBuckets nobody else", "sts:AssumeRole nobody else"}},
      {"ASIAOPSEXAMPLE000001",
       "a temporary access key of " + kAccount + "role/ops",
       "2 events, 1 failed, 1 change, in 1 session",
       {"created user eve"},
       {"called AssumeRole"},
       {"iam:CreateUser first here", "s3:ListBuckets nobody else"}},
      {"AKIADORAEXAMPLE00001",
       "a long-lived access key of " + kAccount + "user/dora",
       "3 events, 1 failed, 1 change, in 2 sessions",
       {"created user eve"},
       {},
       {"iam:CreateUser first here", "s3:ListBuckets nobody else", "sts:AssumeRole nobody else"}},
      {"role/ops",
       kAccount + "role/ops",
       "2 events, 1 failed, 1 change, in 1 session",
       {"created user eve"},
       {"attached a policy"},
       {"iam:CreateUser first here", "s3:ListBuckets nobody else"}},
      {"192.0.2.1",
       "a source address",
       "2 events, 0 failed, 2 changes, in 1 session",
       {"created user tom", "attached a policy"},
       {},
       {"iam:AttachRolePolicy nobody else", "iam:CreateUser "}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.asked);
    WhoResult result = who_is(row.asked, day());
    ASSERT_TRUE(result.found);
    EXPECT_EQ(part_of(result.sheet, "is"), std::vector<std::string>{row.is});
    std::string active = part_of(result.sheet, "active").at(0);
    EXPECT_EQ(active.substr(0, row.active.size()), row.active);
    auto column = [&](const std::string& name, size_t index) {
      std::vector<std::string> texts;
      for (const SheetPart& part : result.sheet.parts)
        if (part.name == name)
          for (const auto& one : part.rows) texts.push_back(one.at(index));
      return texts;
    };
    EXPECT_EQ(column("changed", 2), row.changed);
    EXPECT_EQ(column("done_to_it", 1), row.done_to);
    std::vector<std::string> calls = column("calls", 0), marks = column("calls", 3);
    for (size_t i = 0; i < calls.size(); ++i) calls[i] += " " + marks[i];
    EXPECT_EQ(calls, row.calls);
  }
}

TEST(Who, TellsOriginsAndErrors) {
  Sheet sheet = who_is("role/ops", day()).sheet;
  EXPECT_EQ(
      part_of(sheet, "origins"),
      (std::vector<std::string>{kAccount + "user/dora|user|yes|1|2||AssumeRole of role/ops as "
                                           "d by user/dora at 2024-06-03T10:00:00Z (b)"}));
  EXPECT_EQ(part_of(sheet, "failed"),
            (std::vector<std::string>{
                "2024-06-03T10:06:00Z|s3:ListBuckets|AccessDenied|1|2024-06-03T10:06:00Z|d"}));
}

TEST(Who, CountsACopyOnceAmongChanges) {
  std::vector<TestRecord> records = day();
  records[2]["eventID"] = "c";
  records.push_back(records[2]);
  Sheet sheet = who_is("role/ops", records).sheet;
  EXPECT_EQ(part_of(sheet, "active").at(0).substr(0, 27), "3 events, 1 failed, 1 chang");
  ASSERT_EQ(part_of(sheet, "changes").size(), 1u);
}

TEST(Who, FindsWhatNamesIt) {
  FindingsAbout findings;
  auto offer = [&](const std::string& code, const std::string& principal, const std::string& key,
                   const std::string& target, const std::string& address) {
    Finding finding;
    finding.principal = principal;
    finding.source_ips = {address};
    finding.targets = {target};
    finding.samples.emplace_back();
    finding.samples[0].access_key = key;
    RuleInfo rule;
    rule.code = code;
    findings.offer(finding, rule);
  };
  offer("BY", kAccount + "user/dora", "AKIADORAEXAMPLE00001", "user eve", "198.51.100.7");
  offer("KEY", kAccount + "role/ops", "ASIAOPSEXAMPLE000001", "user eve", "198.51.100.7");
  offer("ABOUT", kAccount + "user/max", "AKIAMAXEXAMPLE000001", "user dora", "192.0.2.1");
  offer("OTHER", kAccount + "user/max", "AKIAMAXEXAMPLE000001", "user dorabel", "192.0.2.1");
  struct Row {
    std::string asked, codes;
  };
  const Row rows[] = {{"user/dora", "BY KEY ABOUT "},
                      {"role/ops", "KEY "},
                      {"user/max", "ABOUT OTHER "},
                      {"192.0.2.1", "ABOUT OTHER "}};
  for (const Row& row : rows) {
    std::string codes;
    for (const SheetPart& part : who_is(row.asked, day(), findings).sheet.parts)
      if (part.name == "findings")
        for (const auto& one : part.rows) codes += one[2] + " ";
    EXPECT_EQ(codes, row.codes) << row.asked;
  }
}

TEST(Who, NamesWhatIsNear) {
  WhoResult result = who_is("dorra", day());
  EXPECT_FALSE(result.found);
  EXPECT_EQ(result.near.front(), "user/dora");
}

}  // namespace
}  // namespace cairn::investigate
