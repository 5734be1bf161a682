#pragma once

#include "duck/duck.h"

namespace duckdb {
class DuckDB;
}

namespace cairn::duck {

/// Adds a table of Parquet files to all connections of a database. May throw what DuckDB throws.
void register_file_table(duckdb::DuckDB& database, FileTable table);

}  // namespace cairn::duck
