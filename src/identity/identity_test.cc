#include "identity/identity.h"

#include "model/event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

namespace cairn::identity {
namespace {

using Record = std::map<std::string, std::string>;

/// Counts scratch files: an answer out of memory proves nothing about spilling.
class CountingFiles : public FakeFiles {
 public:
  size_t made = 0;
  Result<std::unique_ptr<ScratchFile>> scratch() override {
    ++made;
    return FakeFiles::scratch();
  }
};

/// Reads records made of paths and texts, and gives what the log says of each session.
class World {
 public:
  World() { fields_.freeze(); }

  std::map<std::string, Session> read(const std::vector<Record>& records, size_t workers = 1,
                                      size_t memory_bytes = 1u << 20) {
    std::deque<Collector> collectors;
    std::vector<Collector*> all;
    for (size_t i = 0; i < workers; ++i)
      all.push_back(&collectors.emplace_back(standard_, identity_, files_, memory_bytes));
    Event event(fields_);
    for (size_t i = 0; i < records.size(); ++i) {
      event.begin("{}", 0, nullptr);
      for (const auto& [path, text] : records[i])
        if (auto slot = fields_.find(path)) event.add(*slot, {text, FieldKind::kString});
      if (auto time = records[i].find("eventTime"); time != records[i].end())
        event.set_time(*parse_event_time(time->second));
      all[i % workers]->add(event);
    }
    // Settled or not makes no difference; what went wrong is told by build().
    for (size_t i = 1; i < workers; i += 2) (void)all[i]->settle().ok();
    std::map<std::string, Session> sessions;
    status_ = {};
    auto log = SessionLog::build(all);
    if (!log.ok()) status_ = log.error();
    if (!log.ok()) return {};
    std::map<uint64_t, std::string> keys;
    status_ = log.value().for_each([&](uint64_t handle, Session&& session) {
      std::string key =
          session.access_key.empty() ? session.principal + "|" + session.name : session.access_key;
      keys[handle] = key;
      sessions[key] = std::move(session);
      return Status::success();
    });
    if (status_.ok() && files_.fail_after < 0) expect_same_unordered(log.value(), keys, sessions);
    return sessions;
  }

  /// Half of the sessions, read by several threads, are the same as in order.
  static void expect_same_unordered(const SessionLog& log,
                                    const std::map<uint64_t, std::string>& keys,
                                    const std::map<std::string, Session>& sessions) {
    auto wanted = [](uint64_t handle) { return handle % 2 == 0; };
    size_t seen = 0;
    Status done = log.for_each_unordered(wanted, [&](uint64_t handle, Session&& session) {
      EXPECT_TRUE(wanted(handle));
      const Session& expected = sessions.at(keys.at(handle));
      EXPECT_EQ(session.events, expected.events);
      EXPECT_EQ(session.origin.name, expected.origin.name);
      EXPECT_EQ(session.source_ips.size(), expected.source_ips.size());
      ++seen;
      return Status::success();
    });
    EXPECT_TRUE(done.ok());
    EXPECT_EQ(seen,
              static_cast<size_t>(std::count_if(
                  keys.begin(), keys.end(), [&](const auto& key) { return wanted(key.first); })));
  }
  const Status& status() const { return status_; }
  CountingFiles& files() { return files_; }

