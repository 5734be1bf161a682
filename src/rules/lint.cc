#include "rules/lint.h"

#include "base/text.h"
#include "rules/lint_logic.h"
#include "rules/remarks.h"
#include "rules/sigma_lower.h"
#include "rules/sigma_parse.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace cairn::rules {

namespace {

// "CloudTrail record contents" and "CloudTrail userIdentity element", CloudTrail User Guide, read
// 2026-11. Below the others anything may stand.
constexpr std::string_view kFields[] = {"eventVersion",
                                        "userIdentity",
                                        "eventTime",
                                        "eventSource",
                                        "eventName",
                                        "awsRegion",
                                        "sourceIPAddress",
                                        "userAgent",
                                        "errorCode",
                                        "errorMessage",
                                        "requestParameters",
                                        "responseElements",
                                        "additionalEventData",
                                        "requestID",
                                        "eventID",
                                        "eventType",
                                        "apiVersion",
                                        "managementEvent",
                                        "readOnly",
                                        "resources",
                                        "recipientAccountId",
                                        "serviceEventDetails",
                                        "sharedEventID",
                                        "vpcEndpointId",
                                        "vpcEndpointAccountId",
                                        "addendum",
                                        "eventCategory",
                                        "sessionCredentialFromConsole",
                                        "edgeDeviceDetails",
                                        "tlsDetails",
                                        "insightDetails",
                                        "eventContext"};
constexpr std::string_view kIdentityFields[] = {"userIdentity.type",
                                                "userIdentity.principalId",
                                                "userIdentity.arn",
                                                "userIdentity.accountId",
                                                "userIdentity.accessKeyId",
                                                "userIdentity.userName",
                                                "userIdentity.sessionContext",
                                                "userIdentity.invokedBy",
                                                "userIdentity.identityProvider",
                                                "userIdentity.credentialId",
                                                "userIdentity.onBehalfOf",
                                                "userIdentity.inScopeOf",
                                                "userIdentity.identityStoreArn"};
constexpr std::string_view kSessionFields[] = {"userIdentity.sessionContext.attributes",
                                               "userIdentity.sessionContext.sessionIssuer",
                                               "userIdentity.sessionContext.webIdFederationData",
                                               "userIdentity.sessionContext.ec2RoleDelivery",
                                               "userIdentity.sessionContext.sourceIdentity",
                                               "userIdentity.sessionContext.assumedRoot"};
constexpr std::string_view kIssuerFields[] = {
    "userIdentity.sessionContext.sessionIssuer.type",
    "userIdentity.sessionContext.sessionIssuer.principalId",
    "userIdentity.sessionContext.sessionIssuer.arn",
    "userIdentity.sessionContext.sessionIssuer.accountId",
    "userIdentity.sessionContext.sessionIssuer.userName"};

/// All values that a field ever holds.
struct KnownValues {
  std::string_view field;
  std::vector<std::string_view> values;
};
const std::vector<KnownValues>& known_values() {
  static const std::vector<KnownValues> kAll = {
      {"additionalEventData.MFAUsed", {"Yes", "No"}},
      {"responseElements.ConsoleLogin", {"Success", "Failure"}},
      {"userIdentity.type",
       {"Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount",
        "AWSService", "SAMLUser", "WebIdentityUser", "IdentityCenterUser", "Unknown"}},
      {"userIdentity.sessionContext.sessionIssuer.type", {"Root", "IAMUser", "Role"}},
      {"userIdentity.sessionContext.attributes.mfaAuthenticated", {"true", "false"}},
      {"eventCategory", {"Management", "Data", "NetworkActivity", "Insight"}},
  };
  return kAll;
}

/// Names of IAM actions, and of the API, that CloudTrail calls otherwise.
struct Renamed {
  std::string_view source, written, recorded;
};
constexpr Renamed kRenamed[] = {
    {"s3.amazonaws.com", "PutLifecycleConfiguration", "PutBucketLifecycle"},
    {"s3.amazonaws.com", "PutBucketLifecycleConfiguration", "PutBucketLifecycle"},
    {"s3.amazonaws.com", "GetLifecycleConfiguration", "GetBucketLifecycle"},
    {"s3.amazonaws.com", "PutEncryptionConfiguration", "PutBucketEncryption"},
    {"s3.amazonaws.com", "GetEncryptionConfiguration", "GetBucketEncryption"},
    {"s3.amazonaws.com", "PutReplicationConfiguration", "PutBucketReplication"},
    {"s3.amazonaws.com", "GetReplicationConfiguration", "GetBucketReplication"},
    {"s3.amazonaws.com", "ListAllMyBuckets", "ListBuckets"},
    {"s3.amazonaws.com", "ListBucket", "ListObjects"},
};

/// Requests that look otherwise than rules have it.
struct Shape {
  std::string_view event, field, value, instead, remark;
};
constexpr Shape kShapes[] = {
    {"modifyinstanceattribute", "requestParameters.attribute", "userdata",
     "requestParameters.userData",
     "ModifyInstanceAttribute records the change as requestParameters.userData; attribute is of "
     "DescribeInstanceAttribute"},
};

/// Fields that say what kind of call it was, not which.
constexpr std::string_view kBroadFields[] = {
    "userIdentity.type", "userIdentity.sessionContext.sessionIssuer.type",
    "eventType",         "eventCategory",
    "managementEvent",   "readOnly",
    "awsRegion",         "eventVersion",
    "recipientAccountId"};

template <size_t N>
bool one_of(const std::string_view (&list)[N], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool has(const SigmaItem& item, Modifier modifier) {
  return std::any_of(item.modifiers.begin(), item.modifiers.end(),
                     [modifier](const auto& used) { return used.modifier == modifier; });
}

/// Is the whole value compared, as it is written?
bool compares_whole(const SigmaItem& item) {
  return std::all_of(item.modifiers.begin(), item.modifiers.end(), [](const auto& used) {
    return used.modifier == Modifier::kAll || used.modifier == Modifier::kNeq ||
           used.modifier == Modifier::kCased;
  });
}

enum class FieldKind : uint8_t { kOther, kArn, kName, kAccount, kAddress };
FieldKind kind_of(std::string_view field) {
  std::string last = to_lower(field.substr(field.rfind('.') + 1));
  if (last.ends_with("arn")) return FieldKind::kArn;
  if (last.ends_with("accountid")) return FieldKind::kAccount;
  if (last == "sourceipaddress") return FieldKind::kAddress;
  if (last.ends_with("username") || last.ends_with("rolename") || last.ends_with("groupname"))
    return FieldKind::kName;
  return FieldKind::kOther;
}
std::string_view words_of(FieldKind kind) {
  constexpr std::string_view kWords[] = {"", "an ARN", "a name", "an account", "an address"};
  return kWords[static_cast<size_t>(kind)];
}

/// The vocabulary, ready to be asked.
class Events {
 public:
  explicit Events(const LintVocabulary& vocabulary) {
    for (const auto& [source, name] : vocabulary.events) {
      if (name.ends_with('*')) {
        prefixes_.insert(to_lower(name.substr(0, name.size() - 1)));
        continue;
      }
      Known& known = by_name_[to_lower(name)];
      const bool spelled = name != to_lower(name);
      if (known.spelling.empty() || spelled) known.spelling = name;
      (spelled ? known.sources : known.others).insert(source);
    }
  }
  struct Known {
    std::string spelling;
    std::set<std::string> sources, others;  // `others`: not sure enough to be named
  };
  const Known* find(const std::string& name) const {
    auto found = by_name_.find(to_lower(name));
    return found == by_name_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, Known> by_name_;
  std::set<std::string> prefixes_;
};

class RuleLinter {
 public:
  RuleLinter(const SigmaRule& rule, const Expression& expression, const Events& events,
             Remarks& remarks)
      : rule_(rule), expression_(expression), events_(events), remarks_(remarks) {}

  void run() {
    for (const SigmaSelection& selection : rule_.selections) {
      for (const auto& items : selection.alternatives)
        for (const SigmaItem& item : items) look_at(item);
    }
    Names none;
    look_at_events(expression_, none, none);
    logic();
    breadth();
  }

 private:
  using Names = std::vector<std::string>;

  void warn(const char* code, Place place, std::string message, std::string hint = "") {
    remarks_.warning(code, place, std::move(message), std::move(hint));
  }
  Place whole() const {
    return rule_.conditions.empty() ? Place{} : remarks_.at(*rule_.conditions.front().node);
  }

  // ---- Fields and values

  void look_at(const SigmaItem& item) {
    if (!item.field.empty()) look_at_field(item.field, remarks_.at(*item.key));
    for (const YamlNode* value : item.values) {
      if (value->is_scalar()) look_at_value(item, *value);
    }
  }

  template <size_t N>
  bool unknown(const std::string& field, std::string_view part, const std::string_view (&known)[N],
               Place place) {
    if (one_of(known, part)) return false;
    std::string hint;
    for (std::string_view name : known)
      if (equals_ignore_case(name, part)) hint = "it is written \"" + std::string(name) + "\"";
    if (hint.empty()) hint = did_you_mean(part, known);
    warn("lint-unknown-field", place,
         "CloudTrail records have no field \"" + printable(part) + "\"" +
             (part.size() < field.size() ? " (in " + printable(field) + ")" : ""),
         hint);
    return true;
  }

  void look_at_field(const std::string& field, Place place) {
    auto first = [&field](size_t parts) {
      size_t at = 0;
      for (size_t i = 0; i < parts && at != std::string::npos; ++i)
        at = field.find('.', at == 0 ? 0 : at + 1);
      return std::string_view(field).substr(0, at);
    };
    if (unknown(field, first(1), kFields, place)) return;
    const std::string_view two = first(2), three = first(3), four = first(4);
    if (two == field && first(1) == field) return;
    if (first(1) != "userIdentity") return;
    if (unknown(field, two, kIdentityFields, place) || two == three) return;
    if (two == "userIdentity.sessionContext") {
      if (unknown(field, three, kSessionFields, place) || three == four) return;
      if (three == "userIdentity.sessionContext.sessionIssuer")
        unknown(field, four, kIssuerFields, place);
    }
  }

  void look_at_value(const SigmaItem& item, const YamlNode& value) {
    const std::string& text = value.text;
    Place place = remarks_.at(value);
    if (has(item, Modifier::kFieldRef)) {
      look_at_reference(item, text, place);
      return;
    }
    placeholder(item, text, place);
    for (std::string_view root : {"requestParameters.", "responseElements.", "userIdentity.",
                                  "additionalEventData.", "serviceEventDetails."}) {
      if (text.starts_with(root) && text.find(' ') == std::string::npos)
        warn("lint-path-as-value", place,
             "the text \"" + printable(text) + "\" is compared, not the field of that name",
             "write |fieldref behind the field to compare two fields");
    }
    if (!compares_whole(item) || text.find_first_of("*?") != std::string::npos) return;
    if (item.field == "errorCode" &&
        (equals_ignore_case(text, "success") || equals_ignore_case(text, "none"))) {
      warn("lint-never-value", place,
           "a call that succeeded has no errorCode: it is never \"" + printable(text) + "\"",
           "errorCode: null");
    }
    known_value(item, text, place);
    spelling(item, text, place);
  }

  void look_at_reference(const SigmaItem& item, const std::string& other, Place place) {
    look_at_field(other, place);
    bool parts = has(item, Modifier::kContains) || has(item, Modifier::kStartsWith) ||
                 has(item, Modifier::kEndsWith);
    FieldKind left = kind_of(item.field), right = kind_of(other);
    if (parts || left == right || left == FieldKind::kOther || right == FieldKind::kOther) return;
    warn("lint-field-kinds", place,
         printable(item.field) + " holds " + std::string(words_of(left)) + " and " +
             printable(other) + " " + std::string(words_of(right)) + ": they are never equal",
         left == FieldKind::kArn && right == FieldKind::kName
             ? "compare with userIdentity.userName, or use |fieldref|endswith"
             : "");
  }

  void placeholder(const SigmaItem& item, const std::string& text, Place place) {
    bool percent = text.size() > 2 && text.starts_with('%') && text.ends_with('%') &&
                   !has(item, Modifier::kExpand) && text.find(' ') == std::string::npos;
    std::string small = to_lower(text);
    bool stand_in = (text.starts_with('<') && text.ends_with('>')) || small.starts_with("todo") ||
                    small == "changeme" || small == "change_me" || small.starts_with("your_") ||
                    small.starts_with("your-") || small.starts_with("replace_") ||
                    small.find("xxxx") != std::string::npos;
    if (!percent && !stand_in) return;
    warn("lint-placeholder", place, "\"" + printable(text) + "\" looks like a placeholder",
         percent ? "write |expand behind the field, or the values themselves"
                 : "write the value itself");
  }

  void known_value(const SigmaItem& item, const std::string& text, Place place) {
    for (const KnownValues& known : known_values()) {
      if (known.field != item.field) continue;
      const std::string_view* near = nullptr;
      for (const std::string_view& value : known.values)
        if (equals_ignore_case(value, text)) near = &value;
      if (near == nullptr) {
        std::vector<std::string> all(known.values.begin(), known.values.end());
        warn("lint-never-value", place,
             printable(item.field) + " is never \"" + printable(text) + "\"",
             "it is one of " + join(all, ", "));
      } else if (*near != text) {
        wrong_case(item, text, std::string(*near), place);
      }
    }
  }

  void wrong_case(const SigmaItem& item, const std::string& text, const std::string& right,
                  Place place) {
    const bool cased = has(item, Modifier::kCased);
    warn("lint-value-case", place,
         "\"" + printable(text) + "\" is written \"" + right + "\" in records" +
             (cased ? ", and case counts here: it never matches"
                    : "; it matches only because case is ignored"));
  }

  void spelling(const SigmaItem& item, const std::string& text, Place place) {
    if (item.field == "eventSource") {
      if (text.find('.') == std::string::npos) {
        warn("lint-never-value", place,
             "eventSource is a name such as " + to_lower(printable(text)) + ".amazonaws.com");
      } else if (to_lower(text) != text) {
        wrong_case(item, text, to_lower(text), place);
      }
    }
    if (item.field != "eventName") return;
    if (const Events::Known* known = events_.find(text);
        known && known->spelling != text && known->spelling != to_lower(text))
      wrong_case(item, text, known->spelling, place);
  }

  // ---- Events

  /// Follows a condition with the sources and names that it has asked for so far.
  void look_at_events(const Expression& expression, const Names& outer_sources,
                      const Names& outer_names) {
    if (expression.kind == Expression::Kind::kOr) {
      for (const Expression& child : expression.children)
        look_at_events(child, outer_sources, outer_names);
      return;
    }
    Names sources = outer_sources, names = outer_names;
    const bool both = expression.kind == Expression::Kind::kAnd;
    auto note = [&](const Expression& part) {
      if (part.kind != Expression::Kind::kPredicate) return;
      const Predicate& predicate = part.predicate;
      if (predicate.op != Operator::kEquals) return;
      if (predicate.field == "eventSource") sources = predicate.operands;
      if (predicate.field == "eventName") names = predicate.operands;
    };
    note(expression);
    if (both) std::for_each(expression.children.begin(), expression.children.end(), note);
    if (sources != outer_sources || names != outer_names) pairs(sources, names);
    if (!both) {
      shape(expression, names);
      return;
    }
    for (const Expression& child : expression.children) look_at_events(child, sources, names);
  }

  void pairs(const Names& sources, const Names& names) {
    if (sources.empty()) return;
    for (const std::string& name : names) {
      if (!said_.insert(name).second) continue;
      bool renamed = false;
      for (const Renamed& other : kRenamed) {
        if (!equals_ignore_case(other.written, name) ||
            std::find(sources.begin(), sources.end(), other.source) == sources.end())
          continue;
        renamed = true;
        warn("lint-impossible-event", place_of_value("eventName", name),
             std::string(other.source) + " has no event \"" + std::string(other.written) +
                 "\": that is the name of an IAM action or API",
             "the event is " + std::string(other.recorded));
      }
      const Events::Known* known = renamed ? nullptr : events_.find(name);
      if (known == nullptr) continue;
      bool possible = std::any_of(sources.begin(), sources.end(), [&](const std::string& source) {
        return known->sources.contains(source) || known->others.contains(source) ||
               source.find('.') == std::string::npos;
      });
      if (possible || known->sources.empty()) continue;
      Names real(known->sources.begin(), known->sources.end());
      warn("lint-impossible-event", place_of_value("eventName", name),
           known->spelling + " is no event of " + printable(join(sources, ", ")),
           "it is one of " + join(real, ", "));
    }
  }

  void shape(const Expression& leaf, const Names& names) {
    if (leaf.kind != Expression::Kind::kPredicate || leaf.predicate.op != Operator::kEquals) return;
    std::set<std::string> fields;
    collect_fields(expression_, fields);
    for (const Shape& known : kShapes) {
      if (fields.contains(std::string(known.instead))) continue;
      const auto& operands = leaf.predicate.operands;
      if (known.field == leaf.predicate.field &&
          std::find(names.begin(), names.end(), known.event) != names.end() &&
          std::find(operands.begin(), operands.end(), known.value) != operands.end())
        warn("lint-never-value", place_of_value(std::string(known.field), std::string(known.value)),
             std::string(known.remark));
    }
  }

  /// Where a value of a field is written, case aside.
  Place place_of_value(const std::string& field, const std::string& text) const {
    for (const SigmaSelection& selection : rule_.selections) {
      for (const auto& items : selection.alternatives) {
        for (const SigmaItem& item : items) {
          if (item.field != field) continue;
          for (const YamlNode* value : item.values)
            if (equals_ignore_case(value->text, text)) return remarks_.at(*value);
        }
      }
    }
    return whole();
  }

  // ---- The condition as a whole

  void logic() {
    LogicFaults faults = find_logic_faults(expression_);
    if (faults.never)
      warn("lint-never", whole(), "the condition never holds: it contradicts itself");
    if (faults.always) warn("lint-always", whole(), "the condition always holds");
    for (const std::string& part : faults.dead_parts)
      warn("lint-never", whole(), "an alternative never holds: " + printable(part));
    for (const std::string& part : faults.needless_parts)
      warn("lint-always", whole(), "a part always holds: " + printable(part),
           "`a != x or a != y` holds for every a; `and` was meant");
  }

  void collect_fields(const Expression& expression, std::set<std::string>& fields) const {
    if (expression.kind == Expression::Kind::kPredicate) fields.insert(expression.predicate.field);
    for (const Expression& child : expression.children) collect_fields(child, fields);
  }
  void breadth() {
    std::set<std::string> fields;
    collect_fields(expression_, fields);
    bool broad = std::all_of(fields.begin(), fields.end(),
                             [](const std::string& field) { return one_of(kBroadFields, field); });
    if (!broad || fields.empty()) return;
    warn("lint-broad", whole(),
         "it asks for no event, resource, address or error: it matches every call of a kind",
         "ask for eventSource and eventName");
  }

  const SigmaRule& rule_;
  const Expression& expression_;
  const Events& events_;
  Remarks& remarks_;
  std::set<std::string> said_;
};

}  // namespace

void lint_sigma(std::span<const RuleFile> files, const LoadOptions& options,
                const LintVocabulary& vocabulary, Diagnostics& diagnostics) {
  Events events(vocabulary);
  for (const RuleFile& file : files) {
    Diagnostics said_before;
    YamlDocuments parsed;
    const std::vector<YamlNode>* documents = &file.documents;
    if (documents->empty()) {
      parsed = parse_yaml(file.text, file.name, said_before);
      documents = &parsed.documents;
    }
    Remarks ignored(file.name, file.text, said_before);
    Remarks remarks(file.name, file.text, diagnostics);
    for (const YamlNode& node : *documents) {
      if (node.is_null() || classify_document(node, false, ignored) != DocumentKind::kRule)
        continue;
      auto rule = parse_rule(node, ignored);
      if (!rule) continue;
      auto expression = lower_rule(*rule, options.placeholders, ignored);
      if (expression) RuleLinter(*rule, *expression, events, remarks).run();
    }
  }
}

}  // namespace cairn::rules
