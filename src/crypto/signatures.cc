#include "crypto/signatures.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>

namespace cairn::crypto {

namespace {

constexpr int kLeastRsaBits = 1024, kMostRsaBits = 16384;
constexpr size_t kPrimeBytes = 128;  // of a key of 2,048 bits

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freeing<Free>>;
using Key = Owned<EVP_PKEY, &EVP_PKEY_free>;
using KeyContext = Owned<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>;
using Digest = Owned<EVP_MD_CTX, &EVP_MD_CTX_free>;
using Number = Owned<BIGNUM, &BN_clear_free>;
using Scratch = Owned<BN_CTX, &BN_CTX_free>;

EVP_PKEY* key_of(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

std::shared_ptr<void> shared(Key key) {
  return {key.release(), [](void* one) { EVP_PKEY_free(static_cast<EVP_PKEY*>(one)); }};
}

/// Decodes a public RSA key in one of DER's two structures; null when it is something else, or when
/// bytes follow.
Key decode(std::string_view der, const char* structure) {
  EVP_PKEY* raw = nullptr;
  Owned<OSSL_DECODER_CTX, &OSSL_DECODER_CTX_free> decoder(OSSL_DECODER_CTX_new_for_pkey(
      &raw, "DER", structure, "RSA", EVP_PKEY_PUBLIC_KEY, nullptr, nullptr));
  const unsigned char* at = bytes_of(der);
  size_t left = der.size();
  if (!decoder || OSSL_DECODER_from_data(decoder.get(), &at, &left) != 1) return nullptr;
  Key key(raw);
  return left == 0 ? std::move(key) : nullptr;
}

std::string encode_pkcs1(EVP_PKEY* key) {
  Owned<OSSL_ENCODER_CTX, &OSSL_ENCODER_CTX_free> encoder(
      OSSL_ENCODER_CTX_new_for_pkey(key, EVP_PKEY_PUBLIC_KEY, "DER", "type-specific", nullptr));
  unsigned char* bytes = nullptr;
  size_t size = 0;
  if (!encoder || OSSL_ENCODER_to_data(encoder.get(), &bytes, &size) != 1) return "";
  std::string der(reinterpret_cast<const char*>(bytes), size);
  OPENSSL_free(bytes);
  return der;
}

/// The first prime p at or after a number that the seed gives, with its two highest bits set and
/// p - 1 not divisible by the exponent.
Number prime_of(std::string_view seed, std::string_view name, const BIGNUM* exponent,
                BN_CTX* scratch) {
  std::string bytes;
  for (int i = 0; bytes.size() < kPrimeBytes; ++i) {
    std::string text(seed);
    ((text += '/') += name) += '/' + std::to_string(i);
    bytes += sha256(text);
  }
  bytes.front() = static_cast<char>(static_cast<unsigned char>(bytes.front()) | 0xC0);
  bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) | 1);
  Number prime(BN_bin2bn(bytes_of(bytes), static_cast<int>(kPrimeBytes), nullptr));
  Number before(BN_new()), rest(BN_new());
  while (prime && before && rest) {
    if (BN_check_prime(prime.get(), scratch, nullptr) == 1 &&
        BN_sub(before.get(), prime.get(), BN_value_one()) == 1 &&
        BN_mod(rest.get(), before.get(), exponent, scratch) == 1 && !BN_is_zero(rest.get()))
      return prime;
    if (BN_add_word(prime.get(), 2) != 1) break;
  }
  return nullptr;
}

/// Builds the key of two primes.
Key rsa_of(BIGNUM* p, BIGNUM* q, BIGNUM* e, BN_CTX* scratch) {
  Number n(BN_new()), p1(BN_new()), q1(BN_new()), phi(BN_new()), d(BN_new());
  Number dp(BN_new()), dq(BN_new()), inverse(BN_new());
  bool ok = n && p1 && q1 && phi && d && dp && dq && inverse;
  ok = ok && BN_mul(n.get(), p, q, scratch) == 1 && BN_sub(p1.get(), p, BN_value_one()) == 1 &&
       BN_sub(q1.get(), q, BN_value_one()) == 1 &&
       BN_mul(phi.get(), p1.get(), q1.get(), scratch) == 1;
  ok = ok && BN_mod_inverse(d.get(), e, phi.get(), scratch) != nullptr &&
       BN_mod(dp.get(), d.get(), p1.get(), scratch) == 1 &&
       BN_mod(dq.get(), d.get(), q1.get(), scratch) == 1 &&
       BN_mod_inverse(inverse.get(), q, p, scratch) != nullptr;
  if (!ok) return nullptr;
  Owned<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!builder) return nullptr;
  const std::array<std::pair<const char*, const BIGNUM*>, 8> parts{{
      {OSSL_PKEY_PARAM_RSA_N, n.get()},
      {OSSL_PKEY_PARAM_RSA_E, e},
      {OSSL_PKEY_PARAM_RSA_D, d.get()},
      {OSSL_PKEY_PARAM_RSA_FACTOR1, p},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, q},
      {OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get()},
      {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse.get()},
  }};
  for (const auto& [name, number] : parts) {
    if (OSSL_PARAM_BLD_push_BN(builder.get(), name, number) != 1) return nullptr;
  }
  Owned<OSSL_PARAM, &OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* raw = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_KEYPAIR, parameters.get()) != 1)
    return nullptr;
  return Key(raw);
}