 private:
  CountingFiles files_;
  Status status_;
  FieldTable fields_;
  StandardFields standard_ = StandardFields::intern_into(fields_);
  IdentityFields identity_ = IdentityFields::intern_into(fields_);
};

const std::string kRole = "arn:aws:iam::111122223333:role/";

Record call(Record record, const std::string& name,
            const std::string& time = "2024-06-03T10:00:00Z") {
  record["eventName"] = name;
  record["eventTime"] = time;
  record["recipientAccountId"] = "111122223333";
  return record;
}
Record role(const std::string& name, const std::string& session, const std::string& key) {
  return {{"userIdentity.type", "AssumedRole"},
          {"userIdentity.principalId", "AROAEXAMPLE:" + session},
          {"userIdentity.accountId", "111122223333"},
          {"userIdentity.accessKeyId", key},
          {"userIdentity.arn", "arn:aws:sts::111122223333:assumed-role/" + name + "/" + session},
          {"userIdentity.sessionContext.sessionIssuer.arn", kRole + name}};
}
Record user(const std::string& name, const std::string& key) {
  return {{"userIdentity.type", "IAMUser"},
          {"userIdentity.accountId", "111122223333"},
          {"userIdentity.accessKeyId", key},
          {"userIdentity.userName", name},
          {"userIdentity.arn", "arn:aws:iam::111122223333:user/" + name}};
}
Record service(const std::string& name) {
  return {{"userIdentity.type", "AWSService"}, {"userIdentity.invokedBy", name}};
}
Record issuing(Record record, const std::string& key, const std::string& role_name,
               const std::string& session, const std::string& method = "AssumeRole") {
  record = call(std::move(record), method, "2024-06-03T09:00:00Z");
  record["responseElements.credentials.accessKeyId"] = key;
  record["requestParameters.roleArn"] = kRole + role_name;
  record["requestParameters.roleSessionName"] = session;
  record["eventID"] = "issued-" + key;
  return record;
}

TEST(Identity, TellsWhoIsBehindASession) {
  struct Row {
    const char* what;
    std::vector<Record> records;  // the session asked for is that of the last
    OriginKind kind;
    std::string name;
    bool certain;
    size_t steps = 0;
    std::string because = "";
  };
  Record web = {{"userIdentity.type", "WebIdentityUser"},
                {"userIdentity.userName", "repo:acme/app:ref:refs/heads/main"},
                {"userIdentity.identityProvider",
                 "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}};
  Record saml = {{"userIdentity.type", "SAMLUser"}, {"userIdentity.userName", "maya@example.com"}};
  Record outside = {{"userIdentity.type", "AWSAccount"},
                    {"userIdentity.accountId", "999988887777"},
                    {"userIdentity.principalId", "AIDAOUTSIDE"}};
  Record inside = outside;
  inside["userIdentity.accountId"] = "111122223333";
  Record console = user("maya", "ASIACONSOLE");
  console["userIdentity.sessionContext.attributes.creationDate"] = "2024-06-03T09:00:10Z";
  Record sign_in = call(user("maya", ""), "ConsoleLogin", "2024-06-03T09:00:00Z");
  sign_in["responseElements.ConsoleLogin"] = "Success";
  sign_in["additionalEventData.MFAUsed"] = "Yes";
  Record late_sign_in = sign_in;
  late_sign_in["eventTime"] = "2024-06-03T19:00:00Z";
  Record delivered = role("web", "i-0123456789abcdef0", "ASIAWEB");
  delivered["userIdentity.sessionContext.ec2RoleDelivery"] = "2.0";
  Record scoped = role("api", "api", "ASIAAPI");
  scoped["userIdentity.inScopeOf.credentialsIssuedTo"] =
      "arn:aws:lambda:eu-west-1:111122223333:function:api";
  Record sourced = role("ops", "x", "ASIAOPS");
  sourced["userIdentity.sessionContext.sourceIdentity"] = "maya";
  Record reserved = role("AWSReservedSSO_Admin_0123456789abcdef", "maya@example.com", "ASIASSO");
  Record linked =
      role("aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "c", "ASIACFG");
  const std::string missing = "the call that issued its credential is not in these logs";

  const Row rows[] = {
      {"long-lived key",
       {call(user("ci", "AKIACI"), "ListBuckets")},
       OriginKind::kUser,
       "arn:aws:iam::111122223333:user/ci",
       true},
      {"role by a key",
       {issuing(user("ci", "AKIACI"), "ASIA1", "deploy", "ci"),
        call(role("deploy", "ci", "ASIA1"), "X")},
       OriginKind::kUser,
       "arn:aws:iam::111122223333:user/ci",
       true,
       1},
      {"two roles, use before the calls",
       {call(role("b", "s", "ASIA2"), "X"), issuing(role("a", "s", "ASIA1"), "ASIA2", "b", "s"),
        issuing(saml, "ASIA1", "a", "s", "AssumeRoleWithSAML"), call(role("b", "s", "ASIA2"), "X")},
       OriginKind::kHuman,
       "maya@example.com",
       true,
       2},
      {"build",
       {issuing(web, "ASIA1", "d", "GitHubActions", "AssumeRoleWithWebIdentity"),
        call(role("d", "GitHubActions", "ASIA1"), "X")},
       OriginKind::kWorkload,
       "repo:acme/app:ref:refs/heads/main at token.actions.githubusercontent.com",
       true,
       1},
      {"instance",
       {issuing(service("ec2.amazonaws.com"), "ASIA1", "web", "i-0123456789abcdef0"),
        call(role("web", "i-0123456789abcdef0", "ASIA1"), "X")},
       OriginKind::kWorkload,
       "instance i-0123456789abcdef0 with role/web",
       true,
       1},
      {"service for itself",
       {issuing(service("config.amazonaws.com"), "ASIA1",
                "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "c"),
        call(role("aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "c", "ASIA1"),
             "X")},
       OriginKind::kService,
       "config.amazonaws.com",
       true,
       1},
      {"AWS service",
       {call(service("ec2.amazonaws.com"), "X")},
       OriginKind::kService,
       "ec2.amazonaws.com",
       true},
      {"outside account",
       {call(outside, "GetObject")},
       OriginKind::kOutside,
       "account:999988887777/AIDAOUTSIDE",
       true},
      {"anonymous",
       {call({{"userIdentity.type", "AWSAccount"},
              {"userIdentity.accountId", "ANONYMOUS_PRINCIPAL"},
              {"userIdentity.principalId", ""}},
             "GetObject")},
       OriginKind::kUnknown,
       "anonymous",
       false,
       0,
       "the call was not signed"},
      {"root, used by a service",
       {call({{"userIdentity.type", "Root"},
              {"userIdentity.accountId", "111122223333"},
              {"userIdentity.arn", "arn:aws:iam::111122223333:root"}},
             "ConsoleLogin"),
        call({{"userIdentity.type", "Root"},
              {"userIdentity.accountId", "111122223333"},
              {"userIdentity.arn", "arn:aws:iam::111122223333:root"},
              {"userIdentity.invokedBy", "autoscaling.amazonaws.com"}},
             "RunInstances")},
       OriginKind::kService,
       "autoscaling.amazonaws.com",
       true},
      {"role given to an outside account",
       {issuing(outside, "ASIA1", "partner", "p"), call(role("partner", "p", "ASIA1"), "X")},
       OriginKind::kOutside,
       "account:999988887777/AIDAOUTSIDE",
       true,
       1},
      {"another account's record says more",
       {issuing(inside, "ASIA1", "ops", "dora"),
        issuing(user("dora", "AKIADORA"), "ASIA1", "ops", "dora"),
        call(role("ops", "dora", "ASIA1"), "X")},
       OriginKind::kUser,
       "arn:aws:iam::111122223333:user/dora",
       true,
       1},
      {"own account without its record",
       {call(inside, "AssumeRole")},
       OriginKind::kUnknown,
       "account:111122223333/AIDAOUTSIDE",
       false,
       0,
       "the caller's own record of this call is not in these logs"},
      {"console session",
       {sign_in, call(console, "X")},
       OriginKind::kHuman,
       "arn:aws:iam::111122223333:user/maya",
       true,
       1},
      {"console session of another day's sign-in",
       {late_sign_in, call(console, "X")},
       OriginKind::kUser,
       "arn:aws:iam::111122223333:user/maya",
       true},
      {"key of one who also signs in",
       {sign_in, call(user("maya", "AKIAMAYA"), "X")},
       OriginKind::kUser,
       "arn:aws:iam::111122223333:user/maya",
       true},
      {"Identity Center", {call(reserved, "X")}, OriginKind::kHuman, "maya@example.com", true},
      {"Identity Center's own call",
       {issuing(reserved, "ASIASSO", "r", "s", "AssumeRoleWithSAML"), call(reserved, "X")},
       OriginKind::kHuman,
       "maya@example.com",
       true},
      {"service-linked role",
       {call(linked, "X")},
       OriginKind::kService,
       "config.amazonaws.com",
       true},
      {"delivered to an instance",
       {call(delivered, "X")},
       OriginKind::kWorkload,
       "instance i-0123456789abcdef0 with role/web",
       true},
      {"issued to a function",
       {call(scoped, "X")},
       OriginKind::kWorkload,
       "arn:aws:lambda:eu-west-1:111122223333:function:api with role/api",
       true},
      {"named like an instance",
       {call(role("web", "i-0123456789abcdef0", "ASIAX"), "X")},
       OriginKind::kWorkload,
       "instance i-0123456789abcdef0 with role/web",
       false,
       0,
       missing + "; the session is named like an instance, which anybody could do"},
      {"source identity",
       {call(sourced, "X")},
       OriginKind::kUnknown,
       "maya",
       false,
       0,
       missing + "; its first caller gave this source identity"},
      {"nothing known",
       {call(role("ops", "botocore-session-1", "ASIAX"), "X")},
       OriginKind::kUnknown,
       "role/ops as botocore-session-1",
       false,
       0,
       missing},
      {"a circle",
       {issuing(role("a", "s", "ASIA1"), "ASIA2", "b", "s"),
        issuing(role("b", "s", "ASIA2"), "ASIA1", "a", "s"), call(role("a", "s", "ASIA1"), "X")},
       OriginKind::kUnknown,
       "arn:aws:iam::111122223333:role/a",
       false,
       0,
       "the chain of calls that issued credentials does not end"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    World world;
    const Record& last = row.records.back();
    auto sessions = world.read(row.records);
    ASSERT_TRUE(world.status().ok());
    auto key = last.find("userIdentity.accessKeyId");
    const Session* session = nullptr;
    for (const auto& [name, candidate] : sessions)
      if (key == last.end() ? candidate.access_key.empty() : candidate.access_key == key->second)
        session = &candidate;
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(name_of(session->origin.kind), name_of(row.kind));
    EXPECT_EQ(session->origin.name, row.name);
    EXPECT_EQ(session->origin.certain, row.certain);
    EXPECT_EQ(session->origin.because, row.because);
    EXPECT_EQ(session->origin.steps.size(), row.steps);
  }
}

TEST(Identity, StepsBeginAtTheOrigin) {
  World world;
  auto sessions = world.read({issuing(user("dora", "AKIADORA"), "ASIA1", "a", "first"),
                              issuing(role("a", "first", "ASIA1"), "ASIA2", "b", "second"),
                              call(role("b", "second", "ASIA2"), "X")});
  const Origin& origin = sessions.at("ASIA2").origin;
  ASSERT_EQ(origin.steps.size(), 2u);
  EXPECT_EQ(origin.steps[0].words, "AssumeRole of role/a as first by user/dora");
  EXPECT_EQ(origin.steps[0].event_id, "issued-ASIA1");
  EXPECT_EQ(origin.steps[1].words, "AssumeRole of role/b as second by role/a as first");
}

/// A key, a user, a role and a password made by one session, and used by others.
TEST(Identity, TellsWhoMadeACredential) {
  auto made = [](const std::string& name, Record more) {
    Record record = call(user("maya", "AKIAMAYA"), name, "2024-06-03T08:00:00Z");
    record["eventID"] = "made-by-" + name;
    record.insert(more.begin(), more.end());
    return record;
  };
  Record failed = made("CreateUser", {{"errorCode", "AccessDenied"}});
  Record password = made("CreateLoginProfile", {{"requestParameters.userName", "eve"}});
  std::vector<Record> records = {
      made("CreateAccessKey", {{"responseElements.accessKey.accessKeyId", "AKIAEVE"},
                               {"responseElements.accessKey.userName", "eve"}}),
      made("CreateUser", {{"responseElements.user.arn", "arn:aws:iam::111122223333:user/eve"}}),
      made("CreateRole", {{"responseElements.role.arn", kRole + "back"}}),
      password,
      password,  // a copy
      failed,
      issuing(user("eve", "AKIAEVE"), "ASIA1", "back", "s"),
      call(user("eve", "AKIAEVE"), "X"),
      call(role("back", "s", "ASIA1"), "X")};
  World world;
  auto sessions = world.read(records);
  auto ids = [](const Session& session) {
    std::vector<std::string> list;
    for (const Making& making : session.makings) list.push_back(making.event_id);
    std::sort(list.begin(), list.end());
    return list;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(ids(sessions.at("AKIAEVE")),
            (List{"made-by-CreateAccessKey", "made-by-CreateLoginProfile", "made-by-CreateUser"}));
  EXPECT_EQ(ids(sessions.at("ASIA1")),
            (List{"made-by-CreateAccessKey", "made-by-CreateLoginProfile", "made-by-CreateRole",
                  "made-by-CreateUser"}));
  EXPECT_EQ(ids(sessions.at("AKIAMAYA")), List{});
  EXPECT_EQ(sessions.at("ASIA1").root, handle_of("AKIAEVE", "", ""));
  EXPECT_EQ(sessions.at("ASIA1").makings[0].maker, handle_of("AKIAMAYA", "", ""));
  EXPECT_EQ(sessions.at("ASIA1").origin.account, "111122223333");
}

/// Chains of sessions, with more addresses than a session lists.
std::vector<Record> chains() {
  std::vector<Record> records;
  for (int i = 0; i < 400; ++i) {
    std::string n = std::to_string(i);
    records.push_back(issuing(
        i % 3 == 0 ? user("u" + n, "AKIA" + n) : role("r", "s", "ASIA" + std::to_string(i - 1)),
        "ASIA" + n, "r", "s"));
    Record use = call(role("r", "s", "ASIA" + n), "X");
    use["sourceIPAddress"] = "198.51.100." + std::to_string(i % 200);
    use["readOnly"] = i % 2 == 0 ? "false" : "true";
    records.push_back(use);
    records.push_back(use);
  }
  return records;
}

std::vector<std::string> told(const std::map<std::string, Session>& sessions) {
  std::vector<std::string> lines;
  for (const auto& [key, s] : sessions) {
    std::string line = key + " " + s.origin.name + " " + std::to_string(s.events) + " " +
                       std::to_string(s.writes) + " " + std::to_string(s.origin.steps.size());
    for (const Used& used : s.source_ips)
      line += " " + used.value + "x" + std::to_string(used.events);
    lines.push_back(line);
  }
  return lines;
}

TEST(Identity, OrderWorkersAndMemoryChangeNothing) {
  std::vector<Record> records = chains();
  World world;
  auto expected = told(world.read(records));
  EXPECT_EQ(expected.size(), 400u + 134u);
  EXPECT_EQ(world.files().made, 0u);
  std::mt19937 random(3);
  for (size_t workers : {1u, 3u}) {
    std::shuffle(records.begin(), records.end(), random);
    EXPECT_EQ(told(world.read(records, workers, 40'000)), expected) << workers << " workers";
    EXPECT_TRUE(world.status().ok());
    EXPECT_GT(world.files().made, 0u) << workers << " workers";
    world.files().made = 0;
  }
}

/// Every operation on scratch files fails once: an error, never an answer that lacks something.
TEST(Identity, SaysWhenScratchFilesFail) {
  std::vector<Record> records = chains();
  World whole;
  auto expected = told(whole.read(records));
  size_t failures = 0;
  for (int at = 0; at < 500; ++at) {
    World world;
    world.files().fail_after = at;
    auto sessions = told(world.read(records, 2, 40'000));
    if (world.status().ok()) {
      EXPECT_EQ(sessions, expected);
      break;
    }
    ++failures;
    EXPECT_EQ(world.status().error().code, ErrorCode::kUnavailable) << at;
  }
  EXPECT_GT(failures, 2u);
  EXPECT_LT(failures, 500u);
}

}  // namespace
}  // namespace cairn::identity
