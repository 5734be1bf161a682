#include "investigate/subject.h"

#include <gtest/gtest.h>

namespace cairn::investigate {
namespace {

TEST(Subject, KnowsKeysAddressesAndNames) {
  struct Row {
    std::string text;
    SubjectKind kind;
  };
  const Row rows[] = {
      {"AKIAIOSFODNN7EXAMPLE", SubjectKind::kAccessKey},
      {"ASIAIOSFODNN7EXAMPLE", SubjectKind::kAccessKey},
      {"akiaiosfodnn7example", SubjectKind::kName},
      {"198.51.100.7", SubjectKind::kAddress},
      {"2001:db8::7", SubjectKind::kAddress},
      {"s3.amazonaws.com", SubjectKind::kName},
      {"1.2.3", SubjectKind::kName},
      {"dead", SubjectKind::kName},
      {"role/Admin", SubjectKind::kName},
  };
  for (const Row& row : rows) {
    auto subject = Subject::parse(row.text);
    ASSERT_TRUE(subject.ok()) << row.text;
    EXPECT_EQ(subject.value().kind(), row.kind) << row.text;
  }
  EXPECT_EQ(Subject::parse("  ").error().code, ErrorCode::kInvalidInput);
}

TEST(Subject, NamesPrincipalsAsPeopleDo) {
  const std::string role = "arn:aws:iam::111122223333:role/team/Admin";
  const std::string user = "arn:aws:iam::111122223333:user/alice";
  struct Row {
    std::string asked, name;
    bool names;
  };
  const Row rows[] = {
      {role, role, true},
      {"Admin", role, true},
      {"role/Admin", role, true},
      {"role/team/Admin", role, true},
      {"user/Admin", role, false},
      {"team/Admin", role, false},
      {"ALICE", user, true},
      {"user/alice", user, true},
      {"ali", user, false},
      {"ali*", user, true},
      {"maya", "maya@example.com", true},
      {"maya@example.com", "maya@example.com", true},
      {"example.com", "maya@example.com", false},
      {"root", "arn:aws:iam::111122223333:root", true},
      {"AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", false},
      {"", user, false},
  };
  for (const Row& row : rows) {
    auto subject = Subject::parse(row.asked);
    EXPECT_EQ(subject.ok() && subject.value().names(row.name), row.names)
        << row.asked << " " << row.name;
  }
  auto session = Subject::parse("arn:aws:sts::111122223333:assumed-role/Admin/bob");
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session.value().session(), "bob");
  EXPECT_TRUE(session.value().names(role));
}

TEST(NearNames, OffersTheNearest) {
  NearNames near("bertjan");
  for (const char* name :
       {"arn:aws:iam::111122223333:user/bert-jan", "arn:aws:iam::111122223333:user/benjamin",
        "arn:aws:iam::111122223333:role/Admin", "", "bertjan-2", "bertjan-2"})
    near.offer(name);
  EXPECT_EQ(near.take(), (std::vector<std::string>{"bertjan-2", "user/bert-jan"}));
}

}  // namespace
}  // namespace cairn::investigate
