#include "duck/functions.h"

#include "duck/values.h"

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>
#include <duckdb/function/scalar_function.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>

#include <memory>

namespace cairn::duck {

namespace {

duckdb::LogicalType type_of(ScalarKind kind) {
  switch (kind) {
    case ScalarKind::kBoolean:
      return duckdb::LogicalType::BOOLEAN;
    case ScalarKind::kInteger:
      return duckdb::LogicalType::BIGINT;
    case ScalarKind::kDouble:
      return duckdb::LogicalType::DOUBLE;
    case ScalarKind::kTimestamp:
      return duckdb::LogicalType::TIMESTAMP;
    case ScalarKind::kInstant:
      return duckdb::LogicalType::TIMESTAMP_TZ;
    case ScalarKind::kDate:
      return duckdb::LogicalType::DATE;
    case ScalarKind::kJson:
      return duckdb::LogicalType::JSON();
    default:
      return duckdb::LogicalType::VARCHAR;
  }
}

Scalar read_argument(const duckdb::UnifiedVectorFormat& format, ScalarKind kind, size_t row) {
  Scalar scalar;
  size_t at = format.sel->get_index(row);
  scalar.null = !format.validity.RowIsValid(at);
  if (scalar.null) return scalar;
  switch (kind) {
    case ScalarKind::kBoolean:
      scalar.integer = duckdb::UnifiedVectorFormat::GetData<bool>(format)[at] ? 1 : 0;
      break;
    case ScalarKind::kInteger:
    case ScalarKind::kTimestamp:
    case ScalarKind::kInstant:
      scalar.integer = duckdb::UnifiedVectorFormat::GetData<int64_t>(format)[at];
      break;
    case ScalarKind::kDate:
      scalar.integer = duckdb::UnifiedVectorFormat::GetData<int32_t>(format)[at];
      break;
    case ScalarKind::kDouble:
      scalar.number = duckdb::UnifiedVectorFormat::GetData<double>(format)[at];
      break;
    default: {
      const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format)[at];
      scalar.text = {text.GetData(), text.GetSize()};
    }
  }
  return scalar;
}

void write_result(duckdb::Vector& result, ScalarKind kind, size_t row, const Scalar& value) {
  if (value.null) {
    duckdb::FlatVector::SetNull(result, row, true);
    return;
  }
  switch (kind) {
    case ScalarKind::kBoolean:
      duckdb::FlatVector::GetData<bool>(result)[row] = value.integer != 0;
      break;
    case ScalarKind::kInteger:
    case ScalarKind::kTimestamp:
    case ScalarKind::kInstant:
      duckdb::FlatVector::GetData<int64_t>(result)[row] = value.integer;
      break;
    case ScalarKind::kDate:
      duckdb::FlatVector::GetData<int32_t>(result)[row] = static_cast<int32_t>(value.integer);
      break;
    case ScalarKind::kDouble:
      duckdb::FlatVector::GetData<double>(result)[row] = value.number;
      break;
    default:
      duckdb::FlatVector::GetData<duckdb::string_t>(result)[row] =
          duckdb::StringVector::AddString(result, value.text.data(), value.text.size());
  }
}

void call_rows(const ScalarFunction& function, duckdb::DataChunk& input, duckdb::Vector& result) {
  size_t rows = input.size();
  bool constant = input.AllConstant();
  duckdb::vector<duckdb::UnifiedVectorFormat> formats(input.ColumnCount());
  for (size_t i = 0; i < formats.size(); ++i) input.data[i].ToUnifiedFormat(rows, formats[i]);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  std::vector<Scalar> arguments(formats.size());
  std::string scratch;
  size_t wanted = constant && rows > 0 ? 1 : rows;
  for (size_t row = 0; row < wanted; ++row) {
    bool any_null = false;
    for (size_t i = 0; i < formats.size(); ++i) {
      arguments[i] = read_argument(formats[i], function.arguments[i], row);
      any_null = any_null || arguments[i].null;
    }
    if (any_null && function.null_in_null_out) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    Result<Scalar> value = function.call(arguments, scratch);
    if (!value.ok())
      duckdb::ErrorData(duckdb::ExceptionType::INVALID_INPUT, value.error().message).Throw();
    write_result(result, function.result, row, value.value());
  }
  if (constant) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

void add_to_catalog(duckdb::DuckDB& database, duckdb::ScalarFunction function) {
  duckdb::CreateScalarFunctionInfo info(std::move(function));
  info.on_conflict = duckdb::OnCreateConflict::ALTER_ON_CONFLICT;
  duckdb::Connection connection(database);
  connection.context->RunFunctionInTransaction([&] {
    auto& catalog = duckdb::Catalog::GetSystemCatalog(*connection.context);
    catalog.CreateFunction(*connection.context, info);
  });
}

void count_elements(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnaryExecutor::Execute<duckdb::list_entry_t, int64_t>(
      input.data[0], result, input.size(),
      [](duckdb::list_entry_t list) { return static_cast<int64_t>(list.length); });
}

void same_list(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  result.Reference(input.data[0]);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_same_list(
    duckdb::ClientContext&, duckdb::ScalarFunction& function,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  function.arguments[0] = arguments[0]->return_type;
  function.return_type = arguments[0]->return_type;
  return nullptr;
}

}  // namespace

void register_list_entries(duckdb::DuckDB& database) {
  auto list = duckdb::LogicalType::LIST(duckdb::LogicalType::ANY);
  add_to_catalog(database,
                 duckdb::ScalarFunction("map_entries", {list}, list, same_list, bind_same_list));
}

void register_cardinality(duckdb::DuckDB& database) {
  auto list = duckdb::LogicalType::LIST(duckdb::LogicalType::ANY);
  add_to_catalog(database, duckdb::ScalarFunction("cardinality", {list},
                                                  duckdb::LogicalType::BIGINT, count_elements));
}

Status register_function(duckdb::DuckDB& database, ScalarFunction function) {
  auto shared = std::make_shared<const ScalarFunction>(std::move(function));
  duckdb::vector<duckdb::LogicalType> arguments;
  for (ScalarKind kind : shared->arguments) arguments.push_back(type_of(kind));
  duckdb::ScalarFunction native(
      shared->name, arguments, type_of(shared->result),
      [shared](duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
        call_rows(*shared, input, result);
      });
  native.null_handling = duckdb::FunctionNullHandling::SPECIAL_HANDLING;
  native.errors = duckdb::FunctionErrors::CAN_THROW_RUNTIME_ERROR;
  add_to_catalog(database, std::move(native));
  return {};
}

}  // namespace cairn::duck
