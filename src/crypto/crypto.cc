#include "crypto/crypto.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

namespace cairn::crypto {

namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::span<char> buffer) {
  return reinterpret_cast<unsigned char*>(buffer.data());
}
std::span<const unsigned char, kNonceBytes> nonce_at(const char* text) {
  return std::span<const unsigned char, kNonceBytes>(reinterpret_cast<const unsigned char*>(text),
                                                     kNonceBytes);
}

Error cipher_error() { return Error{ErrorCode::kUnavailable, "the cipher could not be set up"}; }
Error forged() {
  return Error{ErrorCode::kCorrupt,
               "the key is another one, or the bytes were changed after they were encrypted"};
}

/// One HMAC block of HKDF's expansion is exactly one key.
SecretKey hmac_key(std::string_view key, std::string_view bytes) {
  SecretKey out;
  unsigned size = 0;
  const unsigned char* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                   bytes_of(bytes), bytes.size(), out.writable().data(), &size);
  CAIRN_CHECK(made != nullptr && size == kKeyBytes);
  return out;
}

}  // namespace

SecretKey::SecretKey(SecretKey&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this != &other) {
    bytes_ = other.bytes_;
    other.wipe();
  }
  return *this;
}

Result<SecretKey> SecretKey::random() {
  SecretKey key;
  if (RAND_priv_bytes(key.bytes_.data(), kKeyBytes) != 1)
    return Error{ErrorCode::kUnavailable, "the system gave no randomness for a key"};
  return key;
}

Result<SecretKey> SecretKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != kKeyBytes)
    return Error{ErrorCode::kInvalidInput,
                 "a key has 32 bytes, not " + std::to_string(bytes.size())};
  SecretKey key;
  std::copy_n(bytes_of(bytes), kKeyBytes, key.bytes_.begin());
  return key;
}

SecretKey SecretKey::copy() const {
  SecretKey key;
  key.bytes_ = bytes_;
  return key;
}

std::string_view SecretKey::bytes() const {
  return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
}

void SecretKey::wipe() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

Status random_bytes(std::span<char> buffer) {
  if (RAND_bytes(bytes_of(buffer), static_cast<int>(buffer.size())) != 1)
    return Error{ErrorCode::kUnavailable, "the system gave no randomness"};
  return {};
}

Result<std::string> random_bytes(size_t count) {
  std::string bytes(count, '\0');
  TRY(random_bytes(std::span<char>(bytes)));
  return bytes;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CAIRN_CHECK(context_ != nullptr &&
              EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::add(std::string_view bytes) {
  CAIRN_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) ==
              1);
}

std::string Sha256::finish() {
  std::string out(kHashBytes, '\0');
  unsigned size = 0;
  CAIRN_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), bytes_of(std::span<char>(out)),
                                 &size) == 1 &&
              size == kHashBytes);
  return out;
}

std::string hmac_sha256(const SecretKey& key, std::string_view bytes) {
  SecretKey made = hmac_key(key.bytes(), bytes);
  return std::string(made.bytes());
}

SecretKey derive_key(const SecretKey& key, std::string_view salt, std::string_view info) {
  // RFC 5869: extract with the salt as the key, then one round of expansion.
  SecretKey extracted = hmac_key(salt, key.bytes());
  std::string expansion(info);
  expansion += '\x01';
  return hmac_key(extracted.bytes(), expansion);
}

Status encrypt_block(const SecretKey& key, std::span<const unsigned char, kNonceBytes> nonce,
                     std::string_view context, std::string_view text, std::span<char> output) {
  CAIRN_CHECK(output.size() >= text.size() + kTagBytes);
  Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!cipher || EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key.bytes()),
                                    nonce.data()) != 1)
    return cipher_error();
  if (EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(context),
                        static_cast<int>(context.size())) != 1 ||
      EVP_EncryptUpdate(cipher.get(), bytes_of(output), &size, bytes_of(text),
                        static_cast<int>(text.size())) != 1)
    return cipher_error();
  unsigned char* end = bytes_of(output) + text.size();
  if (EVP_EncryptFinal_ex(cipher.get(), end, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, end) != 1)
    return cipher_error();
  return {};
}

