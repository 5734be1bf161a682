// A CloudWatch Logs filter pattern and a log event of any bytes, the first line and the rest: the
// pattern is refused with one located remark, or it judges the event; what a selector is printed as
// reads back the same.

#include "rules/filter_pattern.h"

#include "base/check.h"
#include "two_texts.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const TwoTexts input(data, size);

  cairn::Diagnostics diagnostics;
  auto parsed = cairn::rules::FilterPattern::parse(input.first, "fuzz", diagnostics);
  CAIRN_CHECK(parsed.has_value() == diagnostics.empty());
  for (const cairn::Diagnostic& remark : diagnostics.items())
    CAIRN_CHECK(!cairn::format_text(remark).empty());
  if (!parsed) return 0;
  cairn::rules::LogEvent event;
  event.set(input.rest);
  bool matches = parsed->matches(event);
  CAIRN_CHECK(matches == parsed->matches(event));
  auto values = parsed->extract(event);
  CAIRN_CHECK(values.empty() || matches);
  if (auto reference = cairn::rules::FieldReference::parse(input.first); reference.ok())
    static_cast<void>(reference.value().value(event, *parsed));
  return 0;
}
