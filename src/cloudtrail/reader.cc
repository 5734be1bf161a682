#include "cloudtrail/archive_input.h"
#include "cloudtrail/cloudtrail.h"
#include "cloudtrail/field_trie.h"
#include "cloudtrail/object_key.h"
#include "cloudtrail/record_cutter.h"
#include "cloudtrail/record_walk.h"
#include "cloudtrail/text_source.h"
#include "formats/archive.h"

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
        source_(limits_),
        member_limits_(limits) {
    // An archive of a million small bombs is one, too.
    member_limits_.expansion_floor_bytes =
        std::min<uint64_t>(limits_.expansion_floor_bytes, limits_.piece_bytes);
    resize(limits_.piece_bytes);
  }

  SourceReport read(const Input& input, EventSink& sink, const std::atomic<bool>& cancel) {
    SourceReport report;
    if (leaves_alone(input.key, input.path, report)) return report;
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
  static bool leaves_alone(const std::optional<ObjectKey>& key, std::string_view path,
                           SourceReport& report) {
    if (key) {
      if (key->kind != "CloudTrail-Digest") return false;
      report.kind = SourceKind::kDigest;
      report.shape = "CloudTrail digest";
      return true;
    }
    std::string_view service = other_service_of(path);
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
    source_.start(file, length);
    size_t size = fill(source_, 0);
    ArchiveFormat format = sniff_archive({text_.get(), size});
    if (format != ArchiveFormat::kNone)
      return read_archive(name, format, size, sink, cancel, report);
    cut(name, source_, offset, size, sink, cancel, report);
    report.stored_bytes = source_.stored_bytes();
    if (source_.failure() && !cutter_.stopped()) {
      cutter_.container_failed(source_.failure()->kind, source_.failure()->reason);
    }
    cutter_.finish(offset + source_.text_bytes());
  }

  /// Fills the window behind what it holds; returns its size.
  size_t fill(TextSource& source, size_t size) {
    while (size < capacity_ && !source.done())
      size += source.pull({text_.get() + size, capacity_ - size});
    return size;
  }

  /// Takes the records out of a text, whose first window is filled, up to its end.
  void cut(std::string_view name, TextSource& source, uint64_t offset, size_t size, EventSink& sink,
           const std::atomic<bool>& cancel, SourceReport& report) {
    cutter_.start(name, sink, report);
    for (;;) {
      // What was read before a cancellation still counts: standard input may have waited for long.
      report.cancelled = cancel.load(std::memory_order_relaxed);
      bool last = source.done() || report.cancelled;
      size_t used = cutter_.cut(text_.get(), size, offset, last);
      if (last || cutter_.stopped()) break;
      offset += used;
      size_t held = size - used;  // waits for more
      if (used == 0) {
        grow(size);
      } else if (held > 0) {
        std::memmove(text_.get(), text_.get() + used, held);
      }
      size = fill(source, held);
    }
    report.text_bytes = source.text_bytes();
    if (capacity_ > limits_.piece_bytes) resize(limits_.piece_bytes);
  }

  /// Reads the members of an archive whose first bytes are in the window. What is wrong with a
  /// member is told of the member, what is wrong between them of the archive.
  void read_archive(std::string_view name, ArchiveFormat format, size_t size, EventSink& sink,
                    const std::atomic<bool>& cancel, SourceReport& report) {
    ArchiveText bytes(std::move(text_), size, source_, cancel);
    resize(limits_.piece_bytes);
    if (!member_source_) member_source_.emplace(member_limits_);
    ArchiveReader archive(format, bytes);
    MemberFile file(archive, limits_);
    report.archive.emplace();
    uint64_t told_bytes = 0, listed = 0;
    bool source_told = false, over = false;
    auto tell = [&](QuarantineEntry::Kind kind, uint64_t offset, std::string reason) {
      report.partial = true;
      ++report.quarantined;
      if (listed++ < limits_.quarantine_entries)
        sink.on_quarantine({kind, std::string(name), offset, 0, std::move(reason)});
    };
    while (!over) {
      ArchiveReader::Step step = archive.next();
      report.cancelled = cancel.load(std::memory_order_relaxed);
      if (step == ArchiveReader::Step::kEnd || report.cancelled) break;
      if (step == ArchiveReader::Step::kFault) {
        const ArchiveFault& fault = archive.fault();
        if (fault.truncated && source_.failure()) {
          source_told = true;
          tell(source_.failure()->kind, fault.offset, source_.failure()->reason);
        } else {
          tell(fault.truncated ? QuarantineEntry::Kind::kTruncated
                               : QuarantineEntry::Kind::kContainer,
               fault.offset, fault.reason);
        }
        continue;
      }
      const ArchiveMember& member = archive.member();
      report.archive->links += member.kind == ArchiveMember::Kind::kLink ? 1 : 0;
      report.archive->special_files += member.kind == ArchiveMember::Kind::kSpecial ? 1 : 0;
      if (member.kind != ArchiveMember::Kind::kFile) continue;
      ++report.archive->members;
      Input input{std::string(name) + "!" + member.name, member.size_bytes, 0, 0,
                  parse_object_key(member.name)};
      if (!sink.begin_member(input)) continue;
      SourceReport of_member;
      file.begin();
      read_member(input, member, file, sink, cancel, of_member);
      of_member.stored_bytes =
          source_.stored_bytes() - std::exchange(told_bytes, source_.stored_bytes());
      report.cancelled = of_member.cancelled;
      over = report.cancelled ||
             (file.failure() && file.failure()->kind == QuarantineEntry::Kind::kLimit);
      // A member that the end of the source cut off has told it.
      source_told = source_told || (source_.failure() && file.failure());
      sink.end_member(input, of_member);
    }
    if (source_.failure() && !source_told && !report.cancelled)
      tell(source_.failure()->kind, source_.text_bytes(), source_.failure()->reason);
    report.stored_bytes = source_.stored_bytes() - told_bytes;
  }

  void read_member(const Input& input, const ArchiveMember& member, MemberFile& file,
                   EventSink& sink, const std::atomic<bool>& cancel, SourceReport& report) {
    if (leaves_alone(input.key, member.name, report)) return;
    if (!member.refusal.empty()) {
      report.kind = SourceKind::kUnreadable;
      report.shape = member.refusal;
      report.quarantined = 1;
      return sink.on_quarantine(
          {QuarantineEntry::Kind::kUnreadable, input.path, 0, 0, member.refusal});
    }
    member_source_->start(file, UINT64_MAX);
    size_t size = fill(*member_source_, 0);
    if (ArchiveFormat format = sniff_archive({text_.get(), size}); format != ArchiveFormat::kNone) {
      report.shape = std::string(to_string(format)) + " inside an archive, not opened";
      report.text_bytes = size;
      return;
    }
    cut(input.path, *member_source_, 0, size, sink, cancel, report);
    auto failure = file.failure() ? file.failure() : member_source_->failure();
    // A compressed tar ends because its gzip does.
    if (file.failure() && failure->kind == QuarantineEntry::Kind::kTruncated && source_.failure())
      failure->reason += ": " + source_.failure()->reason;
    if (failure && !cutter_.stopped()) cutter_.container_failed(failure->kind, failure->reason);
    cutter_.finish(member_source_->text_bytes());
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
  ReadLimits member_limits_;
  std::optional<TextSource> member_source_;  // once there was an archive
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
