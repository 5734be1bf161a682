#include "detect/detect.h"
#include "detect/test_events.h"

#include <gtest/gtest.h>

namespace cairn::detect {
namespace {

TEST(Principal, NamesWhoActed) {
  struct Row {
    TestRecord record;
    std::string key, session;
  };
  const std::string role = "arn:aws:iam::111122223333:role/team/Deploy";
  const Row rows[] = {
      {{{"userIdentity.type", "IAMUser"},
        {"userIdentity.arn", "arn:aws:iam::111122223333:user/alice"}},
       "arn:aws:iam::111122223333:user/alice",
       ""},
      {{{"userIdentity.type", "AssumedRole"},
        {"userIdentity.arn", "arn:aws:sts::111122223333:assumed-role/Deploy/bob"},
        {"userIdentity.principalId", "AROAEXAMPLE:bob"},
        {"userIdentity.sessionContext.sessionIssuer.arn", role}},
       role,
       "bob"},
      {{{"userIdentity.type", "AssumedRole"},
        {"userIdentity.arn", "arn:aws:sts::111122223333:assumed-role/Deploy/bob"},
        {"userIdentity.principalId", "AROAEXAMPLE:bob"}},
       "arn:aws:sts::111122223333:assumed-role/Deploy",
       "bob"},
      {{{"userIdentity.type", "FederatedUser"},
        {"userIdentity.arn", "arn:aws:sts::111122223333:federated-user/carol"},
        {"userIdentity.principalId", "111122223333:carol"},
        {"userIdentity.sessionContext.sessionIssuer.arn", "arn:aws:iam::111122223333:user/broker"}},
       "arn:aws:iam::111122223333:user/broker",
       "carol"},
      {{{"userIdentity.type", "AWSService"}, {"userIdentity.invokedBy", "s3.amazonaws.com"}},
       "s3.amazonaws.com",
       ""},
      {{{"userIdentity.accountId", "111122223333"}, {"userIdentity.invokedBy", "AWS Internal"}},
       "AWS Internal",
       ""},
      {{{"userIdentity.type", "AWSAccount"},
        {"userIdentity.principalId", "AROAEXAMPLE:session"},
        {"userIdentity.accountId", "444455556666"}},
       "account:444455556666/AROAEXAMPLE",
       "session"},
      {{{"userIdentity.type", "AWSAccount"}, {"userIdentity.accountId", "444455556666"}},
       "account:444455556666",
       ""},
      {{{"userIdentity.type", "AWSAccount"},
        {"userIdentity.principalId", ""},
        {"userIdentity.accountId", "anonymous"}},
       "anonymous",
       ""},
      {{{"userIdentity.type", "AWSAccount"},
        {"userIdentity.principalId", "ANONYMOUS_PRINCIPAL"},
        {"userIdentity.accountId", "ANONYMOUS_PRINCIPAL"}},
       "anonymous",
       ""},
      {{{"userIdentity.type", "IAMUser"},
        {"userIdentity.accountId", "111122223333"},
        {"userIdentity.principalId", "AIDAEXAMPLE"},
        {"userIdentity.userName", "alice"}},
       "arn:aws:iam::111122223333:user/alice",
       ""},
      {{{"userIdentity.type", "IAMUser"},
        {"userIdentity.accountId", "111122223333"},
        {"userIdentity.userName", "HIDDEN_DUE_TO_SECURITY_REASONS"}},
       "account:111122223333",
       ""},
      {{{"userIdentity.type", "Root"}, {"userIdentity.accountId", "111122223333"}},
       "arn:aws:iam::111122223333:root",
       ""},
      {{{"userIdentity.type", "IdentityCenterUser"},
        {"userIdentity.accountId", "111122223333"},
        {"userIdentity.onBehalfOf.userId", "1234-abcd"}},
       "identitycenter:1234-abcd",
       ""},
      {{{"userIdentity.type", "WebIdentityUser"},
        {"userIdentity.principalId", "accounts.google.com:app:user"}},
       "accounts.google.com:app:user",
       ""},
      {{{"userIdentity.type", "Unknown"}}, "unknown", ""},
      {{}, "unknown", ""},
  };
  TestFields fields;
  TestEvent event(fields.table);
  for (const Row& row : rows) {
    PrincipalName name = principal_of(event.set(row.record), fields.standard);
    EXPECT_EQ(name.key, row.key);
    EXPECT_EQ(name.session, row.session) << row.key;
  }
}

TEST(Principal, ShortensKeys) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"arn:aws:iam::111122223333:user/alice", "user/alice"},
      {"arn:aws:iam::111122223333:user/a/b/alice", "user/alice"},
      {"arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
       "role/AWSServiceRoleForX"},
      {"arn:aws:sts::111122223333:assumed-role/Deploy", "role/Deploy"},
      {"arn:aws-cn:iam::111122223333:root", "root"},
      {"account:444455556666", "account 444455556666"},
      {"account:444455556666/AROAEXAMPLE", "AROAEXAMPLE of account 444455556666"},
      {"identitycenter:1234", "Identity Center user 1234"},
      {"s3.amazonaws.com", "s3.amazonaws.com"},
      {"anonymous", "anonymous"},
      {"arn:aws", "arn:aws"},
      {"arn:::::", ""},
      {"", ""},
  };
  for (const auto& [key, expected] : rows) EXPECT_EQ(short_principal(key), expected);
}

}  // namespace
}  // namespace cairn::detect
