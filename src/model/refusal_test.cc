#include "model/refusal.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Refusal, IsToldByTheErrorCode) {
  struct Row {
    const char* code;
    bool refused;
  };
  const Row rows[] = {
      {"AccessDenied", true},
      {"AccessDeniedException", true},
      {"Client.UnauthorizedOperation", true},
      {"UnauthorizedAccess", true},
      {"AuthorizationError", true},
      {"Client.AuthFailure", true},
      {"NotAuthorized", true},
      {"NotAuthorizedException", true},
      {"ForbiddenException", true},
      {"accessdenied", true},
      {"PermissionDenied", true},
      {"", false},
      {"NoSuchEntityException", false},
      {"ThrottlingException", false},
      {"Client.OperationNotPermitted", false},  // EC2: protected against it, whoever calls
      {"ValidationException", false},
  };
  for (const Row& row : rows) EXPECT_EQ(is_refusal(row.code), row.refused) << row.code;
}

}  // namespace
}  // namespace cairn
