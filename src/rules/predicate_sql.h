#pragma once

// A condition as SQL over the table `cloudtrail_logs` (model/cloudtrail_table.h): the same truth
// for every event, or a refusal that says why.
//
// Truth has two values here and three in SQL. A leaf may be NULL where its column is; below a NOT
// it is wrapped in coalesce(…, FALSE), elsewhere NULL and false select the same rows.
//
// A path through a JSON column may lead through arrays, to several values. DuckDB's json_tree()
// finds them all. Trino and ClickHouse have nothing like it: there such a path is refused, unless
// the caller takes it that fields are plain: no array or object where a text or number is asked
// for.
//
// What every translation rests on: columns of texts hold texts in the record, `resources` is a list
// of objects, JSON columns hold objects, and the record is not a flattened one. Records as AWS
// writes them are so.

#include "base/result.h"
#include "rules/predicate.h"
#include "rules/sql_text.h"

#include <string>
#include <vector>

namespace cairn::rules {

struct SqlCondition {
  std::string text;                      // one boolean expression
  std::vector<std::string> assumptions;  // what it takes for granted beyond the above; sorted
};

/// Writes a condition. Fails with kUnsupported; the message names the predicate and the reason.
Result<SqlCondition> sql_condition(const Expression& expression, SqlDialect dialect,
                                   bool plain_fields);

/// Returns the text of a field's first value, as SQL; NULL when it has none.
Result<SqlCondition> sql_value(std::string_view field, SqlDialect dialect, bool plain_fields);

/// What a field's value may be in a record.
enum class FieldShape : uint8_t {
  kText,     // a text: a column of the table holds it
  kBoolean,  // true or false, a text in the table: readOnly
  kAny,      // anything: an array, an object, a number
};
FieldShape field_shape(std::string_view field);

}  // namespace cairn::rules
