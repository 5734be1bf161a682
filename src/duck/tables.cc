// Tables whose rows come from us, as table functions of DuckDB. They could not be made with its C
// interface: only the C++ one tells a function the query's conditions and the struct members that
// it needs.

#include "duck/tables.h"

#include "duck/conditions.h"
#include "duck/values.h"

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/planner/operator/logical_get.hpp>

namespace cairn::duck {

namespace {

duckdb::LogicalType native_type(const ColumnType& type) {
  using duckdb::LogicalType;
  switch (type.kind) {
    case ColumnKind::kBoolean:
      return LogicalType::BOOLEAN;
    case ColumnKind::kInteger:
      return LogicalType::BIGINT;
    case ColumnKind::kDouble:
      return LogicalType::DOUBLE;
    case ColumnKind::kTimestamp:
      return LogicalType::TIMESTAMP;
    case ColumnKind::kList:
      return LogicalType::LIST(native_type(type.members[0]));
    case ColumnKind::kMap:
      return LogicalType::MAP(native_type(type.members[0]), native_type(type.members[1]));
    case ColumnKind::kStruct: {
      duckdb::child_list_t<LogicalType> members;
      for (size_t i = 0; i < type.names.size(); ++i)
        members.emplace_back(type.names[i], native_type(type.members[i]));
      return LogicalType::STRUCT(std::move(members));
    }
    case ColumnKind::kText:
      break;
  }
  return LogicalType::VARCHAR;
}

struct TableInfo : duckdb::TableFunctionInfo {
  SourceTable table;
};

struct BindData : duckdb::TableFunctionData {
  explicit BindData(const SourceTable& t) : table(t) {}
  const SourceTable& table;
  Condition condition;
};

struct GlobalState : duckdb::GlobalTableFunctionState {
  idx_t MaxThreads() const override { return threads; }
  std::unique_ptr<RowSource> source;
  std::vector<size_t> columns;  // of the table, for each of the output; beyond: not one of its own
  idx_t threads = 1;
};

/// Keeps a batch alive for as long as a vector of DuckDB points into its texts.
class BatchBuffer : public duckdb::VectorBuffer {
 public:
  explicit BatchBuffer(std::shared_ptr<Batch> batch)
      : VectorBuffer(duckdb::VectorBufferType::OPAQUE_BUFFER), batch_(std::move(batch)) {}

