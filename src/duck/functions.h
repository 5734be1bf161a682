#pragma once

#include "duck/duck.h"

namespace duckdb {
class DuckDB;
}

namespace cairn::duck {

/// Adds a function to all connections of a database. May throw what DuckDB throws.
Status register_function(duckdb::DuckDB& database, ScalarFunction function);

/// Adds cardinality() of lists, whatever they hold.
void register_cardinality(duckdb::DuckDB& database);

/// Adds map_entries() of lists, which gives the list itself: UNNEST takes either.
void register_list_entries(duckdb::DuckDB& database);

}  // namespace cairn::duck
