#include "duck/view_columns.h"

#include <duckdb.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/optimizer/column_binding_replacer.hpp>
#include <duckdb/optimizer/optimizer_extension.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>
#include <duckdb/planner/operator/logical_projection.hpp>

#include <algorithm>
#include <set>

namespace cairn::duck {

namespace {

using Plan = duckdb::unique_ptr<duckdb::LogicalOperator>;

/// The columns of one operator that a plan refers to.
class References : public duckdb::LogicalOperatorVisitor {
 public:
  explicit References(duckdb::idx_t table) : table_(table) {}
  const std::set<duckdb::idx_t>& columns() const { return columns_; }

 protected:
  duckdb::unique_ptr<duckdb::Expression> VisitReplace(
      duckdb::BoundColumnRefExpression& reference,
      duckdb::unique_ptr<duckdb::Expression>*) override {
    if (reference.binding.table_index == table_) columns_.insert(reference.binding.column_index);
    return nullptr;
  }

 private:
  duckdb::idx_t table_;
  std::set<duckdb::idx_t> columns_;
};

/// Operators that name every column they use, and have columns of their own: what is below may
/// have other columns, in another order.
bool defines_columns(duckdb::LogicalOperatorType type) {
  return type == duckdb::LogicalOperatorType::LOGICAL_PROJECTION ||
         type == duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY;
}

/// Operators that name the columns they use and pass all of them on.
bool passes_columns_on(duckdb::LogicalOperatorType type) {
  return type == duckdb::LogicalOperatorType::LOGICAL_FILTER ||
         type == duckdb::LogicalOperatorType::LOGICAL_ORDER_BY ||
         type == duckdb::LogicalOperatorType::LOGICAL_LIMIT;
}

/// Lets the plan refer to what a projection is made of. Returns false, with nothing changed, when
/// it needs a column that is more than another's name.
bool bypass(duckdb::LogicalOperator& plan, const duckdb::LogicalProjection& projection) {
  References references(projection.table_index);
  references.VisitOperator(plan);
  duckdb::ColumnBindingReplacer replacer;
  for (duckdb::idx_t column : references.columns()) {
    const duckdb::Expression& source = *projection.expressions[column];
    if (source.GetExpressionType() != duckdb::ExpressionType::BOUND_COLUMN_REF) return false;
    replacer.replacement_bindings.emplace_back(
        duckdb::ColumnBinding(projection.table_index, column),
        source.Cast<duckdb::BoundColumnRefExpression>().binding);
  }
  replacer.VisitOperator(plan);
  return true;
}

/// `may_change`: nothing above relies on which columns this operator has, and in which order.
void take_away(duckdb::LogicalOperator& plan, Plan& at, bool may_change) {
  while (may_change && at->type == duckdb::LogicalOperatorType::LOGICAL_PROJECTION) {
    duckdb::LogicalOperatorType below = at->children[0]->type;
    if (below != duckdb::LogicalOperatorType::LOGICAL_GET &&
        below != duckdb::LogicalOperatorType::LOGICAL_PROJECTION)
      break;
    if (!bypass(plan, at->Cast<duckdb::LogicalProjection>())) break;
    Plan child = std::move(at->children[0]);
    at = std::move(child);
  }
  bool below = defines_columns(at->type) || (may_change && passes_columns_on(at->type));
  for (Plan& child : at->children) take_away(plan, child, below);
}

void prepare(duckdb::OptimizerExtensionInput&, Plan& plan) { take_away(*plan, plan, false); }

}  // namespace

void look_through_views(duckdb::DuckDB& database) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = prepare;
  duckdb::DBConfig::GetConfig(*database.instance)
      .optimizer_extensions.push_back(std::move(extension));
}

}  // namespace cairn::duck
