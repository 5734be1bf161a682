#pragma once

// Rules in other languages: each translation means the same for every event, or is refused with the
// reason (kUnsupported). docs/reference/convert.md says for each language what that rests on.

#include "base/result.h"
#include "rules/rules.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

enum class TargetLanguage : uint8_t {
  kDuckdb,
  kAthena,
  kClickhouse,
  kCloudwatch,   // a filter pattern of CloudWatch Logs
  kEventbridge,  // an event pattern
  kSigma,
};
/// Returns "duckdb", "athena", ….
std::string_view to_string(TargetLanguage language);
/// Returns all names, in the order of the enumeration.
const std::vector<std::string>& target_language_names();
std::optional<TargetLanguage> parse_target_language(std::string_view name);

struct ConvertOptions {
  /// Take it that a field of a JSON column is one text, number or boolean, never behind or at an
  /// array. Where that matters the conversion lists it among its assumptions.
  bool plain_fields = false;
};

struct Conversion {
  std::string text;                      // SQL without a semicolon, a pattern, or a document
  std::vector<std::string> assumptions;  // what it takes for granted of the logs, a sentence each
};

/// Languages of patterns that stand by themselves.
enum class SourceLanguage : uint8_t { kCloudwatch, kEventbridge };
/// Returns all names, in the order of the enumeration.
const std::vector<std::string>& source_language_names();
std::optional<SourceLanguage> parse_source_language(std::string_view name);

/// Writes a pattern in another language. Fails with kInvalidInput when it is none.
Result<Conversion> convert_pattern(SourceLanguage from, std::string_view pattern, TargetLanguage to,
                                   const ConvertOptions& options);

/// Writes a rule of a set in another language. Correlations become SQL only (correlation_sql.h).
Result<Conversion> convert_rule(const RuleSet& rules, size_t rule, TargetLanguage to,
                                const ConvertOptions& options);

}  // namespace cairn::rules
