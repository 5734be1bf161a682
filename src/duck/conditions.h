#pragma once

// What a query's WHERE says of one table, as far as a source of rows can use it.

#include "duck/duck.h"

#include <duckdb.hpp>
#include <duckdb/planner/expression.hpp>

#include <vector>

namespace cairn::duck {

/// Reads an expression over the columns of a scan: `columns[i]` is the table's column behind the
/// i-th column of the binding. What it does not understand is no condition: the result admits at
/// least every row that the expression admits. Nothing when it says nothing at all.
std::optional<Condition> read_condition(const duckdb::Expression& expression,
                                        const std::vector<size_t>& columns);

}  // namespace cairn::duck
