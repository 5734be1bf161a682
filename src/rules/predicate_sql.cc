#include "rules/predicate_sql.h"

#include "base/text.h"
#include "model/cloudtrail_table.h"
#include "rules/pattern_writing.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace cairn::rules {

namespace {

using Kind = Expression::Kind;
using ValueTest = std::function<Result<std::string>(const std::string&)>;

constexpr std::array<std::string_view, 5> kJsonColumns = {
    "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails",
    "edgeDeviceDetails"};
constexpr size_t kTextLimit = 1u << 20;  // of a condition

bool is_json_column(std::string_view name) {
  return std::find(kJsonColumns.begin(), kJsonColumns.end(), name) != kJsonColumns.end();
}

/// Where the table holds a field.
struct Place {
  enum class Kind : uint8_t { kNowhere, kColumn, kResource, kJson };
  Kind kind = Kind::kNowhere;
  std::string sql;          // the column, "useridentity.arn"; of kResource: the member's name
  std::string path;         // kJson: the rest of the path
  bool whole_json = false;  // kColumn: JSON text
};

bool find_text_column(const std::vector<StoredColumn>& columns, const std::string& parent,
                      std::string_view field, Place& out) {
  for (const StoredColumn& column : columns) {
    if (column.source != ColumnSource::kField) continue;
    std::string name = parent.empty() ? column.name : parent + "." + column.name;
    if (column.type.kind == ColumnKind::kText && column.path == field) {
      out = {Place::Kind::kColumn, name, "", is_json_column(field)};
      return true;
    }
    if (column.type.kind == ColumnKind::kStruct &&
        find_text_column(column.members, name, field, out))
      return true;
    if (column.type.kind != ColumnKind::kList) continue;
    for (const StoredColumn& member : column.members) {
      if (member.path != field) continue;
      out = {Place::Kind::kResource, member.name, "", false};
      return true;
    }
  }
  return false;
}

Place place_of(std::string_view field, SqlDialect dialect) {
  Place place;
  if (find_text_column(cloudtrail_stored_columns(), "", field, place)) return place;
  size_t dot = field.find('.');
  if (dot != std::string_view::npos && is_json_column(field.substr(0, dot))) {
    return {Place::Kind::kJson, to_lower(field.substr(0, dot)), std::string(field.substr(dot + 1)),
            false};
  }
  // Only Cairn's own table keeps the record.
  if (dialect == SqlDialect::kDuckdb) return {Place::Kind::kJson, "raw", std::string(field), false};
  return place;
}

/// Could the predicate tell two spellings of one number, object or array apart? An operand that no
/// number or object can be, such as a word that must be the whole value, cannot.
bool sees_json_text(const Predicate& predicate) {
  auto may_be_in_number = [](const std::string& text) {
    return text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  };
  auto is_plain_integer = [](const std::string& text) {
    return !text.empty() && text.size() <= 18 &&
           text.find_first_not_of("0123456789") == std::string::npos;
  };
  auto sees = [&](const std::string& operand) {
    switch (predicate.op) {
      case Operator::kEquals:
        return !is_plain_integer(operand) &&
               (operand.starts_with('{') || operand.starts_with('[') || may_be_in_number(operand));
      case Operator::kStartsWith:
        return operand.starts_with('{') || operand.starts_with('[') || may_be_in_number(operand);
      case Operator::kEndsWith:
        return operand.ends_with('}') || operand.ends_with(']') || may_be_in_number(operand);
      case Operator::kCidr:
      case Operator::kNumberEquals:
      case Operator::kLess:
      case Operator::kLessOrEqual:
      case Operator::kGreater:
      case Operator::kGreaterOrEqual:
        return false;
      default:
        return true;
    }
  };
  return std::any_of(predicate.operands.begin(), predicate.operands.end(), sees);
}

class SqlWriter {
 public:
  SqlWriter(SqlDialect dialect, bool plain_fields) : dialect_(dialect), plain_(plain_fields) {}

