// Rules of any bytes as SQL: whatever is written parses in DuckDB, and writing ends for the other
// dialects, for patterns and for Sigma, too.

#include "base/check.h"
#include "duck/duck.h"
#include "rules/convert.h"
#include "rules/rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace cairn;

constexpr size_t kBytesLimit = 8 << 10;
constexpr size_t kRulesLimit = 12;

/// One database for all inputs; nothing is ever run in it.
duck::Connection& connection() {
  static const std::unique_ptr<duck::Database> kDatabase = [] {
    duck::DatabaseOptions options;
    options.threads = 1;
    auto opened = duck::Database::open(options);
    if (!opened.ok()) std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    CAIRN_CHECK(opened.ok());
    return std::move(opened).value();
  }();
  static const std::unique_ptr<duck::Connection> kConnection = [] {
    auto connected = kDatabase->connect();
    CAIRN_CHECK(connected.ok());
    return std::move(connected).value();
  }();
  return *kConnection;
}

void check_parses(const std::string& sql) {
  Status checked = connection().check_question(sql, {{"cloudtrail_logs"}, {"json_tree", "unnest"}});
  if (!checked.ok()) std::fprintf(stderr, "%s\n%s\n", checked.error().message.c_str(), sql.c_str());
  CAIRN_CHECK(checked.ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kBytesLimit) return 0;
  std::vector<rules::RuleFile> files(1);
  files[0].name = "fuzz.yml";
  files[0].text.assign(data, data + size);
  rules::LoadOptions options;
  options.placeholders = {{"names", {"alice", "b*"}}};
  options.any_log_source = true;
  FieldTable fields;
  Diagnostics diagnostics;
  auto set = rules::RuleSet::load_sigma(files, options, fields, diagnostics);
  for (size_t rule = 0; rule < std::min(set.size(), kRulesLimit); ++rule) {
    for (const std::string& name : rules::target_language_names()) {
      auto language = rules::parse_target_language(name);
      for (bool plain : {false, true}) {
        auto text = rules::convert_rule(set, rule, *language, {plain});
        CAIRN_CHECK(text.ok() ? !text.value().text.empty() : !text.error().message.empty());
        if (text.ok() && *language == rules::TargetLanguage::kDuckdb)
          check_parses(text.value().text);
      }
    }
  }
  return 0;
}
