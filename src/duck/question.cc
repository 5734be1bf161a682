// What people may ask. DuckDB's own lock leaves three holes: allowed folders are writable too;
// enable_logging() and its like are plain functions that write files; and PRAGMA tells a client
// that it is a SELECT. So the statement is parsed, must be one SELECT, and every table, table
// function and scalar function in it is looked at.

#include "duck/question.h"

#include "base/text.h"
#include "duck/values.h"

#include <duckdb.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node.hpp>
#include <duckdb/parser/query_node/list.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/list.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace cairn::duck {

namespace {

/// Scalar functions that reach beyond their arguments: settings, the log, the environment, files,
/// sequences, other statements.
constexpr std::array kForbiddenFunctions = {
    "getenv",
    "write_log",
    "nextval",
    "currval",
    "setseed",
    "getvariable",
    "current_setting",
    "json_execute_serialized_sql",
    "read_text",
    "read_blob",
    "pg_sleep",
    "sleep_ms",
    "current_query",
    "parse_path_secret",
    "which_secret",
    "get_bit_secret",
    "in_search_path",
    "txid_current",
    "current_transaction_id",
    "current_connection_id",
    "current_query_id",
    "finalize",
    "combine",
};

class Examiner {
 public:
  explicit Examiner(const QuestionLimits& limits) {
    for (const std::string& table : limits.tables) tables_.insert(to_lower(table));
    for (const std::string& function : limits.table_functions)
      table_functions_.insert(to_lower(function));
  }

  Status examine(duckdb::QueryNode& node) {
    collect_names(node);
    visit(node);
    if (problem_.empty()) return {};
    return Error{ErrorCode::kPermission, problem_};
  }

 private:
  void refuse(const std::string& what) {
    if (problem_.empty()) problem_ = what;
  }

  /// Names that WITH gives are tables of the question's own, wherever they stand.
  void collect_names(duckdb::QueryNode& node) {
    for (const auto& entry : node.cte_map.map) {
      names_.insert(to_lower(entry.first));
      if (entry.second->query && entry.second->query->node)
        collect_names(*entry.second->query->node);
    }
  }

  void visit(duckdb::QueryNode& node) {
    for (auto& entry : node.cte_map.map) {
      names_.insert(to_lower(entry.first));
      if (entry.second->query && entry.second->query->node) visit(*entry.second->query->node);
    }
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node,
        [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) {
          if (child) visit(*child);
        },
        [&](duckdb::TableRef& table) { visit(table); });
  }

  void visit(duckdb::ParsedExpression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
      const auto& call = expression.Cast<duckdb::FunctionExpression>();
      std::string name = to_lower(call.function_name);
      if (std::find(kForbiddenFunctions.begin(), kForbiddenFunctions.end(), name) !=
          kForbiddenFunctions.end())
        refuse("the function " + name + "() is not allowed here");
    } else if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
      auto& subquery = expression.Cast<duckdb::SubqueryExpression>();
      if (subquery.subquery && subquery.subquery->node) visit(*subquery.subquery->node);
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) {
          if (child) visit(*child);
        });
  }

  /// What EnumerateQueryNodeChildren() calls for each table of the tree; it goes into joins, table
  /// functions and subqueries itself.
  void visit(duckdb::TableRef& table) {
    switch (table.type) {
      case duckdb::TableReferenceType::BASE_TABLE:
        return visit_table(table.Cast<duckdb::BaseTableRef>());
      case duckdb::TableReferenceType::TABLE_FUNCTION: {
        auto& function = *table.Cast<duckdb::TableFunctionRef>().function;
        if (function.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION)
          return refuse("this table function is not allowed here");
        std::string name = to_lower(function.Cast<duckdb::FunctionExpression>().function_name);
        if (!table_functions_.contains(name))
          refuse("the table function " + name + "() is not allowed here");
        return;
      }
      case duckdb::TableReferenceType::SHOW_REF: {
        auto& show = table.Cast<duckdb::ShowRef>();
        if (show.query) visit(*show.query);
        std::string name = to_lower(show.table_name);
        // SHOW TABLES and its like have a fixed name or none; they read the catalog only.
        if (!show.query && !show.table_name.empty() && !tables_.contains(unquoted(name)) &&
            name != "\"tables\"" && name != "tables" && name != "__show_tables_expanded")
          refuse("only tables of Cairn can be described");
        return;
      }
      case duckdb::TableReferenceType::SUBQUERY:
      case duckdb::TableReferenceType::JOIN:
      case duckdb::TableReferenceType::EXPRESSION_LIST:
      case duckdb::TableReferenceType::EMPTY_FROM:
      case duckdb::TableReferenceType::PIVOT:
      case duckdb::TableReferenceType::COLUMN_DATA:
        return;
      default:
        refuse("this kind of table is not allowed here");
    }
  }

  static std::string unquoted(std::string name) {
    std::erase(name, '"');
    return name;
  }

  void visit_table(const duckdb::BaseTableRef& table) {
    std::string name = to_lower(table.table_name), schema = to_lower(table.schema_name);
    if (schema == "information_schema" && (name == "tables" || name == "columns")) return;
    if (schema.empty() && names_.contains(name)) return;
    bool own = (schema.empty() || schema == "main") &&
               (table.catalog_name.empty() || table.catalog_name == "memory");
    if (!own || !tables_.contains(name)) {
      std::string known;
      for (const std::string& one : tables_) known += (known.empty() ? "" : ", ") + one;
      refuse("there is no table \"" + printable(table.table_name) + "\"; the tables are: " + known);
    }
  }

  std::set<std::string> tables_, table_functions_, names_;
  std::string problem_;
};

}  // namespace

Status check(const std::string& sql, const QuestionLimits& limits) {
  try {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    if (parser.statements.empty()) return Error{ErrorCode::kInvalidInput, "there is no statement"};
    if (parser.statements.size() > 1)
      return Error{ErrorCode::kPermission,
                   "one statement at a time; this has " + std::to_string(parser.statements.size())};
    duckdb::SQLStatement& statement = *parser.statements[0];
    if (statement.type != duckdb::StatementType::SELECT_STATEMENT)
      return Error{ErrorCode::kPermission, "only SELECT is allowed here, this is " +
                                               duckdb::StatementTypeToString(statement.type)};
    return Examiner(limits).examine(*statement.Cast<duckdb::SelectStatement>().node);
  } catch (const std::exception& exception) {
    return to_error(exception);
  }
}

}  // namespace cairn::duck
