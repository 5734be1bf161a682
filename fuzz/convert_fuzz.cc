// Patterns of AWS read as conditions, and written again in every language of `rules convert`: any
// text gives a condition or an error, each condition a text or the reason why not, and what is
// written as a pattern is one.

#include "base/check.h"
#include "rules/event_pattern.h"
#include "rules/filter_pattern.h"
#include "rules/pattern_expression.h"
#include "rules/predicate_event_pattern.h"
#include "rules/predicate_filter_pattern.h"
#include "rules/predicate_sql.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace cairn;  // NOLINT: a fuzz target

constexpr size_t kBytesLimit = 4'096;

template <typename Text>
void check(const Result<Text>& written) {
  CAIRN_CHECK(written.ok() ? !written.value().text.empty() : !written.error().message.empty());
}

void write(const rules::Expression& expression, bool plain) {
  for (rules::SqlDialect dialect :
       {rules::SqlDialect::kDuckdb, rules::SqlDialect::kAthena, rules::SqlDialect::kClickhouse})
    check(rules::sql_condition(expression, dialect, plain));

  Diagnostics diagnostics;
  auto filter = rules::filter_pattern_of(expression, plain);
  check(filter);
  if (filter.ok())
    CAIRN_CHECK(rules::FilterPattern::parse(filter.value().text, "written", diagnostics));
  auto event = rules::event_pattern_of(expression, plain);
  check(event);
  if (event.ok())
    CAIRN_CHECK(rules::EventPattern::parse(event.value().text, "written", diagnostics));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kBytesLimit) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (bool plain : {false, true}) {
    for (auto read : {rules::expression_of_filter, rules::expression_of_event_pattern}) {
      auto expression = read(text, plain);
      if (expression.ok()) {
        write(expression.value().expression, plain);
      } else {
        CAIRN_CHECK(!expression.error().message.empty());
      }
    }
  }
  return 0;
}
