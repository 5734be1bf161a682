// A rule file of any bytes: it loads or is refused, the counts add up, and what loads gives the
// same answer on an event by the compiled matcher and by a plain walk.

#include "base/check.h"
#include "rules/event_for_test.h"
#include "rules/rules.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

constexpr size_t kBytesLimit = 16 << 10;  // beyond it parsing is only slow, not different

constexpr const char* kEvent = R"({
  "eventVersion": "1.08", "eventTime": "2024-03-09T07:08:09Z", "eventSource": "iam.amazonaws.com",
  "eventName": "AttachUserPolicy", "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.9",
  "userAgent": "aws-cli/2.13.0 –enc", "errorCode": null, "readOnly": false, "n": 443, "empty": "",
  "userIdentity": {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::111122223333:user/alice"},
  "requestParameters": {"userName": "Alice", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    "items": [{"port": 22, "cidr": "0.0.0.0/0"}, {"port": "3389", "cidr": "::/0"}, null], "x-amz-acl": "say \"hi\""},
  "f": ["a", "B", 7, true, {"g": "a"}]
})";

void check_rules(const cairn::rules::RuleSet& rules, cairn::FieldTable& fields) {
  fields.freeze();
  cairn::rules::EventForTest event(fields, kEvent);
  cairn::rules::Matcher matcher(rules);
  std::vector<uint32_t> fast, slow;
  for (int round = 0; round < 2; ++round) {  // the second time from the memo
    matcher.match(event.event(), fast);
    matcher.match_slowly(event.event(), slow);
    CAIRN_CHECK(fast == slow);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kBytesLimit) return 0;
  std::vector<cairn::rules::RuleFile> files(1);
  files[0].name = "fuzz.yml";
  files[0].text.assign(data, data + size);
  cairn::rules::LoadOptions options;
  options.placeholders = {{"names", {"alice", "b*"}}};

  cairn::FieldTable fields;
  cairn::Diagnostics diagnostics;
  auto rules = cairn::rules::RuleSet::load_sigma(files, options, fields, diagnostics);
  const auto& counts = rules.counts();
  CAIRN_CHECK(counts.documents ==
              counts.loaded + counts.filters + counts.rejected + counts.other_log_source);
  CAIRN_CHECK(counts.loaded + counts.twins + counts.parts == rules.size());
  CAIRN_CHECK((counts.rejected > 0) == diagnostics.has_errors());
  for (const cairn::Diagnostic& remark : diagnostics.items()) {
    CAIRN_CHECK(!remark.code.empty() && !cairn::format_text(remark).empty());
  }
  for (size_t rule = 0; rule < rules.size(); ++rule) CAIRN_CHECK(!rules.explain(rule).empty());
  check_rules(rules, fields);
  return 0;
}
