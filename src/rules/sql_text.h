#pragma once

// The pieces of SQL that predicates are written with, in three dialects. Each means exactly what
// the operator of predicate.h means, byte for byte, or is refused: that is why they are longer than
// what a person would write. `lower()` of DuckDB and Trino turns the Kelvin sign into k, so letters
// are translated one by one; an IPv4 network is a regular expression over the address; a number is
// told from other text before it is cast.

#include "base/result.h"
#include "rules/predicate.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

enum class SqlDialect : uint8_t { kDuckdb, kAthena, kClickhouse };

/// Returns a text as a literal. Fails with kUnsupported for a NUL, which SQL cannot write.
Result<std::string> sql_literal(SqlDialect dialect, std::string_view text);

/// Returns `text` (SQL) with case folded as fold_case() does, as far as texts like `operands` can
/// tell the difference.
std::string sql_folded(SqlDialect dialect, const std::string& text,
                       const std::vector<std::string>& operands);
/// The same for texts of any kind: long.
std::string sql_folded_fully(SqlDialect dialect, const std::string& text);

/// Returns the test of one text (SQL, not folded yet) that a predicate on values makes: texts,
/// expressions, networks, numbers. NULL where the text is NULL. Fails with kUnsupported and the
/// reason.
Result<std::string> sql_value_test(SqlDialect dialect, const std::string& text,
                                   const Predicate& predicate);

/// Returns the test of two texts (SQL) that a predicate on fields makes.
Result<std::string> sql_field_test(SqlDialect dialect, const std::string& left,
                                   const std::string& right, const Predicate& predicate);

}  // namespace cairn::rules
