#include "lake/vault.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

namespace cairn::lake {

namespace {

constexpr std::string_view kMagic = "CAIRNLV1";
constexpr std::string_view kFileKeyPurpose = "cairn lake file 1";
constexpr size_t kStoredBlockBytes = kVaultBlockBytes + crypto::kTagBytes;
constexpr size_t kIdAt = 16, kKeyIdAt = 32;

void put_number(char* to, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to[i] = static_cast<char>(value >> (8 * i));
}

uint64_t get_number(const char* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return value;
}

std::string make_header(std::string_view file_id, std::string_view key_id) {
  std::string header(kVaultHeaderBytes, '\0');
  std::copy(kMagic.begin(), kMagic.end(), header.begin());
  put_number(header.data() + kMagic.size(), kVaultBlockBytes, 4);
  std::copy(file_id.begin(), file_id.end(), header.begin() + kIdAt);
  std::copy(key_id.begin(), key_id.end(), header.begin() + kKeyIdAt);
  return header;
}

std::array<unsigned char, crypto::kNonceBytes> nonce_of(uint64_t block) {
  std::array<unsigned char, crypto::kNonceBytes> nonce{};
  for (size_t i = 0; i < 8; ++i) nonce[i] = static_cast<unsigned char>(block >> (8 * i));
  return nonce;
}

/// What is authenticated with a block.
std::string context_of(std::string_view header, uint64_t block, bool last) {
  std::string context(header);
  context.resize(header.size() + 9);
  put_number(context.data() + header.size(), block, 8);
  context.back() = last ? '\1' : '\0';
  return context;
}

class VaultReader : public duck::MountedInput {
 public:
  VaultReader(std::string path, std::unique_ptr<DurableFile> file, crypto::SecretKey file_key,
              std::string header, uint64_t blocks, uint64_t size)
      : path_(std::move(path)),
        file_(std::move(file)),
        file_key_(std::move(file_key)),
        header_(std::move(header)),
        blocks_(blocks),
        size_(size) {}

  uint64_t size_bytes() const override { return size_; }

  /// Reads the last block: it says that the file is whole and that the key is right.
  Status check_end() const {
    std::array<char, kStoredBlockBytes> stored;
    TRY(read_block(blocks_ - 1, stored, kept_text_));
    kept_ = blocks_ - 1;
    return {};
  }

  Status read_at(uint64_t offset, std::span<char> buffer) const override {
    if (offset > size_ || buffer.size() > size_ - offset)
      return Error{ErrorCode::kCorrupt, printable(path_) + ": the file ended early"};
    while (!buffer.empty()) {
      uint64_t block = offset / kVaultBlockBytes;
      size_t skip = offset % kVaultBlockBytes;
      size_t part = std::min(buffer.size(), kVaultBlockBytes - skip);
      // Whole blocks go straight to their place; of others the last is kept, because the next read
      // often goes on in it.
      if (part == kVaultBlockBytes && block + 1 < blocks_) {
        std::array<char, kStoredBlockBytes> stored;
        TRY(read_block(block, stored, buffer.first(part)));
      } else {
        std::lock_guard lock(mutex_);
        if (kept_ != block) {
          kept_ = UINT64_MAX;
          std::array<char, kStoredBlockBytes> stored;
          TRY(read_block(block, stored, kept_text_));
          kept_ = block;
        }
        std::memcpy(buffer.data(), kept_text_.data() + skip, part);
      }
      offset += part;
      buffer = buffer.subspan(part);
    }
    return {};
  }

 private:
  Status read_block(uint64_t block, std::span<char> stored, std::span<char> text) const {
    bool last = block + 1 == blocks_;
    size_t size = last ? size_ - block * kVaultBlockBytes : kVaultBlockBytes;
    stored = stored.first(size + crypto::kTagBytes);
    TRY(file_->read_at(kVaultHeaderBytes + block * kStoredBlockBytes, stored));
    Status opened =
        crypto::decrypt_block(file_key_, nonce_of(block), context_of(header_, block, last),
                              {stored.data(), stored.size()}, text);
    if (opened.ok()) return {};
    return Error{opened.error().code,
                 printable(path_) + ": block " + std::to_string(block) +
                     " cannot be decrypted: the file was changed after it was written"};
  }

  std::string path_;
  std::unique_ptr<DurableFile> file_;
  crypto::SecretKey file_key_;
  std::string header_;
  uint64_t blocks_, size_;
  mutable std::mutex mutex_;
  mutable uint64_t kept_ = UINT64_MAX;
  mutable std::array<char, kVaultBlockBytes> kept_text_{};
};

class PlainReader : public duck::MountedInput {
 public:
  PlainReader(std::unique_ptr<DurableFile> file, uint64_t size)
      : file_(std::move(file)), size_(size) {}
  uint64_t size_bytes() const override { return size_; }
  Status read_at(uint64_t offset, std::span<char> buffer) const override {
    return file_->read_at(offset, buffer);
  }

