// SQL of people: cutting it into tokens and statements gives the text back, and rewriting Athena's
// dialect ends. With JSON paths and date formats, which also come out of statements.

#include "base/check.h"
#include "query/athena.h"
#include "query/date_formats.h"
#include "query/json_path.h"
#include "query/tokens.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::query;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto tokens = read_tokens(text);
  if (tokens.ok()) CAIRN_CHECK(print_tokens(tokens.value()) == text);
  CAIRN_CHECK(split_statements(text).ok() == tokens.ok());
  auto rewritten = rewrite_athena(text);
  CAIRN_CHECK(tokens.ok() || !rewritten.ok());

  size_t half = text.find('\n');
  if (half == std::string_view::npos) return 0;
  std::string_view first = text.substr(0, half), second = text.substr(half + 1);
  auto path = JsonPath::parse(first);
  if (path.ok()) {
    auto value = find_json(second, path.value(), true);
    if (value) CAIRN_CHECK(!value->text.empty());
  }
  for (DateStyle style : {DateStyle::kMysql, DateStyle::kJava}) {
    auto time = parse_date(second, first, style);
    std::string out;
    if (time.ok()) CAIRN_CHECK(format_date(time.value(), first, style, out).ok());
  }
  return 0;
}