  Result<std::string> write(const Expression& expression, bool below_not) {
    switch (expression.kind) {
      case Kind::kPredicate: {
        TRY_ASSIGN(std::string text, predicate(expression.predicate));
        return below_not && may_be_null_ ? "coalesce(" + text + ", FALSE)" : text;
      }
      case Kind::kNot: {
        TRY_ASSIGN(std::string text, write(expression.children.front(), true));
        return "NOT (" + text + ")";
      }
      case Kind::kAnd:
      case Kind::kOr:
        break;
      default:
        return Error{ErrorCode::kUnsupported, "this kind of condition has no form in SQL"};
    }
    bool both = expression.kind == Kind::kAnd;
    if (expression.children.empty()) return std::string(both ? "TRUE" : "FALSE");
    std::string out = "(";
    for (const Expression& child : expression.children) {
      TRY_ASSIGN(std::string text, write(child, below_not));
      if (&child != &expression.children.front()) out += both ? "\n  AND " : " OR ";
      out += text;
      if (out.size() > kTextLimit)
        return Error{ErrorCode::kExhausted, "the condition is longer than 1 MiB as SQL"};
    }
    return out + ")";
  }

  /// The field's first value as text.
  Result<std::string> value(std::string_view field) {
    Place place = place_of(field, dialect_);
    switch (place.kind) {
      case Place::Kind::kNowhere:
        return nowhere(field);
      case Place::Kind::kResource:
        return many_values(field);
      case Place::Kind::kColumn:
        return std::move(place.sql);
      case Place::Kind::kJson:
        break;
    }
    if (plain_) {
      assume_plain(field);
      return plain_text(place);
    }
    if (dialect_ != SqlDialect::kDuckdb) return many_values(field);
    std::string alias = next_alias();
    return "(" + tree(place, alias, alias + ".value ->> '$'") + " ORDER BY " + alias +
           ".id LIMIT 1)";
  }

  std::vector<std::string> assumptions() const {
    return {assumptions_.begin(), assumptions_.end()};
  }

 private:
  Result<std::string> predicate(const Predicate& predicate) {
    auto written = write_predicate(predicate);
    if (written.ok() || written.error().code != ErrorCode::kUnsupported) return written;
    return refusal_of(predicate, written.error().message);
  }

  Result<std::string> write_predicate(const Predicate& predicate) {
    may_be_null_ = false;
    sees_json_text_ = sees_json_text(predicate);
    if (predicate.on_record()) {
      return Error{ErrorCode::kUnsupported,
                   "a keyword is looked for in the record's text, escapes undone; no column holds "
                   "that"};
    }
    Place place = place_of(predicate.field, dialect_);
    switch (predicate.op) {
      case Operator::kHasValue:
      case Operator::kExists:
      case Operator::kNullOrMissing:
        return presence(place, predicate);
      case Operator::kFieldEquals:
      case Operator::kFieldStartsWith:
      case Operator::kFieldEndsWith:
      case Operator::kFieldContains: {
        Place other = place_of(predicate.operands.front(), dialect_);
        return any_value(place, predicate.field, [&](const std::string& left) {
          return any_value(other, predicate.operands.front(),
                           [&](const std::string& right) -> Result<std::string> {
                             return sql_field_test(dialect_, left, right, predicate);
                           });
        });
      }
      default:
        return any_value(place, predicate.field, [&](const std::string& text) {
          return sql_value_test(dialect_, text, predicate);
        });
    }
  }

  Error nowhere(std::string_view field) const {
    return Error{ErrorCode::kUnsupported, "no column of the table holds " + printable(field)};
  }
  Error many_values(std::string_view field) const {
    return Error{ErrorCode::kUnsupported,
                 printable(field) +
                     " may be an array or lead through one; with plain fields "
                     "(--plain-fields) it is taken for a single value"};
  }