 private:
  std::unique_ptr<DurableFile> file_;
  uint64_t size_;
};

}  // namespace

Result<std::unique_ptr<VaultWriter>> VaultWriter::create(const std::string& path,
                                                         const crypto::SecretKey* key,
                                                         std::string_view key_id) {
  TRY_ASSIGN(auto file, DurableFile::create(path));
  std::unique_ptr<VaultWriter> writer(new VaultWriter(std::move(file)));
  if (key == nullptr) return writer;
  CAIRN_CHECK(key_id.size() == kIdBytes);
  writer->encrypted_ = true;
  TRY_ASSIGN(writer->file_id_, crypto::random_bytes(kIdBytes));
  writer->file_key_ = crypto::derive_key(*key, writer->file_id_, kFileKeyPurpose);
  writer->header_ = make_header(writer->file_id_, key_id);
  writer->block_.resize(kStoredBlockBytes);
  TRY(writer->store(writer->header_));
  return writer;
}

Status VaultWriter::store(std::string_view bytes) {
  hash_.add(bytes);
  TRY(file_->write_at(stored_bytes_, bytes));
  stored_bytes_ += bytes.size();
  return {};
}

Status VaultWriter::store_block(std::string_view text, bool last) {
  TRY(crypto::encrypt_block(file_key_, nonce_of(blocks_), context_of(header_, blocks_, last), text,
                            std::span<char>(block_)));
  ++blocks_;
  return store(std::string_view(block_).substr(0, text.size() + crypto::kTagBytes));
}

Status VaultWriter::append(std::string_view bytes) {
  if (!encrypted_) return store(bytes);
  // A full block is written only when more comes: the last one says so.
  while (pending_.size() + bytes.size() > kVaultBlockBytes) {
    if (pending_.empty()) {
      TRY(store_block(bytes.substr(0, kVaultBlockBytes), false));
      bytes.remove_prefix(kVaultBlockBytes);
      continue;
    }
    size_t room = kVaultBlockBytes - pending_.size();
    pending_ += bytes.substr(0, room);
    bytes.remove_prefix(room);
    TRY(store_block(pending_, false));
    pending_.clear();
  }
  pending_ += bytes;
  return {};
}

Status VaultWriter::close() {
  if (encrypted_) TRY(store_block(pending_, true));
  crypto::wipe(pending_);
  TRY(file_->sync());
  TRY(file_->close());
  sha256_ = hash_.finish();
  closed_ = true;
  return {};
}

Result<std::unique_ptr<duck::MountedInput>> open_vault(const std::string& path,
                                                       const crypto::SecretKey& key,
                                                       std::string_view file_id) {
  TRY_ASSIGN(auto file, DurableFile::open(path));
  TRY_ASSIGN(uint64_t stored, file->size_bytes());
  auto damaged = [&](std::string_view reason) {
    return Error{ErrorCode::kCorrupt, printable(path) + ": " + std::string(reason)};
  };
  if (stored < kVaultHeaderBytes + crypto::kTagBytes) return damaged("the file ended early");
  std::string header(kVaultHeaderBytes, '\0');
  TRY(file->read_at(0, header));
  if (!header.starts_with(kMagic)) return damaged("this is no encrypted file of a lake");
  if (get_number(header.data() + kMagic.size(), 4) != kVaultBlockBytes)
    return damaged("its block size is none that Cairn writes");
  if (header.compare(kIdAt, kIdBytes, file_id) != 0)
    return damaged("another file lies here under this name");
  uint64_t body = stored - kVaultHeaderBytes;
  uint64_t blocks = (body + kStoredBlockBytes - 1) / kStoredBlockBytes;
  if (body - (blocks - 1) * kStoredBlockBytes < crypto::kTagBytes)
    return damaged("the file ended early");
  uint64_t size = body - blocks * crypto::kTagBytes;
  auto reader = std::make_unique<VaultReader>(path, std::move(file),
                                              crypto::derive_key(key, file_id, kFileKeyPurpose),
                                              std::move(header), blocks, size);
  TRY(reader->check_end());
  return std::unique_ptr<duck::MountedInput>(std::move(reader));
}

Result<std::unique_ptr<duck::MountedInput>> open_plain(const std::string& path) {
  TRY_ASSIGN(auto file, DurableFile::open(path));
  TRY_ASSIGN(uint64_t size, file->size_bytes());
  return std::unique_ptr<duck::MountedInput>(new PlainReader(std::move(file), size));
}

}  // namespace cairn::lake
