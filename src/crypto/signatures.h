#pragma once

// Signatures: RSA with SHA-256 as CloudTrail signs its digests, and Ed25519 for what Cairn signs
// itself. Every function may be called from any thread.

#include "base/result.h"
#include "crypto/crypto.h"

#include <memory>
#include <string>
#include <string_view>

namespace cairn::crypto {

/// Returns the 16 bytes of MD5. Only for names that others chose to make with it, such as
/// CloudTrail's fingerprints of keys: it protects nothing.
std::string md5(std::string_view bytes);

/// A public RSA key of 1,024 to 16,384 bits. Copies share it.
class RsaPublicKey {
 public:
  /// Reads DER: PKCS#1 RSAPublicKey (as CloudTrail's ListPublicKeys answers) or
  /// SubjectPublicKeyInfo. Fails with kInvalidInput for anything else: bytes behind it, keys of
  /// other algorithms or sizes.
  static Result<RsaPublicKey> parse(std::string_view der);

  /// The key as PKCS#1 DER, of which CloudTrail's fingerprint is the MD5.
  const std::string& pkcs1() const { return pkcs1_; }
  /// True when `signature` is RSASSA-PKCS1-v1_5 with SHA-256 of `message` under this key. False for
  /// signatures of any other length.
  bool verifies(std::string_view message, std::string_view signature) const;

 private:
  std::shared_ptr<void> key_;
  std::string pkcs1_;
};

/// A private RSA key of 2,048 bits that is made from a seed: for made-up data and tests only, since
/// who knows the seed knows the key.
class SimulatedRsaKey {
 public:
  /// The same seed makes the same key, on any machine. Takes some tenths of a second.
  static Result<SimulatedRsaKey> from_seed(std::string_view seed);

  std::string public_pkcs1() const;
  /// The 256 bytes of RSASSA-PKCS1-v1_5 with SHA-256; the same for the same message.
  Result<std::string> sign(std::string_view message) const;

 private:
  std::shared_ptr<void> key_;
};

inline constexpr size_t kEd25519PublicBytes = 32, kEd25519SignatureBytes = 64;

/// Returns the public key that belongs to a private Ed25519 key (RFC 8032: 32 secret bytes).
Result<std::string> ed25519_public_key(const SecretKey& key);
/// Returns the 64 bytes of the signature.
Result<std::string> ed25519_sign(const SecretKey& key, std::string_view message);
/// False for keys and signatures of wrong length, too.
bool ed25519_verifies(std::string_view public_key, std::string_view message,
                      std::string_view signature);

/// Reads Base64 (RFC 4648) with its padding; line ends are passed over. Fails with kInvalidInput.
Result<std::string> from_base64(std::string_view text);
/// Writes Base64 with padding, in one line.
std::string to_base64(std::string_view bytes);

}  // namespace cairn::crypto