  /// Some value of the field passes the test.
  Result<std::string> any_value(const Place& place, std::string_view field, const ValueTest& test) {
    switch (place.kind) {
      case Place::Kind::kNowhere:
        return nowhere(field);
      case Place::Kind::kColumn:
        may_be_null_ = true;
        if (place.whole_json && dialect_ != SqlDialect::kDuckdb)
          assume(place.sql + " holds the record's JSON as the record writes it, without blanks");
        return test(place.sql);
      case Place::Kind::kResource:
        return any_resource(place, test);
      case Place::Kind::kJson:
        break;
    }
    if (plain_) {
      assume_plain(field);
      may_be_null_ = true;
      return test(plain_text(place));
    }
    if (dialect_ != SqlDialect::kDuckdb) return many_values(field);
    if (sees_json_text_) {
      assume("numbers and objects below " + std::string(field.substr(0, field.find('.'))) +
             " are written as the database writes them: 1.5, not 1.50; \"/\", not \"\\/\"");
    }
    std::string alias = next_alias();
    TRY_ASSIGN(std::string inner, test("(" + alias + ".value ->> '$')"));
    may_be_null_ = false;
    return "EXISTS (" + tree(place, alias) + " AND " + inner + ")";
  }

  Result<std::string> any_resource(const Place& place, const ValueTest& test) {
    std::string alias = next_alias();
    TRY_ASSIGN(std::string inner, test(alias + "." + place.sql));
    if (dialect_ == SqlDialect::kDuckdb) {
      may_be_null_ = false;
      return "EXISTS (SELECT 1 FROM unnest(resources) AS list_" + alias + "(" + alias + ") WHERE " +
             inner + ")";
    }
    may_be_null_ = true;
    return (dialect_ == SqlDialect::kAthena
                ? "any_match(resources, " + alias + " -> " + inner + ")"
                : "arrayExists(" + alias + " -> coalesce(" + inner + ", FALSE), resources)");
  }

  Result<std::string> presence(const Place& place, const Predicate& predicate) {
    const bool wants_null = predicate.op == Operator::kNullOrMissing;
    switch (place.kind) {
      case Place::Kind::kNowhere:
        return nowhere(predicate.field);
      case Place::Kind::kResource:
        if (predicate.op != Operator::kHasValue) break;
        return any_resource(place, [](const std::string& text) -> Result<std::string> {
          return text + " IS NOT NULL";
        });
      case Place::Kind::kColumn:
        if (predicate.op == Operator::kExists) break;
        return place.sql + (wants_null ? " IS NULL" : " IS NOT NULL");
      case Place::Kind::kJson:
        return json_presence(place, predicate);
    }
    if (dialect_ == SqlDialect::kDuckdb)
      return json_presence({Place::Kind::kJson, "raw", predicate.field, false}, predicate);
    if (plain_ && place.kind == Place::Kind::kColumn && !place.whole_json) {
      assume(predicate.field + " is never null where it stands");
      return place.sql + " IS NOT NULL";
    }
    return Error{ErrorCode::kUnsupported, "the table does not tell null from a missing field"};
  }

  Result<std::string> json_presence(const Place& place, const Predicate& predicate) {
    const bool wants_null = predicate.op == Operator::kNullOrMissing;
    const bool exists = predicate.op == Operator::kExists;
    if (plain_ && (place.sql != "raw" || dialect_ != SqlDialect::kDuckdb)) {
      assume_plain(predicate.field);
      if (exists) return plain_exists(place);
      return plain_text(place) + (wants_null ? " IS NULL" : " IS NOT NULL");
    }
    if (dialect_ != SqlDialect::kDuckdb) return many_values(predicate.field);
    std::string alias = next_alias();
    std::string any = "EXISTS (" + tree(place, alias);
    if (exists) return any + ")";
    std::string null_type = alias + ".type = 'NULL')", value_type = alias + ".type <> 'NULL')";
    if (!wants_null) return any + " AND " + value_type;
    return "(NOT " + any + ") OR " + any + " AND " + null_type + ")";
  }

