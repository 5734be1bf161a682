#pragma once

// What a query needs of a struct that a view passes on.
//
// DuckDB asks a table for single members of a struct (`useridentity.arn`) only when the query names
// the table itself: a view's projection in between refers to the whole struct. cloudtrail_logs is a
// view, so every question about one member would fill all of them. Before DuckDB optimizes, this
// takes away projections above a table that do nothing for the query but pass columns on.

namespace duckdb {
class DuckDB;
}

namespace cairn::duck {

/// Applies to all connections of the database.
void look_through_views(duckdb::DuckDB& database);

}  // namespace cairn::duck
