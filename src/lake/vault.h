#pragma once

// Encrypted files: AES-256-GCM in blocks, so that they can be read anywhere. The format is in
// docs/lake-format.md, "Encrypted files":
//
//   header   64 bytes  magic "CAIRNLV1", block size, file id, key id
//   block 0  ciphertext of kBlockBytes, tag of 16 bytes
//   …
//   block n  ciphertext of what is left (0 to kBlockBytes), tag
//
// A file has a key of its own, derived from the data key and the file id. A block's nonce is its
// number; header, number and "this is the last block" are authenticated with it. So changed,
// swapped, repeated and cut blocks are noticed, and a file put under another's name too, because
// the reader knows which id to expect.

#include "base/result.h"
#include "crypto/crypto.h"
#include "duck/mounted_files.h"
#include "sys/durable.h"

#include <memory>
#include <string>

namespace cairn::lake {

inline constexpr size_t kVaultHeaderBytes = 64;
inline constexpr size_t kVaultBlockBytes = 16u << 10;
inline constexpr size_t kIdBytes = 16;

/// Writes an encrypted file, or with no key a plain one; says what was stored.
class VaultWriter : public duck::MountedOutput {
 public:
  /// `key_id` says which key it is; "" and no key for a plain file. The file must not exist.
  static Result<std::unique_ptr<VaultWriter>> create(const std::string& path,
                                                     const crypto::SecretKey* key,
                                                     std::string_view key_id);
  Status append(std::string_view bytes) override;
  /// Writes the last block and synchronises.
  Status close() override;

  // After close().

  const std::string& file_id() const { return file_id_; }  // kIdBytes; "" of a plain file
  const std::string& sha256() const { return sha256_; }    // of the stored bytes
  uint64_t stored_bytes() const { return stored_bytes_; }
  bool closed() const { return closed_; }

 private:
  explicit VaultWriter(std::unique_ptr<DurableFile> file) : file_(std::move(file)) {}
  Status store(std::string_view bytes);
  Status store_block(std::string_view text, bool last);

  std::unique_ptr<DurableFile> file_;
  bool encrypted_ = false, closed_ = false;
  crypto::SecretKey file_key_;
  std::string header_, file_id_, pending_, block_, sha256_;
  crypto::Sha256 hash_;
  uint64_t blocks_ = 0, stored_bytes_ = 0;
};

/// Opens an encrypted file of this id for reading. Fails with kCorrupt when it is another file, or
/// no such file.
Result<std::unique_ptr<duck::MountedInput>> open_vault(const std::string& path,
                                                       const crypto::SecretKey& key,
                                                       std::string_view file_id);
/// Opens a plain file for reading.
Result<std::unique_ptr<duck::MountedInput>> open_plain(const std::string& path);

}  // namespace cairn::lake