  /// The rows of json_tree() that are values of the path: any element of arrays on the way, of an
  /// array at its end the array itself and what in it is neither object nor array.
  std::string tree(const Place& place, const std::string& alias,
                   const std::string& what = "1") const {
    constexpr const char* kIndexes = "(\\[[0-9]+\\])*";
    std::string regex = std::string("^\\$") + kIndexes;
    for (std::string_view key : split(place.path, '.'))
      (regex += "\\." + re2::RE2::QuoteMeta({key.data(), key.size()})) += kIndexes;
    std::string literal = "'";
    for (char c : regex + "$") literal += c == '\'' ? "''" : std::string(1, c);
    std::string source = place.sql == "raw"
                             ? place.sql
                             : "CASE WHEN json_valid(" + place.sql + ") THEN " + place.sql + " END";
    return "SELECT " + what + " FROM json_tree(" + source + ") AS " + alias +
           " WHERE regexp_matches(" + alias + ".fullkey, " + literal + "') AND (" + alias +
           ".type NOT IN ('OBJECT', 'ARRAY') OR " + alias + ".fullkey NOT LIKE '%]')";
  }

  std::string json_path(const Place& place) const {
    std::string path = "$";
    for (std::string_view key : split(place.path, '.')) {
      path += "[\"";
      for (char c : key) path += c == '\'' ? "''" : std::string(1, c);
      path += "\"]";
    }
    return path;
  }

  /// A plain field as text, NULL when it has no value.
  std::string plain_text(const Place& place) const {
    if (dialect_ == SqlDialect::kAthena)
      return "json_extract_scalar(" + place.sql + ", '" + json_path(place) + "')";
    if (dialect_ == SqlDialect::kDuckdb) {
      std::string path = "$";
      for (std::string_view key : split(place.path, '.')) {
        path += ".\"";
        for (char c : key) path += c == '\'' ? "''" : std::string(1, c);
        path += '"';
      }
      return "json_extract_string(CASE WHEN json_valid(" + place.sql + ") THEN " + place.sql +
             " END, '" + path + "')";
    }
    std::string keys = clickhouse_keys(place);
    return "(CASE toString(JSONType(" + keys + ")) WHEN 'String' THEN JSONExtractString(" + keys +
           ") WHEN 'Null' THEN NULL ELSE JSONExtractRaw(" + keys + ") END)";
  }
  std::string plain_exists(const Place& place) const {
    if (dialect_ == SqlDialect::kAthena)
      return "json_extract(" + place.sql + ", '" + json_path(place) + "') IS NOT NULL";
    if (dialect_ == SqlDialect::kClickhouse)
      return "coalesce(JSONHas(" + clickhouse_keys(place) + ") = 1, FALSE)";
    Place copy = place;
    return "EXISTS (" + tree(copy, "v") + ")";
  }
  std::string clickhouse_keys(const Place& place) const {
    std::string keys = place.sql;
    for (std::string_view key : split(place.path, '.')) {
      auto literal = sql_literal(dialect_, key);
      keys += ", " + (literal.ok() ? literal.value() : "''");
    }
    return keys;
  }

  void assume(std::string text) { assumptions_.insert(std::move(text)); }
  void assume_plain(std::string_view field) {
    assume(std::string(field) +
           " is a single text, number or boolean: no array on the way, no "
           "array or object at its end, no dots in its keys");
  }
  std::string next_alias() { return "v" + std::to_string(++aliases_); }

  SqlDialect dialect_;
  bool plain_;
  bool may_be_null_ = false;  // of the predicate written last
  bool sees_json_text_ = false;
  size_t aliases_ = 0;
  std::set<std::string> assumptions_;
};

}  // namespace

Result<SqlCondition> sql_condition(const Expression& expression, SqlDialect dialect,
                                   bool plain_fields) {
  SqlWriter writer(dialect, plain_fields);
  TRY_ASSIGN(std::string text, writer.write(expression, false));
  return SqlCondition{std::move(text), writer.assumptions()};
}

Result<SqlCondition> sql_value(std::string_view field, SqlDialect dialect, bool plain_fields) {
  SqlWriter writer(dialect, plain_fields);
  TRY_ASSIGN(std::string text, writer.value(field));
  return SqlCondition{std::move(text), writer.assumptions()};
}

FieldShape field_shape(std::string_view field) {
  if (field == "readOnly") return FieldShape::kBoolean;
  Place place = place_of(field, SqlDialect::kAthena);
  bool text = place.kind == Place::Kind::kColumn && !place.whole_json;
  return text ? FieldShape::kText : FieldShape::kAny;
}

}  // namespace cairn::rules
