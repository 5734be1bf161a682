#include "model/refusal.h"

#include "base/find_text.h"
#include "base/text.h"

#include <algorithm>

namespace cairn {

namespace {

// AuthFailure and AuthorizationError are EC2's and SNS's, Forbidden some newer services'.
constexpr std::string_view kWords[] = {"Denied",    "AuthFailure",   "AuthorizationError",
                                       "Forbidden", "NotAuthorized", "Unauthorized"};

}  // namespace

std::span<const std::string_view> refusal_words() { return kWords; }

bool is_refusal(std::string_view error_code) {
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
    return contains_ignore_case(error_code, to_lower(word));
  });
}

}  // namespace cairn
