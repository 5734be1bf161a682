// Findings in the AWS Security Finding Format, for Security Hub's BatchImportFindings.
//
// Security Hub takes a finding only in the Region that its ProductArn names and from the account
// that it is of, and at most 100 in a call: so each line is the input of one call, with findings of
// one account and region. Limits on lengths are those of the user guide, "AWS Security Finding
// Format (ASFF) syntax". CreatedAt and UpdatedAt are the time of the last event: importing the same
// logs twice changes nothing.

#include "base/text.h"
#include "formats/json_writer.h"
#include "model/attack_tags.h"
#include "report/event_text.h"
#include "report/report.h"

#include <algorithm>
#include <map>

namespace cairn::report {

namespace {

constexpr size_t kBatchFindings = 100;
constexpr size_t kHeldFindings = 5000;  // waiting at once; then all batches go, full or not
constexpr size_t kResources = 32;
constexpr size_t kTypes = 50;
constexpr size_t kTitleBytes = 256, kDescriptionBytes = 1024, kTextBytes = 512, kNameBytes = 128;
constexpr size_t kFieldBytes = 2048, kListBytes = 1024;
constexpr std::string_view kNoAccount = "000000000000";
constexpr std::string_view kHomeRegion = "us-east-1";  // where events without a region belong

/// Cuts to a number of bytes, hence of characters at most, without splitting one.
std::string cut(std::string_view text, size_t bytes) {
  constexpr std::string_view kCut = "…";
  std::string valid = repair_utf8(text);
  if (valid.size() <= bytes) return valid;
  size_t end = bytes - kCut.size();
  while (end > 0 && (static_cast<unsigned char>(valid[end]) & 0xC0) == 0x80) --end;
  return valid.substr(0, end) + std::string(kCut);
}

/// A member that Security Hub refuses when it is blank.
void member_text(JsonWriter& json, std::string_view name, std::string_view text, size_t bytes) {
  if (!trim(text).empty()) json.member(name, cut(text, bytes));
}

std::string label_of(Level level) {
  std::string label(to_string(level));
  std::transform(label.begin(), label.end(), label.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return label;
}

/// Where a finding belongs: what it is imported into.
struct Home {
  std::string account, region;
  auto operator<=>(const Home&) const = default;
};

Home home_of(const Finding& finding) {
  Home home{std::string(kNoAccount), std::string(kHomeRegion)};
  if (is_account_id(finding.account)) home.account = finding.account;
  if (!finding.regions.empty() && !finding.regions[0].empty()) home.region = finding.regions[0];
  return home;
}

/// The findings of one home that wait for their call, joined by commas.
struct Batch {
  std::string text;
  size_t findings = 0;
};

/// namespace/category/classifier of the taxonomy: tactics, but exfiltration and impact are effects.
std::vector<std::string> types_of(const RuleInfo& rule) {
  std::string code = rule.code;
  std::replace(code.begin(), code.end(), '/', '-');
  std::vector<std::string> types;
  for (const Tactic& tactic : tactics_of(rule)) {
    if (tactic.slug == "exfiltration") {
      types.push_back("Effects/Data Exfiltration/" + code);
    } else if (tactic.slug == "impact") {
      types.emplace_back("Effects");
    } else if (tactic.slug != "reconnaissance" && tactic.slug != "resource-development") {
      types.push_back("TTPs/" + std::string(tactic.name) + "/" + code);
    }
  }
  if (types.empty()) types.emplace_back("Unusual Behaviors");
  if (types.size() > kTypes) types.resize(kTypes);
  return types;
}

void begin_resource(JsonWriter& json, std::string_view type, std::string_view id,
                    std::string_view role, const Home& home) {
  json.begin_object().member("Type", type).member("Id", cut(id, kTextBytes));
  json.member("Partition", partition_of(home.region)).member("Region", home.region);
  json.member("ResourceRole", role);
}

void write_principal(JsonWriter& json, std::string_view principal, const Home& home) {
  std::string_view type = "Other";
  std::string id(principal);
  if (principal.starts_with("arn:") && principal.find(":user/") != std::string_view::npos) {
    type = "AwsIamUser";
  } else if (principal.starts_with("arn:") && principal.find(":role/") != std::string_view::npos) {
    type = "AwsIamRole";
  } else if (principal.starts_with("arn:") && principal.ends_with(":root")) {
    type = "AwsAccount";
    id = "AWS::::Account:" + home.account;
  }
  begin_resource(json, type, trim(id).empty() ? "unknown" : id, "Actor", home);
  json.end_object();
}

void write_access_key(JsonWriter& json, const EventSummary& event, const Home& home) {
  begin_resource(json, "AwsIamAccessKey", "AWS::IAM::AccessKey:" + event.access_key, "Actor", home);
  json.key("Details").begin_object().key("AwsIamAccessKey").begin_object();
  json.member("AccessKeyId", cut(event.access_key, kNameBytes)).member("AccountId", home.account);
  member_text(json, "PrincipalName", user_name_of(event.principal), kNameBytes);
  json.end_object().end_object().end_object();
}

/// What was acted on, by the ARN or id that Security Hub knows it by where the words tell it.
void write_target(JsonWriter& json, std::string_view target, const Home& home) {
  constexpr std::string_view kBucket = "bucket ", kAccount = "account ", kInstance = "i-";
  std::string_view rest = target.substr(target.find(' ') + 1);
  bool one = rest.find_first_of(" ,/:") == std::string_view::npos;
  std::string arn = "arn:" + std::string(partition_of(home.region)) + ":";
  if (one && target.starts_with(kBucket)) {
    begin_resource(json, "AwsS3Bucket", arn + "s3:::" + std::string(rest), "Target", home);
  } else if (one && rest == target && target.starts_with(kInstance)) {
    arn += "ec2:" + home.region + ":" + home.account + ":instance/" + std::string(target);
    begin_resource(json, "AwsEc2Instance", arn, "Target", home);
  } else if (target.starts_with(kAccount) && is_account_id(rest)) {
    begin_resource(json, "AwsAccount", "AWS::::Account:" + std::string(rest), "Target", home);
  } else {
    begin_resource(json, "Other", target, "Target", home);
  }
  json.end_object();
}

/// Principals, then keys, then what was acted on: at least one, at most 32.
void write_resources(JsonWriter& json, const Finding& finding, const Home& home) {
  size_t room = kResources;
  auto take = [&room] { return room > 0 && room-- > 0; };
  json.key("Resources").begin_array();
  std::vector<std::string> principals = finding.principals;
  if (principals.empty()) principals.push_back(finding.principal);
  for (const std::string& principal : principals)
    if (take()) write_principal(json, principal, home);
  std::vector<std::string> keys;
  for (const EventSummary& event : finding.samples) {
    bool known = std::find(keys.begin(), keys.end(), event.access_key) != keys.end();
    if (trim(event.access_key).empty() || known || !take()) continue;
    keys.push_back(event.access_key);
    write_access_key(json, event, home);
  }
  for (const std::string& target : finding.targets)
    if (!trim(target).empty() && take()) write_target(json, target, home);
  json.end_array();
}

void write_action(JsonWriter& json, const Finding& finding) {
  if (finding.samples.empty()) return;
  const EventSummary& event = finding.samples[0];
  json.key("Action").begin_object().member("ActionType", "AWS_API_CALL").key("AwsApiCallAction");
  json.begin_object();
  member_text(json, "Api", event.event_name, kNameBytes);
  member_text(json, "ServiceName", event.event_source, kNameBytes);
  bool remote = is_address(event.source_ip);
  json.member("CallerType", remote ? "remoteIp" : "domain");
  if (remote && event.source_ip.find(':') == std::string::npos) {
    json.key("RemoteIpDetails").begin_object().member("IpAddressV4", event.source_ip).end_object();
  } else if (!remote && !trim(event.source_ip).empty()) {
    json.key("DomainDetails").begin_object();
    member_text(json, "Domain", event.source_ip, kNameBytes);
    json.end_object();
  }
  if (finding.time_known) {
    json.member("FirstSeen", format_time(finding.first));
    json.member("LastSeen", format_time(finding.last));
  }
  json.end_object().end_object();
}

/// At most 50 pairs of texts; empty ones are not taken.
void write_product_fields(JsonWriter& json, const Finding& finding, const RuleInfo& rule) {
  auto field = [&](const char* name, std::string_view value) {
    member_text(json, std::string("cairn/") + name, value, kFieldBytes);
  };
  auto list = [](const std::vector<std::string>& values) {
    return cut(join(values, "; "), kListBytes);
  };
  json.key("ProductFields").begin_object();
  field("finding", finding.id);
  field("rule", rule.code);
  field("rule-id", rule.id);
  field("count", std::to_string(finding.count));
  field("failed", std::to_string(finding.failed));
  field("key", finding.key);
  field("api-calls", list(finding.event_names));
  field("addresses", list(finding.source_ips));
  field("user-agents", list(finding.user_agents));
  field("errors", list(finding.error_codes));
  field("regions", list(finding.regions));
  field("frameworks", list(rule.frameworks));
  field("tags", list(rule.tags));
  for (size_t i = 0; i < finding.samples.size(); ++i) {
    const EventSummary& event = finding.samples[i];
    std::string name = "event-" + std::to_string(i + 1);
    field(name.c_str(), time_text(event) + " " + event.event_id + " " + sentence_of(event));
  }
  json.end_object();
}

void write_finding(JsonWriter& json, const Finding& finding, const RuleInfo& rule,
                   const Home& home) {
  std::string time = format_time(finding.time_known ? finding.last : Timestamp{});
  json.begin_object().member("SchemaVersion", "2018-10-08");
  json.member("Id", "cairn/" + home.region + "/" + home.account + "/" + finding.id);
  json.member("ProductArn", "arn:" + std::string(partition_of(home.region)) +
                                ":securityhub:" + home.region + ":" + home.account + ":product/" +
                                home.account + "/default");
  json.member("ProductName", "Cairn").member("CompanyName", "Cairn");
  json.member("GeneratorId", cut("cairn/" + rule.code, kTextBytes));
  json.member("AwsAccountId", home.account).key("Types").begin_array();
  for (const std::string& type : types_of(rule)) json.value(cut(type, kTitleBytes));
  json.end_array();
  if (finding.time_known) {
    json.member("FirstObservedAt", format_time(finding.first));
    json.member("LastObservedAt", format_time(finding.last));
  }
  json.member("CreatedAt", time).member("UpdatedAt", time);
  json.key("Severity").begin_object().member("Label", label_of(finding.level));
  json.member("Original", to_string(finding.level)).end_object();
  json.member("Title",
              cut(rule.title + ": " + detect::short_principal(finding.principal), kTitleBytes));
  json.member("Description", cut(account_of(finding), kDescriptionBytes));
  if (!trim(rule.next_step).empty()) {
    json.key("Remediation").begin_object().key("Recommendation").begin_object();
    json.member("Text", cut(rule.next_step, kTextBytes)).end_object().end_object();
  }
  write_product_fields(json, finding, rule);
  write_resources(json, finding, home);
  write_action(json, finding);
  json.key("Workflow").begin_object().member("Status", "NEW").end_object();
  json.member("RecordState", "ACTIVE").end_object();
}

}  // namespace

Status write_asff_batches(OutputFile& out, const ScanReport& report, uint64_t* rows) {
  std::map<Home, Batch> batches;
  size_t held = 0;
  auto flush = [&](Batch& batch) -> Status {
    held -= batch.findings;
    Batch full = std::move(batch);
    batch = Batch();
    if (full.findings == 0) return Status::success();
    return out.write("{\"Findings\":[" + full.text + "]}\n");
  };
  Status visited = report.each_finding([&](const Finding& finding) -> Status {
    Home home = home_of(finding);
    Batch& batch = batches[home];
    JsonWriter json;
    write_finding(json, finding, report.rules[finding.rule], home);
    if (batch.findings > 0) batch.text += ",";
    batch.text += json.text();
    ++batch.findings;
    ++held;
    if (rows != nullptr) ++*rows;
    if (batch.findings == kBatchFindings) return flush(batch);
    if (held < kHeldFindings) return Status::success();
    for (auto& [other, waiting] : batches) TRY(flush(waiting));
    return Status::success();
  });
  TRY(visited);
  for (auto& [home, batch] : batches) TRY(flush(batch));
  return Status::success();
}

}  // namespace cairn::report
