#include "cli/sql_output.h"

#include "base/text.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "engine/pending_file.h"
#include "report/listing.h"
#include "sys/process.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

namespace cairn::cli {

namespace {

using Shape = report::ListingColumn::Shape;

/// Collects what a listing writes.
class TextOutput : public OutputFile {
 public:
  Status write(std::string_view bytes) override {
    text_ += bytes;
    return {};
  }
  Status close() override { return {}; }
  std::string take() { return std::exchange(text_, std::string()); }

 private:
  std::string text_;
};

/// Where finished text goes: a file, standard output, or a terminal page by page.
class Destination {
 public:
  static Result<std::unique_ptr<Destination>> open(engine::World world, const SqlChoice& choice,
                                                   bool paging) {
    std::unique_ptr<Destination> made(new Destination(world.interrupted));
    bool screen = choice.output == "-" && is_terminal(Stream::kOut) && is_input_terminal();
    made->height_ = paging && screen ? terminal_height(Stream::kOut) : 0;
    TRY_ASSIGN(made->file_, engine::PendingFile::create(world.files, choice.output));
    return made;
  }
  Status write(const std::string& text) {
    for (size_t begin = 0; begin < text.size() && !reader_gone_;) {
      size_t end =
          height_ == 0 ? text.size() : std::min(text.find('\n', begin), text.size() - 1) + 1;
      if (height_ > kKept && lines_ + kKept >= height_ && !next_page()) break;
      TRY(put(text.substr(begin, end - begin)));
      ++lines_;
      begin = end;
    }
    return {};
  }
  Status finish() {
    Status done = file_->commit();
    return reader_gone_ ? Status() : done;
  }
  bool reader_gone() const { return reader_gone_; }

 private:
  static constexpr size_t kKept = 2;  // lines of the page before that stay in sight

  explicit Destination(const std::atomic<bool>& interrupted) : interrupted_(interrupted) {}

  Status put(const std::string& text) {
    Status written = file_->out().write(text);
    reader_gone_ = reader_gone_ || (!written.ok() && written.error().code == ErrorCode::kCancelled);
    return reader_gone_ ? Status() : written;
  }

  /// Asks the reader of a full screen. False to stop.
  bool next_page() {
    print_error("-- Enter: more, a: all, q: stop -- ");
    int first = 0;
    for (int byte = 0; byte != '\n';) {
      byte = wait_for_input(interrupted_) ? read_input_byte() : -1;
      if (byte < 0) first = 'q';
      if (byte < 0) break;
      if (first == 0) first = byte;
    }
    lines_ = 0;
    if (first == 'a') height_ = 0;
    reader_gone_ = first == 'q';
    return !reader_gone_;
  }

