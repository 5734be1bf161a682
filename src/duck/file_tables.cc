// Tables of Parquet files that somebody else chooses: DuckDB's own Parquet scan, with a list of
// files that asks before it is read.

#include "duck/file_tables.h"

#include "duck/conditions.h"

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>

namespace cairn::duck {

namespace {

using SharedTable = std::shared_ptr<const FileTable>;

duckdb::vector<duckdb::OpenFileInfo> infos_of(const std::vector<std::string>& files) {
  duckdb::vector<duckdb::OpenFileInfo> infos;
  for (const std::string& file : files) infos.emplace_back(file);
  return infos;
}

class ChosenFiles : public duckdb::SimpleMultiFileList {
 public:
  ChosenFiles(SharedTable table, const std::vector<std::string>& files)
      : SimpleMultiFileList(infos_of(files)), table_(std::move(table)) {}

  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext& /*context*/, const duckdb::MultiFileOptions& /*options*/,
      duckdb::MultiFilePushdownInfo& info,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) override {
    std::vector<size_t> columns(info.column_ids.begin(), info.column_ids.end());
    Condition condition;
    for (const auto& filter : filters) {
      if (auto part = read_condition(*filter, columns)) condition.parts.push_back(std::move(*part));
    }
    if (condition.parts.empty()) return nullptr;
    auto chosen = table_->choose(condition);
    if (!chosen.ok()) duckdb::ErrorData(duckdb::ExceptionType::IO, chosen.error().message).Throw();
    return duckdb::make_uniq<ChosenFiles>(table_, chosen.value());
  }
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      duckdb::ClientContext& /*context*/, const duckdb::MultiFileOptions& /*options*/,
      const duckdb::vector<duckdb::string>& /*names*/,
      const duckdb::vector<duckdb::LogicalType>& /*types*/,
      const duckdb::vector<duckdb::column_t>& /*columns*/,
      duckdb::TableFilterSet& /*filters*/) const override {
    return nullptr;
  }

 private:
  SharedTable table_;
};

class ChosenFilesReader : public duckdb::MultiFileReader {
 public:
  explicit ChosenFilesReader(SharedTable table) : table_(std::move(table)) {}

  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(
      duckdb::ClientContext& /*context*/, const duckdb::vector<duckdb::string>& /*paths*/,
      const duckdb::FileGlobInput& /*how*/) override {
    return duckdb::make_shared_ptr<ChosenFiles>(table_, table_->files);
  }
  duckdb::unique_ptr<duckdb::MultiFileReader> Copy() const override {
    return duckdb::make_uniq<ChosenFilesReader>(table_);
  }

 private:
  SharedTable table_;
};

/// Carries the table to where DuckDB makes the reader.
struct TableHolder : duckdb::TableFunctionInfo {
  SharedTable table;
};

duckdb::unique_ptr<duckdb::MultiFileReader> make_reader(const duckdb::TableFunction& function) {
  return duckdb::make_uniq<ChosenFilesReader>(function.function_info->Cast<TableHolder>().table);
}

}  // namespace

void register_file_table(duckdb::DuckDB& database, FileTable table) {
  std::string name = table.name;
  auto holder = duckdb::make_shared_ptr<TableHolder>();
  holder->table = std::make_shared<const FileTable>(std::move(table));
  duckdb::Connection connection(database);
  connection.context->RunFunctionInTransaction([&] {
    auto& catalog = duckdb::Catalog::GetSystemCatalog(*connection.context);
    auto& scan = catalog.GetEntry<duckdb::TableFunctionCatalogEntry>(
        *connection.context, DEFAULT_SCHEMA, "parquet_scan");
    duckdb::TableFunction function =
        scan.functions.GetFunctionByArguments(*connection.context, {duckdb::LogicalType::VARCHAR});
    function.name = name;
    function.function_info = std::move(holder);
    function.get_multi_file_reader = make_reader;
    duckdb::CreateTableFunctionInfo create(std::move(function));
    create.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
    catalog.CreateTableFunction(*connection.context, create);
  });
}

}  // namespace cairn::duck
