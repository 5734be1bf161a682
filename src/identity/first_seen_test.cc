#include "identity/first_seen.h"

#include "model/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::identity {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Timestamp day(int days) { return Timestamp(Duration(0)) + std::chrono::hours(24 * days); }

/// Values with the day of their first event.
struct Seen {
  const char* value;
  int first;
};
std::vector<Used> used(const std::vector<Seen>& values) {
  std::vector<Used> list;
  for (const Seen& seen : values) list.push_back({seen.value, 1, true, day(seen.first)});
  return list;
}

Session session_of(const char* principal, int first, uint64_t events, std::vector<Used> addresses) {
  Session session;
  session.account = "111122223333";
  session.principal = std::string("arn:aws:iam::111122223333:") + principal;
  session.origin.name = session.principal;
  session.events = events;
  session.time_known = true;
  session.first = session.last = day(first);
  session.source_ips = std::move(addresses);
  return session;
}

/// Marks of the last session.
std::vector<std::string> marks_of(const std::vector<Session>& sessions,
                                  const geo::Atlas& atlas = geo::Atlas()) {
  FirstSeen first_seen(atlas);
  first_seen.ask(sessions.back());
  for (const Session& session : sessions) first_seen.learn(session);
  return first_seen.marks(sessions.back());
}

TEST(FirstSeen, TellsTheWidestThatNeverHadIt) {
  Session old_one = session_of("user/alice", 0, 100, used({{"198.51.100.1", 0}}));
  Session other = session_of("user/bob", 0, 100, used({{"198.51.100.9", 0}}));
  EXPECT_THAT(
      marks_of({old_one, other, session_of("user/alice", 6, 2, used({{"203.0.113.5", 6}}))}),
      ElementsAre("address 203.0.113.5 first seen in account 111122223333, known for 6 days"));
  // Bob was there before: it is new for Alice only.
  EXPECT_THAT(
      marks_of({old_one, other, session_of("user/alice", 6, 2, used({{"198.51.100.9", 6}}))}),
      ElementsAre("address 198.51.100.9 first seen for user/alice, known for 6 days"));
  EXPECT_THAT(
      marks_of({old_one, other, session_of("user/alice", 6, 2, used({{"198.51.100.1", 6}}))}),
      IsEmpty());
}

TEST(FirstSeen, LearnsFirst) {
  struct Row {
    const char* what;
    int old_day, new_day;
    uint64_t old_events;
    size_t marks;
  };
  const std::vector<Row> rows = {{"a day and fifty events", 0, 1, 51, 1},
                                 {"the same day", 0, 0, 1000, 0},
                                 {"too few events", 0, 5, 40, 0}};
  for (const Row& row : rows) {
    auto marks = marks_of(
        {session_of("user/alice", row.old_day, row.old_events, used({{"198.51.100.1", 0}})),
         session_of("user/alice", row.new_day, 1, used({{"203.0.113.5", row.new_day}}))});
    EXPECT_EQ(marks.size(), row.marks) << row.what;
  }
}

/// Services without regions name one region in every record.
TEST(FirstSeen, PassesOverRegionsOfServicesWithoutRegions) {
  struct Row {
    std::vector<Seen> services;
    const char* region;
    std::vector<std::string> marks;
  };
  const std::string news = "region us-east-1 first seen in account 111122223333, known for 6 days";
  const std::vector<Row> rows = {
      {{{"iam.amazonaws.com", 6}}, "us-east-1", {}},
      {{{"ec2.amazonaws.com", 6}}, "us-east-1", {news}},
      {{{"iam.amazonaws.com", 6}},
       "sa-east-1",
       {"region sa-east-1 first seen in account 111122223333, known for 6 days"}},
  };
  for (const Row& row : rows) {
    Session old_one = session_of("user/alice", 0, 100, {});
    old_one.services = used({{"iam.amazonaws.com", 0}, {"ec2.amazonaws.com", 0}});
    old_one.regions = used({{"eu-west-1", 0}});
    Session session = session_of("user/alice", 6, 2, {});
    session.services = used(row.services);
    session.regions = used({{row.region, 6}});
    EXPECT_EQ(marks_of({old_one, session}), row.marks) << row.region;
  }
}

