#include "crypto/crypto.h"

#include <gtest/gtest.h>

namespace cairn::crypto {
namespace {

std::string unhex(std::string_view digits) { return from_hex(digits).value(); }

TEST(Crypto, HashesAsPublished) {
  // FIPS 180-2 appendix B.1, RFC 4231 test case 2 (the key is shorter than a block: zeros follow,
  // so our 32 byte keys agree with it).
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::string key = "Jefe";
  key.resize(kKeyBytes);
  EXPECT_EQ(to_hex(hmac_sha256(SecretKey::from_bytes(key).value(), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  Sha256 pieces;
  pieces.add("a");
  pieces.add("");
  pieces.add("bc");
  EXPECT_EQ(pieces.finish(), sha256("abc"));
}

TEST(Crypto, EncryptsAsPublished) {
  // The GCM specification's test case 16: AES-256 with associated data.
  auto key = SecretKey::from_bytes(
      unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  std::string nonce = unhex("cafebabefacedbaddecaf888");
  std::string text = unhex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  std::string context = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  std::string out(text.size() + kTagBytes, '\0');
  std::span<const unsigned char, kNonceBytes> at(
      reinterpret_cast<const unsigned char*>(nonce.data()), kNonceBytes);
  ASSERT_TRUE(encrypt_block(key.value(), at, context, text, out).ok());
  EXPECT_EQ(to_hex(out),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
  std::string back(text.size(), '\0');
  ASSERT_TRUE(decrypt_block(key.value(), at, context, out, back).ok());
  EXPECT_EQ(back, text);
}

TEST(Crypto, DerivesAsPublished) {
  // Made with Python: hmac.digest(hmac.digest(b"salt", bytes(range(32)), "sha256"),
  // b"info\x01", "sha256"), which is RFC 5869 written out for 32 bytes of output.
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(i);
  SecretKey derived = derive_key(SecretKey::from_bytes(bytes).value(), "salt", "info");
  EXPECT_EQ(to_hex(derived.bytes()),
            "64cc2a23b7a1da4310420350405fdf5d632cb9bda3700d753e96cbcfeb81d449");
}

TEST(Crypto, OpensOnlyWhatWasSealed) {
  auto key = SecretKey::random().value();
  std::string sealed = seal(key, "place", "a secret").value();
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_EQ(open_sealed(key, "place", sealed).value(), "a secret");
  EXPECT_EQ(open_sealed(key, "", seal(key, "", "").value()).value(), "");
  EXPECT_NE(seal(key, "place", "a secret").value(), sealed) << "each sealing has its own nonce";

  EXPECT_FALSE(open_sealed(key, "elsewhere", sealed).ok());
  EXPECT_FALSE(open_sealed(SecretKey::random().value(), "place", sealed).ok());
  for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    auto opened = open_sealed(key, "place", changed);
    ASSERT_FALSE(opened.ok()) << bit;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  }
  for (size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(open_sealed(key, "place", std::string_view(sealed).substr(0, size)).ok()) << size;
}

TEST(Crypto, MakesKeysOfPassphrases) {
  PassphraseCost cheap{1, 64, 1};
  std::string salt(kSaltBytes, 's');
  auto first = key_from_passphrase("correct horse", salt, cheap);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first.value().bytes(),
            key_from_passphrase("correct horse", salt, cheap).value().bytes());
  EXPECT_NE(first.value().bytes(),
            key_from_passphrase("correct horsf", salt, cheap).value().bytes());
  EXPECT_NE(
      first.value().bytes(),
      key_from_passphrase("correct horse", std::string(kSaltBytes, 't'), cheap).value().bytes());
  for (PassphraseCost cost : {PassphraseCost{0, 64, 1}, PassphraseCost{1, 1u << 30, 1},
                              PassphraseCost{1, 64, 0}, PassphraseCost{1u << 20, 64, 1}})
    EXPECT_FALSE(key_from_passphrase("correct horse", salt, cost).ok());
}

TEST(Crypto, WipesKeys) {
  auto key = SecretKey::random().value();
  auto copy = key.copy();
  SecretKey moved = std::move(key);
  EXPECT_EQ(key.bytes(),
            std::string(kKeyBytes, '\0'));  // NOLINT(bugprone-use-after-move): the point
  EXPECT_EQ(moved.bytes(), copy.bytes());
  std::string text = "secret";
  wipe(text);
  EXPECT_TRUE(text.empty());
}

TEST(Crypto, WritesHexadecimal) {
  EXPECT_EQ(to_hex(std::string_view("\x00\xff\x10", 3)), "00ff10");
  EXPECT_EQ(unhex("00FF10"), std::string("\x00\xff\x10", 3));
  for (const char* bad : {"0", "0g", "zz"}) EXPECT_FALSE(from_hex(bad).ok()) << bad;
  EXPECT_TRUE(equal_secrets("ab", "ab"));
  EXPECT_FALSE(equal_secrets("ab", "ac"));
  EXPECT_FALSE(equal_secrets("ab", "abc"));
}

}  // namespace
}  // namespace cairn::crypto
