#include "rules/policy.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

/// "admin everyone foreign", as far as granted.
std::string granted(std::string_view text, std::string_view own = "111122223333") {
  std::string buffer, out;
  JsonTree tree;
  if (!tree.parse(policy_text(text, buffer)).ok()) return "no document";
  PolicyGrants grants = read_policy(tree, own);
  for (auto [is, name] :
       {std::pair(grants.admin, kGrantsAdmin), std::pair(grants.everyone, kGrantsEveryone),
        std::pair(grants.foreign, kGrantsForeign)})
    if (is) out += (out.empty() ? "" : " ") + std::string(name);
  return out;
}

std::string statement(const std::string& body) {
  return R"({"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",)" + body +
         "}]}";
}

TEST(Policy, Principals) {
  const std::pair<const char*, const char*> rows[] = {
      {R"("Principal":"*")", "everyone"},
      {R"("Principal":{"AWS":"*"})", "everyone"},
      {R"("Principal":{"AWS":["111122223333","*"]})", "everyone"},
      {R"("NotPrincipal":{"AWS":"111122223333"})", "everyone"},
      {R"("Principal":{"AWS":"111122223333"})", ""},
      {R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"})", ""},
      {R"("Principal":{"AWS":"444455556666"})", "foreign"},
      {R"("Principal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]})",
       "foreign"},
      {R"("Principal":{"AWS":"arn:aws-cn:sts::444455556666:assumed-role/x/y"})", "foreign"},
      {R"("Principal":{"Service":"lambda.amazonaws.com"})", ""},
      {R"("Principal":{"Federated":"arn:aws:iam::444455556666:saml-provider/x"})", "foreign"},
      {R"("Principal":{"Federated":"accounts.google.com"})", ""},
      {R"("Principal":{"AWS":"AROAEXAMPLEID"})", ""},
      {R"("principal":"*")", "everyone"},
      {R"("Principal":7)", ""},
      {R"("Principal":[[{}]])", ""},
  };
  for (const auto& [body, expected] : rows) EXPECT_EQ(granted(statement(body)), expected) << body;
}

TEST(Policy, ConditionsThatSayWho) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"StringEquals":{"aws:PrincipalOrgID":"o-1"}})", ""},
      {R"({"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}})", ""},
      {R"({"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}})", "everyone"},
      {R"({"StringLike":{"aws:PrincipalOrgID":"*"}})", "everyone"},
      {R"({"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}})", "everyone"},
      {R"({"StringEquals":{"aws:SourceAccount":"111122223333"}})", ""},
      {R"({"StringEquals":{"aws:sourceaccount":["111122223333","444455556666"]}})", "foreign"},
      {R"({"ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket"}})", ""},
      {R"({"ArnLike":{"aws:SourceArn":"*"}})", "everyone"},
      {R"({"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})", ""},
      {R"({"IpAddress":{"aws:SourceIp":["192.0.2.0/24","::/0"]}})", "everyone"},
      {R"({"StringEquals":{"sts:ExternalId":"secret"}})", "everyone"},
      {R"({"Bool":{"aws:SecureTransport":"true"}})", "everyone"},
      {R"([])", "everyone"},
  };
  for (const auto& [condition, expected] : rows)
    EXPECT_EQ(granted(statement(R"("Principal":"*","Condition":)" + std::string(condition))),
              expected)
        << condition;
}

TEST(Policy, Documents) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})", "admin"},
      {R"({"Statement":[{"Resource":["a","*"],"Action":["s3:*","*:*"],"Effect":"Allow"}]})",
       "admin"},
      {R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"a"},{"Effect":"Allow","Action":"a","Resource":"*"}]})",
       ""},
      {R"({"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"}})", ""},
      {R"(%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%7D%7D)",
       "everyone"},
      {"\n  {\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\"}}", "everyone"},
      {R"({})", ""},
      {R"([])", ""},
      {R"({"Statement":"x"})", ""},
      {R"(arn:aws:iam::aws:policy/x)", "no document"},
      {R"({"Statement":)", "no document"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(granted(text), expected) << text;
  EXPECT_EQ(granted(statement(R"("Principal":{"AWS":"444455556666"})"), ""), "");
}

TEST(Policy, HostileDocumentsEnd) {
  EXPECT_EQ(granted(std::string(1'000'000, '[')), "no document");
  std::string many = R"({"Statement":[)";
  for (int i = 0; i < 100'000; ++i) many += R"({"Effect":"Allow","Principal":"x"},)";
  EXPECT_EQ(granted(many + R"({"Effect":"Allow","Principal":"*"}]})"), "everyone");
}

TEST(Policy, PrefixBits) {
  EXPECT_TRUE(has_prefix_bits("0.0.0.0/0", "0"));
  EXPECT_TRUE(has_prefix_bits("::/0", "0"));
  EXPECT_TRUE(has_prefix_bits("1.2.3.4/0", "0"));
  EXPECT_TRUE(has_prefix_bits("192.0.2.0/24", "24"));
  EXPECT_FALSE(has_prefix_bits("10.0.0.0/8", "0"));
  EXPECT_FALSE(has_prefix_bits("0.0.0.0", "0"));
  EXPECT_FALSE(has_prefix_bits("a/b/0", "0"));
}

}  // namespace
}  // namespace cairn::rules
