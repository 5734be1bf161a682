#include "simulate/caller.h"

#include "base/hash.h"
#include "base/time.h"
#include "simulate/builtin.h"

namespace cairn::simulate {
namespace {

/// Appends `"name":"text"`; names and texts of the simulator need no escapes.
void member(std::string& json, std::string_view name, std::string_view text) {
  json += json.back() == '{' ? "\"" : ",\"";
  json += name;
  json += "\":\"";
  json += text;
  json += '"';
}

std::string session_context(std::string_view issuer, Seconds now, bool mfa) {
  std::string json = ",\"sessionContext\":{";
  if (!issuer.empty()) json += "\"sessionIssuer\":" + std::string(issuer) + ",";
  json +=
      "\"attributes\":{\"creationDate\":\"" + format_seconds(now) + "\",\"mfaAuthenticated\":\"";
  json += mfa ? "true\"}}" : "false\"}}";
  return json;
}

std::string session_key(const Account& account, Random& random) {
  std::string key = "ASIA" + account.code;
  random.append_upper(key, 8);
  return key;
}

}  // namespace

std::string format_seconds(Seconds time) {
  return format_time(Timestamp(std::chrono::seconds(time)));
}

Scope credentials_of(const Caller& session) {
  return {{kSlotAccount, session.account->id}, {kSlotRoleArn, session.role_arn},
          {kSlotRoleId, session.role_id},      {kSlotSession, session.session},
          {kSlotSessionArn, session.arn},      {kSlotNewKey, session.key}};
}

Caller make_service(const Account& account, std::string_view service) {
  Caller caller;
  caller.account = &account;
  caller.service = service;
  caller.aws_service = true;
  caller.identity = "{";
  member(caller.identity, "type", "AWSService");
  caller.name = caller.address = caller.agent = caller.origin = caller.actor = service;
  return caller;
}

Caller make_root(const Account& account, std::string_view key, Seconds now) {
  Caller caller;
  caller.account = &account;
  caller.name = "root";
  caller.arn = caller.origin = "arn:aws:iam::" + account.id + ":root";
  caller.identity = "{";
  member(caller.identity, "type", "Root");
  member(caller.identity, "principalId", account.id);
  member(caller.identity, "arn", caller.arn);
  member(caller.identity, "accountId", account.id);
  member(caller.identity, "accessKeyId", key);
  if (key.starts_with("ASIA")) caller.identity += session_context("", now, false);
  caller.console = !key.starts_with("AKIA");
  return caller;
}

Caller make_user(const Account& account, std::string_view name, std::string_view key) {
  Caller caller;
  caller.account = &account;
  caller.name = name;
  caller.key = key;
  caller.arn = caller.origin = "arn:aws:iam::" + account.id + ":user/" + std::string(name);
  caller.identity = "{";
  member(caller.identity, "type", "IAMUser");
  member(caller.identity, "principalId", account.unique_id("AIDA", name));
  member(caller.identity, "arn", caller.arn);
  member(caller.identity, "accountId", account.id);
  if (!key.empty()) member(caller.identity, "accessKeyId", key);
  member(caller.identity, "userName", name);
  return caller;
}

Caller make_user_in_console(const Account& account, std::string_view name, bool mfa, Seconds now,
                            Random& random) {
  Caller caller = make_user(account, name, session_key(account, random));
  caller.identity += session_context("", now, mfa);
  caller.console = true;
  return caller;
}

Caller make_role_session(const Account& account, std::string_view role, std::string_view path,
                         std::string_view session, Seconds now, Random& random) {
  Caller caller;
  caller.account = &account;
  caller.name = role;
  caller.session = session;
  caller.role_id = account.unique_id("AROA", role);
  caller.role_arn = "arn:aws:iam::" + account.id + ":role" + std::string(path) + std::string(role);
  caller.key = session_key(account, random);
  caller.arn = "arn:aws:sts::" + account.id + ":assumed-role/" + std::string(role) + '/' +
               std::string(session);
  caller.origin = caller.role_arn;
  caller.identity = "{";
  member(caller.identity, "type", "AssumedRole");
  member(caller.identity, "principalId", caller.role_id + ':' + std::string(session));
  member(caller.identity, "arn", caller.arn);
  member(caller.identity, "accountId", account.id);
  member(caller.identity, "accessKeyId", caller.key);
  std::string issuer = "{";
  member(issuer, "type", "Role");
  member(issuer, "principalId", caller.role_id);
  member(issuer, "arn", caller.role_arn);
  member(issuer, "accountId", account.id);
  member(issuer, "userName", role);
  issuer += '}';
  caller.identity += session_context(issuer, now, false);
  return caller;
}

Caller make_employee_session(const Account& account, std::string_view person,
                             std::string_view permissions, std::string_view organization,
                             Seconds now, Random& random) {
  std::string role = "AWSReservedSSO_" + std::string(permissions) + '_';
  Random(hash64(account.id), role).append_hex(role, 16);
  Caller caller = make_role_session(
      account, role, "/aws-reserved/sso.amazonaws.com/eu-west-1/",
      std::string(person) + '@' + std::string(organization) + ".example.com", now, random);
  caller.origin = "single-sign-on/" + caller.session;
  return caller;
}

Caller make_federated(const Caller& giver, std::string_view name, Seconds now, Random& random) {
  const Account& account = *giver.account;
  Caller caller;
  caller.account = &account;
  caller.name = name;
  caller.session = name;
  caller.key = session_key(account, random);
  caller.arn = "arn:aws:sts::" + account.id + ":federated-user/" + std::string(name);
  caller.origin = giver.origin;
  caller.identity = "{";
  member(caller.identity, "type", "FederatedUser");
  member(caller.identity, "principalId", account.id + ':' + std::string(name));
  member(caller.identity, "arn", caller.arn);
  member(caller.identity, "accountId", account.id);
  member(caller.identity, "accessKeyId", caller.key);
  std::string issuer = "{";
  member(issuer, "type", "IAMUser");
  member(issuer, "principalId", account.unique_id("AIDA", giver.name));
  member(issuer, "arn", giver.arn);
  member(issuer, "accountId", account.id);
  member(issuer, "userName", giver.name);
  issuer += '}';
  caller.identity += session_context(issuer, now, false);
  return caller;
}

void mark_instance_session(Caller& caller) {
  caller.identity.pop_back();  // sessionContext's brace
  caller.identity += ",\"ec2RoleDelivery\":\"2.0\"}";
}

Caller make_foreign(const Account& account, std::string_view foreign_account,
                    std::string_view principal_id) {
  Caller caller;
  caller.account = &account;
  caller.name = foreign_account;
  caller.origin = "arn:aws:iam::" + std::string(foreign_account) + ":root";
  caller.identity = "{";
  member(caller.identity, "type", "AWSAccount");
  member(caller.identity, "principalId", principal_id);
  member(caller.identity, "accountId", foreign_account);
  return caller;
}

Caller make_web_identity(const Account& account, std::string_view provider,
                         std::string_view subject) {
  Caller caller;
  caller.account = &account;
  caller.name = subject;
  caller.origin = std::string(provider) + ':' + std::string(subject);
  caller.identity = "{";
  member(caller.identity, "type", "WebIdentityUser");
  member(caller.identity, "principalId",
         "arn:aws:iam::" + account.id + ":oidc-provider/" + std::string(provider) +
             ":sts.amazonaws.com:" + std::string(subject));
  member(caller.identity, "userName", subject);
  member(caller.identity, "identityProvider",
         "arn:aws:iam::" + account.id + ":oidc-provider/" + std::string(provider));
  return caller;
}

}  // namespace cairn::simulate