Key ed25519_key(const SecretKey& key) {
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(key.bytes()),
                                          key.bytes().size()));
}

Error no_key() { return Error{ErrorCode::kUnavailable, "the key could not be made"}; }

}  // namespace

std::string md5(std::string_view bytes) {
  std::string out(16, '\0');
  unsigned size = 0;
  CAIRN_CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()),
                         &size, EVP_md5(), nullptr) == 1 &&
              size == out.size());
  return out;
}

Result<RsaPublicKey> RsaPublicKey::parse(std::string_view der) {
  Key key = decode(der, "type-specific");
  if (!key) key = decode(der, "SubjectPublicKeyInfo");
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return Error{ErrorCode::kInvalidInput, "these bytes are no public RSA key"};
  int bits = EVP_PKEY_get_bits(key.get());
  if (bits < kLeastRsaBits || bits > kMostRsaBits) {
    return Error{ErrorCode::kInvalidInput,
                 "a public key of " + std::to_string(bits) + " bits is not accepted"};
  }
  RsaPublicKey made;
  made.pkcs1_ = encode_pkcs1(key.get());
  if (made.pkcs1_.empty()) return no_key();
  made.key_ = shared(std::move(key));
  return made;
}

bool RsaPublicKey::verifies(std::string_view message, std::string_view signature) const {
  Digest context(EVP_MD_CTX_new());
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_of(key_)) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

Result<SimulatedRsaKey> SimulatedRsaKey::from_seed(std::string_view seed) {
  Scratch scratch(BN_CTX_new());
  Number exponent(BN_new());
  if (!scratch || !exponent || BN_set_word(exponent.get(), 65537) != 1) return no_key();
  Number p = prime_of(seed, "p", exponent.get(), scratch.get());
  Number q = prime_of(seed, "q", exponent.get(), scratch.get());
  if (!p || !q) return no_key();
  // The coefficient of the Chinese remainder theorem is of the larger prime.
  if (BN_cmp(p.get(), q.get()) < 0) std::swap(p, q);
  Key key = rsa_of(p.get(), q.get(), exponent.get(), scratch.get());
  if (!key) return no_key();
  SimulatedRsaKey made;
  made.key_ = shared(std::move(key));
  return made;
}

std::string SimulatedRsaKey::public_pkcs1() const { return encode_pkcs1(key_of(key_)); }

Result<std::string> SimulatedRsaKey::sign(std::string_view message) const {
  Digest context(EVP_MD_CTX_new());
  size_t size = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_of(key_)) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
    return no_key();
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes_of(message), message.size()) != 1)
    return no_key();
  signature.resize(size);
  return signature;
}

Result<std::string> ed25519_public_key(const SecretKey& key) {
  Key made = ed25519_key(key);
  std::string out(kEd25519PublicBytes, '\0');
  size_t size = out.size();
  if (!made || EVP_PKEY_get_raw_public_key(made.get(), reinterpret_cast<unsigned char*>(out.data()),
                                           &size) != 1)
    return no_key();
  return out;
}

Result<std::string> ed25519_sign(const SecretKey& key, std::string_view message) {
  Key made = ed25519_key(key);
  Digest context(EVP_MD_CTX_new());
  std::string out(kEd25519SignatureBytes, '\0');
  size_t size = out.size();
  if (!made || !context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, made.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                     bytes_of(message), message.size()) != 1)
    return no_key();
  return out;
}

bool ed25519_verifies(std::string_view public_key, std::string_view message,
                      std::string_view signature) {
  if (public_key.size() != kEd25519PublicBytes || signature.size() != kEd25519SignatureBytes)
    return false;
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key),
                                      public_key.size()));
  Digest context(EVP_MD_CTX_new());
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

Result<std::string> from_base64(std::string_view text) {
  std::string packed;
  for (char c : text) {
    if (c != '\n' && c != '\r' && c != ' ') packed += c;
  }
  auto bad = [] { return Error{ErrorCode::kInvalidInput, "the text is no Base64"}; };
  if (packed.size() % 4 != 0 || packed.size() > INT32_MAX) return bad();
  std::string out(packed.size() / 4 * 3, '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(packed),
                             static_cast<int>(packed.size()));
  if (size < 0 || static_cast<size_t>(size) != out.size()) return bad();
  // EVP_DecodeBlock() counts the padding as zeros.
  size_t padding = packed.ends_with("==") ? 2 : packed.ends_with("=") ? 1 : 0;
  if (packed.find('=') < packed.size() - padding) return bad();
  out.resize(out.size() - padding);
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                             static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

}  // namespace cairn::crypto
