#include "cloudtrail/cloudtrail.h"
#include "cloudtrail/field_trie.h"
#include "cloudtrail/object_key.h"
#include "cloudtrail/record_cutter.h"
#include "cloudtrail/record_walk.h"
#include "cloudtrail/text_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cairn::cloudtrail {

namespace {

/// Bytes in memory as a file.
class MemoryFile : public InputFile {
 public:
  explicit MemoryFile(std::string_view bytes) : bytes_(bytes), size_(bytes.size()) {}
  Result<size_t> read(std::span<char> buffer) override {
    size_t count = std::min(buffer.size(), bytes_.size());
    if (count > 0) std::memcpy(buffer.data(), bytes_.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }
  uint64_t size_bytes() const override { return size_; }

 private:
  std::string_view bytes_;
  size_t size_;
};

}  // namespace

class Reader::Impl {
 public:
  Impl(Files& files, const FieldTable& fields, const StandardFields& standard,
       const ReadLimits& limits)
      : files_(files),
        limits_(limits),
        trie_(fields),
        walk_(fields, trie_, standard, limits_.nesting),
        cutter_(trie_, walk_, limits_),
        source_(limits_) {
    resize(limits_.piece_bytes);
  }

  SourceReport read(const Input& input, EventSink& sink, const std::atomic<bool>& cancel) {
    SourceReport report;
    if (leaves_alone(input, report)) return report;
    auto file = files_.open(input.path);
    if (!file.ok()) return unreadable(input, file.error(), sink);
    uint64_t length = UINT64_MAX;
    if (input.end != 0) {
      if (auto skipped = file.value()->skip(input.begin); !skipped.ok())
        return unreadable(input, skipped.error(), sink);
      length = input.end - input.begin;
    }
    run(input.path, *file.value(), input.end != 0 ? input.begin : 0, length, sink, cancel, report);
    return report;
  }

  SourceReport read_text(std::string_view name, std::string_view bytes, EventSink& sink) {
    SourceReport report;
    MemoryFile file(bytes);
    std::atomic<bool> never{false};
    run(name, file, 0, UINT64_MAX, sink, never, report);
    return report;
  }

 private:
  /// What AWS's key layout says is something else is not even opened.
  static bool leaves_alone(const Input& input, SourceReport& report) {
    if (input.key) {
      if (input.key->kind != "CloudTrail-Digest") return false;
      report.kind = SourceKind::kDigest;
      report.shape = "CloudTrail digest";
      return true;
    }
    std::string_view service = other_service_of(input.path);
    if (service.empty()) return false;
    report.kind = service == "AWS Config" ? SourceKind::kConfig : SourceKind::kOther;
    report.shape = service;
    return true;
  }

  static SourceReport unreadable(const Input& input, const Error& error, EventSink& sink) {
    SourceReport report;
    report.kind = SourceKind::kUnreadable;
    // "cannot open logs/a.json: Permission denied": the system's own words stand last.
    size_t colon = error.message.rfind(": ");
    report.shape = colon == std::string::npos ? error.message : error.message.substr(colon + 2);
    report.quarantined = 1;
    sink.on_quarantine(
        {QuarantineEntry::Kind::kUnreadable, input.path, input.begin, 0, error.message});
    return report;
  }

  void run(std::string_view name, InputFile& file, uint64_t offset, uint64_t length,
           EventSink& sink, const std::atomic<bool>& cancel, SourceReport& report) {
    cutter_.start(name, sink, report);
    source_.start(file, length);
    const uint64_t start = offset;
    size_t held = 0;  // text of the last window that waits for more
    for (;;) {
      size_t size = held;
      while (size < capacity_ && !source_.done())
        size += source_.pull({text_.get() + size, capacity_ - size});
      // What was read before a cancellation still counts: standard input may have waited for long.
      report.cancelled = cancel.load(std::memory_order_relaxed) || !sink.wants_more();
      bool last = source_.done() || report.cancelled;
      size_t used = cutter_.cut(text_.get(), size, offset, last);
      if (last || cutter_.stopped()) break;
      offset += used;
      held = size - used;
      if (used == 0) {
        grow(size);
      } else if (held > 0) {
        std::memmove(text_.get(), text_.get() + used, held);
      }
    }
    report.stored_bytes = source_.stored_bytes();
    report.text_bytes = source_.text_bytes();
    if (source_.failure() && !cutter_.stopped()) {
      cutter_.container_failed(source_.failure()->kind, source_.failure()->reason);
    }
    cutter_.finish(start + source_.text_bytes());
    if (capacity_ > limits_.piece_bytes) resize(limits_.piece_bytes);
  }

  void resize(size_t capacity) {
    text_ = std::make_unique_for_overwrite<char[]>(capacity + RecordCutter::kPadding);
    capacity_ = capacity;
  }

  /// A record that fills the whole window: make room for the longest that is allowed, step by step.
  void grow(size_t size) {
    std::unique_ptr<char[]> old = std::move(text_);
    resize(capacity_ * 2);
    std::memcpy(text_.get(), old.get(), size);
  }

  Files& files_;
  const ReadLimits limits_;
  const FieldTrie trie_;
  RecordWalk walk_;
  RecordCutter cutter_;
  TextSource source_;
  std::unique_ptr<char[]> text_;
  size_t capacity_ = 0;
};

Reader::Reader(Files& files, const FieldTable& fields, const StandardFields& standard,
               ReadLimits limits)
    : impl_(std::make_unique<Impl>(files, fields, standard, limits)) {}
Reader::~Reader() = default;

SourceReport Reader::read(const Input& input, EventSink& sink, const std::atomic<bool>& cancel) {
  return impl_->read(input, sink, cancel);
}

SourceReport Reader::read_text(std::string_view name, std::string_view bytes, EventSink& sink) {
  return impl_->read_text(name, bytes, sink);
}

}  // namespace cairn::cloudtrail
