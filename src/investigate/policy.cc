#include "investigate/policy.h"

#include "base/text.h"
#include "formats/json_tree.h"
#include "formats/json_writer.h"
#include "investigate/inverses.h"
#include "model/refusal.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace cairn::investigate {

namespace {

constexpr size_t kResourcesOfAction = 8;  // more are written with wildcards
constexpr size_t kResourcesSeen = 5'000;
constexpr size_t kActionsSeen = 5'000;
constexpr size_t kGrantsKept = 2'000;
constexpr size_t kResourceCharacters = 512;

std::string service_key(std::string_view source) {
  constexpr std::string_view kDomain = ".amazonaws.com";
  if (source.ends_with(kDomain)) source.remove_suffix(kDomain.size());
  return to_lower(source);
}

/// "AddPermission20150331v2" is lambda:AddPermission, "ListDistributions2016_01_28" is
/// cloudfront:ListDistributions.
std::string_view without_version(std::string_view name) {
  size_t at = name.find("20");
  while (at != std::string_view::npos) {
    std::string_view rest = name.substr(at);
    if (glob_match_ignore_case("20??_??_??", rest)) return name.substr(0, at);
    if (rest.size() >= 8 && std::all_of(rest.begin(), rest.begin() + 8, is_digit) &&
        (rest.size() == 8 || rest[8] == 'v'))
      return name.substr(0, at);
    at = name.find("20", at + 1);
  }
  return name;
}

/// The object of "/bucket/key?versionId=3".
std::string_view without_version_id(std::string_view source) {
  if (source.starts_with('/')) source.remove_prefix(1);
  return source.substr(0, source.find("?versionId="));
}

/// Few enough resources, spelt as IAM takes them: those below one folder become "folder/*", then
/// those of one service "*".
std::vector<std::string> few_resources(const std::set<std::string>& resources) {
  if (resources.contains("*")) return {"*"};
  auto too_long = [](const std::set<std::string>& texts) {
    return std::any_of(texts.begin(), texts.end(),
                       [](const auto& text) { return text.size() > kResourceCharacters; });
  };
  std::set<std::string> now = resources;
  for (int step = 0; step < 8 && (now.size() > kResourcesOfAction || too_long(now)); ++step) {
    std::set<std::string> wider;
    for (std::string text : now) {
      if (text.ends_with("/*")) text.resize(text.size() - 2);
      if (text.ends_with(":*")) text.resize(text.size() - 2);
      size_t cut = text.rfind('/');
      if (cut == std::string::npos) cut = text.rfind(':');
      bool whole =
          cut == std::string::npos ||
          std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(cut), ':') < 5;
      if (whole) return {"*"};
      wider.insert(text.substr(0, cut + 1) + "*");
    }
    now = std::move(wider);
  }
  if (now.size() > kResourcesOfAction || too_long(now)) return {"*"};
  return {now.begin(), now.end()};
}

struct Statement {
  std::vector<std::string> actions, resources;

  std::string json() const {
    JsonWriter json;
    json.begin_object().member("Effect", "Allow").key("Action").begin_array();
    for (const std::string& action : actions) json.value(action);
    json.end_array().key("Resource").begin_array();
    for (const std::string& resource : resources) json.value(resource);
    json.end_array().end_object();
    return std::move(json).take();
  }
};

/// Policies of whole statements, each within IAM's limit. A statement too long is cut in two.
std::vector<std::string> policies_of(std::vector<Statement> statements) {
  const std::string head = R"({"Version":"2012-10-17","Statement":[)";
  std::vector<std::string> policies;
  std::string body;
  auto finish = [&] {
    if (!body.empty()) policies.push_back(head + body + "]}");
    body.clear();
  };
  for (size_t i = 0; i < statements.size(); ++i) {
    std::string text = statements[i].json();
    if (head.size() + text.size() + 2 > kPolicyCharacters && statements[i].actions.size() > 1) {
      Statement second = statements[i];
      size_t half = second.actions.size() / 2;
      statements[i].actions.resize(half);
      second.actions.erase(second.actions.begin(),
                           second.actions.begin() + static_cast<std::ptrdiff_t>(half));
      statements.insert(statements.begin() + static_cast<std::ptrdiff_t>(i) + 1, second);
      --i;
      continue;
    }
    if (head.size() + body.size() + text.size() + 3 > kPolicyCharacters) finish();
    if (!body.empty()) body += ',';
    body += text;
  }
  finish();
  return policies;
}