 private:
  std::shared_ptr<Batch> batch_;
};

void set_all_null(duckdb::Vector& out) {
  out.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::SetNull(out, true);
}

void fill(duckdb::Vector& out, const BatchColumn& column, ColumnKind kind, const ColumnType& type,
          const std::shared_ptr<Batch>& batch);

void fill_elements(duckdb::Vector& out, const BatchColumn& column, const ColumnType& type,
                   const std::shared_ptr<Batch>& batch) {
  auto* entries = duckdb::ListVector::GetData(out);
  idx_t total = 0;
  for (size_t i = 0; i < column.lengths.size(); ++i) {
    entries[i] = {total, column.lengths[i]};
    total += column.lengths[i];
  }
  duckdb::ListVector::Reserve(out, total);
  duckdb::ListVector::SetListSize(out, total);
  if (total == 0) return;
  if (type.kind == ColumnKind::kList) {
    fill(duckdb::ListVector::GetEntry(out), column.members[0], type.members[0].kind,
         type.members[0], batch);
  } else {
    fill(duckdb::MapVector::GetKeys(out), column.members[0], type.members[0].kind, type.members[0],
         batch);
    fill(duckdb::MapVector::GetValues(out), column.members[1], type.members[1].kind,
         type.members[1], batch);
  }
}

void fill_scalars(duckdb::Vector& out, const BatchColumn& column, ColumnKind kind,
                  const std::shared_ptr<Batch>& batch) {
  size_t rows = column.valid.size();
  if (kind == ColumnKind::kBoolean) {
    auto* values = duckdb::FlatVector::GetData<bool>(out);
    for (size_t i = 0; i < rows; ++i) values[i] = column.integers[i] != 0;
  } else if (kind == ColumnKind::kInteger || kind == ColumnKind::kTimestamp) {
    auto* values = duckdb::FlatVector::GetData<int64_t>(out);
    for (size_t i = 0; i < rows; ++i) values[i] = column.integers[i];
  } else if (kind == ColumnKind::kDouble) {
    auto* values = duckdb::FlatVector::GetData<double>(out);
    for (size_t i = 0; i < rows; ++i) values[i] = column.doubles[i];
  } else {
    auto* values = duckdb::FlatVector::GetData<duckdb::string_t>(out);
    for (size_t i = 0; i < rows; ++i) {
      std::string_view text = column.texts[i];
      values[i] = duckdb::string_t(text.data(), static_cast<uint32_t>(text.size()));
    }
    duckdb::StringVector::AddBuffer(out, duckdb::make_buffer<BatchBuffer>(batch));
  }
}

void fill(duckdb::Vector& out, const BatchColumn& column, ColumnKind kind, const ColumnType& type,
          const std::shared_ptr<Batch>& batch) {
  if (column.absent()) return set_all_null(out);
  duckdb::ValidityMask& validity = duckdb::FlatVector::Validity(out);
  for (size_t i = 0; i < column.valid.size(); ++i) {
    if (column.valid[i] == 0) validity.SetInvalid(i);
  }
  if (kind == ColumnKind::kStruct) {
    auto& members = duckdb::StructVector::GetEntries(out);
    for (size_t i = 0; i < members.size(); ++i) {
      const ColumnType& member = type.members[i];
      if (i < column.members.size()) {
        fill(*members[i], column.members[i], member.kind, member, batch);
      } else {
        set_all_null(*members[i]);
      }
    }
  } else if (kind == ColumnKind::kList || kind == ColumnKind::kMap) {
    fill_elements(out, column, type, batch);
  } else {
    fill_scalars(out, column, kind, batch);
  }
}

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext&,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  const SourceTable& table = input.info->Cast<TableInfo>().table;
  for (const TableColumn& column : table.columns) {
    types.push_back(native_type(column.type));
    names.push_back(column.name);
  }
  return duckdb::make_uniq<BindData>(table);
}

/// Keeps what the filters say, and leaves them all for the database to check.
void note_filters(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* bind_data,
                  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
  std::vector<size_t> columns;
  for (const auto& index : get.GetColumnIds()) columns.push_back(index.GetPrimaryIndex());
  auto& condition = bind_data->Cast<BindData>().condition;
  condition = {};
  for (const auto& filter : filters) {
    auto part = read_condition(*filter, columns);
    if (part) condition.parts.push_back(std::move(*part));
  }
}

/// Collects the dotted names of the struct members that an index asks for.
void list_members(const ColumnType& type, const duckdb::ColumnIndex& index, const std::string& path,
                  std::vector<std::string>& out) {
  if (!index.HasChildren() || type.kind != ColumnKind::kStruct) {
    out.push_back(path);
    return;
  }
  for (const auto& child : index.GetChildIndexes()) {
    size_t at = child.GetPrimaryIndex();
    list_members(type.members[at], child,
                 path.empty() ? type.names[at] : path + "." + type.names[at], out);
  }
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext&,
                                                           duckdb::TableFunctionInitInput& input) {
  const auto& data = input.bind_data->Cast<BindData>();
  const SourceTable& table = data.table;
  auto state = duckdb::make_uniq<GlobalState>();
  ScanRequest request;
  request.columns.resize(table.columns.size(), false);
  request.members.resize(table.columns.size());
  for (const auto& index : input.column_indexes) {
    size_t column = index.GetPrimaryIndex();
    state->columns.push_back(column);
    if (column >= table.columns.size()) continue;
    request.columns[column] = true;
    if (index.HasChildren())
      list_members(table.columns[column].type, index, "", request.members[column]);
  }
  request.condition = data.condition;
  auto source = table.open(request);
  if (!source.ok()) duckdb::ErrorData(duckdb::ExceptionType::IO, source.error().message).Throw();
  state->source = std::move(source).value();
  state->threads = table.threads;
  return state;
}

void produce(duckdb::ClientContext&, duckdb::TableFunctionInput& data, duckdb::DataChunk& output) {
  auto& state = data.global_state->Cast<GlobalState>();
  const SourceTable& table = data.bind_data->Cast<BindData>().table;
  auto next = state.source->next();
  if (!next.ok()) duckdb::ErrorData(duckdb::ExceptionType::IO, next.error().message).Throw();
  std::shared_ptr<Batch> batch = std::move(next).value();
  if (!batch || batch->rows == 0) {
    output.SetCardinality(0);
    return;
  }
  CAIRN_CHECK(batch->rows <= kBatchRows);
  for (size_t i = 0; i < state.columns.size(); ++i) {
    size_t column = state.columns[i];
    if (column < batch->columns.size()) {
      const ColumnType& type = table.columns[column].type;
      fill(output.data[i], batch->columns[column], type.kind, type, batch);
    } else {
      set_all_null(output.data[i]);  // a row number that only counting asks for
    }
  }
  output.SetCardinality(batch->rows);
}

double progress(duckdb::ClientContext&, const duckdb::FunctionData*,
                const duckdb::GlobalTableFunctionState* state) {
  double done = state->Cast<GlobalState>().source->progress();
  return done < 0 ? -1 : done * 100;
}

duckdb::unique_ptr<duckdb::NodeStatistics> cardinality(duckdb::ClientContext&,
                                                       const duckdb::FunctionData* data) {
  uint64_t rows = data->Cast<BindData>().table.estimated_rows;
  return rows == 0 ? duckdb::make_uniq<duckdb::NodeStatistics>()
                   : duckdb::make_uniq<duckdb::NodeStatistics>(rows);
}

}  // namespace

Status register_table(duckdb::DuckDB& database, SourceTable table) {
  duckdb::TableFunction function(table.name, {}, produce, bind, start);
  function.projection_pushdown = true;
  function.pushdown_complex_filter = note_filters;
  function.table_scan_progress = progress;
  function.cardinality = cardinality;
  auto info = duckdb::make_shared_ptr<TableInfo>();
  info->table = std::move(table);
  function.function_info = std::move(info);
  duckdb::CreateTableFunctionInfo create(std::move(function));
  create.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  duckdb::Connection connection(database);
  connection.context->RunFunctionInTransaction([&] {
    auto& catalog = duckdb::Catalog::GetSystemCatalog(*connection.context);
    catalog.CreateTableFunction(*connection.context, create);
  });
  return {};
}

}  // namespace cairn::duck
