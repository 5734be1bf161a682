#pragma once

// Values of DuckDB as text and JSON, and errors as ours.

#include "base/result.h"

#include <duckdb.hpp>

#include <cstddef>
#include <string>

namespace cairn::duck {

/// Appends the value as people read it; see Answer.
void append_value_text(const duckdb::Value& value, std::string& out);
void append_value_json(const duckdb::Value& value, std::string& out);

bool is_number(const duckdb::LogicalType& type);

/// Returns the error as ours, its first line first; `position` marks lines of the statement.
Error to_error(duckdb::ErrorData& error);
/// The same for an exception that is being handled.
Error to_error(const std::exception& exception);

}  // namespace cairn::duck