/// Actions that the Allow statements of a document name.
std::vector<std::string> allowed_actions(std::string_view document) {
  std::vector<std::string> actions;
  JsonTree tree;
  std::string text(document);
  if (!tree.parse(text).ok()) return actions;
  auto take = [&](uint32_t node) {
    if (tree[node].is_string()) actions.emplace_back(tree[node].text);
    if (tree[node].kind != JsonTree::Kind::kArray) return;
    for (uint32_t item = node + 1; item < tree[node].next; item = tree[item].next)
      if (tree[item].is_string()) actions.emplace_back(tree[item].text);
  };
  auto statement = [&](uint32_t node) {
    uint32_t effect = tree.find(node, "Effect"), action = tree.find(node, "Action");
    if (effect != 0 && action != 0 && tree[effect].text == "Allow") take(action);
  };
  uint32_t list = tree[0].kind == JsonTree::Kind::kObject ? tree.find(0, "Statement") : 0;
  if (list == 0) return actions;
  if (tree[list].kind == JsonTree::Kind::kObject) statement(list);
  if (tree[list].kind != JsonTree::Kind::kArray) return actions;
  for (uint32_t node = list + 1; node < tree[list].next; node = tree[node].next)
    if (tree[node].kind == JsonTree::Kind::kObject) statement(node);
  return actions;
}

std::string first_of(const RecordTree& record, std::string_view path) {
  std::vector<std::string> values = record.values(path, true);
  return values.empty() ? std::string() : std::move(values.front());
}

struct Denial {
  uint64_t events = 0;
  std::string error, event_id;
};

}  // namespace

std::string literal_resource(std::string_view arn) {
  std::string out;
  for (char c : arn) {
    if (c == '*' || c == '?' || c == '$') {
      out += "${";
      out += c;
      out += '}';
    } else {
      out += c;
    }
  }
  return out;
}

bool is_policy_call(std::string_view name) {
  constexpr std::array<std::string_view, 6> kCalls = {"CreatePolicy",     "CreatePolicyVersion",
                                                      "PutRolePolicy",    "PutUserPolicy",
                                                      "AttachRolePolicy", "AttachUserPolicy"};
  return std::find(kCalls.begin(), kCalls.end(), name) != kCalls.end();
}

struct ActionTable::Table {
  struct Piece {
    std::string literal;
    SlotId slot = kNoSlot;
    bool is_copy_source = false;
  };
  struct Row {
    std::vector<std::string> actions;
    std::vector<std::vector<Piece>> resources;  // of all actions one, or one of each
  };
  std::map<std::string, std::string> prefixes;  // of a service; "-" for none
  std::map<std::pair<std::string, std::string>, Row> rows;
  std::map<std::string, std::map<std::string, Row>> beginnings;  // service → beginning of names

  const Row* find(std::string_view source, std::string_view name) const {
    std::string service = service_key(source);
    auto found = rows.find(std::make_pair(service, std::string(without_version(name))));
    if (found != rows.end()) return &found->second;
    auto of_service = beginnings.find(service);
    if (of_service == beginnings.end()) return nullptr;
    const Row* longest = nullptr;  // sorted, so the longest that fits comes last
    for (const auto& [beginning, row] : of_service->second)
      if (name.starts_with(beginning)) longest = &row;
    return longest;
  }
};

ActionTable::ActionTable() : table_(std::make_unique<Table>()) {}
ActionTable::ActionTable(ActionTable&&) noexcept = default;
ActionTable::~ActionTable() = default;

