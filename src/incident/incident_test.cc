#include "incident/incident.h"

#include "model/event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

namespace cairn::incident {
namespace {

enum RuleIndex : uint32_t { kTool, kUser, kKey, kTrail, kTag, kSecrets, kSignIn, kJoined, kDesk };

RuleInfo rule(std::string code, Level level, std::string title, std::vector<std::string> tags,
              bool names_calls = true) {
  RuleInfo info;
  info.id = info.code = std::move(code);
  info.level = level;
  info.title = std::move(title);
  info.tags = std::move(tags);
  if (names_calls) info.needed_event_names = {"x"};
  return info;
}

/// What one test reads: each event with the rules that report it.
struct Reported {
  std::string time, key, user, name, words, target, error, ip = "203.0.113.7";
  std::vector<uint32_t> rules;
  std::string made;  // access key id that the call made
};

std::string arn_of(const std::string& user) {
  return "arn:aws:iam::111122223333:" + (user == "root" ? user : "user/" + user);
}

class World {
 public:
  World() {
    fields_.freeze();
    Correlation joined;
    joined.kind = Correlation::Kind::kTemporal;
    joined.rule = kJoined;
    joined.sources.resize(2);
    correlations_ = {joined};
  }

  /// Reads the events in this order through two collectors, as files would come.
  Incidents read(const std::vector<Reported>& events, size_t memory_bytes = 1u << 20) {
    identity::Collector one(standard_, identity_, files_, 1u << 20),
        two(standard_, identity_, files_, 1u << 20);
    Event event(fields_);
    for (size_t i = 0; i < events.size(); ++i) {
      std::map<std::string, std::string> record = record_of(events[i]);
      event.begin("{}", 0, nullptr);
      for (const auto& [path, text] : record)
        if (auto slot = fields_.find(path)) event.add(*slot, {text, FieldKind::kString});
      event.set_time(*parse_event_time(events[i].time));
      (i % 2 == 0 ? one : two).add(event);
    }
    auto log = identity::SessionLog::build({&one, &two});
    EXPECT_TRUE(log.ok());
    // The detector hands events over by time, then eventID.
    std::vector<Reported> sorted = events;
    std::sort(sorted.begin(), sorted.end(), [](const Reported& a, const Reported& b) {
      return std::pair(a.time, id_of(a)) < std::pair(b.time, id_of(b));
    });
    Builder builder(rules, correlations_, memory_bytes);
    for (const Reported& one_event : sorted)
      if (!one_event.rules.empty()) builder.add(one_event.rules, summary_of(one_event));
    auto incidents = builder.finish(log.value(), geo::Atlas());
    EXPECT_TRUE(incidents.ok());
    return std::move(incidents).value();
  }

  static std::string id_of(const Reported& event) { return event.name + "@" + event.time; }

  std::vector<RuleInfo> rules = {
      rule("TOOL", Level::kHigh, "An attack tool called", {"attack.discovery"}, false),
      rule("USER", Level::kMedium, "A user was made", {"attack.persistence", "attack.t1136.003"}),
      rule("KEY", Level::kHigh, "A key was made", {"attack.persistence", "attack.t1098.001"}),
      rule("TRAIL", Level::kHigh, "A trail was stopped",
           {"attack.defense-evasion", "attack.t1562.008"}),
      rule("TAG", Level::kLow, "A tag was changed", {}),
      rule("SECRETS", Level::kMedium, "Secrets", {"attack.credential-access", "attack.t1555.006"}),
      rule("SIGNIN", Level::kMedium, "A console sign-in succeeded without MFA",
           {"attack.initial-access", "attack.t1078.004"}),
      rule("JOINED", Level::kCritical, "A user was made and given a key", {"attack.impact"}),
      rule("DESK", Level::kMedium, "A workload sat at a desk", {}, false)};

