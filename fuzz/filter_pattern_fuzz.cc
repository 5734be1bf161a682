// A CloudWatch Logs filter pattern and a log event of any bytes, the first line and the rest: the
// pattern is refused with one located remark, or it judges the event; what a selector is printed as
// reads back the same.

#include "rules/filter_pattern.h"

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
  auto parsed = cairn::rules::FilterPattern::parse(pattern, "fuzz", diagnostics);
  CAIRN_CHECK(parsed.has_value() == diagnostics.empty());
  for (const cairn::Diagnostic& remark : diagnostics.items())
    CAIRN_CHECK(!cairn::format_text(remark).empty());
  if (!parsed) return 0;
  cairn::rules::LogEvent event;
  event.set(rest);
  bool matches = parsed->matches(event);
  CAIRN_CHECK(matches == parsed->matches(event));
  auto values = parsed->extract(event);
  CAIRN_CHECK(values.empty() || matches);
  if (auto reference = cairn::rules::FieldReference::parse(pattern); reference.ok())
    static_cast<void>(reference.value().value(event, *parsed));
  return 0;
}
