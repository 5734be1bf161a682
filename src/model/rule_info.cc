#include "model/rule_info.h"

#include "base/text.h"

#include <array>

namespace cairn {

namespace {
constexpr std::array<std::string_view, kLevelCount> kLevelNames = {"informational", "low", "medium",
                                                                   "high", "critical"};
}

std::string_view to_string(Level level) { return kLevelNames[static_cast<size_t>(level)]; }

bool parse_level(std::string_view text, Level& level) {
  for (size_t i = 0; i < kLevelCount; ++i) {
    if (equals_ignore_case(text, kLevelNames[i]) || (i == 0 && equals_ignore_case(text, "info"))) {
      level = static_cast<Level>(i);
      return true;
    }
  }
  return false;
}

}  // namespace cairn
