#include "lake/row_writer.h"

#include "cloudtrail/cloudtrail.h"
#include "cloudtrail/event_rows.h"
#include "lake/lake.h"
#include "model/batch_pool.h"
#include "sys/files.h"

namespace cairn::lake {

namespace {

// Rows are buffered until a row group is full, which takes about 5 KB of memory each; larger groups
// would make files 1 % smaller. Level 5 makes them 2 % smaller than the usual 3, version 2 another
// 1 % (docs/performance.md). It is read by everything that Athena, DuckDB and Spark are today.
constexpr const char* kParquetOptions =
    "(FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, COMPRESSION_LEVEL 6, "
    "ROW_GROUP_SIZE 8192, USE_TMP_FILE false)";

}  // namespace

/// Makes rows of the current file's records. The database asks for them from its own call of
/// write(), in the same thread.
class RowWriter::Feed : public cloudtrail::EventSink {
 public:
  explicit Feed(Timestamp ingest_time)
      : ingest_time_(ingest_time),
        standard_(StandardFields::intern_into(fields_)),
        rows_(fields_, wanted()) {
    fields_.freeze();
    reader_ =
        std::make_unique<cloudtrail::Reader>(*files_, fields_, standard_, cloudtrail::ReadLimits{});
  }

  const std::vector<const WaitingRow*>* waiting = nullptr;
  const std::function<std::string_view(uint32_t)>* object_name = nullptr;
  size_t next = 0;

  Result<std::shared_ptr<Batch>> make_batch() {
    BatchColumn prints;
    for (; next < waiting->size() && rows_.rows() < duck::kBatchRows; ++next) {
      const WaitingRow& row = *(*waiting)[next];
      name_ = (*object_name)(row.object);
      size_t before = rows_.rows();
      reader_->read_text(name_, row.raw, *this);
      if (rows_.rows() != before + 1)
        return Error{ErrorCode::kCorrupt,
                     "a record of " + std::string(name_) + " could not be read a second time"};
      prints.valid.push_back(1);
      prints.integers.push_back(static_cast<int64_t>(row.fingerprint));
    }
    if (rows_.rows() == 0) return std::shared_ptr<Batch>();
    auto batch = pool_.lend(rows_.take(pool_.take()));
    batch->columns.push_back(std::move(prints));
    return batch;
  }

  static cloudtrail::EventRows::Wanted wanted() {
    cloudtrail::EventRows::Wanted all;
    all.fold_record = true;
    return all;
  }
  void on_event(const Event& event) override { rows_.add(event, name_, ingest_time_); }
  void on_quarantine(QuarantineEntry) override {}  // was told when it was read the first time

 private:
  Timestamp ingest_time_;
  std::unique_ptr<Files> files_ = real_files();
  FieldTable fields_;
  StandardFields standard_;
  cloudtrail::EventRows rows_;
  BatchPool pool_{4};
  std::unique_ptr<cloudtrail::Reader> reader_;
  std::string_view name_;
};

RowWriter::~RowWriter() = default;

Result<std::unique_ptr<RowWriter>> RowWriter::create(duck::Database& database, unsigned number,
                                                     Timestamp ingest_time, bool keep_raw) {
  std::unique_ptr<RowWriter> writer(new RowWriter());
  writer->feed_ = std::make_shared<Feed>(ingest_time);
  duck::SourceTable table;
  table.name = "lake_rows_" + std::to_string(number);
  writer->rows_ = std::string("SELECT *") +
                  (keep_raw ? std::string() : " EXCLUDE (" + std::string(kRecordColumn) + ")") +
                  " FROM " + table.name + "()";
  table.columns = cloudtrail_table_columns();
  table.columns.back().name = kRecordColumn;
  table.columns.push_back({kFingerprintColumn, {ColumnKind::kInteger, {}, {}}});
  class Source : public duck::RowSource {
   public:
    explicit Source(std::shared_ptr<Feed> feed) : feed_(std::move(feed)) {}
    Result<std::shared_ptr<Batch>> next() override { return feed_->make_batch(); }

   private:
    std::shared_ptr<Feed> feed_;
  };
  table.open =
      [feed = writer->feed_](const duck::ScanRequest&) -> Result<std::unique_ptr<duck::RowSource>> {
    return std::unique_ptr<duck::RowSource>(std::make_unique<Source>(feed));
  };
  TRY(database.add_table(std::move(table)));
  TRY_ASSIGN(writer->connection_, database.connect({}));
  return writer;
}

Status RowWriter::write(const std::vector<const WaitingRow*>& rows,
                        const std::function<std::string_view(uint32_t)>& object_name,
                        const std::string& name) {
  feed_->waiting = &rows;
  feed_->object_name = &object_name;
  feed_->next = 0;
  Status status = connection_->execute("COPY (" + rows_ + ") TO '" + std::string(kMount) + name +
                                       "' " + kParquetOptions);
  feed_->waiting = nullptr;
  return status;
}

}  // namespace cairn::lake
