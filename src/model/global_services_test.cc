#include "model/global_services.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(GlobalServices, AreToldByServiceAndHome) {
  struct Row {
    const char *source, *region;
    bool global;
  };
  const Row rows[] = {
      {"iam.amazonaws.com", "us-east-1", true},
      {"iam.amazonaws.com", "us-gov-west-1", true},
      {"iam.amazonaws.com", "eu-west-1", false},
      {"ec2.amazonaws.com", "us-east-1", false},
      {"signin.amazonaws.com", "eu-north-1", true},
      {"iam.amazonaws.com", "us-west-2", false},
      {"globalaccelerator.amazonaws.com", "us-west-2", true},
      {"sts.amazonaws.com", "us-east-1", true},
      {"sts.amazonaws.com", "eu-west-1", false},
      {"", "", false},
  };
  for (const Row& row : rows)
    EXPECT_EQ(is_global_call(row.source, row.region), row.global) << row.source << row.region;
}

}  // namespace
}  // namespace cairn
