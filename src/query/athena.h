#pragma once

// Athena's SQL (Trino's dialect) on DuckDB: docs/reference/sql.md says what is covered and what
// differs. Three means, each where it is exact:
//
//   content/sql/athena.sql  macros: functions that other functions of DuckDB can say
//   athena_functions()      functions in C++
//   rewrite_athena()        what is grammar: names of tables, types, lambdas, and a few functions
//                           that macros cannot be, on tokens, without a parser

#include "base/result.h"
#include "duck/duck.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::query {

/// Returns the statement as DuckDB has to see it. What it does not know stays as it is. Fails like
/// read_tokens(), and with kUnsupported for what is neither a query nor SHOW or DESCRIBE.
///
/// Tables: any name that begins with `cloudtrail`, whatever its database and catalog, is
/// cloudtrail_logs; the alias keeps the name, so that columns may be qualified by it.
Result<std::string> rewrite_athena(std::string_view sql);

/// Functions of Athena that DuckDB lacks or has with another meaning, under names of their own
/// where a macro calls them.
std::vector<duck::ScalarFunction> athena_functions();

/// The text of content/sql/athena.sql.
std::string_view athena_macros();

}  // namespace cairn::query