Status decrypt_block(const SecretKey& key, std::span<const unsigned char, kNonceBytes> nonce,
                     std::string_view context, std::string_view block, std::span<char> output) {
  if (block.size() < kTagBytes) return forged();
  size_t text = block.size() - kTagBytes;
  CAIRN_CHECK(output.size() >= text);
  std::array<unsigned char, kTagBytes> tag;
  std::copy_n(bytes_of(block) + text, kTagBytes, tag.begin());
  Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!cipher || EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key.bytes()),
                                    nonce.data()) != 1)
    return cipher_error();
  if (EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(context),
                        static_cast<int>(context.size())) != 1 ||
      EVP_DecryptUpdate(cipher.get(), bytes_of(output), &size, bytes_of(block),
                        static_cast<int>(text)) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) != 1)
    return cipher_error();
  if (EVP_DecryptFinal_ex(cipher.get(), bytes_of(output) + text, &size) != 1) return forged();
  return {};
}

Result<std::string> seal(const SecretKey& key, std::string_view context, std::string_view text) {
  std::string sealed(kNonceBytes + text.size() + kTagBytes, '\0');
  TRY(random_bytes(std::span<char>(sealed).first(kNonceBytes)));
  TRY(encrypt_block(key, nonce_at(sealed.data()), context, text,
                    std::span<char>(sealed).subspan(kNonceBytes)));
  return sealed;
}

Result<std::string> open_sealed(const SecretKey& key, std::string_view context,
                                std::string_view sealed) {
  if (sealed.size() < kSealBytes) return forged();
  std::string text(sealed.size() - kSealBytes, '\0');
  TRY(decrypt_block(key, nonce_at(sealed.data()), context, sealed.substr(kNonceBytes), text));
  return text;
}

Result<SecretKey> key_from_passphrase(std::string_view passphrase, std::string_view salt,
                                      const PassphraseCost& cost) {
  if (cost.passes == 0 || cost.passes > kMaxPassphrasePasses ||
      cost.memory_kib > kMaxPassphraseMemoryKib || cost.lanes == 0 ||
      cost.lanes > kMaxPassphraseLanes || salt.size() < 8)
    return Error{ErrorCode::kInvalidInput, "the passphrase's cost is out of its limits"};
  SecretKey key;
  int failure = argon2id_hash_raw(cost.passes, cost.memory_kib, cost.lanes, passphrase.data(),
                                  passphrase.size(), salt.data(), salt.size(),
                                  key.writable().data(), kKeyBytes);
  if (failure == ARGON2_OK) return key;
  return Error{
      failure == ARGON2_MEMORY_ALLOCATION_ERROR ? ErrorCode::kUnavailable
                                                : ErrorCode::kInvalidInput,
      std::string("the passphrase could not be made a key: ") + argon2_error_message(failure)};
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  digits.reserve(bytes.size() * 2);
  for (char byte : bytes) {
    auto value = static_cast<unsigned char>(byte);
    digits += kDigits[value >> 4];
    digits += kDigits[value & 15];
  }
  return digits;
}

Result<std::string> from_hex(std::string_view digits) {
  auto value_of = [](char digit) -> int {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
  };
  if (digits.size() % 2 != 0)
    return Error{ErrorCode::kInvalidInput, "an odd number of hexadecimal digits"};
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (size_t i = 0; i < digits.size(); i += 2) {
    int high = value_of(digits[i]), low = value_of(digits[i + 1]);
    if (high < 0 || low < 0)
      return Error{ErrorCode::kInvalidInput, "something that is no hexadecimal digit"};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cairn::crypto
