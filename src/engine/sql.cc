#include "engine/sql.h"

#include "base/text.h"
#include "engine/log_rows.h"
#include "engine/pending_file.h"
#include "model/cloudtrail_table.h"

namespace cairn::engine {

namespace {

constexpr const char* kResultMount = "result://";
constexpr const char* kResultName = "result://file";

}  // namespace

/// The one file that a question may write: whichever write_parquet() is asked for.
class ResultFile : public duck::MountedFiles {
 public:
  explicit ResultFile(Files& files) : files_(files) {}

  Status begin(const std::string& path) {
    TRY_ASSIGN(pending_, PendingFile::create(files_, path));
    return {};
  }
  Status commit() {
    Status done = pending_->commit();
    pending_.reset();
    return done;
  }
  void abandon() { pending_.reset(); }

  Result<std::unique_ptr<duck::MountedInput>> open(const std::string&) override {
    return Error{ErrorCode::kPermission, "results are only written"};
  }
  Result<std::unique_ptr<duck::MountedOutput>> create(const std::string&) override {
    if (!pending_) return Error{ErrorCode::kPermission, "no result is being written"};
    return std::unique_ptr<duck::MountedOutput>(std::make_unique<Output>(pending_->out()));
  }
  bool exists(const std::string&) override { return false; }

 private:
  class Output : public duck::MountedOutput {
   public:
    explicit Output(OutputFile& out) : out_(out) {}
    Status append(std::string_view bytes) override { return out_.write(bytes); }
    Status close() override { return {}; }

   private:
    OutputFile& out_;
  };

  Files& files_;
  std::unique_ptr<PendingFile> pending_;
};

SqlSession::SqlSession() = default;
SqlSession::~SqlSession() = default;

Result<std::unique_ptr<SqlSession>> SqlSession::open(World world, const SqlOptions& options,
                                                     std::unique_ptr<lake::Lake> lake) {
  std::unique_ptr<SqlSession> made(new SqlSession());
  // What does not exist is said before a database is loaded.
  for (const std::string& input : options.logs) {
    if (input == "-")
      return Error{ErrorCode::kInvalidInput,
                   "standard input can be read only once: save it to a file to ask it in SQL"};
    TRY(world.files.stat(input));
  }
  if (options.logs.empty()) {
    CAIRN_CHECK(lake != nullptr);
    made->lake_ = std::move(lake);
    TRY_ASSIGN(made->snapshot_, made->lake_->snapshot({}));
    made->source_ = "the lake " + printable(made->lake_->folder()) + ": " +
                    plural(made->snapshot_->rows(), "event");
  }
  query::SessionOptions session;
  session.dialect = options.dialect;
  session.memory_bytes = options.memory_bytes;
  session.threads = options.threads;
  TRY_ASSIGN(made->session_, query::Session::open(session));
  duck::Database& database = made->session_->database();
  made->result_file_ = std::make_shared<ResultFile>(world.files);
  TRY(database.mount(kResultMount, made->result_file_));
  std::vector<std::string> tables = {std::string(kCloudTrailTable)};
  std::vector<std::string> folders = {kResultMount};
  if (made->snapshot_) {
    TRY(made->snapshot_->attach(database));
    TRY(lake::create_views(*made->snapshot_, made->session_->connection()));
    tables.insert(tables.end(), {"files", "quarantine", "findings"});
    folders.emplace_back(lake::kMount);
  } else {
    made->reading_ = std::make_shared<LastReading>();
    TRY(database.add_table(log_rows_table(world, options.logs, options.threads, made->reading_)));
    TRY(made->session_->connection().execute(
        "CREATE VIEW " + std::string(kCloudTrailTable) + " AS " +
        cloudtrail_view_sql(std::string(kLogRowsFunction) + "()")));
    made->source_ = "raw logs in";
    for (const std::string& input : options.logs) made->source_ += " " + printable(input);
  }
  TRY(made->session_->start(std::move(tables), folders));
  return made;
}

Result<std::unique_ptr<duck::Answer>> SqlSession::ask(std::string_view sql,
                                                      const duck::Watch& watch) {
  if (reading_) reading_->take();
  return session_->ask(sql, watch);
}

Result<uint64_t> SqlSession::write_parquet(std::string_view sql, const std::string& path,
                                           const duck::Watch& watch) {
  TRY(result_file_->begin(path));
  std::string copy = " TO '" + std::string(kResultName) + "' (FORMAT parquet, COMPRESSION zstd)";
  auto answer = session_->copy(sql, copy, watch);
  Result<size_t> rows = answer.ok() ? answer.value()->next() : Result<size_t>(answer.error());
  std::string count;
  if (rows.ok() && rows.value() > 0) answer.value()->append_text(0, 0, count);
  if (!rows.ok()) {
    result_file_->abandon();
    return std::move(rows).error();
  }
  TRY(result_file_->commit());
  return static_cast<uint64_t>(std::strtoull(count.c_str(), nullptr, 10));
}

Result<std::vector<duck::AnswerColumn>> SqlSession::columns(const std::string& table) {
  std::vector<duck::AnswerColumn> columns;
  TRY_ASSIGN(auto answer, session_->connection().query("DESCRIBE " + table));
  while (true) {
    TRY_ASSIGN(size_t rows, answer->next());
    if (rows == 0) return columns;
    for (size_t row = 0; row < rows; ++row) {
      duck::AnswerColumn column;
      answer->append_text(0, row, column.name);
      answer->append_text(1, row, column.sql_type);
      columns.push_back(std::move(column));
    }
  }
}

std::optional<ReadSummary> SqlSession::last_reading() {
  return reading_ ? reading_->take() : std::nullopt;
}

}  // namespace cairn::engine
