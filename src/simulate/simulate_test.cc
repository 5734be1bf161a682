#include "simulate/simulate.h"

#include "base/text.h"
#include "formats/compression.h"
#include "simulate/delivery.h"
#include "simulate/playbook.h"
#include "simulate/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

namespace cairn::simulate {
namespace {

/// Checks JSON by its grammar and notes the top-level members of an object as text.
class JsonCheck {
 public:
  explicit JsonCheck(std::string_view text) : text_(text) {}

  /// Returns false when the text is not exactly one JSON value without blanks.
  bool valid() { return value(0) && at_ == text_.size(); }
  /// Of the outermost object, unquoted when they are strings; and their names as they come.
  std::map<std::string, std::string> members;
  std::string order;

 private:
  bool eat(char c) { return at_ < text_.size() && text_[at_] == c ? (++at_, true) : false; }

  bool string() {
    if (!eat('"')) return false;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return false;
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ >= text_.size() ||
            std::string_view("\"\\/bfnrtu").find(text_[at_]) == std::string_view::npos)
          return false;
      }
      ++at_;
    }
    return eat('"');
  }

  bool object(int depth) {
    if (eat('}')) return true;
    do {
      const size_t key = at_;
      if (!string() || !eat(':')) return false;
      const std::string name(text_.substr(key + 1, at_ - key - 3));
      const size_t start = at_;
      if (!value(depth + 1)) return false;
      if (depth == 0) {
        std::string_view content = text_.substr(start, at_ - start);
        if (content.front() == '"') content = content.substr(1, content.size() - 2);
        if (!members.emplace(name, content).second) return false;
        order += name + ' ';
      }
    } while (eat(','));
    return eat('}');
  }

  bool value(int depth) {
    if (at_ >= text_.size() || depth > 20) return false;
    if (text_[at_] == '"') return string();
    if (eat('{')) return object(depth);
    if (eat('[')) {
      if (eat(']')) return true;
      do {
        if (!value(depth + 1)) return false;
      } while (eat(','));
      return eat(']');
    }
    const size_t end = std::min(text_.find_first_of(",}]", at_), text_.size());
    const std::string scalar(text_.substr(at_, end - at_));
    at_ = end;
    if (scalar == "true" || scalar == "false" || scalar == "null") return true;
    return testing::Value(scalar, testing::MatchesRegex("-?(0|[1-9][0-9]*)(\\.[0-9]+)?"));
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string inflate(const std::string& stored) {
  std::string text(stored.size() * 40 + 1000, '\0');
  size_t written = 0;
  GzipInflater inflater;
  EXPECT_EQ(inflater.inflate(stored, text, written), GzipInflater::Outcome::kDone);
  text.resize(written);
  return text;
}

/// Splits {"Records":[{…},{…}]} at the records; braces in strings are skipped.
std::vector<std::string> records_of(std::string_view text) {
  std::vector<std::string> records;
  int depth = 0;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 12; i < text.size(); ++i) {
    if (quoted) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        quoted = false;
    } else if (text[i] == '"') {
      quoted = true;
    } else if (text[i] == '{') {
      if (depth++ == 0) start = i;
    } else if (text[i] == '}' && --depth == 0) {
      records.emplace_back(text.substr(start, i + 1 - start));
    }
  }
  return records;
}

/// Returns the text of the first string member of this name, at any depth.
std::string member_of(std::string_view record, std::string_view name) {
  const std::string pattern = '"' + std::string(name) + "\":\"";
  const size_t at = record.find(pattern);
  if (at == std::string_view::npos) return {};
  const size_t start = at + pattern.size();
  return std::string(record.substr(start, record.find('"', start) - start));
}

/// FakeFiles for several threads: one operation at a time.
class SharedFakeFiles : public FakeFiles {
 public:
  Result<std::unique_ptr<OutputFile>> create(const std::string& path) override {
    std::lock_guard lock(mutex_);
    TRY_ASSIGN(std::unique_ptr<OutputFile> file, FakeFiles::create(path));
    return std::unique_ptr<OutputFile>(new SharedOutput(std::move(file), mutex_));
  }
  Status make_folders(const std::string& path) override {
    std::lock_guard lock(mutex_);
    return FakeFiles::make_folders(path);
  }

