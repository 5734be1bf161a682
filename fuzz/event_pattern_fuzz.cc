// An EventBridge event pattern and an event of any bytes, the first line and the rest: the pattern
// is refused with one located remark, or it judges the event, and gives the same answer twice.

#include "rules/event_pattern.h"

#include "base/check.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  size_t end = text.find('\n');
  std::string_view pattern = text.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? "" : text.substr(end + 1);

  cairn::Diagnostics diagnostics;
  auto parsed = cairn::rules::EventPattern::parse(pattern, "fuzz", diagnostics);
  CAIRN_CHECK(parsed.has_value() == diagnostics.empty());
  for (const cairn::Diagnostic& remark : diagnostics.items())
    CAIRN_CHECK(!cairn::format_text(remark).empty());
  cairn::JsonTree event;
  if (!event.parse(rest).ok() || !parsed) return 0;
  CAIRN_CHECK(parsed->matches(event) == parsed->matches(event));
  return 0;
}
