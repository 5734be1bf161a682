#pragma once

#include "duck/duck.h"

namespace duckdb {
class DuckDB;
}

namespace cairn::duck {

/// Adds a table function to all connections of a database. May throw what DuckDB throws.
Status register_table(duckdb::DuckDB& database, SourceTable table);

}  // namespace cairn::duck