 private:
  class SharedOutput : public OutputFile {
   public:
    SharedOutput(std::unique_ptr<OutputFile> file, std::mutex& mutex)
        : file_(std::move(file)), mutex_(mutex) {}
    Status write(std::string_view bytes) override {
      std::lock_guard lock(mutex_);
      return file_->write(bytes);
    }
    Status close() override {
      std::lock_guard lock(mutex_);
      return file_->close();
    }

   private:
    std::unique_ptr<OutputFile> file_;
    std::mutex& mutex_;
  };

  std::mutex mutex_;
};

SimulationPlan small_plan() {
  SimulationPlan plan;
  plan.seed = 42;
  plan.start = *parse_event_time("2024-05-06T00:00:00Z");  // a Monday
  plan.length = std::chrono::hours(6);
  plan.target_events = 3000;
  return plan;
}

SimulationSummary play(FakeFiles& files, const SimulationPlan& plan) {
  Result<SimulationSummary> result = simulate(files, "out", plan);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return std::move(result).value_or({});
}

bool is_log(const std::string& path) {
  return path.ends_with(".json.gz") && path.find("/CloudTrail/") != std::string::npos;
}

bool is_insight(const std::string& path) {
  return path.find("/CloudTrail-Insight/") != std::string::npos;
}

std::vector<std::string> lines_of(const FakeFiles& files, const std::string& path) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(files.contents.at(path), '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

/// Every record of every log file, in the order of the paths.
std::vector<std::string> all_records(const FakeFiles& files) {
  std::vector<std::string> all;
  for (const auto& [path, stored] : files.contents) {
    if (!is_log(path)) continue;
    for (std::string& record : records_of(inflate(stored))) all.push_back(std::move(record));
  }
  return all;
}

/// A working day of a small organisation under every attack; made once for many tests.
struct Day {
  FakeFiles files;
  SimulationSummary summary;
  std::map<std::string, std::string> records;  // by eventID
};

const Day& attacked_day() {
  static const std::unique_ptr<Day> day = [] {
    auto made = std::make_unique<Day>();
    SimulationPlan plan = small_plan();
    plan.length = std::chrono::hours(24);
    plan.target_events = 0;
    plan.attacks = {"all"};
    made->summary = play(made->files, plan);
    for (const auto& [path, stored] : made->files.contents) {
      if (!is_log(path)) continue;
      for (std::string& record : records_of(inflate(stored))) {
        std::string id = member_of(record, "eventID");
        EXPECT_TRUE(made->records.emplace(std::move(id), std::move(record)).second)
            << "an eventID twice";
      }
    }
    return made;
  }();
  return *day;
}

TEST(Playbook, EveryCallMakesAValidRecord) {
  constexpr Seconds kDay2024 = 1'720'000'000;
  const Organization organization = Organization::make(small_plan());
  for (const auto& [name, call] : playbook().calls) {
    std::vector<std::string> errors = {"", "denied"};
    for (const CallError& error : call.errors) errors.push_back(error.code);
    for (const std::string& error : errors) {
      ChunkPool pool;
      Outbox outbox(pool, 1, "call", {}, false);
      Recorder recorder(organization, outbox, Random(3, name), kDay2024);
      Random random(1, "caller");
      Caller caller =
          make_role_session(organization.accounts[0], "role", "/", "session", kDay2024, random);
      for (const Slot slot :
           {kSlotRoleArn, kSlotRoleId, kSlotSession, kSlotSessionArn, kSlotForeign, kSlotOutside}) {
        caller.scope.emplace_back(slot, "given");
      }
      Action action;
      action.caller = &caller;
      action.call = &call;
      action.time = kDay2024;
      action.error = error;
      action.may_fail = false;
      recorder.record(action);
      ASSERT_EQ(outbox.records(), 1u);
      const std::vector<std::string> records = {
          std::string(outbox.batches().begin()->second.front().text)};
      JsonCheck check(records[0]);
      ASSERT_TRUE(check.valid()) << name << '\n' << records[0];
      EXPECT_EQ(check.members["eventName"], call.name);
      EXPECT_EQ(check.members["eventSource"], call.service->name + ".amazonaws.com");
      EXPECT_EQ(check.members["recipientAccountId"], organization.accounts[0].id);
      const bool says_so = call.service->minor >= 6;
      EXPECT_EQ(check.members["readOnly"], !says_so ? "" : call.read_only ? "true" : "false");
      EXPECT_EQ(check.members.contains("errorCode"),
                !error.empty() && call.service->name != "signin")
          << name;
    }
  }
}

TEST(Simulate, TheSameSeedGivesTheSameBytes) {
  SimulationPlan plan = small_plan();
  plan.attacks = {"iam-persistence", "log-tampering:known"};
  plan.organization_trail = plan.second_trail = plan.outage = plan.broken = true;
  plan.threads = 1;
  FakeFiles first, second, other;
  play(first, plan);
  play(second, plan);
  EXPECT_EQ(first.contents, second.contents);
  for (const int threads : {2, 3, 8}) {
    SharedFakeFiles threaded;
    plan.threads = threads;
    play(threaded, plan);
    EXPECT_EQ(first.contents, threaded.contents) << threads << " threads";
  }
  plan.threads = 1;
  plan.seed = 43;
  play(other, plan);
  EXPECT_NE(first.contents, other.contents);
}

TEST(Simulate, FilesAreNamedAndWrittenAsCloudTrailDoes) {
  const Day& day = attacked_day();
  size_t logs = 0;
  for (const auto& [path, stored] : day.files.contents) {
    if (!is_log(path)) continue;
    ++logs;
    ASSERT_THAT(path,
                testing::MatchesRegex(
                    "out/AWSLogs/[0-9]{12}/CloudTrail/[a-z]+-[a-z]+-[0-9]/[0-9]{4}/[0-9]{2}/"
                    "[0-9]{2}/[0-9]{12}_CloudTrail_"
                    "[a-z]+-[a-z]+-[0-9]_[0-9]{8}T[0-9]{3}[05]Z_[A-Za-z0-9]{16}\\.json\\.gz"));
    const std::vector<std::string_view> folders = split(path, '/');
    const std::vector<std::string_view> words = split(folders.back(), '_');
    EXPECT_EQ(folders[2], words[0]);
    EXPECT_EQ(folders[4], words[2]);
    EXPECT_EQ(std::string(folders[5]) + std::string(folders[6]) + std::string(folders[7]),
              words[3].substr(0, 8));
    EXPECT_EQ(stored.substr(0, 8), std::string("\x1f\x8b\x08\0\0\0\0\0", 8)) << "no name, no time";
    const std::string text = inflate(stored);
    EXPECT_TRUE(text.starts_with("{\"Records\":[{") && text.ends_with("}]}")) << path;
    for (const std::string& record : records_of(text)) {
      EXPECT_EQ(member_of(record, "recipientAccountId"), words[0]);
      EXPECT_EQ(member_of(record, "awsRegion"), words[2]);
    }
  }
  size_t insights = 0;
  for (const auto& [path, stored] : day.files.contents) {
    if (!is_insight(path)) continue;
    ++logs;
    for (const std::string& record : records_of(inflate(stored))) {
      ++insights;
      EXPECT_TRUE(JsonCheck(record).valid()) << record;
      EXPECT_EQ(member_of(record, "eventType"), "AwsCloudTrailInsight");
      EXPECT_EQ(member_of(record, "eventCategory"), "Insight");
    }
  }
  EXPECT_GE(insights, 2u);
  EXPECT_EQ(insights % 2, 0u) << "each has a Start and an End";
  EXPECT_EQ(logs, day.summary.files);
  EXPECT_EQ(day.records.size() + insights, day.summary.events);
}

TEST(Simulate, EveryLineOfTheTruthIsInTheLogs) {
  const Day& day = attacked_day();
  const std::string& truth = day.files.contents.at("out/truth/events.jsonl");
  uint64_t lines = 0;
  std::set<std::string> scenarios;
  for (size_t at = 0; at < truth.size(); ++lines) {
    const size_t end = truth.find('\n', at);
    const std::string line = truth.substr(at, end - at);
    at = end + 1;
    ASSERT_TRUE(JsonCheck(line).valid()) << line;
    const auto found = day.records.find(member_of(line, "eventID"));
    ASSERT_NE(found, day.records.end()) << line;
    for (const char* name : {"eventTime", "eventSource", "eventName"}) {
      EXPECT_EQ(member_of(line, name), member_of(found->second, name));
    }
    EXPECT_EQ(member_of(line, "region"), member_of(found->second, "awsRegion"));
    scenarios.insert(member_of(line, "scenario"));
  }
  EXPECT_EQ(lines, day.summary.attack_events);
  EXPECT_EQ(scenarios.size(), attack_scenarios().size());
  EXPECT_TRUE(JsonCheck(std::string_view(day.files.contents.at("out/simulation.json"))
                            .substr(0, day.files.contents.at("out/simulation.json").size() - 1))
                  .valid());
}

TEST(Simulate, RecordsAreValidJsonInManyKeyOrders) {
  std::set<std::string> orders;
  for (const auto& [id, record] : attacked_day().records) {
    JsonCheck check(record);
    ASSERT_TRUE(check.valid()) << record;
    orders.insert(check.order);
  }
  EXPECT_GE(orders.size(), 26u);
}

TEST(Simulate, AnOrganisationWithoutAttacksIsQuiet) {
  FakeFiles files;
  SimulationPlan plan = small_plan();
  plan.length = std::chrono::hours(48);
  plan.target_events = 0;
  const SimulationSummary summary = play(files, plan);
  EXPECT_EQ(summary.attack_events, 0u);
  EXPECT_EQ(files.contents.at("out/truth/events.jsonl"), "");
  size_t sign_ins = 0, key_management = 0;
  for (const auto& [path, stored] : files.contents) {
    if (!is_log(path)) continue;
    for (const std::string& record : records_of(inflate(stored))) {
      const auto has = [&](const char* text) { return record.find(text) != std::string::npos; };
      const std::string name = member_of(record, "eventName");
      EXPECT_FALSE(has("203.0.113.")) << record;
      EXPECT_FALSE(has("\"type\":\"Root\"")) << record;
      EXPECT_FALSE(has("0.0.0.0/0")) << record;
      EXPECT_FALSE(has("kali") || has("pacu")) << record;
      if (name == "ConsoleLogin") {
        ++sign_ins;
        EXPECT_TRUE(has("\"MFAUsed\":\"Yes\"") || has("AWSReservedSSO")) << record;
      }
      if (member_of(record, "eventSource") == "iam.amazonaws.com" && has("\"readOnly\":false")) {
        ++key_management;
        EXPECT_TRUE(has("cloudformation-execution") || has("github-infrastructure") ||
                    has("AWSServiceRole"))
            << record;
      }
    }
  }
  EXPECT_GT(sign_ins, 5u);
  EXPECT_GT(key_management, 0u);
}

TEST(Simulate, PeopleWorkByDayAndRestAtWeekends) {
  const auto records_of_people = [](const char* start, int hours) {
    FakeFiles files;
    SimulationPlan plan = small_plan();
    plan.start = *parse_event_time(start);
    plan.length = std::chrono::hours(hours);
    plan.target_events = 0;
    play(files, plan);
    size_t count = 0;
    for (const auto& [path, stored] : files.contents) {
      if (!is_log(path)) continue;
      for (const std::string& record : records_of(inflate(stored)))
        count += record.find("AWSReservedSSO_") != std::string::npos ? 1u : 0u;
    }
    return count;
  };
  const size_t working_day = records_of_people("2024-05-07T00:00:00Z", 24);
  EXPECT_GT(working_day, 300u);
  EXPECT_LT(records_of_people("2024-05-11T00:00:00Z", 24) * 4, working_day);  // a Saturday
}

TEST(Simulate, ReachesTheTarget) {
  for (const uint64_t target : {8'000u, 30'000u, 90'000u}) {
    FakeFiles files;
    SimulationPlan plan = small_plan();
    plan.length = std::chrono::hours(48);
    plan.target_events = target;
    plan.second_trail = true;
    EXPECT_NEAR(static_cast<double>(play(files, plan).events), static_cast<double>(target),
                0.05 * static_cast<double>(target));
  }
}

TEST(Simulate, PlaysEveryAttackAlone) {
  std::set<std::string_view> names;
  for (const AttackScenario& scenario : attack_scenarios()) {
    EXPECT_TRUE(names.insert(scenario.name).second);
    EXPECT_FALSE(scenario.description.empty());
    EXPECT_FALSE(scenario.techniques.empty());
    FakeFiles files;
    SimulationPlan plan = small_plan();
    plan.length = std::chrono::hours(2);
    plan.target_events = 500;
    plan.attacks = {std::string(scenario.name)};
    EXPECT_GE(play(files, plan).attack_events, scenario.steps) << scenario.name;
  }
  EXPECT_GE(names.size(), 24u);
  std::set<std::string_view> tactics;
  for (const AttackScenario& scenario : attack_scenarios()) {
    tactics.insert(scenario.tactics.begin(), scenario.tactics.end());
  }
  EXPECT_THAT(tactics, testing::UnorderedElementsAre(
                           "initial-access", "execution", "persistence", "privilege-escalation",
                           "defense-evasion", "credential-access", "discovery", "lateral-movement",
                           "collection", "exfiltration", "impact"));
}

/// The record's address and agent, as a reader finds them.
std::string address_of(const std::string& record) { return member_of(record, "sourceIPAddress"); }

TEST(Simulate, DisguisesHideAddressesAndAgents) {
  for (const char* disguise : {"new", "known-address", "known"}) {
    FakeFiles files;
    SimulationPlan plan = small_plan();
    plan.length = std::chrono::hours(48);
    plan.target_events = 0;
    plan.attacks = {std::string("all:") + disguise};
    play(files, plan);
    std::set<std::string> attack_ids, usual_agents;
    std::map<std::string, std::string> records;
    const std::vector<std::string> truth = lines_of(files, "out/truth/events.jsonl");
    for (const std::string& line : truth) attack_ids.insert(member_of(line, "eventID"));
    for (const std::string& record : all_records(files)) {
      const std::string id = member_of(record, "eventID");
      if (attack_ids.contains(id))
        records[id] = record;
      else
        usual_agents.insert(member_of(record, "userAgent"));
    }
    for (const std::string& line : truth) {
      const std::string& record = records.at(member_of(line, "eventID"));
      EXPECT_EQ(member_of(line, "disguise"), disguise);
      const std::string type = member_of(record, "type");
      if (type == "AWSAccount" || member_of(record, "eventType") == "AwsServiceEvent") continue;
      const bool outside = address_of(record).starts_with("203.0.113.");
      EXPECT_EQ(outside, std::string_view(disguise) == "new") << record;
      if (std::string_view(disguise) != "known") continue;
      EXPECT_TRUE(usual_agents.contains(member_of(record, "userAgent"))) << record;
    }
  }
}

TEST(Simulate, EveryCredentialHasItsIdentity) {
  FakeFiles files;
  SimulationPlan plan = small_plan();
  plan.length = std::chrono::hours(36);
  plan.target_events = 0;
  plan.attacks = {"role-chain", "federation-token"};
  play(files, plan);
  std::map<std::string, std::string> identities;  // by access key
  std::set<std::string> ids;
  size_t chains = 0, intruders = 0;
  for (const std::string& line : lines_of(files, "out/truth/identities.jsonl")) {
    ASSERT_TRUE(JsonCheck(line).valid()) << line;
    EXPECT_FALSE(member_of(line, "actor").empty()) << line;
    EXPECT_FALSE(member_of(line, "origin").empty()) << line;
    identities[member_of(line, "access_key")] = line;
    if (!member_of(line, "event_id").empty()) ids.insert(member_of(line, "event_id"));
    chains += line.find("\"hops\":2") != std::string::npos ? 1u : 0u;
    intruders += member_of(line, "actor") == "intruder" ? 1u : 0u;
  }
  EXPECT_GE(chains, 3u) << "role chains of builds and people";
  EXPECT_EQ(intruders, 5u) << "two keys, a federated session and two roles";
  std::map<std::string, std::set<std::string>> shared;  // sharedEventID -> accounts
  for (const std::string& record : all_records(files)) {
    ids.erase(member_of(record, "eventID"));
    const size_t identity = record.find("\"eventTime\"");
    const std::string key = member_of(std::string_view(record).substr(0, identity), "accessKeyId");
    const bool behind_a_service = record.find("\"invokedBy\"") < identity;
    // CloudFormation's sessions in its role are not handed out by a recorded call.
    if (!key.empty() && !behind_a_service) {
      EXPECT_TRUE(identities.contains(key)) << record;
    }
    if (member_of(record, "eventName") == "AssumeRole") {
      shared[member_of(record, "sharedEventID")].insert(member_of(record, "recipientAccountId"));
    }
  }
  EXPECT_TRUE(ids.empty()) << "an identity's event is not in the logs: " << *ids.begin();
  EXPECT_TRUE(std::any_of(shared.begin(), shared.end(), [](const auto& entry) {
    return !entry.first.empty() && entry.second.size() == 2;
  })) << "a role of another account is seen in both";
}

TEST(Simulate, IncidentsSumUpTheirEvents) {
  const Day& day = attacked_day();
  std::map<std::string, uint64_t> events;
  for (const std::string& line : lines_of(day.files, "out/truth/events.jsonl")) {
    ++events[member_of(line, "incident")];
  }
  const std::vector<std::string> incidents = lines_of(day.files, "out/truth/incidents.jsonl");
  EXPECT_EQ(incidents.size(), attack_scenarios().size());
  for (const std::string& line : incidents) {
    ASSERT_TRUE(JsonCheck(line).valid()) << line;
    EXPECT_THAT(line,
                testing::HasSubstr(
                    "\"events\":" + std::to_string(events[member_of(line, "incident")]) + ','));
  }
}

TEST(Simulate, OldTimesHaveOldRecords) {
  FakeFiles files;
  SimulationPlan plan = small_plan();
  plan.start = *parse_event_time("2017-05-08T00:00:00Z");
  play(files, plan);
  for (const std::string& record : all_records(files)) {
    EXPECT_EQ(member_of(record, "eventVersion"), "1.05");
    for (const char* name : {"readOnly", "managementEvent", "eventCategory", "tlsDetails"}) {
      EXPECT_EQ(record.find('"' + std::string(name) + "\":"), std::string::npos) << record;
    }
  }
}

TEST(Simulate, TrailsOfOrganisationsHaveTheirPaths) {
  FakeFiles files;
  SimulationPlan plan = small_plan();
  plan.organization_trail = true;
  play(files, plan);
  for (const auto& [path, stored] : files.contents) {
    if (!path.ends_with(".gz")) continue;
    EXPECT_THAT(path, testing::MatchesRegex("out/AWSLogs/o-[0-9a-f]{10}/[0-9]{12}/CloudTrail.*"));
  }
}

TEST(Simulate, TheSecondTrailRepeatsRecordsInOtherFiles) {
  FakeFiles files;
  SimulationPlan plan = small_plan();
  plan.second_trail = true;
  const SimulationSummary summary = play(files, plan);
  std::map<std::string, std::string> seen;
  uint64_t copies = 0;
  for (const auto& [path, stored] : files.contents) {
    if (!is_log(path)) continue;
    std::set<std::string> here;
    for (const std::string& record : records_of(inflate(stored))) {
      const std::string id = member_of(record, "eventID");
      EXPECT_TRUE(here.insert(id).second) << "twice in one file";
      const auto [place, is_new] = seen.emplace(id, record);
      if (is_new) continue;
      ++copies;
      EXPECT_EQ(place->second, record);
    }
  }
  EXPECT_GT(copies, 0u);
  EXPECT_EQ(copies, summary.copies);
}

TEST(Simulate, AnOutageDeliversLate) {
  FakeFiles files;
  SimulationPlan plan = small_plan();
  plan.outage = true;
  play(files, plan);
  size_t late = 0;
  for (const auto& [path, stored] : files.contents) {
    if (!is_log(path)) continue;
    const std::string stamp = path.substr(path.rfind('_') - 14, 13);  // 20240506T0705
    const Timestamp delivered =
        *parse_event_time(stamp.substr(0, 4) + '-' + stamp.substr(4, 2) + '-' + stamp.substr(6, 5) +
                          ':' + stamp.substr(11) + ":00Z");
    for (const std::string& record : records_of(inflate(stored))) {
      const bool says_so = record.find("\"reason\":\"DELIVERY_DELAY\"") != std::string::npos;
      const Duration delay = delivered - *parse_event_time(member_of(record, "eventTime"));
      EXPECT_EQ(says_so, delay > std::chrono::hours(3)) << record;
      EXPECT_TRUE(JsonCheck(record).valid());
      late += says_so ? 1u : 0u;
    }
  }
  EXPECT_GT(late, 0u);
}

TEST(Simulate, DamagedFilesLieBesideTheGoodOnes) {
  FakeFiles good, broken;
  SimulationPlan plan = small_plan();
  play(good, plan);
  plan.broken = true;
  play(broken, plan);
  std::set<std::string> kinds;
  for (const std::string& line : lines_of(broken, "out/truth/files.jsonl")) {
    kinds.insert(member_of(line, "kind"));
    const auto found = broken.contents.find("out/" + member_of(line, "path"));
    ASSERT_NE(found, broken.contents.end()) << line;
    broken.contents.erase(found);
  }
  EXPECT_EQ(kinds.size(), static_cast<size_t>(Damage::kCount));
  broken.contents.erase("out/truth/files.jsonl");
  broken.contents.erase("out/simulation.json");  // says that there are broken files
  good.contents.erase("out/simulation.json");
  EXPECT_EQ(good.contents, broken.contents);
}

TEST(Simulate, PacedFilesAppearOneByOneAndWhole) {
  FakeFiles at_once, files;
  const SimulationPlan plan = small_plan();
  play(at_once, plan);
  uint64_t last = 0;
  size_t calls = 0, seen = 0;
  const auto logs = [&] {
    return static_cast<size_t>(std::count_if(files.contents.begin(), files.contents.end(),
                                             [](const auto& file) { return is_log(file.first); }));
  };
  const Result<SimulationSummary> made = simulate(files, "out", plan, {}, [&](uint64_t events) {
    EXPECT_GT(events, last);
    last = events;
    if (++calls % 16 == 0) {
      seen = logs();
      EXPECT_EQ(seen, calls - 1);
    }
    return true;
  });
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(last, made.value().events);
  EXPECT_EQ(files.contents, at_once.contents);

  FakeFiles stopped;
  const Result<SimulationSummary> none =
      simulate(stopped, "out", plan, {}, [&](uint64_t events) { return events < 1000; });
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kCancelled);
}

TEST(Simulate, ScenariosCanBePlayed) {
  EXPECT_GE(simulation_scenarios().size(), 5u);
  for (const SimulationScenario& scenario : simulation_scenarios()) {
    EXPECT_FALSE(scenario.description.empty());
    FakeFiles files;
    SimulationPlan plan = scenario.plan;
    plan.start = *parse_event_time("2024-05-06T00:00:00Z");
    plan.target_events = 4000;
    plan.length = std::min<Duration>(plan.length, std::chrono::hours(24));
    play(files, plan);
  }
}

TEST(Simulate, TheReferenceListsEveryAttackWithItsDetections) {
  const std::unique_ptr<Files> files = real_files();
  const Result<std::string> text =
      read_file(*files, CAIRN_SOURCE_DIR "/docs/reference/simulate.md", 1'000'000);
  ASSERT_TRUE(text.ok());
  for (const AttackScenario& scenario : attack_scenarios()) {
    const size_t row = text.value().find("| `" + std::string(scenario.name) + "` | " +
                                         std::string(scenario.description) + " |");
    ASSERT_NE(row, std::string::npos) << scenario.name;
    const std::string line = text.value().substr(row, text.value().find('\n', row) - row);
    for (const std::string_view code : scenario.detections)
      EXPECT_THAT(line, testing::HasSubstr(std::string(code)));
    for (const std::string_view code : scenario.techniques)
      EXPECT_THAT(line, testing::HasSubstr(std::string(code)));
    for (const std::string_view tactic : scenario.tactics)
      EXPECT_THAT(line, testing::HasSubstr(std::string(tactic)));
  }
}

TEST(Simulate, RefusesPlansThatCannotBePlayed) {
  const struct {
    std::function<void(SimulationPlan&)> change;
    const char* message;
  } rows[] = {
      {[](SimulationPlan& plan) { plan.attacks = {"root-takeovr"}; },
       "unknown attack \"root-takeovr\"; did you mean \"root-takeover\"?"},
      {[](SimulationPlan& plan) { plan.attacks = {"nothing-like-it"}; },
       "unknown attack \"nothing-like-it\"; cairn simulate --list names them all"},
      {[](SimulationPlan& plan) { plan.attacks = {"root-takeover:hidden"}; },
       "unknown disguise \"hidden\": an intruder's address and agent are new, known-address or "
       "known"},
      {[](SimulationPlan& plan) { plan.length = std::chrono::minutes(10); },
       "the simulated time must be one hour to five years"},
      {[](SimulationPlan& plan) { plan.organization = "Acme Inc"; },
       "the organisation's name must be 1 to 20 of a-z, 0-9 and '-'"},
      {[](SimulationPlan& plan) { plan.accounts = 101; }, "at most 100 accounts"},
      {[](SimulationPlan& plan) { plan.start = Timestamp(Duration(-1)); },
       "the simulation must start in 1970 or later"},
  };
  for (const auto& row : rows) {
    FakeFiles files;
    SimulationPlan plan = small_plan();
    row.change(plan);
    const Result<SimulationSummary> result = simulate(files, "out", plan);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(result.error().message, row.message);
    EXPECT_TRUE(files.contents.empty());
  }
}

TEST(Simulate, ReportsAFullDisk) {
  SimulationPlan plan = small_plan();
  plan.length = std::chrono::hours(1);
  plan.target_events = 300;
  for (const int threads : {1, 2}) {
    for (int n = 0; n < 12; ++n) {
      SharedFakeFiles files;
      files.fail_after = n;
      plan.threads = threads;
      const Result<SimulationSummary> result = simulate(files, "out", plan);
      ASSERT_FALSE(result.ok()) << n;
      EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
    }
  }
}

TEST(Simulate, StopsWhenAsked) {
  FakeFiles files;
  int calls = 0;
  const Result<SimulationSummary> result =
      simulate(files, "out", small_plan(), [&](const SimulationProgress& progress) {
        EXPECT_LE(progress.played, progress.length);
        return ++calls < 3;
      });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace cairn::simulate
