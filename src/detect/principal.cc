// Who acted. CloudTrail names one person in several ways: a role's ARN changes with every session,
// a failed sign-in has no ARN, a call from another account has only an opaque id. The key joins
// what belongs together and never joins what may not: see docs/reference/findings.md, "Principals".

#include "base/text.h"
#include "detect/detect.h"

namespace cairn::detect {

namespace {

constexpr std::string_view kHiddenName = "HIDDEN_DUE_TO_SECURITY_REASONS";

std::string_view after_colon(std::string_view text) {
  size_t colon = text.find(':');
  return colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
}

/// Cuts "arn:aws:sts::1:assumed-role/ROLE/SESSION" before "/SESSION".
std::string_view without_session(std::string_view arn) {
  size_t role = arn.find(":assumed-role/");
  if (role == std::string_view::npos) return arn;
  size_t slash = arn.find('/', role + std::string_view(":assumed-role/").size());
  return arn.substr(0, slash);
}

std::string& thread_buffer() {
  thread_local std::string buffer;
  return buffer;
}

std::string_view build(std::initializer_list<std::string_view> parts) {
  std::string& buffer = thread_buffer();
  buffer.clear();
  for (std::string_view part : parts) buffer += part;
  return buffer;
}

bool is_account_id(std::string_view text) {
  if (text.size() != 12) return false;
  for (char c : text)
    if (!is_digit(c)) return false;
  return true;
}

PrincipalName without_arn(const Event& event, const StandardFields& f, std::string_view type) {
  if (std::string_view service = event.text(f.identity_invoked_by); !service.empty())
    return {service, {}};
  std::string_view account = event.text(f.identity_account);
  std::string_view id = event.text(f.identity_principal_id);
  if (account == "anonymous" || equals_ignore_case(id, "ANONYMOUS_PRINCIPAL"))
    return {"anonymous", {}};
  if (type == "Root" && is_account_id(account))
    return {build({"arn:aws:iam::", account, ":root"}), {}};
  // A failed sign-in names the user without an ARN; user names are unique within an account.
  std::string_view name = event.text(f.identity_user_name);
  if (type == "IAMUser" && is_account_id(account) && !name.empty() && name != kHiddenName)
    return {build({"arn:aws:iam::", account, ":user/", name}), {}};
  if (std::string_view user = event.text(f.identity_on_behalf_of); !user.empty())
    return {build({"identitycenter:", user}), {}};
  if (type == "AWSAccount" && !id.empty()) {
    std::string_view session = after_colon(id);
    std::string_view unique_id = id.substr(0, id.find(':'));
    if (account.empty()) return {unique_id, session};
    return {build({"account:", account, "/", unique_id}), session};
  }
  if (!id.empty()) return {id, {}};
  if (!account.empty()) return {build({"account:", account}), {}};
  return {"unknown", {}};
}

}  // namespace

PrincipalName principal_of(const Event& event, const StandardFields& f) {
  std::string_view type = event.text(f.identity_type);
  if (type == "AssumedRole" || type == "FederatedUser") {
    std::string_view session = after_colon(event.text(f.identity_principal_id));
    std::string_view issuer = event.text(f.issuer_arn);
    if (!issuer.empty()) return {issuer, session};
    std::string_view arn = event.text(f.identity_arn);
    if (!arn.empty()) return {without_session(arn), session};
  }
  std::string_view arn = event.text(f.identity_arn);
  if (!arn.empty()) return {without_session(arn), {}};
  return without_arn(event, f, type);
}

std::string short_principal(std::string_view key) {
  if (key.substr(0, 4) == "arn:") {
    size_t start = 0;
    for (int colons = 0; colons < 5 && start != std::string_view::npos; ++colons) {
      start = key.find(':', start);
      if (start != std::string_view::npos) ++start;
    }
    if (start == std::string_view::npos) return std::string(key);
    std::string_view resource = key.substr(start);
    size_t first = resource.find('/');
    if (first == std::string_view::npos) return std::string(resource);
    std::string_view kind = resource.substr(0, first);
    if (kind == "assumed-role") kind = "role";
    std::string text(kind);
    text += resource.substr(
        resource.rfind('/'));  // IAM paths are for administrators, names for readers
    return text;
  }
  if (key.substr(0, 8) == "account:") {
    std::string_view rest = key.substr(8);
    size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return "account " + std::string(rest);
    return std::string(rest.substr(slash + 1)) + " of account " +
           std::string(rest.substr(0, slash));
  }
  if (key.substr(0, 15) == "identitycenter:")
    return "Identity Center user " + std::string(key.substr(15));
  return std::string(key);
}

}  // namespace cairn::detect
