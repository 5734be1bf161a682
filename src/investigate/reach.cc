#include "investigate/reach.h"

#include "base/hash.h"
#include "base/text.h"

namespace cairn::investigate {

namespace {

constexpr size_t kReachedKept = 5'000;
constexpr size_t kSecondKept = 20'000;  // acts settled together at most
constexpr size_t kTaken = 1'000'000;    // credentials followed

std::string first_of(const RecordTree& record, std::string_view path) {
  std::vector<std::string> values = record.values(path, false);
  return values.empty() ? std::string() : std::move(values.front());
}

}  // namespace

std::string time_text(bool known, int64_t time_ms) {
  return known ? format_time(Timestamp(Duration(time_ms))) : std::string();
}

std::string account_of(std::string_view arn) {
  std::vector<std::string_view> parts = split(arn, ':');
  return arn.starts_with("arn:") && parts.size() > 4 ? std::string(parts[4]) : std::string();
}

std::string last_part(std::string_view arn) {
  size_t slash = arn.rfind('/');
  return std::string(slash == std::string_view::npos ? arn : arn.substr(slash + 1));
}

bool is_root(std::string_view principal) { return principal.ends_with(":root"); }

Wanted wanted_for_reach(const InverseTable& table) {
  Wanted wanted;
  wanted.acts = wanted.callers = true;
  wanted.with_record = [&table](std::string_view source, std::string_view name) {
    return table.find(source, name) != nullptr;
  };
  return wanted;
}

bool Reach::is_in(const Act& act) const {
  if (handles_.contains(act.handle)) return true;
  if (principals_.contains(act.principal)) return true;
  if (!act.session.empty() && instances_.contains(act.session)) return true;
  // The password was made in reach, the user's own long-lived keys were not.
  if (!console_users_.empty() && !act.access_key.starts_with("AKIA") &&
      act.principal.find(":user/") != std::string::npos &&
      console_users_.contains(account_of(act.principal) + "|" + last_part(act.principal)))
    return true;
  switch (subject_.kind()) {
    case SubjectKind::kAccessKey:
      return subject_.is_key(act.access_key);
    case SubjectKind::kAddress:
      return subject_.is_address(act.source_ip);
    case SubjectKind::kName:
      break;
  }
  if (!subject_.session().empty())
    return subject_.names(act.principal) && act.session == subject_.session();
  return subject_.names(act.principal) || subject_.names(act.session);
}

bool Reach::take(Reached reached, const Act& act) {
  reached.account = act.account;
  reached.event_id = act.event_id;
  reached.time = time_text(act.time_known, act.time_ms);
  if (reached_.size() < kReachedKept) reached_.push_back(std::move(reached));
  return true;
}

bool Reach::extend(const Act& act, const RecordTree& record) {
  if (handles_.size() + principals_.size() > kTaken) return false;
  using Kind = Reached::Kind;
  bool grown = false;
  if (!act.issued_key.empty() && handles_.insert(hash64(act.issued_key)).second)
    grown = take({Kind::kSession, act.issued_key, act.target, {}, {}, {}}, act);
  if (act.source == "iam.amazonaws.com") {
    if (act.name == "CreateAccessKey") {
      std::string key = first_of(record, "responseElements.accessKey.accessKeyId");
      std::string owner = first_of(record, "requestParameters.userName");
      if (owner.empty() && is_root(act.principal)) {
        owner = kRootOwner;
      } else if (owner.empty()) {
        owner = first_of(record, "responseElements.accessKey.userName");
      }
      if (!key.empty() && handles_.insert(hash64(key)).second)
        grown = take({Kind::kKey, key, owner, {}, {}, {}}, act);
    } else if (act.name == "CreateUser") {
      std::string arn = first_of(record, "responseElements.user.arn");
      if (!arn.empty() && principals_.insert(arn).second)
        grown = take({Kind::kUser, arn, {}, {}, {}, {}}, act);
    } else if (act.name == "CreateRole") {
      std::string arn = first_of(record, "responseElements.role.arn");
      if (!arn.empty() && principals_.insert(arn).second)
        grown = take({Kind::kRole, arn, {}, {}, {}, {}}, act);
    } else if (act.name == "CreateLoginProfile") {
      std::string user = first_of(record, "requestParameters.userName");
      if (!user.empty() && console_users_.insert(act.account + "|" + user).second)
        grown = take({Kind::kPassword, user, user, {}, {}, {}}, act);
    }
  } else if (act.source == "ec2.amazonaws.com" && act.name == "RunInstances") {
    for (std::string& id : record.values("responseElements.instancesSet.items.instanceId", false))
      if (instances_.size() < kTaken && instances_.insert(id).second)
        grown = take({Kind::kInstance, id, act.region, {}, {}, {}}, act);
  }
  return grown;
}

Status Reach::walk(
    const std::vector<Gatherer*>& gatherers,
    const std::function<Status(const Act& act, bool in_reach, const RecordTree& record)>& visit) {
  std::vector<Act> second;
  RecordTree record;
  auto open = [&](const Act& act) {
    if (act.record.empty() || !record.parse(act.record)) record.parse("{}");
  };
  auto settle = [&]() -> Status {
    std::vector<char> in(second.size(), 0);
    for (bool grown = true; grown;) {
      grown = false;
      for (size_t i = 0; i < second.size(); ++i) {
        if (in[i] != 0 || !is_in(second[i])) continue;
        in[i] = 1;
        open(second[i]);
        grown = extend(second[i], record) || grown;
      }
    }
    for (size_t i = 0; i < second.size(); ++i) {
      open(second[i]);
      TRY(visit(second[i], in[i] != 0, record));
    }
    second.clear();
    return {};
  };
  TRY(Gatherer::for_each_act(gatherers, [&](const Act& act) -> Status {
    bool next = !second.empty() && (act.time_ms / 1000 != second.front().time_ms / 1000 ||
                                    second.size() >= kSecondKept);
    Status settled = next ? settle() : Status();
    second.push_back(act);
    return settled;
  }));
  return settle();
}

}  // namespace cairn::investigate