/// A key that is used for weeks is one session: what changes within it is told.
TEST(FirstSeen, MarksWithinOneSession) {
  EXPECT_THAT(
      marks_of({session_of("user/ci", 0, 500, used({{"198.51.100.1", 0}, {"203.0.113.5", 3}}))}),
      ElementsAre("address 203.0.113.5 first seen in account 111122223333, known for 3 days"));
}

/// A session lists its busiest values only; what it rarely used was seen all the same.
TEST(FirstSeen, LearnsWhatASessionRarelyUsed) {
  FakeFiles files;
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  IdentityFields identity = IdentityFields::intern_into(fields);
  fields.freeze();
  Collector collector(standard, identity, files, 1u << 20);
  auto add = [&](const char* key, const std::string& address, int on) {
    Event event(fields);
    event.begin("{}", 0, nullptr);
    event.add(standard.identity_access_key, {key, FieldKind::kString});
    event.add(standard.recipient_account, {"111122223333", FieldKind::kString});
    event.add(standard.source_ip, {address, FieldKind::kString});
    event.set_time(day(on));
    collector.add(event);
  };
  const std::string rare = "203.0.113.5", odd = "203.0.113.6";
  add("AKIAOLD", rare, 0);
  for (size_t i = 0; i < 2 * kListed; ++i)
    for (int times = 0; times < 3; ++times) add("AKIAOLD", "198.51.100." + std::to_string(i), 0);
  add("AKIANEW", rare, 6);
  add("AKIANEW", odd, 6);
  auto log = SessionLog::build({&collector});
  ASSERT_TRUE(log.ok());
  geo::Atlas atlas;
  FirstSeen first_seen(atlas);
  std::vector<std::string> marks;
  auto of_new = [&](const std::function<void(const Session&)>& visit) {
    EXPECT_TRUE(log.value()
                    .for_each([&](uint64_t, Session&& session) -> Status {
                      if (session.access_key == "AKIANEW") visit(session);
                      return {};
                    })
                    .ok());
  };
  of_new([&](const Session& session) { first_seen.ask(session); });
  ASSERT_TRUE(first_seen.learn_all(log.value()).ok());
  of_new([&](const Session& session) { marks = first_seen.marks(session); });
  EXPECT_THAT(marks, ElementsAre("address " + odd +
                                 " first seen in account 111122223333, known for 6 days"));
}

TEST(FirstSeen, MarksClientsRegionsAndServices) {
  Session old_one = session_of("user/alice", 0, 100, {});
  old_one.user_agents = used({{"Boto3/1.26.1 Python/3.10", 0}});
  old_one.regions = used({{"eu-west-1", 0}});
  old_one.services = used({{"s3.amazonaws.com", 0}});
  Session new_one = session_of("user/alice", 2, 3, used({{"10.0.0.9", 2}, {"AWS Internal", 2}}));
  new_one.user_agents = used({{"Boto3/1.34.0 Python/3.12", 2}, {"aws-cli/2.1", 2}});
  new_one.regions = used({{"eu-west-1", 2}, {"sa-east-1", 2}});
  new_one.services = used({{"s3.amazonaws.com", 2}, {"iam.amazonaws.com", 2}});
  const std::string tail = " first seen in account 111122223333, known for 2 days";
  EXPECT_THAT(
      marks_of({old_one, new_one}),
      ElementsAre("client aws-cli" + tail, "region sa-east-1" + tail, "service iam" + tail));
}

TEST(FirstSeen, ACountrySaysItsAddressesToo) {
  std::string folder = std::string(CAIRN_SOURCE_DIR) + "/src/geo/testdata/";
  auto atlas = geo::Atlas::open({folder + "flat.mmdb", folder + "asn.mmdb"});
  ASSERT_TRUE(atlas.ok());
  Session old_one = session_of("user/alice", 0, 100, used({{"1.1.1.1", 0}}));
  EXPECT_THAT(marks_of({old_one, session_of("user/alice", 2, 1, used({{"2001:200::1", 2}}))},
                       atlas.value()),
              ElementsAre("country JP first seen in account 111122223333, known for 2 days"));
  EXPECT_THAT(
      marks_of({old_one, session_of("user/alice", 2, 1, used({{"1.1.1.2", 2}}))}, atlas.value()),
      ElementsAre("address 1.1.1.2 first seen in account 111122223333, known for 2 days"));
}

}  // namespace
}  // namespace cairn::identity
