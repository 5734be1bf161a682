#pragma once

// Was a call refused for lack of rights? AWS services have no one word for it.

#include <span>
#include <string_view>

namespace cairn {

/// The words, any of which stands in the errorCode of a refused call: "AccessDenied" in
/// "AccessDeniedException", "UnauthorizedOperation" of EC2 with its prefix "Client." …
std::span<const std::string_view> refusal_words();

/// True when the errorCode says that the caller lacked the right; the case does not matter.
bool is_refusal(std::string_view error_code);

}  // namespace cairn