 private:
  static std::map<std::string, std::string> record_of(const Reported& event) {
    std::map<std::string, std::string> record = {{"userIdentity.type", "IAMUser"},
                                                 {"userIdentity.accountId", "111122223333"},
                                                 {"recipientAccountId", "111122223333"},
                                                 {"userIdentity.accessKeyId", event.key},
                                                 {"userIdentity.userName", event.user},
                                                 {"userIdentity.arn", arn_of(event.user)},
                                                 {"eventName", event.name},
                                                 {"eventID", id_of(event)},
                                                 {"sourceIPAddress", event.ip}};
    if (!event.made.empty()) record["responseElements.accessKey.accessKeyId"] = event.made;
    if (event.user == "root") {
      record["userIdentity.type"] = "Root";
      record.erase("userIdentity.userName");
    }
    return record;
  }
  static EventSummary summary_of(const Reported& event) {
    EventSummary summary;
    summary.time = *parse_event_time(event.time);
    summary.time_known = true;
    summary.event_id = id_of(event);
    summary.event_name = event.name;
    summary.account = "111122223333";
    summary.region = "us-east-1";
    summary.principal = arn_of(event.user);
    summary.access_key = event.key;
    summary.source_ip = event.ip;
    summary.user_agent = "aws-cli/2.15.0";
    summary.error_code = event.error;
    summary.target = event.target;
    summary.words = event.words;
    return summary;
  }

