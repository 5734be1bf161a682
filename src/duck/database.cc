// Databases, connections and answers, over DuckDB's C++ interface. Its exceptions end here.

#include "duck/duck.h"
#include "duck/file_tables.h"
#include "duck/functions.h"
#include "duck/module.h"
#include "duck/mounted_file_system.h"
#include "duck/question.h"
#include "duck/tables.h"
#include "duck/values.h"
#include "duck/view_columns.h"

#include <duckdb.hpp>
#include <duckdb/main/client_config.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace cairn::duck {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kWatchInterval = std::chrono::milliseconds(20);
constexpr int kProgressEvery = 5;  // intervals

std::string quoted(std::string_view text) {
  std::string sql = "'";
  for (char c : text) {
    if (c == '\'') sql += '\'';
    sql += c;
  }
  return sql + "'";
}

/// Looks after one query from a thread of its own.
class Watcher {
 public:
  Watcher(duckdb::ClientContext& context, const Watch& watch) : context_(context), watch_(watch) {
    if (watch.cancelled != nullptr || watch.timeout.count() > 0 || watch.progress)
      thread_ = std::thread([this] { run(); });
  }
  ~Watcher() { stop(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  /// Why it interrupted the query, if it did.
  Error reason(Error error) const {
    if (error.code != ErrorCode::kCancelled) return error;
    if (timed_out_.load())
      return Error{ErrorCode::kExhausted, "stopped after " +
                                              std::to_string(watch_.timeout.count() / 1000) +
                                              " s: the time limit of a query"};
    return Error{ErrorCode::kCancelled, "the query was cancelled"};
  }

 private:
  void run() {
    auto started = Clock::now();
    std::unique_lock lock(mutex_);
    for (int round = 0; !wake_.wait_for(lock, kWatchInterval, [this] { return done_; }); ++round) {
      bool late = watch_.timeout.count() > 0 && Clock::now() - started >= watch_.timeout;
      bool cancelled = watch_.cancelled != nullptr && watch_.cancelled->load();
      if (late) timed_out_.store(true);
      if (late || cancelled) context_.Interrupt();
      if (watch_.progress && round % kProgressEvery == 0) {
        double percent = context_.GetQueryProgress().GetPercentage();
        watch_.progress(percent < 0 ? -1 : percent / 100);
      }
    }
  }

  duckdb::ClientContext& context_;
  const Watch watch_;
  std::atomic<bool> timed_out_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

class DuckAnswer : public Answer {
 public:
  DuckAnswer(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::QueryResult> result,
             std::unique_ptr<Watcher> watcher)
      : context_(context), result_(std::move(result)), watcher_(std::move(watcher)) {
    for (size_t i = 0; i < result_->names.size(); ++i) {
      const duckdb::LogicalType& type = result_->types[i];
      columns_.push_back({result_->names[i], type.ToString(), is_number(type)});
    }
  }
  ~DuckAnswer() override {
    watcher_->stop();
    // What is still at work for rows that nobody wants would be waited for.
    if (!ended_) context_.Interrupt();
  }

  const std::vector<AnswerColumn>& columns() const override { return columns_; }

  Result<size_t> next() override {
    try {
      do {
        chunk_ = result_->Fetch();
        if (result_->HasError()) return watcher_->reason(to_error(result_->GetErrorObject()));
        ended_ = !chunk_;
        if (ended_) return size_t{0};
      } while (chunk_->size() == 0);
      return chunk_->size();
    } catch (const std::exception& exception) {
      return watcher_->reason(to_error(exception));
    }
  }

  bool is_null(size_t column, size_t row) const override {
    return !duckdb::FlatVector::Validity(chunk_->data[column]).RowIsValid(row);
  }
  void append_text(size_t column, size_t row, std::string& out) const override {
    if (is_null(column, row)) return;
    const duckdb::Vector& values = chunk_->data[column];
    if (values.GetType().id() == duckdb::LogicalTypeId::VARCHAR) {
      const auto& text = duckdb::FlatVector::GetData<duckdb::string_t>(values)[row];
      out.append(text.GetData(), text.GetSize());
    } else {
      append_value_text(chunk_->GetValue(column, row), out);
    }
  }
  void append_json(size_t column, size_t row, std::string& out) const override {
    append_value_json(chunk_->GetValue(column, row), out);
  }

 private:
  duckdb::ClientContext& context_;
  bool ended_ = false;
  duckdb::unique_ptr<duckdb::QueryResult> result_;
  std::unique_ptr<Watcher> watcher_;
  duckdb::unique_ptr<duckdb::DataChunk> chunk_;
  std::vector<AnswerColumn> columns_;
};

class DuckConnection : public Connection {
 public:
  DuckConnection(duckdb::DuckDB& database, const ConnectionOptions& options)
      : connection_(database) {
    duckdb::ClientConfig& config = duckdb::ClientConfig::GetConfig(*connection_.context);
    config.set_variables["integer_division"] = duckdb::Value::BOOLEAN(options.integer_division);
    config.enable_progress_bar = true;
    config.print_progress_bar = false;
    config.wait_time = 0;
  }

  Status execute(const std::string& sql) override {
    try {
      auto result = connection_.Query(sql);
      if (result->HasError()) return to_error(result->GetErrorObject());
      return {};
    } catch (const std::exception& exception) {
      return to_error(exception);
    }
  }

  Result<std::unique_ptr<Answer>> query(const std::string& sql, const Watch& watch) override {
    try {
      auto watcher = std::make_unique<Watcher>(*connection_.context, watch);
      auto pending = connection_.PendingQuery(sql, true);
      if (pending->HasError()) return watcher->reason(to_error(pending->GetErrorObject()));
      auto result = pending->Execute();
      if (result->HasError()) return watcher->reason(to_error(result->GetErrorObject()));
      return std::unique_ptr<Answer>(std::make_unique<DuckAnswer>(
          *connection_.context, std::move(result), std::move(watcher)));
    } catch (const std::exception& exception) {
      return to_error(exception);
    }
  }

  Status check_question(const std::string& sql, const QuestionLimits& limits) override {
    return check(sql, limits);
  }
  void interrupt() override { connection_.Interrupt(); }

 private:
  duckdb::Connection connection_;
};

class DuckDatabase : public Database {
 public:
  /// Throws.
  explicit DuckDatabase(const DatabaseOptions& options) {
    duckdb::DBConfig config;
    config.SetOptionByName("memory_limit",
                           duckdb::Value(std::to_string(options.memory_bytes) + "B"));
    if (options.threads != 0)
      config.SetOptionByName("threads", duckdb::Value::BIGINT(options.threads));
    config.SetOptionByName("temp_directory", duckdb::Value(options.temporary_folder));
    for (const char* off : {"autoinstall_known_extensions", "autoload_known_extensions",
                            "allow_community_extensions", "allow_unsigned_extensions"})
      config.SetOptionByName(off, duckdb::Value::BOOLEAN(false));
    const char* path = options.path.empty() ? nullptr : options.path.c_str();
    database_ = std::make_unique<duckdb::DuckDB>(path, &config);
  }

  /// Throws.
  Status prepare() {
    register_cardinality(*database_);
    register_list_entries(*database_);
    look_through_views(*database_);
    ConnectionOptions plain;
    return DuckConnection(*database_, plain).execute("SET GLOBAL TimeZone = 'UTC'");
  }

  Result<std::unique_ptr<Connection>> connect(const ConnectionOptions& options) override {
    try {
      return std::unique_ptr<Connection>(std::make_unique<DuckConnection>(*database_, options));
    } catch (const std::exception& exception) {
      return to_error(exception);
    }
  }
  Status add_table(SourceTable table) override {
    try {
      return register_table(*database_, std::move(table));
    } catch (const std::exception& exception) {
      return to_error(exception);
    }
  }
  Status add_file_table(FileTable table) override {
    try {
      register_file_table(*database_, std::move(table));
      return {};
    } catch (const std::exception& exception) {
      return to_error(exception);
    }
  }
  Status add_function(ScalarFunction function) override {
    try {
      return register_function(*database_, std::move(function));
    } catch (const std::exception& exception) {
      return to_error(exception);
    }
  }
  Status mount(std::string prefix, std::shared_ptr<MountedFiles> files) override {
    try {
      mount_files(*database_, std::move(prefix), std::move(files));
      return {};
    } catch (const std::exception& exception) {
      return to_error(exception);
    }
  }
  Status lock(std::span<const std::string> readable_folders) override {
    std::string folders;
    for (const std::string& folder : readable_folders)
      folders += (folders.empty() ? "" : ", ") + quoted(folder);
    ConnectionOptions plain;
    DuckConnection connection(*database_, plain);
    if (!folders.empty())
      TRY(connection.execute("SET GLOBAL allowed_directories = [" + folders + "]"));
    TRY(connection.execute("SET GLOBAL enable_external_access = false"));
    return connection.execute("SET GLOBAL lock_configuration = true");
  }
  std::string version() const override { return duckdb::DuckDB::LibraryVersion(); }

 private:
  std::unique_ptr<duckdb::DuckDB> database_;
};

Result<std::unique_ptr<Database>> open_database(const DatabaseOptions& options) {
  try {
    auto database = std::make_unique<DuckDatabase>(options);
    TRY(database->prepare());
    return std::unique_ptr<Database>(std::move(database));
  } catch (const std::exception& exception) {
    return to_error(exception);
  }
}

}  // namespace

extern "C" {
/// What load.cc looks for.
__attribute__((visibility("default"))) void CAIRN_DUCK_ENTRY(
    const DatabaseOptions& options, Result<std::unique_ptr<Database>>* result) {
  *result = open_database(options);
}
}

}  // namespace cairn::duck