  const std::atomic<bool>& interrupted_;
  std::unique_ptr<engine::PendingFile> file_;
  size_t height_ = 0, lines_ = 0;  // 0: not by pages
  bool reader_gone_ = false;
};

/// A text in a cell of a Markdown table.
std::string markdown_cell(std::string_view text) {
  std::string out;
  for (char c : printable(text)) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

/// Writes rows in one of the formats.
class RowWriter {
 public:
  RowWriter(const SqlChoice& choice, const std::vector<duck::AnswerColumn>& columns,
            Destination& destination)
      : format_(choice.format.empty() ? "table" : choice.format), destination_(destination) {
    for (const duck::AnswerColumn& column : columns) {
      report::ListingColumn shown;
      shown.name = column.name;
      shown.shape = column.is_number ? Shape::kFigure : Shape::kText;
      constexpr size_t kTimeCells = 20;
      if (column.name == "eventtime" || column.is_number) shown.least = kTimeCells;
      shown.missing = "NULL";
      names_.push_back(column.name);
      listed_.push_back(std::move(shown));
    }
    bool screen = choice.output == "-" && is_terminal(Stream::kOut);
    report::TerminalStyle style = style_for(choice.appearance, false);
    if (!screen && choice.appearance.colour != "always") style.colour = false;
    bool whole = choice.appearance.width == 0 && !screen;
    auto kind = format_ == "table" ? report::ListingFormat::kTable
                : format_ == "csv" ? report::ListingFormat::kCsv
                                   : report::ListingFormat::kJson;
    listing_ = std::make_unique<report::Listing>(listed_, kind, style, whole, text_);
  }

  bool as_json() const { return format_ == "json" || format_ == "jsonl"; }

  Status write(explore::Row row) {
    ++rows_;
    if (format_ == "markdown") return destination_.write(markdown_line(row));
    if (format_ != "table" || measured_) return put(row);
    listing_->measure(row);
    waiting_.push_back(std::move(row));
    if (waiting_.size() < engine::kMeasuredRows) return {};
    return put_waiting();
  }

  Status finish() {
    if (format_ == "markdown" && rows_ == 0) TRY(destination_.write(markdown_head()));
    if (format_ == "json") TRY(destination_.write(rows_ == 0 ? "[]\n" : "\n]\n"));
    TRY(put_waiting());
    TRY(listing_->end());
    return destination_.write(text_.take());
  }

 private:
  Status put_waiting() {
    measured_ = true;
    for (; !waiting_.empty(); waiting_.pop_front()) TRY(put(waiting_.front()));
    return {};
  }
  Status put(const explore::Row& row) {
    TRY(listing_->write(row));
    std::string text = text_.take();
    if (format_ == "json") {
      text.pop_back();
      text.insert(0, rows_ == 1 ? "[\n" : ",\n");
    }
    return destination_.write(text);
  }
  std::string markdown_head() const {
    std::string head = "|", line = "|";
    for (size_t i = 0; i < names_.size(); ++i) {
      head += " " + markdown_cell(names_[i]) + " |";
      line += listed_[i].shape == Shape::kFigure ? " ---: |" : " --- |";
    }
    return head + "\n" + line + "\n";
  }
  std::string markdown_line(const explore::Row& row) const {
    std::string line = rows_ == 1 ? markdown_head() + "|" : "|";
    for (const explore::Cell& cell : row)
      line += " " + markdown_cell(report::cell_text(cell)) + " |";
    return line + "\n";
  }

  const std::string format_;
  Destination& destination_;
  std::vector<std::string> names_;
  std::vector<report::ListingColumn> listed_;
  TextOutput text_;
  std::unique_ptr<report::Listing> listing_;
  std::deque<explore::Row> waiting_;
  bool measured_ = false;
  uint64_t rows_ = 0;
};

explore::Row row_of(const duck::Answer& answer, size_t row, bool as_json) {
  explore::Row cells(answer.columns().size());
  for (size_t i = 0; i < cells.size(); ++i) {
    if (answer.is_null(i, row)) continue;
    explore::CellValue value;
    if (as_json) {
      value.kind = FieldKind::kObject;  // it is JSON already
      answer.append_json(i, row, value.text);
    } else {
      answer.append_text(i, row, value.text);
    }
    cells[i].push_back(std::move(value));
  }
  return cells;
}

Status write_rows(duck::Answer& answer, RowWriter& writer, uint64_t limit,
                  const Destination& destination, QueryProgress& progress, Answered& answered) {
  while (true) {
    TRY_ASSIGN(size_t rows, answer.next());
    progress.finish();
    if (rows == 0) return {};
    for (size_t row = 0; row < rows; ++row) {
      if (limit != 0 && answered.rows == limit) {
        answered.more = true;
        return {};
      }
      TRY(writer.write(row_of(answer, row, writer.as_json())));
      ++answered.rows;
      if (destination.reader_gone()) return {};
    }
  }
}

}  // namespace

QueryProgress::QueryProgress(const Appearance& appearance)
    : enabled_(!appearance.quiet && is_terminal(Stream::kError) && environment("TERM") != "dumb"),
      plain_(appearance.plain),
      width_(std::max<size_t>(terminal_width(Stream::kError), 40)) {}

void QueryProgress::show(double done) {
  constexpr size_t kCells = 24;
  std::lock_guard lock(mutex_);
  if (!enabled_ || finished_) return;
  std::string text = plain_ ? "working..." : "working…";
  if (done >= 0) {
    auto filled = static_cast<size_t>(std::clamp(done, 0.0, 1.0) * kCells);
    text = "working [";
    for (size_t i = 0; i < kCells; ++i)
      text += i < filled ? (plain_ ? "#" : "█") : (plain_ ? "-" : "░");
    text += "] " + std::to_string(static_cast<int>(std::clamp(done, 0.0, 1.0) * 100)) + " %";
  }
  print_error("\r" + truncate_to_width(text, width_ - 1) + "\x1b[K");
  drawn_ = true;
}

void QueryProgress::finish() {
  std::lock_guard lock(mutex_);
  finished_ = true;
  if (std::exchange(drawn_, false)) print_error("\r\x1b[K");
}

Result<Answered> answer(engine::SqlSession& session, engine::World world, std::string_view sql,
                        const SqlChoice& choice, bool paging) {
  Answered answered;
  double started = world.clock.monotonic_seconds();
  QueryProgress progress(choice.appearance);
  duck::Watch watch;
  watch.cancelled = &world.interrupted;
  watch.timeout = choice.timeout;
  watch.progress = [&](double done) { progress.show(done); };
  if (choice.format == "parquet") {
    TRY_ASSIGN(answered.rows, session.write_parquet(sql, choice.output, watch));
  } else {
    TRY_ASSIGN(auto rows, session.ask(sql, watch));
    TRY_ASSIGN(auto destination, Destination::open(world, choice, paging));
    RowWriter writer(choice, rows->columns(), *destination);
    bool table = choice.format.empty() || choice.format == "table";
    uint64_t limit = choice.limit.value_or(table ? kTableRows : 0);
    TRY(write_rows(*rows, writer, limit, *destination, progress, answered));
    TRY(writer.finish());
    rows.reset();  // ends what the limit left running
    TRY(destination->finish());
  }
  progress.finish();
  answered.seconds = world.clock.monotonic_seconds() - started;
  if (auto read = session.last_reading()) {
    print_problems(*read);
    answered.complete = read->complete() && read->examined;
  }
  return answered;
}

void print_answered(const Answered& answered) {
  std::string text = plural(answered.rows, "row") + " in " + format_seconds(answered.seconds);
  if (answered.more) text += "; there are more: --limit 0 writes all";
  print_error(text + "\n");
}

}  // namespace cairn::cli