  FakeFiles files_;
  FieldTable fields_;
  StandardFields standard_ = StandardFields::intern_into(fields_);
  identity::IdentityFields identity_ = identity::IdentityFields::intern_into(fields_);
  std::vector<Correlation> correlations_;
};

Reported act(std::string time, std::string user, std::string name, std::vector<uint32_t> rules,
             std::string error = "") {
  Reported event;
  event.time = std::move(time);
  event.key = "AKIA" + user;
  event.user = std::move(user);
  event.words = "did " + name;
  event.target = "thing " + name;
  event.name = std::move(name);
  event.error = std::move(error);
  event.rules = std::move(rules);
  return event;
}

/// A user makes a key for another, which stops the trail from elsewhere.
std::vector<Reported> takeover() {
  Reported making = act("2024-06-03T10:00:00Z", "maya", "CreateAccessKey", {kKey});
  making.made = "AKIAeve";
  Reported use = act("2024-06-03T11:00:00Z", "eve", "StopLogging", {kTrail});
  use.ip = "198.51.100.9";
  return {act("2024-06-03T09:00:00Z", "maya", "ConsoleLogin", {kSignIn}), making, use};
}

TEST(Incident, WeighsWhatFindingsAreTogether) {
  struct Row {
    const char* what;
    std::vector<Reported> events;
    std::vector<std::string> because;  // of each incident
  };
  const std::string day = "2024-06-03T";
  const Row rows[] = {
      {"a lone low finding", {act(day + "10:00:00Z", "a", "Tag", {kTag})}, {}},
      {"many low findings of one kind",
       {act(day + "10:00:00Z", "a", "Tag", {kTag}), act(day + "10:05:00Z", "a", "Tag", {kTag})},
       {}},
      {"a lone medium finding", {act(day + "10:00:00Z", "a", "CreateUser", {kUser})}, {}},
      {"a high finding",
       {act(day + "10:00:00Z", "a", "StopLogging", {kTrail})},
       {"high because logging was cut"}},
      {"all refused", {act(day + "10:00:00Z", "a", "StopLogging", {kTrail}, "AccessDenied")}, {}},
      {"two medium findings",
       {act(day + "10:00:00Z", "a", "GetSecretValue", {kSecrets}),
        act(day + "10:10:00Z", "a", "CreateUser", {kUser})},
       {"medium because secrets were read, then a user was created"}},
      {"the combination rises",
       {act(day + "10:00:00Z", "a", "ConsoleLogin", {kSignIn}),
        act(day + "10:10:00Z", "a", "CreateAccessKey", {kKey}),
        act(day + "10:20:00Z", "a", "StopLogging", {kTrail})},
       {"critical because a console sign-in succeeded without MFA, then credentials were created "
        "and logging was cut; the gravest alone would be high, but together they are steps of one "
        "attack"}},
      {"a rule that joins",
       {act(day + "10:00:00Z", "a", "CreateUser", {kUser, kJoined})},
       {"critical because a user was created; together: a user was made and given a key"}},
      {"a rule that joins, of several calls",
       {act(day + "10:00:00Z", "a", "Look", {kJoined}),
        act(day + "10:01:00Z", "a", "Note", {kJoined})},
       {"critical because a user was made and given a key"}},
      {"a bystander of a rule that joins",
       {act(day + "10:00:00Z", "a", "Look", {kJoined}),
        act(day + "10:01:00Z", "a", "Look", {kJoined})},
       {}},
      {"a tool",
       {act(day + "10:00:00Z", "a", "CreateUser", {kTool, kUser})},
       {"high because an attack tool called, then a user was created"}},
      {"a day of rest between",
       {act(day + "10:00:00Z", "a", "StopLogging", {kTrail}),
        act("2024-06-05T10:00:00Z", "a", "StopLogging", {kTrail})},
       {"high because logging was cut", "high because logging was cut"}},
      {"two origins",
       {act(day + "10:00:00Z", "a", "StopLogging", {kTrail}),
        [&] {
          Reported other = act(day + "10:10:00Z", "b", "StopLogging", {kTrail});
          other.ip = "198.51.100.9";
          return other;
        }()},
       {"high because logging was cut", "high because logging was cut"}},
      {"two origins at one address",
       {act(day + "10:00:00Z", "a", "StopLogging", {kTrail}),
        act(day + "10:10:00Z", "b", "StopLogging", {kTrail})},
       {"high because logging was cut"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    World world;
    Incidents incidents = world.read(row.events);
    std::vector<std::string> because;
    for (const Incident& incident : incidents.list) because.push_back(incident.because);
    EXPECT_EQ(because, row.because);
  }
}

TEST(Incident, FollowsWhatAnOriginMade) {
  World world;
  Incidents incidents = world.read(takeover());
  ASSERT_EQ(incidents.list.size(), 1u);
  const Incident& incident = incidents.list[0];
  EXPECT_EQ(incident.origin.name, arn_of("maya"));
  EXPECT_EQ(incident.level, Level::kCritical);
  EXPECT_EQ(incident.also,
            (std::vector<std::string>{"user/eve: its credential was made by user/maya (event "
                                      "CreateAccessKey@2024-06-03T10:00:00Z)"}));
  ASSERT_EQ(incident.credentials.size(), 2u);
  ASSERT_EQ(incident.story.size(), 3u);
  EXPECT_EQ(incident.story[2].actor, "user/eve");
  EXPECT_EQ(incident.story[2].words, "did StopLogging");
  EXPECT_EQ(incident.story[2].event_ids,
            (std::vector<std::string>{"StopLogging@2024-06-03T11:00:00Z"}));
  EXPECT_EQ(incident.tactics,
            (std::vector<std::string>{"Initial Access", "Persistence", "Defense Evasion"}));
  std::vector<std::string> commands;
  for (const Advice& advice : incident.next) commands.push_back(advice.command);
  auto has = [&](const std::string& command) {
    return std::find(commands.begin(), commands.end(), command) != commands.end();
  };
  EXPECT_TRUE(
      has("aws iam update-access-key --user-name maya --access-key-id AKIAmaya --status Inactive"));
  EXPECT_TRUE(
      has("aws iam update-access-key --user-name eve --access-key-id AKIAeve --status Inactive"));
  EXPECT_TRUE(has("aws cloudtrail start-logging --name StopLogging --region us-east-1"));
}

/// Everything that a reader sees of some incidents.
std::vector<std::string> told(const Incidents& incidents) {
  std::vector<std::string> lines;
  for (const Incident& incident : incidents.list) {
    lines.push_back(incident.id + " " + incident.title + " " + incident.because);
    for (const Sentence& sentence : incident.story)
      lines.push_back(sentence.actor + " " + sentence.words + " " + sentence.event_ids.front());
    for (const Credential& credential : incident.credentials)
      lines.push_back(credential.access_key + " " + std::to_string(credential.events));
    for (const Advice& advice : incident.next) lines.push_back(advice.words + advice.command);
  }
  return lines;
}

TEST(Incident, OrderChangesNothing) {
  std::vector<Reported> events = takeover();
  for (int i = 0; i < 60; ++i) {
    char time[32];
    std::snprintf(time, sizeof time, "2024-06-0%dT10:%02d:00Z", 3 + i % 5, i);
    events.push_back(act(time, "user" + std::to_string(i % 7), i % 3 == 0 ? "StopLogging" : "Tag",
                         {i % 3 == 0 ? uint32_t{kTrail} : uint32_t{kTag}}));
    events.back().ip = "192.0.2." + std::to_string(i % 7);
  }
  World world;
  std::vector<std::string> expected = told(world.read(events));
  EXPECT_GT(expected.size(), 20u);
  std::mt19937 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(events.begin(), events.end(), random);
    World again;
    EXPECT_EQ(told(again.read(events)), expected);
  }
}

TEST(Incident, GrowsWithLateEvents) {
  World world, later;
  std::vector<Reported> events = takeover();
  std::string id = world.read(events).list.at(0).id;
  events.push_back(act("2024-06-03T12:00:00Z", "eve", "GetSecretValue", {kSecrets}));
  Incidents incidents = later.read(events);
  ASSERT_EQ(incidents.list.size(), 1u);
  EXPECT_EQ(incidents.list[0].id, id);
  EXPECT_EQ(incidents.list[0].story.size(), 4u);
}

TEST(Incident, ForgetsTheLeastGraveFirst) {
  std::vector<Reported> events = takeover();
  for (int i = 0; i < 500; ++i) {
    events.push_back(act("2024-06-03T10:00:00Z", "low" + std::to_string(i), "Tag", {kTag}));
    events.back().ip = "192.0.2.1";
  }
  World world, roomy;
  Incidents incidents = world.read(events, 100'000);
  EXPECT_GT(incidents.left_out, 100u);
  EXPECT_EQ(told(incidents), told(roomy.read(events)));
}

/// What was only tried is told so; what several rules say of how it was done is said once.
TEST(Incident, TellsWhatWasTriedAndHow) {
  Reported denied =
      act("2024-06-03T10:00:00Z", "a", "DeleteTrail", {kTool, kTrail, kDesk}, "AccessDenied");
  denied.words = "deleted trail main";
  Reported absent =
      act("2024-06-03T10:05:00Z", "a", "StopLogging", {kTrail}, "TrailNotFoundException");
  absent.words = "stopped logging on trail main";
  Reported odd =
      act("2024-06-03T10:06:00Z", "a", "ConsoleLogin", {kSignIn}, "Failed authentication");
  odd.words = "console sign-in: Failure";
  World world;
  Incidents incidents = world.read({denied, absent, odd});
  ASSERT_EQ(incidents.list.size(), 1u);
  std::vector<std::string> words;
  for (const Sentence& sentence : incidents.list[0].story) words.push_back(sentence.words);
  EXPECT_EQ(words,
            (std::vector<std::string>{
                "a workload sat at a desk and an attack tool called, with aws-cli/2.15.0 from "
                "203.0.113.7",
                "tried to delete trail main: refused (AccessDenied)",
                "tried to stop logging on trail main: failed (TrailNotFoundException)",
                "failed (Failed authentication): console sign-in: Failure"}));
  EXPECT_EQ(incidents.list[0].story[0].rules, (std::vector<uint32_t>{kTool, kDesk}));
}

TEST(Incident, AdvisesOnlyWhatWorks) {
  Reported making = act("2024-06-03T10:00:00Z", "root", "CreateAccessKey", {kKey});
  making.made = "AKIAROOTS";
  World world;
  Incidents incidents = world.read({making});
  ASSERT_EQ(incidents.list.size(), 1u);
  bool told = false;
  for (const Advice& advice : incidents.list[0].next) {
    EXPECT_EQ(advice.command, "") << "no user of IAM is root";
    told = told || advice.words.find("delete the access key AKIAROOTS") != std::string::npos;
  }
  EXPECT_TRUE(told);
}

TEST(Incident, FindsItsFindings) {
  World world;
  Incidents incidents = world.read(takeover());
  Finding inside, outside;
  inside.id = "F-1";
  inside.samples.emplace_back();
  inside.samples[0].access_key = "AKIAeve";
  inside.samples[0].time = inside.first = *parse_event_time("2024-06-03T11:00:00Z");
  outside = inside;
  outside.samples[0].time = *parse_event_time("2024-06-09T11:00:00Z");
  EXPECT_TRUE(incidents.note_finding(inside));
  EXPECT_FALSE(incidents.note_finding(outside));
  EXPECT_EQ(incidents.list[0].findings, (std::vector<std::string>{"F-1"}));
  Finding over_several = inside;
  over_several.id = "F-2";
  over_several.samples.insert(over_several.samples.begin(), outside.samples[0]);
  EXPECT_TRUE(incidents.note_finding(over_several));
  std::string bare = incidents.list[0].id.substr(4);
  EXPECT_EQ(incidents.find(bare), &incidents.list[0]);
  EXPECT_EQ(incidents.find("INC-nothing"), nullptr);
}

TEST(Incident, QuotesForAShell) {
  EXPECT_EQ(shell_word("role-1"), "role-1");
  EXPECT_EQ(shell_word("--flag"), "'--flag'");
  EXPECT_EQ(shell_word("a'; rm -rf /"), "'a'\\''; rm -rf /'");
  EXPECT_EQ(shell_word("$(id)"), "'$(id)'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace cairn::incident
