#include "rules/event_for_test.h"
#include "rules/rules.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

struct Loaded {
  FieldTable fields;
  Diagnostics diagnostics;
  RuleSet rules;

  Loaded(const std::string& detection, const std::string& more)
      : rules(RuleSet::load_sigma(
            std::vector<RuleFile>{{"t.yml",
                                   "title: Done\nid: t\nlevel: high\n"
                                   "logsource: {product: aws, service: cloudtrail}\n"
                                   "detection: {" +
                                       detection + "}\ncairn: {code: T, denied: twin}\n" + more}},
            {}, fields, diagnostics)) {}
};

TEST(DeniedTwin, Condition) {
  const std::pair<const char*, const char*> rows[] = {
      {"s: {eventName: A, errorCode: null, errorMessage: null}, condition: s", "eventName = \"a\""},
      {"s: {eventName: A, errorCode: null, requestParameters.p: x}, condition: s",
       "eventName = \"a\" and (requestParameters.p = \"x\" or requestParameters is null)"},
      {"s: {eventName: A, responseElements.p: x}, condition: s", "eventName = \"a\""},
      {"s: {eventName: A}, f: {requestParameters.u|fieldref: userIdentity.userName}, condition: s "
       "and not f",
       "eventName = \"a\" and (not requestParameters.u = field userIdentity.userName or "
       "requestParameters is null)"},
      {"s: {eventName: A, userIdentity.type: Root}, condition: s",
       "eventName = \"a\" and userIdentity.type = \"root\""},
  };
  for (const auto& [detection, expected] : rows) {
    Loaded loaded(detection, "");
    ASSERT_EQ(loaded.rules.size(), 2u) << detection;
    std::string text = loaded.rules.explain(1);
    EXPECT_EQ(text.substr(0, text.find(" and errorCode contains")), "(" + std::string(expected))
        << text;
  }
}

TEST(DeniedTwin, GoesWithItsRule) {
  Loaded loaded("s: {eventName: A, errorCode: null}, condition: s",
                "---\ntitle: f\nlogsource: {product: aws, service: cloudtrail}\n"
                "filter: {rules: [t], s: {userAgent: x}, condition: s}\n");
  ASSERT_EQ(loaded.rules.size(), 2u);
  const RuleInfo& twin = loaded.rules.info(1);
  EXPECT_EQ(twin.code, "T-denied");
  EXPECT_EQ(twin.id, "t-denied");
  EXPECT_EQ(twin.title, "Refused: Done");
  EXPECT_EQ(twin.level, Level::kMedium);
  EXPECT_EQ(loaded.rules.counts().loaded, 1u);
  EXPECT_EQ(loaded.rules.counts().twins, 1u);
  loaded.fields.freeze();
  Matcher matcher(loaded.rules);
  auto rules_of = [&](const char* json) {
    EventForTest event(loaded.fields, json);
    std::vector<uint32_t> found;
    matcher.match(event.event(), found);
    return found;
  };
  using Rules = std::vector<uint32_t>;
  EXPECT_EQ(rules_of(R"({"eventName":"A"})"), Rules{0});
  EXPECT_EQ(rules_of(R"({"eventName":"A","errorCode":"AccessDenied"})"), Rules{1});
  EXPECT_EQ(rules_of(R"({"eventName":"A","errorCode":"Client.UnauthorizedOperation"})"), Rules{1});
  EXPECT_EQ(rules_of(R"({"eventName":"A","errorCode":"NoSuchEntity"})"), Rules{});
  EXPECT_EQ(rules_of(R"({"eventName":"A","errorCode":"AccessDenied","userAgent":"x"})"), Rules{});
}

TEST(DeniedTwin, Refused) {
  EXPECT_EQ(Loaded("s: {userAgent: A}, condition: s", "").diagnostics.items().at(0).code,
            "cairn-value");
}

}  // namespace
}  // namespace cairn::rules
