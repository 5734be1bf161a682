#pragma once

// Cryptography, and nothing of our own in it: OpenSSL's AES-256-GCM, SHA-256, HMAC and HKDF, and
// Argon2id from its authors' library. What is encrypted with it, and in which format, is said in
// docs/lake-format.md and docs/keys.md.
//
// Every function may be called from any thread.

#include "base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::crypto {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;
inline constexpr size_t kHashBytes = 32;
/// What seal() adds to a text.
inline constexpr size_t kSealBytes = kNonceBytes + kTagBytes;

/// 256 secret bits. Overwritten when destroyed or moved from; copied only by copy(), so that copies
/// are seen. Never print it.
class SecretKey {
 public:
  SecretKey() = default;
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey() { wipe(); }

  /// Makes a new key of the system's randomness. Fails with kUnavailable when there is none.
  static Result<SecretKey> random();
  /// Takes exactly kKeyBytes; fails with kInvalidInput otherwise.
  static Result<SecretKey> from_bytes(std::string_view bytes);

  SecretKey copy() const;
  std::string_view bytes() const;
  /// For functions that make keys.
  std::span<unsigned char, kKeyBytes> writable() { return bytes_; }
  void wipe();

 private:
  std::array<unsigned char, kKeyBytes> bytes_{};
};

/// Overwrites a text that held a secret, in a way that compilers keep, and empties it.
void wipe(std::string& text);

/// Fills the buffer with randomness that an attacker cannot guess.
Status random_bytes(std::span<char> buffer);
Result<std::string> random_bytes(size_t count);

/// Returns the 32 bytes of SHA-256.
std::string sha256(std::string_view bytes);

/// SHA-256 of bytes that come in pieces. One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  /// Returns the 32 bytes; nothing may be added afterwards.
  std::string finish();

 private:
  void* context_;
};

/// Returns the 32 bytes of HMAC-SHA-256.
std::string hmac_sha256(const SecretKey& key, std::string_view bytes);
/// Derives a key for one purpose (RFC 5869, SHA-256): `info` names it, `salt` may be public.
SecretKey derive_key(const SecretKey& key, std::string_view salt, std::string_view info);

/// Encrypts under a nonce of the system's randomness: nonce, ciphertext, tag. `context` is not
/// stored but must be the same when opening: it says what the text is and where it belongs.
Result<std::string> seal(const SecretKey& key, std::string_view context, std::string_view text);
/// Decrypts what seal() made. Fails with kCorrupt when the key or the context is another one or a
/// bit was changed; then nothing of the text is handed out.
Result<std::string> open_sealed(const SecretKey& key, std::string_view context,
                                std::string_view sealed);

/// AES-256-GCM with a nonce of the caller's, which must never be used twice with one key. `output`
/// has room for the text and kTagBytes behind it; it may be where `text` is.
Status encrypt_block(const SecretKey& key, std::span<const unsigned char, kNonceBytes> nonce,
                     std::string_view context, std::string_view text, std::span<char> output);
/// The opposite: `block` is ciphertext and tag; `output` has room for the text and may be where
/// `block` is. Fails with kCorrupt like open_sealed(); what is in `output` then must not be used.
Status decrypt_block(const SecretKey& key, std::span<const unsigned char, kNonceBytes> nonce,
                     std::string_view context, std::string_view block, std::span<char> output);

/// How much work a guess of a passphrase costs (RFC 9106).
struct PassphraseCost {
  uint32_t passes = 3;
  uint32_t memory_kib = 64 * 1024;
  uint32_t lanes = 4;

  bool operator==(const PassphraseCost&) const = default;
};
inline constexpr size_t kSaltBytes = 16;
/// Limits of what a stored cost may ask for, so that a forged key file cannot exhaust the machine.
inline constexpr uint32_t kMaxPassphrasePasses = 64, kMaxPassphraseMemoryKib = 1024 * 1024,
                          kMaxPassphraseLanes = 64;

/// Derives a key from a passphrase with Argon2id; takes about a tenth of a second. Fails with
/// kInvalidInput when the cost is out of its limits, with kUnavailable when memory is short.
Result<SecretKey> key_from_passphrase(std::string_view passphrase, std::string_view salt,
                                      const PassphraseCost& cost);

/// Returns lower-case hexadecimal digits.
std::string to_hex(std::string_view bytes);
/// Reads hexadecimal digits of either case; fails with kInvalidInput.
Result<std::string> from_hex(std::string_view digits);
/// True when both are the same, in a time that does not depend on where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace cairn::crypto
