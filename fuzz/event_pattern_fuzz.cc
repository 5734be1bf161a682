// An EventBridge event pattern and an event of any bytes, the first line and the rest: the pattern
// is refused with one located remark, or it judges the event, and gives the same answer twice.

#include "rules/event_pattern.h"

#include "base/check.h"
#include "two_texts.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const TwoTexts input(data, size);

  cairn::Diagnostics diagnostics;
  auto parsed = cairn::rules::EventPattern::parse(input.first, "fuzz", diagnostics);
  CAIRN_CHECK(parsed.has_value() == diagnostics.empty());
  for (const cairn::Diagnostic& remark : diagnostics.items())
    CAIRN_CHECK(!cairn::format_text(remark).empty());
  cairn::JsonTree event;
  if (!event.parse(input.rest).ok() || !parsed) return 0;
  CAIRN_CHECK(parsed->matches(event) == parsed->matches(event));
  return 0;
}