Result<ActionTable> ActionTable::parse(std::string_view text, FieldTable& fields) {
  ActionTable made;
  size_t number = 0;
  auto bad = [&](std::string_view what) {
    return Error{ErrorCode::kInvalidInput,
                 "line " + std::to_string(number) + ": " + std::string(what)};
  };
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty() || line.starts_with('#')) continue;
    std::vector<std::string_view> columns = split(line, '\t');
    if (columns.size() != 4) return bad("expected 4 columns");
    std::string source = to_lower(trim(columns[0]));
    std::string_view actions = trim(columns[2]), resource = trim(columns[3]);
    if (columns[1] == "*") {
      made.table_->prefixes[source] = std::string(actions);
      continue;
    }
    Table::Row row;
    if (actions != "-")
      for (std::string_view action : split(actions, ',')) row.actions.emplace_back(trim(action));
    for (std::string_view rest : split(resource, '|')) {
      std::vector<Table::Piece> pieces;
      while (!rest.empty()) {
        size_t open = rest.find('{');
        if (open != 0) pieces.push_back({std::string(rest.substr(0, open)), kNoSlot, false});
        if (open == std::string_view::npos) break;
        size_t close = rest.find('}', open);
        if (close == std::string_view::npos) return bad("{ without }");
        std::string_view path = rest.substr(open + 1, close - open - 1);
        pieces.push_back({{}, fields.intern(path), path.ends_with("x-amz-copy-source")});
        rest.remove_prefix(close + 1);
      }
      row.resources.push_back(std::move(pieces));
    }
    if (row.resources.size() > 1 && row.resources.size() != row.actions.size())
      return bad("one resource, or as many as actions");
    std::string name(trim(columns[1]));
    bool is_beginning = name.ends_with('*');
    if (is_beginning) name.pop_back();
    bool is_new = is_beginning
                      ? made.table_->beginnings[source].emplace(name, std::move(row)).second
                      : made.table_->rows.emplace(std::pair(source, name), std::move(row)).second;
    if (!is_new) return bad("a second row for the same call");
  }
  return made;
}

std::vector<std::string> ActionTable::actions_of(std::string_view source,
                                                 std::string_view name) const {
  if (const Table::Row* row = table_->find(source, name)) return row->actions;
  std::string service = service_key(source);
  auto prefix = table_->prefixes.find(service);
  if (prefix != table_->prefixes.end()) service = prefix->second;
  if (service == "-" || service.empty() || name.empty()) return {};
  return {service + ":" + std::string(without_version(name))};
}

std::string ActionTable::resource_of(const Event& event, std::string_view source,
                                     std::string_view name) const {
  const Table::Row* row = table_->find(source, name);
  if (row == nullptr) return {};
  std::string out;
  for (const std::vector<Table::Piece>& pieces : row->resources) {
    std::string one;
    for (const Table::Piece& piece : pieces) {
      std::string_view value = piece.slot == kNoSlot ? piece.literal : event.text(piece.slot);
      if (piece.is_copy_source) value = without_version_id(value);
      if (value.empty() || value.find('\n') != std::string_view::npos) {
        one.clear();
        break;
      }
      one += piece.slot == kNoSlot ? std::string(value) : literal_resource(value);
    }
    bool good = one.starts_with("arn:") || one == "*";
    if (!good && row->resources.size() == 1) return {};
    if (!out.empty()) out += '\n';
    out += good ? one : "*";
  }
  return out;
}

namespace {

class PolicyAnswer {
 public:
  PolicyAnswer(const Subject& subject, const ActionTable& table)
      : subject_(subject), table_(table) {}

  Result<PolicyResult> answer(const std::vector<Gatherer*>& uses,
                              const std::vector<Gatherer*>& grants) {
    TRY(Gatherer::for_each_use(uses, [&](const Use& use) -> Status {
      note_use(use);
      return {};
    }));
    TRY(Gatherer::for_each_act(grants, [&](const Act& act) -> Status {
      note_grant(act);
      return {};
    }));
    PolicyResult result;
    result.found = events_ > 0;
    if (result.found) result.sheet = write();
    return result;
  }

