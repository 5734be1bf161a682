#include "rules/event_pattern.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace cairn::rules {
namespace {

/// "match", "no match", or "error: …".
std::string judge(std::string_view pattern, std::string_view event) {
  Diagnostics diagnostics;
  auto parsed = EventPattern::parse(pattern, "p", diagnostics);
  if (!parsed) return "error: " + diagnostics.items().at(0).message;
  JsonTree tree;
  Status status = tree.parse(event);
  if (!status.ok()) return "bad event: " + status.error().message;
  return parsed->matches(tree) ? "match" : "no match";
}

std::string outcome(std::string_view pattern, std::string_view event) {
  std::string answer = judge(pattern, event);
  return answer.substr(0, answer.find(':'));
}

const char* const kDetail =
    R"({"detail":{"state":"running","n":100,"num_s":"100","b":true,"z":null,"s":"","arr":["a","b"],)"
    R"("obj":{"k":1},"ea":[],"eo":{},"ip":"10.0.0.7"}})";

TEST(EventPattern, DetailTable) {
  const struct {
    std::string_view detail, outcome;
  } kRows[] = {
      {R"("n":[100.0])", "match"},
      {R"("n":[1e2])", "match"},
      {R"("num_s":[100])", "no match"},
      {R"("s":[null])", "no match"},
      {R"("nope":[null])", "no match"},
      {R"("z":[null])", "match"},
      {R"("b":[true])", "match"},
      {R"("b":["true"])", "no match"},
      {R"("arr":["c","b"])", "match"},
      {R"("arr":["c"])", "no match"},
      {R"("nope":[{"anything-but":"x"}])", "no match"},
      {R"("nope":[{"anything-but":"x"},{"exists":false}])", "match"},
      {R"("arr":[{"anything-but":"a"}])", "match"},
      {R"("arr":[{"anything-but":["a","b"]}])", "no match"},
      {R"("n":[{"anything-but":"100"}])", "match"},
      {R"("n":[{"anything-but":100}])", "no match"},
      {R"("z":[{"anything-but":"x"}])", "match"},
      {R"("b":[{"anything-but":"x"}])", "match"},
      {R"("ea":[{"anything-but":"x"}])", "no match"},
      {R"("obj":[{"anything-but":"x"}])", "no match"},
      {R"("n":[{"anything-but":{"prefix":"1"}}])", "match"},
      {R"("state":[{"anything-but":{"suffix":["ing","x"]}}])", "no match"},
      {R"("state":[{"anything-but":{"equals-ignore-case":"RUNNING"}}])", "no match"},
      {R"("state":[{"anything-but":{"wildcard":"r*g"}}])", "no match"},
      {R"("z":[{"exists":true}])", "match"},
      {R"("obj":[{"exists":false}])", "match"},
      {R"("ea":[{"exists":false}])", "match"},
      {R"("eo":[{"exists":false}])", "match"},
      {R"("obj":[{"exists":true}])", "no match"},
      {R"("state":[{"exists":false},"running"])", "match"},
      {R"("state":[{"exists":false},"stopped"])", "no match"},
      {R"("n":[{"prefix":"1"}])", "no match"},
      {R"("n":[{"wildcard":"1*"}])", "no match"},
      {R"("s":[{"prefix":""}])", "match"},
      {R"("s":[{"wildcard":"*"}])", "match"},
      {R"("state":[{"prefix":{"equals-ignore-case":"RUN"}}])", "match"},
      {R"("state":[{"suffix":{"equals-ignore-case":"ING"}}])", "match"},
      {R"("state":[{"wildcard":"r*n*g"}])", "match"},
      {R"("state":[{"wildcard":"run"}])", "no match"},
      {R"("num_s":[{"numeric":["=",100]}])", "no match"},
      {R"("n":[{"numeric":["=",100]}])", "match"},
      {R"("n":[{"numeric":[">",50,"<=",100]}])", "match"},
      {R"("n":[{"numeric":[">",50,"<",100]}])", "no match"},
      {R"("n":[{"numeric":["<=",200,">",50]}])", "error"},
      {R"("n":[{"numeric":["!=",5]}])", "error"},
      {R"("n":[{"numeric":[">",5,"<",5]}])", "error"},
      {R"("ip":[{"cidr":"10.0.0.5/24"}])", "match"},
      {R"("ip":[{"cidr":"10.0.0.7/32"}])", "error"},
      {R"("ip":[{"cidr":"10.0.0.7"}])", "error"},
      {R"("ip":["10.0.0.7"])", "match"},
      {R"("$or":[{"state":["x"]},{"n":[100]}])", "match"},
      {R"("b":[false],"$or":[{"state":["x"]},{"n":[100]}])", "no match"},
      {R"("b":[true],"$or":[{"state":["x"]},{"$or":[{"n":[1]},{"z":[null]}]}])", "match"},
      {R"("$or":[{"state":["running"]}])", "error"},
      {R"("obj":{"k":[1]})", "match"},
      {R"("obj.k":[1])", "match"},
      {R"("obj":[1])", "no match"},
      {R"("state":["x"],"state":["running"])", "match"},
      {R"("state":"running")", "error"},
      {R"("state":[["running"]])", "error"},
      {R"("state":[])", "error"},
      {R"("obj":{})", "error"},
      {R"("state":[{"prefix":1}])", "error"},
      {R"("state":[{"starts":"r"}])", "error"},
      {R"("state":[{"prefix":"r","suffix":"g"}])", "error"},
      {R"("state":[{"wildcard":"r**g"}])", "error"},
      {R"("state":[{"wildcard":"r\\ng"}])", "error"},
      {R"("state":[{"anything-but":["a",1]}])", "error"},
      {R"("state":[{"anything-but":[]}])", "error"},
      {R"("state":[{"anything-but":true}])", "error"},
      {R"("n":[{"numeric":["=",9007199254740993]}])", "error"},
  };
  for (const auto& row : kRows) {
    std::string pattern = "{\"detail\":{" + std::string(row.detail) + "}}";
    EXPECT_EQ(outcome(pattern, kDetail), row.outcome) << pattern << " " << judge(pattern, kDetail);
  }
}

TEST(EventPattern, FieldsOfOneElementStayTogether) {
  const char* const people =
      R"({"employees":[{"firstName":"Anna","lastName":"Smith"},{"firstName":"Peter","lastName":"Jones"}]})";
  const char* const ports =
      R"({"items":[{"fromPort":22,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}},)"
      R"({"fromPort":443,"ipRanges":{"items":[{"cidrIp":"10.1.0.0/16"},{"cidrIp":"0.0.0.0/0"}]}}]})";
  const struct {
    std::string_view pattern, event, outcome;
  } kRows[] = {
      {R"({"employees":{"firstName":["Anna"],"lastName":["Jones"]}})", people, "no match"},
      {R"({"employees":{"firstName":["Anna"],"lastName":["Smith"]}})", people, "match"},
      {R"({"employees.firstName":["Anna"],"employees":{"lastName":["Jones"]}})", people,
       "no match"},
      {R"({"employees":{"firstName":["Anna"],"lastName":[{"anything-but":"Smith"}]}})", people,
       "no match"},
      {R"({"employees":{"lastName":[{"anything-but":"Smith"}]}})", people, "match"},
      {R"({"employees":{"firstName":["Anna"],"nope":[{"exists":false}]}})", people, "match"},
      {R"({"employees":{"firstName":["Anna"],"lastName":[{"exists":false}]}})", people, "no match"},
      {R"({"employees":{"firstName":["Anna"],"$or":[{"lastName":["Jones"]},{"lastName":["Smith"]}]}})",
       people, "match"},
      {R"({"items":{"fromPort":[22],"ipRanges":{"items":{"cidrIp":["0.0.0.0/0"]}}}})", ports,
       "no match"},
      {R"({"items":{"fromPort":[443],"ipRanges":{"items":{"cidrIp":["0.0.0.0/0"]}}}})", ports,
       "match"},
      {R"({"a":["z"]})", R"({"a":[["x","y"],["z"]]})", "match"},
      {R"({"a":{"b":[1]}})", R"({"a":[{"b":1},"x"]})", "match"},
      {R"({"a.b":[1]})", R"({"a.b":1})", "match"},
      {R"({"a":{"b":[1],"c":[2]}})", R"({"a.b":1,"a":{"c":2}})", "match"},
      {R"({"a":["\u00c9"]})", R"({"a":"\u00e9"})", "no match"},
      {R"({"a":[{"equals-ignore-case":"\u00c9"}]})", R"({"a":"\u00e9"})", "match"},
      {R"({"a":[9007199254740993]})", R"({"a":9007199254740993})", "match"},
      {R"({"a":[9007199254740993]})", R"({"a":9007199254740992})", "no match"},
      {R"({"a":[{"numeric":[">",0]}]})", R"({"a":9007199254740993})", "no match"},
      {R"({"a":[{"exists":false}]})", R"({})", "match"},
      {R"({"a":[1]})", R"([{"a":1}])", "no match"},
      {R"([])", R"({})", "error"},
      {R"({"a":[1]} x)", R"({})", "error"},
      {"", R"({})", "error"},
      {R"({})", R"({})", "error"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(outcome(row.pattern, row.event), row.outcome) << row.pattern;
  }
}

TEST(EventPattern, LocatesWhatIsWrong) {
  Diagnostics diagnostics;
  EXPECT_FALSE(EventPattern::parse("{\n  \"a\": [{\"numerc\": 1}]\n}", "x.json", diagnostics));
  ASSERT_EQ(diagnostics.items().size(), 1u);
  EXPECT_EQ(format_text(diagnostics.items()[0]),
            "x.json:2:20: error: no operator is called \"numerc\" [event-pattern-syntax]\n"
            "      \"a\": [{\"numerc\": 1}]\n"
            "                       ^\n"
            "  hint: known are exists, prefix, suffix, equals-ignore-case, wildcard, anything-but, "
            "numeric and cidr\n");
}

TEST(EventPattern, ManyAlternativesAreRefused) {
  std::string pattern = "{";
  for (int i = 0; i < 12; ++i) {
    if (i > 0) pattern += ",\"x" + std::to_string(i) + "\":{";
    pattern += R"("$or":[{"a":[1]},{"b":[2]}])";
  }
  pattern += std::string(12, '}');
  EXPECT_EQ(outcome(pattern, "{}"), "error") << judge(pattern, "{}");
}

TEST(EventPattern, HostileEventsTakeBoundedTime) {
  std::string deep = "{\"a\":" + std::string(150, '[') + "1" + std::string(150, ']') + "}";
  EXPECT_EQ(outcome(R"({"a":[2]})", deep), "no match");
  std::string same = "{";
  for (int i = 0; i < 50'000; ++i) same += "\"a\":{\"b\":1},";
  same += "\"c\":1}";
  EXPECT_EQ(outcome(R"({"a":{"b":[2],"d":[{"exists":false}]}})", same), "no match");
  std::string wide = "{\"a\":[";
  for (int i = 0; i < 20'000; ++i) wide += "{\"b\":1,\"c\":[{\"d\":1},{\"e\":2}]},";
  wide += "{}]}";
  EXPECT_EQ(outcome(R"({"a":{"b":[1],"c":{"d":[1],"e":[2]}}})", wide), "no match");
}

/// The rows of the specification, where it lies beside the project.
TEST(EventPattern, SpecificationRows) {
  std::filesystem::path file = std::filesystem::path(CAIRN_SOURCE_DIR) / ".." / "shared" /
                               "vectors" / "eventbridge" / "rows.json";
  std::ifstream in(file);
  if (!in) GTEST_SKIP() << "skipped: no " << file.lexically_normal();
  std::stringstream text;
  text << in.rdbuf();
  JsonTree rows;
  ASSERT_TRUE(rows.parse(text.str()).ok());
  std::vector<std::string> events;
  uint32_t list = rows.find(0, "events");
  for (uint32_t event = list + 1; event < rows[list].next; event = rows[event].next)
    events.emplace_back(rows[event].text);
  list = rows.find(0, "rows");
  size_t count = 0;
  for (uint32_t row = list + 1; row < rows[list].next; row = rows[row].next, ++count) {
    std::string pattern(rows[rows.find(row, "pattern_json")].text);
    std::string wanted(rows[rows.find(row, "result")].text);
    size_t event = std::stoul(std::string(rows[rows.find(row, "event")].text));
    if (wanted == "no_match") wanted = "no match";
    EXPECT_EQ(outcome(pattern, events.at(event)), wanted) << pattern << "\n" << events.at(event);
  }
  EXPECT_GE(count, 60u);
}

}  // namespace
}  // namespace cairn::rules
