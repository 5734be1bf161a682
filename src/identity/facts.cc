#include "identity/facts.h"

#include "base/text.h"
#include "detect/detect.h"

#include <array>

namespace cairn::identity {

namespace {

using Text = std::string Facts::*;
constexpr std::array kTexts = {&Facts::access_key,   &Facts::principal,    &Facts::session,
                               &Facts::type,         &Facts::account,      &Facts::invoked_by,
                               &Facts::user_name,    &Facts::provider,     &Facts::source_identity,
                               &Facts::on_behalf_of, &Facts::ec2_delivery, &Facts::issued_to,
                               &Facts::creation_date};
constexpr size_t kTextBytes = 1024;

/// Sign-in providers for programs; others name people or cannot be told.
constexpr std::string_view kProgramProviders[] = {"token.actions.githubusercontent.com",
                                                  "oidc.eks.",
                                                  "gitlab",
                                                  "oidc.circleci.com",
                                                  "api.bitbucket.org",
                                                  "app.terraform.io",
                                                  "buildkite",
                                                  "vstoken.dev.azure.com",
                                                  "oidc.vercel.com"};
constexpr std::string_view kPeopleProviders[] = {"cognito-identity", "accounts.google.com",
                                                 "graph.facebook.com", "www.amazon.com"};

/// Services that hand a customer's role to a customer's program.
struct Host {
  std::string_view service, what;
};
constexpr Host kHosts[] = {{"ec2.amazonaws.com", "instance"},
                           {"lambda.amazonaws.com", "Lambda function"},
                           {"ecs-tasks.amazonaws.com", "ECS task"},
                           {"ecs.amazonaws.com", "ECS"},
                           {"eks.amazonaws.com", "EKS"},
                           {"pods.eks.amazonaws.com", "EKS pod"},
                           {"codebuild.amazonaws.com", "CodeBuild"},
                           {"codepipeline.amazonaws.com", "CodePipeline"},
                           {"glue.amazonaws.com", "Glue"},
                           {"sagemaker.amazonaws.com", "SageMaker"},
                           {"batch.amazonaws.com", "Batch"},
                           {"states.amazonaws.com", "Step Functions"},
                           {"ssm.amazonaws.com", "managed instance"}};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <size_t kCount>
bool names_any(std::string_view text, const std::string_view (&parts)[kCount]) {
  for (std::string_view part : parts)
    if (contains(text, part)) return true;
  return false;
}

/// The name that EC2 gives to sessions of instances: "i-0123456789abcdef0".
bool is_instance_id(std::string_view name) {
  if (name.substr(0, 2) != "i-" || (name.size() != 10 && name.size() != 19)) return false;
  return name.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

Origin certainly(OriginKind kind, std::string name) {
  return {kind, std::move(name), true, "", {}, ""};
}
Origin perhaps(OriginKind kind, std::string name, std::string because) {
  return {kind, std::move(name), false, std::move(because), {}, ""};
}

/// "repo:acme/app:ref:refs/heads/main at token.actions.githubusercontent.com".
Origin of_web_identity(const Facts& facts) {
  std::string_view provider = facts.provider;
  size_t slash = provider.find("oidc-provider/");
  if (slash != std::string_view::npos) provider.remove_prefix(slash + 14);
  std::string_view who = facts.user_name.empty() ? facts.principal : facts.user_name;
  std::string name = std::string(who) + " at " + std::string(provider);
  if (names_any(provider, kProgramProviders)) return certainly(OriginKind::kWorkload, name);
  if (names_any(provider, kPeopleProviders)) return certainly(OriginKind::kHuman, name);
  return perhaps(OriginKind::kUnknown, name,
                 "a person or a program: this sign-in provider serves both");
}

/// A service that assumed a role: for itself, or for a customer's program that it runs.
Origin of_service(const Facts& facts, const Grant* grant) {
  std::string service = facts.invoked_by.empty() ? facts.principal : facts.invoked_by;
  if (grant == nullptr || contains(grant->role_arn, ":role/aws-service-role/"))
    return certainly(OriginKind::kService, service);
  for (const Host& host : kHosts) {
    if (host.service != service) continue;
    return certainly(OriginKind::kWorkload, std::string(host.what) + " " + grant->session_name +
                                                " with " +
                                                detect::short_principal(grant->role_arn));
  }
  return certainly(OriginKind::kService, service);
}

Origin of_user(const Facts& facts, bool signed_in) {
  if (signed_in) return certainly(OriginKind::kHuman, facts.principal);
  return certainly(OriginKind::kUser, facts.principal);
}

/// A role's session whose beginning is not in the logs: its own record may still tell.
Origin of_role(const Facts& facts) {
  const std::string role = detect::short_principal(facts.principal);
  if (contains(facts.principal, "/aws-reserved/sso.amazonaws.com/") ||
      contains(facts.principal, "role/AWSReservedSSO_"))
    return certainly(OriginKind::kHuman, facts.session);
  constexpr std::string_view kServiceRoles = ":role/aws-service-role/";
  if (size_t at = facts.principal.find(kServiceRoles); at != std::string::npos) {
    std::string_view rest = std::string_view(facts.principal).substr(at + kServiceRoles.size());
    return certainly(OriginKind::kService, std::string(rest.substr(0, rest.find('/'))));
  }
  if (!facts.issued_to.empty())
    return certainly(OriginKind::kWorkload, facts.issued_to + " with " + role);
  if (!facts.ec2_delivery.empty())
    return certainly(OriginKind::kWorkload, "instance " + facts.session + " with " + role);
  if (!facts.on_behalf_of.empty())
    return certainly(OriginKind::kHuman, "Identity Center user " + facts.on_behalf_of);
  const std::string missing = "the call that issued its credential is not in these logs";
  if (!facts.source_identity.empty())
    return perhaps(OriginKind::kUnknown, facts.source_identity,
                   missing + "; its first caller gave this source identity");
  if (is_instance_id(facts.session))
    return perhaps(OriginKind::kWorkload, "instance " + facts.session + " with " + role,
                   missing + "; the session is named like an instance, which anybody could do");
  std::string because = missing;
  if (!facts.creation_date.empty()) because += "; the session began " + facts.creation_date;
  return perhaps(OriginKind::kUnknown, role + (facts.session.empty() ? "" : " as " + facts.session),
                 because);
}

}  // namespace

void Facts::join(const Facts& other) {
  for (Text text : kTexts) {
    const std::string& theirs = other.*text;
    if (!theirs.empty() && ((this->*text).empty() || theirs < this->*text)) this->*text = theirs;
  }
}

bool Facts::may_learn_from(const Event& event, const StandardFields& f,
                           const IdentityFields& fields) const {
  auto tells = [&](SlotId slot, const std::string& known) {
    std::string_view text = event.text(slot);
    return !text.empty() && (known.empty() || text < known);
  };
  return event.text(f.identity_type) != type || tells(f.identity_invoked_by, invoked_by) ||
         tells(f.identity_user_name, user_name) || tells(fields.provider, provider) ||
         tells(f.identity_source_identity, source_identity) ||
         tells(f.identity_on_behalf_of, on_behalf_of) || tells(fields.ec2_delivery, ec2_delivery) ||
         tells(fields.issued_to, issued_to) || tells(fields.creation_date, creation_date);
}

void Facts::pack(std::string& out) const {
  for (Text text : kTexts) pack_text(out, this->*text);
}

Facts Facts::unpack(PackReader& reader) {
  Facts facts;
  for (Text text : kTexts) facts.*text = reader.text();
  return facts;
}

Facts facts_of(const Event& event, const StandardFields& f, const IdentityFields& fields) {
  detect::PrincipalName who = detect::principal_of(event, f);
  auto text = [&](SlotId slot) { return std::string(cut_bytes(event.text(slot), kTextBytes)); };
  Facts facts;
  facts.principal = cut_bytes(who.key, kTextBytes);
  facts.session = cut_bytes(who.session, kTextBytes);
  facts.access_key = text(f.identity_access_key);
  facts.type = text(f.identity_type);
  facts.account = text(f.identity_account);
  facts.invoked_by = text(f.identity_invoked_by);
  facts.user_name = text(f.identity_user_name);
  facts.provider = text(fields.provider);
  facts.source_identity = text(f.identity_source_identity);
  facts.on_behalf_of = text(f.identity_on_behalf_of);
  facts.ec2_delivery = text(fields.ec2_delivery);
  facts.issued_to = text(fields.issued_to);
  facts.creation_date = text(fields.creation_date);
  return facts;
}

void Grant::pack(std::string& out) const {
  // Of several records of one call, that of the caller's own account comes first: it says more.
  out += giver.type == "AWSAccount" ? '\1' : '\0';
  pack_number(out, giver_handle);
  giver.pack(out);
  for (const std::string* text : {&method, &role_arn, &session_name, &event_id})
    pack_text(out, *text);
  out += time_known ? '\1' : '\0';
  pack_number(out, static_cast<uint64_t>(time_ms));
}

Grant Grant::unpack(PackReader& reader) {
  Grant grant;
  reader.bytes(1);
  grant.giver_handle = reader.number();
  grant.giver = Facts::unpack(reader);
  for (std::string* text : {&grant.method, &grant.role_arn, &grant.session_name, &grant.event_id})
    *text = reader.text();
  grant.time_known = reader.bytes(1) == "\1";
  grant.time_ms = static_cast<int64_t>(reader.number());
  return grant;
}

void pack(const Making& making, std::string& out) {
  pack_number(out, static_cast<uint64_t>(making.what));
  for (const std::string* text : {&making.name, &making.user, &making.event_id})
    pack_text(out, *text);
  pack_number(out, making.maker);
  pack_number(out, making.time_known ? 1 : 0);
  pack_number(out, static_cast<uint64_t>(making.time.time_since_epoch().count()));
}

Making unpack_making(PackReader& reader) {
  Making making;
  making.what = static_cast<Making::What>(reader.number());
  for (std::string* text : {&making.name, &making.user, &making.event_id}) *text = reader.text();
  making.maker = reader.number();
  making.time_known = reader.number() != 0;
  making.time = Timestamp(Duration(static_cast<int64_t>(reader.number())));
  return making;
}

std::string_view name_of(OriginKind kind) {
  constexpr std::string_view kNames[] = {"human",           "user",   "workload", "AWS service",
                                         "outside account", "unknown"};
  return kNames[static_cast<size_t>(kind)];
}

Origin infer_origin(const Facts& facts, const Grant* grant, bool signed_in, bool own_account) {
  if (facts.type == "WebIdentityUser") return of_web_identity(facts);
  if (facts.type == "SAMLUser") return certainly(OriginKind::kHuman, facts.user_name);
  if (facts.type == "IdentityCenterUser")
    return certainly(OriginKind::kHuman, "Identity Center user " + facts.on_behalf_of);
  if (facts.type == "AWSAccount") {
    if (facts.principal == "anonymous" || facts.account == "ANONYMOUS_PRINCIPAL")
      return perhaps(OriginKind::kUnknown, "anonymous", "the call was not signed");
    if (!own_account) return certainly(OriginKind::kOutside, facts.principal);
    return perhaps(OriginKind::kUnknown, facts.principal,
                   "the caller's own record of this call is not in these logs");
  }
  if (facts.type == "AWSService" || (facts.type.empty() && !facts.invoked_by.empty()))
    return of_service(facts, grant);
  if (facts.type == "AssumedRole") return of_role(facts);
  // AWS writes root where a service acts for the account without anybody's credential.
  if (facts.type == "Root" && !facts.invoked_by.empty() && facts.access_key.empty())
    return certainly(OriginKind::kService, facts.invoked_by);
  if (facts.type == "IAMUser" || facts.type == "Root" || facts.type == "FederatedUser")
    return of_user(facts, signed_in);
  return perhaps(OriginKind::kUnknown, facts.principal,
                 facts.type.empty() ? "the record does not say what kind of identity called"
                                    : "identities of type " + facts.type + " tell no more");
}

}  // namespace cairn::identity
