#include "formats/archive.h"

#include "base/check.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace cairn {

namespace {

constexpr size_t kBlockBytes = 256u << 10;
constexpr size_t kTarBlock = 512;
constexpr size_t kZipHeader = 30;
constexpr std::string_view kZipMember("PK\x03\x04", 4);
constexpr std::string_view kZipEnd("PK\x05\x06", 4);
constexpr std::string_view kZipSplit("PK\x30\x30PK\x03\x04", 8);  // a split archive in one piece

unsigned byte_at(std::string_view text, size_t at) { return static_cast<unsigned char>(text[at]); }

/// A tar header begins with its member's name and holds a checksum over its 512 bytes (POSIX,
/// "ustar Interchange Format"; older tars the same, without a magic word).
bool is_tar_header(std::string_view block) {
  constexpr size_t kChecksum = 148, kChecksumBytes = 8;
  if (block.size() < kTarBlock) return false;
  block = block.substr(0, kTarBlock);
  unsigned claimed = 0, digits = 0;
  for (size_t i = 0; i < kChecksumBytes; ++i) {
    char c = block[kChecksum + i];
    if (c >= '0' && c <= '7') {
      claimed = claimed * 8 + static_cast<unsigned>(c - '0');
      ++digits;
    } else if (c != ' ' || digits > 0) {
      break;
    }
  }
  if (digits == 0 || block.find('\0') == std::string_view::npos) return false;
  unsigned sum = 0;
  for (size_t i = 0; i < kTarBlock; ++i) {
    bool blank = i >= kChecksum && i < kChecksum + kChecksumBytes;
    sum += blank ? ' ' : byte_at(block, i);
  }
  return sum == claimed;
}

/// A local file header that a reader could make sense of: not just four bytes by chance.
bool is_zip_header(std::string_view text) {
  if (text.size() < kZipHeader || !text.starts_with(kZipMember)) return false;
  unsigned version = byte_at(text, 4), method = byte_at(text, 8) | byte_at(text, 9) << 8;
  unsigned name_bytes = byte_at(text, 26) | byte_at(text, 27) << 8;
  return version <= 63 && method <= 99 && name_bytes > 0;
}

/// libarchive turns names that are marked as UTF-8 into the thread's locale, and in the plain "C"
/// locale loses them. Names without a mark stay bytes in either.
class Utf8Names {
 public:
  Utf8Names() : before_(uselocale(locale())) {}
  ~Utf8Names() { uselocale(before_); }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  /// Made once and kept; without it (0) nothing changes and such names stay empty.
  static locale_t locale() {
    static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return kLocale;
  }
  locale_t before_;
};

bool all_zero(std::string_view text) {
  return text.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::string_view to_string(ArchiveFormat format) {
  switch (format) {
    case ArchiveFormat::kTar:
      return "tar";
    case ArchiveFormat::kZip:
      return "zip";
    case ArchiveFormat::kNone:
      break;
  }
  return "";
}

ArchiveFormat sniff_archive(std::string_view head) {
  if (head.starts_with(kZipMember) || head.starts_with(kZipEnd) || head.starts_with(kZipSplit))
    return ArchiveFormat::kZip;
  return is_tar_header(head) ? ArchiveFormat::kTar : ArchiveFormat::kNone;
}

/// libarchive cannot go on behind damage, so a fresh one is started at the next header. For that
/// the reader keeps the bytes it has handed out last, and looks for the header itself.
class ArchiveReader::Impl {
 public:
  Impl(ArchiveFormat format, ArchiveBytes& bytes) : format_(format), bytes_(bytes) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Step next();
  Result<size_t> read(std::span<char> buffer);

  uint64_t position() const {
    return handle_ == nullptr ? resume_at_ : begin_ + consumed_by_handle();
  }

  ArchiveMember member;
  ArchiveFault fault;

 private:
  static la_ssize_t hand_out(archive* /*handle*/, void* self, const void** block);

  void open();
  void close();
  uint64_t consumed_by_handle() const {
    return static_cast<uint64_t>(std::max<la_int64_t>(archive_filter_bytes(handle_, 0), 0));
  }
  /// Where the header begins that the handle is at.
  uint64_t header_position() const {
    return begin_ +
           static_cast<uint64_t>(std::max<la_int64_t>(archive_read_header_position(handle_), 0));
  }
  std::string damage() const;  // in words
  void describe(archive_entry* entry);
  std::string zip_name() const;
  std::optional<Step> step();
  std::optional<Step> stumble();
  std::optional<Step> finish();
  bool find_header(uint64_t from, bool behind_end);
  bool refill(size_t keep_from);

  const ArchiveFormat format_;
  ArchiveBytes& bytes_;

  archive* handle_ = nullptr;
  uint64_t begin_ = 0;      // where the handle began to read
  uint64_t resume_at_ = 0;  // where the next one may begin, when there is none
  uint64_t last_header_ = 0;
  bool over_ = false;
  bool dead_ = false;  // the handle stopped inside a member; `fault` says why
  bool told_ = false;  // and read() has told it
  bool handle_saw_end_ = false;
  bool in_header_ = false, header_too_long_ = false;
  uint64_t header_budget_ = 0;
  size_t faults_ = 0;

  // The bytes last seen: what the handle has now, what it had before, what it has not got yet.
  std::vector<char> window_;
  uint64_t window_begin_ = 0;
  size_t current_ = 0;  // where the block that the handle has begins
  size_t ready_ = 0;    // what is behind was not handed out yet
  bool source_ended_ = false;
  bool zip_end_seen_ = false;

  // The content of a member.
  const char* block_ = nullptr;
  size_t block_left_ = 0;
  uint64_t block_offset_ = 0, content_at_ = 0;
  bool content_over_ = true;
  bool content_bad_ = false;  // the block in hand is the last good one
};

/// Appends the next bytes to the window; forgets what is before `keep_from`. False at the end.
bool ArchiveReader::Impl::refill(size_t keep_from) {
  window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(keep_from));
  window_begin_ += keep_from;
  current_ -= std::min(current_, keep_from);
  ready_ -= std::min(ready_, keep_from);
  if (source_ended_) return false;
  size_t size = window_.size();
  window_.resize(size + kBlockBytes);
  size_t end = size;
  while (end < window_.size() && !source_ended_) {
    size_t got = bytes_.pull(std::span(window_).subspan(end));
    CAIRN_CHECK(got <= window_.size() - end);
    end += got;
    source_ended_ = got == 0;
  }
  window_.resize(end);
  return end > size;
}

la_ssize_t ArchiveReader::Impl::hand_out(archive* /*handle*/, void* self, const void** block) {
  Impl& reader = *static_cast<Impl*>(self);
  if (reader.ready_ == reader.window_.size()) {
    // libarchive has used up the block it had; that one is kept, for finding a place to go on.
    if (!reader.refill(reader.current_)) {
      reader.handle_saw_end_ = true;
      return 0;
    }
  }
  size_t size = reader.window_.size() - reader.ready_;
  if (reader.in_header_) {
    if (reader.header_budget_ == 0) {
      reader.header_too_long_ = true;
      return -1;
    }
    reader.header_budget_ -= std::min<uint64_t>(reader.header_budget_, size);
  }
  reader.current_ = reader.ready_;
  reader.ready_ += size;
  *block = reader.window_.data() + reader.current_;
  return static_cast<la_ssize_t>(size);
}

void ArchiveReader::Impl::open() {
  handle_ = archive_read_new();
  CAIRN_CHECK(handle_ != nullptr);
  handle_saw_end_ = false;
  begin_ = resume_at_;
  int supported = format_ == ArchiveFormat::kTar
                      ? archive_read_support_format_tar(handle_)
                      : archive_read_support_format_zip_streamable(handle_);
  CAIRN_CHECK(supported == ARCHIVE_OK || supported == ARCHIVE_WARN);
  // What this returns is returned again by the next call.
  archive_read_open(handle_, this, nullptr, hand_out, nullptr);
}

void ArchiveReader::Impl::close() {
  if (handle_ == nullptr) return;
  resume_at_ = position();
  archive_read_free(handle_);
  handle_ = nullptr;
}

std::string ArchiveReader::Impl::damage() const {
  const char* error = archive_error_string(handle_);
  std::string_view text = error != nullptr ? error : "";
  if (text.starts_with("ZIP ")) text.remove_prefix(4);
  if (text == "Damaged tar archive") text = "a header's checksum is wrong";
  return std::string(to_string(format_)) + " data is damaged" + (text.empty() ? "" : ": ") +
         std::string(text);
}

/// The name as it stands in the header: libarchive gives none that claims to be UTF-8 and is not.
std::string ArchiveReader::Impl::zip_name() const {
  std::string_view text(window_.data(), window_.size());
  if (last_header_ < window_begin_ || last_header_ - window_begin_ > text.size()) return "";
  text.remove_prefix(static_cast<size_t>(last_header_ - window_begin_));
  if (!is_zip_header(text)) return "";
  std::string name(text.substr(kZipHeader, byte_at(text, 26) | byte_at(text, 27) << 8));
  return name.substr(0, name.find('\0'));
}

void ArchiveReader::Impl::describe(archive_entry* entry) {
  member = {};
  if (const char* name = archive_entry_pathname(entry); name != nullptr) member.name = name;
  if (member.name.empty() && format_ == ArchiveFormat::kZip) member.name = zip_name();
  if (member.name.size() > kNameBytes) member.name.resize(kNameBytes);
  if (archive_entry_size_is_set(entry) != 0)
    member.size_bytes = static_cast<uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
  auto type = archive_entry_filetype(entry);
  if (archive_entry_symlink(entry) != nullptr || type == AE_IFLNK ||
      (archive_entry_hardlink(entry) != nullptr && member.size_bytes == 0)) {
    member.kind = ArchiveMember::Kind::kLink;
  } else if (type == AE_IFDIR) {
    member.kind = ArchiveMember::Kind::kFolder;
  } else if (type != AE_IFREG && type != 0) {
    member.kind = ArchiveMember::Kind::kSpecial;
  }
  if (format_ != ArchiveFormat::kZip) return;
  if (archive_entry_is_encrypted(entry) != 0) {
    member.refusal = "encrypted";
    return;
  }
  // "ZIP 2.0 (deflation)". Only the two methods that everybody writes: each other decompressor
  // would be one more thing that an attacker may feed.
  std::string_view method = archive_format_name(handle_);
  method = method.substr(std::min(method.find('(') + 1, method.size()));
  method = method.substr(0, method.rfind(')'));
  if (method != "uncompressed" && method != "deflation")
    member.refusal = "compressed with " + std::string(method);
}

ArchiveReader::Step ArchiveReader::Impl::next() {
  std::optional<Step> arrived;
  while (!over_ && !arrived) arrived = step();
  return arrived.value_or(Step::kEnd);
}

/// Goes on by one header, or to the place where the next handle begins.
std::optional<ArchiveReader::Step> ArchiveReader::Impl::step() {
  block_left_ = 0;
  content_over_ = true;
  if (handle_ == nullptr) {
    open();
  } else if (dead_ || archive_read_data_skip(handle_) < ARCHIVE_WARN) {
    // Encrypted content of unknown length cannot be stepped over; the member was told already.
    told_ = told_ || !member.refusal.empty();
    return stumble();
  }
  in_header_ = true;
  header_too_long_ = false;
  header_budget_ = kHeaderBytes;
  archive_entry* entry = nullptr;
  Utf8Names names;
  int status = archive_read_next_header(handle_, &entry);
  in_header_ = false;
  if (status == ARCHIVE_EOF) return finish();
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return stumble();
  last_header_ = header_position();
  describe(entry);
  content_at_ = block_offset_ = 0;
  content_over_ = !member.refusal.empty() || member.kind != ArchiveMember::Kind::kFile;
  content_bad_ = false;
  return Step::kMember;
}

/// The handle cannot go on. Tells why, unless it was told, and finds a place behind the damage.
std::optional<ArchiveReader::Step> ArchiveReader::Impl::stumble() {
  const bool tell = !told_;
  if (tell && !dead_) {
    bool truncated = handle_saw_end_ && !header_too_long_;
    fault = {truncated, truncated ? position() : header_position(), ""};
    if (header_too_long_) {
      fault.reason = "no whole header within the limit (header_bytes)";
    } else if (fault.truncated) {
      fault.reason = "the " + std::string(to_string(format_)) + " archive ends early";
    } else {
      fault.reason = damage();
    }
  }
  dead_ = told_ = false;
  close();
  if (tell && ++faults_ == kFaults) {
    over_ = true;
    fault.reason += "; too many damaged places (archive_faults), the rest is not read";
  } else {
    over_ = !find_header(std::max(resume_at_, last_header_ + 1), false);
  }
  return tell ? std::optional(Step::kFault) : std::nullopt;
}

/// The archive says that it ends here. Another may follow in the same file; and it may have been
/// cut off just before its end was written.
std::optional<ArchiveReader::Step> ArchiveReader::Impl::finish() {
  close();
  if (find_header(resume_at_, true)) return std::nullopt;
  over_ = true;
  bool whole = zip_end_seen_;
  if (format_ == ArchiveFormat::kTar) {
    std::string_view tail(window_.data(), window_.size());
    whole = tail.size() >= kTarBlock && all_zero(tail.substr(tail.size() - kTarBlock));
  }
  if (whole) return Step::kEnd;
  fault = {true, window_begin_ + window_.size(),
           "the " + std::string(to_string(format_)) +
               " archive ends without its end mark: members may be missing"};
  return Step::kFault;
}

/// Looks for a header from a place of the archive on, and makes it the place where the next handle
/// begins. Behind the last member of a zip comes its directory, and only behind the end record of
/// that may another zip begin.
bool ArchiveReader::Impl::find_header(uint64_t from, bool behind_end) {
  const bool tar = format_ == ArchiveFormat::kTar;
  zip_end_seen_ = false;
  uint64_t at = std::max(from, window_begin_);
  if (tar) at = (at + kTarBlock - 1) / kTarBlock * kTarBlock;
  for (;;) {
    std::string_view text(window_.data(), window_.size());
    size_t offset = static_cast<size_t>(std::min<uint64_t>(at - window_begin_, text.size()));
    for (;; offset += tar ? kTarBlock : 1) {
      if (!tar) {
        size_t mark = text.find("PK", offset);
        // The first byte of a mark may be the last one here.
        offset = mark != std::string_view::npos ? mark : text.size() - (offset < text.size());
      }
      if (offset >= text.size()) break;
      if (!source_ended_ && text.size() - offset < (tar ? kTarBlock : kZipHeader)) break;
      std::string_view rest = text.substr(offset);
      if (!tar && rest.starts_with(kZipEnd)) zip_end_seen_ = true;
      bool header = tar ? is_tar_header(rest) : is_zip_header(rest);
      if (header && (tar || !behind_end || zip_end_seen_)) {
        resume_at_ = last_header_ = window_begin_ + offset;
        current_ = ready_ = offset;
        return true;
      }
    }
    if (source_ended_) {
      resume_at_ = window_begin_ + text.size();
      return false;
    }
    at = std::max(at, window_begin_ + offset);
    // The last block of a tar tells whether it ends as it should.
    refill(std::min(offset, text.size()) - std::min({offset, text.size(), kTarBlock}));
  }
}

Result<size_t> ArchiveReader::Impl::read(std::span<char> buffer) {
  size_t written = 0;
  while (written < buffer.size()) {
    if (content_at_ < block_offset_) {
      size_t zeros = static_cast<size_t>(
          std::min<uint64_t>(block_offset_ - content_at_, buffer.size() - written));
      std::memset(buffer.data() + written, 0, zeros);
      written += zeros;
      content_at_ += zeros;
      continue;
    }
    if (block_left_ > 0) {
      size_t count = std::min(block_left_, buffer.size() - written);
      std::memcpy(buffer.data() + written, block_, count);
      block_ += count;
      block_left_ -= count;
      block_offset_ += count;
      content_at_ += count;
      written += count;
      continue;
    }
    if (content_bad_) {
      if (written > 0) return written;
      content_bad_ = false;
      content_over_ = true;
      told_ = dead_;
      return Error{ErrorCode::kCorrupt, fault.reason};
    }
    if (content_over_) return written;
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    int status = archive_read_data_block(handle_, &block, &size, &offset);
    if (status == ARCHIVE_EOF) {  // and how far a hole at the end reaches
      content_over_ = true;
      block_offset_ = std::max(content_at_, static_cast<uint64_t>(std::max<la_int64_t>(offset, 0)));
      continue;
    }
    if (status != ARCHIVE_OK) {
      // A wrong checksum comes together with the last bytes; after anything worse there are none.
      content_bad_ = true;
      fault = {handle_saw_end_ && status != ARCHIVE_WARN, position(), ""};
      fault.reason = fault.truncated ? "the archive ends inside this member" : damage();
      dead_ = status != ARCHIVE_WARN;
      if (dead_) continue;
    }
    block_ = static_cast<const char*>(block);
    block_left_ = block == nullptr ? 0 : size;
    // Blocks come in order; what is between two is a hole.
    block_offset_ = std::max(content_at_, static_cast<uint64_t>(std::max<la_int64_t>(offset, 0)));
  }
  return written;
}

ArchiveReader::ArchiveReader(ArchiveFormat format, ArchiveBytes& bytes)
    : impl_(std::make_unique<Impl>(format, bytes)) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::Step ArchiveReader::next() { return impl_->next(); }
const ArchiveMember& ArchiveReader::member() const { return impl_->member; }
const ArchiveFault& ArchiveReader::fault() const { return impl_->fault; }
Result<size_t> ArchiveReader::read(std::span<char> buffer) { return impl_->read(buffer); }
uint64_t ArchiveReader::position() const { return impl_->position(); }

}  // namespace cairn
