#include "investigate/reach.h"

#include "base/hash.h"
#include "investigate/test_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cairn::investigate {
namespace {

constexpr std::string_view kTable =
    "iam\tCreateAccessKey\tcreated\tkey {responseElements.accessKey.accessKeyId}\t-\tr\n"
    "iam\tCreateUser\tcreated\tuser {responseElements.user.arn}\t-\tr\n"
    "iam\tCreateRole\tcreated\trole {responseElements.role.arn}\t-\tr\n"
    "iam\tCreateLoginProfile\tcreated\tpassword {requestParameters.userName}\t-\tr\n"
    "ec2\tRunInstances\tcreated\tinstance\t-\tr\n";
const std::string kAccount = "arn:aws:iam::111122223333:";

/// What one intruder does with what the first key made; each event has its letter as the id.
std::vector<TestRecord> intrusion() {
  std::vector<TestRecord> records = {
      user_call("dora", "AKIADORAEXAMPLE00001", "iam", "CreateAccessKey", "10:00:00",
                {{"responseElements.accessKey.accessKeyId", "AKIAEVEEXAMPLE000001"},
                 {"responseElements.accessKey.userName", "eve"}}),
      user_call("eve", "AKIAEVEEXAMPLE000001", "iam", "CreateUser", "10:01:00",
                {{"responseElements.user.arn", kAccount + "user/mallory"}}),
      user_call("mallory", "AKIAMALLORYEXAMPLE01", "s3", "DeleteBucket", "10:02:00"),
      user_call("eve", "AKIAEVEEXAMPLE000001", "sts", "AssumeRole", "10:03:00",
                {{"responseElements.credentials.accessKeyId", "ASIAOPSEXAMPLE000001"},
                 {"requestParameters.roleArn", kAccount + "role/ops"}}),
      // In the same second as the call that gave it, and read before it.
      role_call("ops", "s", "ASIAOPSEXAMPLE000001", "ec2", "RunInstances", "10:03:00",
                {{"responseElements.instancesSet.items.instanceId", "i-0abc"}}),
      role_call("web", "i-0abc", "ASIAWEB", "s3", "PutObject", "10:04:00"),
      user_call("eve", "AKIAEVEEXAMPLE000001", "iam", "CreateLoginProfile", "10:05:00",
                {{"requestParameters.userName", "max"}}),
      user_call("max", "ASIAMAX", "s3", "DeleteObject", "10:06:00"),
      // Their own keys and sessions, from before and beside.
      user_call("max", "AKIAMAX", "s3", "PutObject", "10:07:00"),
      user_call("eve", "AKIAOTHEREXAMPLE0001", "s3", "PutObject", "10:08:00"),
      role_call("ops", "t", "ASIAOTHEREXAMPLE0001", "s3", "PutObject", "10:09:00"),
      user_call("dora", "AKIADORAEXAMPLE00001", "iam", "CreateRole", "10:10:00",
                {{"responseElements.role.arn", kAccount + "role/back"}, {"errorCode", "Denied"}}),
      role_call("back", "b", "ASIABACK", "s3", "PutObject", "10:11:00"),
  };
  for (size_t i = 0; i < records.size(); ++i) {
    records[i]["eventID"] = std::string(1, static_cast<char>('a' + i));
    records[i]["readOnly"] = "false";
  }
  return records;
}

/// The letters of the events in reach, sorted.
std::string reach_of(const std::string& asked, const std::vector<TestRecord>& records,
                     size_t memory_bytes, std::vector<Reached>* reached = nullptr) {
  auto table = InverseTable::parse(kTable);
  EXPECT_TRUE(table.ok());
  auto subject = Subject::parse(asked);
  EXPECT_TRUE(subject.ok());
  TestEvents events;
  FakeFiles files;
  Gatherer gatherer(events.standard, events.own, nullptr, files, memory_bytes,
                    wanted_for_reach(table.value()));
  events.feed(records, [&](const Event& event, size_t) {
    gatherer.add(event, hash64(event.text(events.standard.event_id)));
  });
  std::string letters;
  Reach reach(subject.value(), table.value());
  Status done = reach.walk({&gatherer}, [&](const Act& act, bool in_reach, const RecordTree&) {
    if (in_reach && !act.looked) letters += act.event_id;
    return Status::success();
  });
  EXPECT_TRUE(done.ok());
  std::sort(letters.begin(), letters.end());
  if (reached != nullptr) *reached = reach.reached();
  return letters;
}

TEST(Reach, FollowsWhatWasMade) {
  struct Row {
    std::string asked, letters;
  };
  const Row rows[] = {
      {"AKIADORAEXAMPLE00001", "abcdefgh"},  // the refused CreateRole is no act, and made nothing
      {"dora", "abcdefgh"},                  //
      {"AKIAEVEEXAMPLE000001", "bcdefgh"},   // what it made, not who made it
      {"eve", "bcdefghj"},                   // with her other key
      {"mallory", "c"},                      //
      {"role/ops", "efk"},                   // every session of the role
      {"ASIAOPSEXAMPLE000001", "ef"},        // this one: the instance that it launched, too
      {"max", "hi"},                         //
      {"198.51.100.7", "abcdefghijkm"},
      {"nobody", ""},
  };
  std::vector<TestRecord> records = intrusion();
  std::mt19937 random(7);
  for (const Row& row : rows) {
    EXPECT_EQ(reach_of(row.asked, records, 1u << 20), row.letters) << row.asked;
    std::shuffle(records.begin(), records.end(), random);
    EXPECT_EQ(reach_of(row.asked, records, 2'000), row.letters) << row.asked << ", spilled";
  }
}

TEST(Reach, NamesWhatItFollowed) {
  std::vector<Reached> reached;
  reach_of("AKIADORAEXAMPLE00001", intrusion(), 1u << 20, &reached);
  std::vector<std::string> names;
  for (const Reached& one : reached) names.push_back(one.event_id + " " + one.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"a AKIAEVEEXAMPLE000001", "b " + kAccount + "user/mallory",
                                      "d ASIAOPSEXAMPLE000001", "e i-0abc", "g max"}));
}

}  // namespace
}  // namespace cairn::investigate