 private:
  void note_use(const Use& use);
  void note_grant(const Act& act);
  Sheet write() const;

  const Subject& subject_;
  const ActionTable& table_;
  uint64_t events_ = 0, needing_none_ = 0, not_kept_ = 0;
  bool time_known_ = false;
  int64_t first_ms_ = 0, last_ms_ = 0;
  struct Used {
    std::set<std::string> resources;
    uint64_t events = 0;
    std::string event_id;
  };
  std::map<std::string, Used> used_;
  std::map<std::string, Denial> denied_;
  std::map<std::string, std::vector<std::string>> documents_;           // policy ARN → actions
  std::map<std::string, std::pair<std::string, std::string>> granted_;  // action → where, event
  std::map<std::string, std::string> unknown_;                          // policy → event
};

void PolicyAnswer::note_use(const Use& use) {
  events_ += use.events;
  if (use.time_known) {
    first_ms_ = time_known_ ? std::min(first_ms_, use.first_ms) : use.first_ms;
    last_ms_ = time_known_ ? std::max(last_ms_, use.last_ms) : use.last_ms;
    time_known_ = true;
  }
  std::vector<std::string> actions = table_.actions_of(use.source, use.name);
  if (actions.empty()) needing_none_ += use.events;
  std::vector<std::string_view> resources = split(use.resource, '\n');
  for (size_t i = 0; i < actions.size(); ++i) {
    const std::string& action = actions[i];
    if (is_refusal(use.error)) {
      if (denied_.size() >= kActionsSeen && !denied_.contains(action)) continue;
      Denial& denial = denied_[action];
      denial.events += use.events;
      if (denial.event_id.empty()) denial.event_id = use.first_event;
      denial.error = use.error;
      continue;
    }
    if (used_.size() >= kActionsSeen && !used_.contains(action)) {
      ++not_kept_;
      continue;
    }
    Used& used = used_[action];
    used.events += use.events;
    if (used.event_id.empty()) used.event_id = use.first_event;
    if (used.resources.size() < kResourcesSeen)
      used.resources.insert(
          use.resource.empty() ? "*" : std::string(resources[resources.size() == 1 ? 0 : i]));
  }
}

void PolicyAnswer::note_grant(const Act& act) {
  RecordTree record;
  if (act.record.empty() || !record.parse(act.record)) return;
  std::string document = first_of(record, "requestParameters.policyDocument");
  auto grant = [&](const std::vector<std::string>& actions, const std::string& where) {
    for (const std::string& action : actions)
      if (granted_.size() < kGrantsKept) granted_.try_emplace(action, where, act.event_id);
  };
  if (act.name == "CreatePolicy" || act.name == "CreatePolicyVersion") {
    std::string arn = first_of(record, act.name == "CreatePolicy" ? "responseElements.policy.arn"
                                                                  : "requestParameters.policyArn");
    if (documents_.size() < kGrantsKept) documents_[arn] = allowed_actions(document);
    return;
  }
  bool of_role = act.name.find("Role") != std::string::npos;
  std::string name =
      first_of(record, of_role ? "requestParameters.roleName" : "requestParameters.userName");
  if (name.empty() ||
      !subject_.names("arn:aws:iam::" + act.account + (of_role ? ":role/" : ":user/") + name))
    return;
  if (act.name.starts_with("Put")) {
    grant(allowed_actions(document),
          "inline policy " + first_of(record, "requestParameters.policyName"));
    return;
  }
  std::string arn = first_of(record, "requestParameters.policyArn");
  auto known = documents_.find(arn);
  if (known != documents_.end()) {
    grant(known->second, arn);
  } else if (unknown_.size() < kGrantsKept) {
    unknown_.try_emplace(arn, act.event_id);
  }
}

Sheet PolicyAnswer::write() const {
  Sheet sheet;
  sheet.title = subject_.text();
  std::string window;
  if (time_known_)
    window = ", " + format_time_short(Timestamp(Duration(first_ms_))) + " to " +
             format_time_short(Timestamp(Duration(last_ms_)));
  sheet.say(
      "used", "USED",
      plural(used_.size(), "action") + " in " + plural(events_, "event") + window +
          (needing_none_ > 0 ? "; " + plural(needing_none_, "event") + " needed no right" : ""));
  sheet.say(
      "caution", "CAUTION",
      "A policy from use knows the calls of this window only. Data events (S3 objects, Lambda "
      "invocations …) are there only if a trail records them, and some calls need rights that "
      "no record shows: iam:PassRole, KMS grants, actions on a second resource.");
  if (not_kept_ > 0)
    sheet.say("left_out", "LEFT OUT", plural(not_kept_, "combination") + " of further actions");
  std::map<std::vector<std::string>, std::vector<std::string>> by_resources;
  std::set<std::string> anywhere;
  for (const auto& [action, used] : used_) {
    std::vector<std::string> resources = few_resources(used.resources);
    if (resources == std::vector<std::string>{"*"}) anywhere.insert(action);
    by_resources[std::move(resources)].push_back(action);
  }
  std::vector<Statement> statements;
  for (const auto& [resources, actions] : by_resources) statements.push_back({actions, resources});
  SheetPart policies;
  policies.name = "policies";
  policies.label = "POLICY";
  policies.lines = policies_of(std::move(statements));
  policies.list = policies.verbatim = true;
  if (policies.lines.size() > 1)
    policies.note =
        plural(policies.lines.size(), "policy", "policies") +
        ": one would be longer than the 6,144 characters that IAM takes" +
        (policies.lines.size() > 10 ? "; more than 10 cannot be attached: widen actions" : "");
  SheetPart& denied = sheet.table("denied", "DENIED",
                                  {{"action"},
                                   {"error"},
                                   {"events", SheetColumn::Kind::kNumber},
                                   {"event", SheetColumn::Kind::kEvent}});
  for (const auto& [action, denial] : denied_)
    denied.rows.push_back({action, denial.error, std::to_string(denial.events), denial.event_id});
  denied.note = "asked for and refused: not in the policy";
  SheetPart& unused =
      sheet.table("granted_not_used", "NOT USED",
                  {{"action"}, {"granted_by"}, {"event", SheetColumn::Kind::kEvent}});
  for (const auto& [action, where] : granted_) {
    bool is_used = std::any_of(used_.begin(), used_.end(), [&](const auto& used) {
      return glob_match_ignore_case(action, used.first);
    });
    if (!is_used) unused.rows.push_back({action, where.first, where.second});
  }
  unused.note = "granted in these logs, and not used in them";
  unused.shown = 30;
  SheetPart& unknown = sheet.table("unknown_policies", "ATTACHED",
                                   {{"policy"}, {"event", SheetColumn::Kind::kEvent}});
  for (const auto& [arn, event_id] : unknown_) unknown.rows.push_back({arn, event_id});
  unknown.note = "attached in these logs; what they grant is not in them";
  SheetPart& wide = sheet.table(
      "on_any_resource", "ANYWHERE",
      {{"action"}, {"events", SheetColumn::Kind::kNumber}, {"event", SheetColumn::Kind::kEvent}});
  for (const std::string& action : anywhere) {
    const Used& used = used_.at(action);
    wide.rows.push_back({action, std::to_string(used.events), used.event_id});
  }
  wide.note = "on any resource: the records name none, or too many; narrow them by hand";
  sheet.parts.push_back(std::move(policies));
  return sheet;
}

}  // namespace

Result<PolicyResult> policy(const Subject& subject, const ActionTable& table,
                            const std::vector<Gatherer*>& uses,
                            const std::vector<Gatherer*>& grants) {
  return PolicyAnswer(subject, table).answer(uses, grants);
}

}  // namespace cairn::investigate
