#include "crypto/signatures.h"

#include <gtest/gtest.h>

namespace cairn::crypto {
namespace {

std::string unhex(std::string_view digits) { return from_hex(digits).value(); }

TEST(Rsa, SignsAndVerifies) {
  auto key = SimulatedRsaKey::from_seed("seed");
  ASSERT_TRUE(key.ok());
  auto pub = RsaPublicKey::parse(key.value().public_pkcs1());
  ASSERT_TRUE(pub.ok()) << pub.error().message;
  EXPECT_EQ(pub.value().pkcs1(), key.value().public_pkcs1());
  EXPECT_EQ(pub.value().pkcs1().size(), 270u);
  std::string signature = key.value().sign("message").value();
  EXPECT_EQ(signature.size(), 256u);
  EXPECT_TRUE(pub.value().verifies("message", signature));
  EXPECT_FALSE(pub.value().verifies("messagf", signature));
  EXPECT_FALSE(pub.value().verifies("message", ""));
  EXPECT_FALSE(pub.value().verifies("message", signature.substr(1)));
  EXPECT_FALSE(pub.value().verifies("message", signature + "x"));
  for (size_t i : {size_t{0}, size_t{100}, size_t{255}}) {
    std::string other = signature;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(pub.value().verifies("message", other)) << i;
  }
}

TEST(Rsa, MakesTheSameKeyOfTheSameSeed) {
  auto one = SimulatedRsaKey::from_seed("a"), same = SimulatedRsaKey::from_seed("a"),
       other = SimulatedRsaKey::from_seed("b");
  EXPECT_EQ(one.value().public_pkcs1(), same.value().public_pkcs1());
  EXPECT_NE(one.value().public_pkcs1(), other.value().public_pkcs1());
  EXPECT_EQ(one.value().sign("x").value(), same.value().sign("x").value());
}

TEST(Rsa, RefusesWhatIsNoKey) {
  std::string der = SimulatedRsaKey::from_seed("seed").value().public_pkcs1();
  for (const std::string& bad : {std::string(), std::string("abc"), der.substr(0, 100), der + "x",
                                 std::string(270, '\xff')}) {
    EXPECT_FALSE(RsaPublicKey::parse(bad).ok()) << to_hex(bad);
  }
  // Ed25519 as SubjectPublicKeyInfo (RFC 8410, section 10.1).
  EXPECT_FALSE(RsaPublicKey::parse(
                   unhex("302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6"
                         "cb0c5c38ad703166e1"))
                   .ok());
}

TEST(Rsa, TakesTheOtherStructureOfDerToo) {
  std::string pkcs1 = SimulatedRsaKey::from_seed("seed").value().public_pkcs1();
  std::string wrapped = unhex("30820122300d06092a864886f70d01010105000382010f00") + pkcs1;
  auto key = RsaPublicKey::parse(wrapped);
  ASSERT_TRUE(key.ok()) << key.error().message;
  EXPECT_EQ(key.value().pkcs1(), pkcs1);
}

TEST(Md5, AgreesWithRfc1321) {
  EXPECT_EQ(to_hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(to_hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Ed25519, AgreesWithRfc8032) {
  // Section 7.1, test 3.
  auto key = SecretKey::from_bytes(
      unhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"));
  ASSERT_TRUE(key.ok());
  std::string pub = ed25519_public_key(key.value()).value();
  EXPECT_EQ(to_hex(pub), "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  std::string message = unhex("af82");
  std::string signature = ed25519_sign(key.value(), message).value();
  EXPECT_EQ(to_hex(signature),
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
  EXPECT_TRUE(ed25519_verifies(pub, message, signature));
  EXPECT_FALSE(ed25519_verifies(pub, "af82", signature));
  EXPECT_FALSE(ed25519_verifies(pub.substr(1), message, signature));
  EXPECT_FALSE(ed25519_verifies(pub, message, signature.substr(1)));
}

TEST(Base64, ReadsAndWrites) {
  for (std::string_view text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    EXPECT_EQ(from_base64(to_base64(text)).value_or("?"), text);
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(from_base64("Zm9v\nYmE=\n").value_or("?"), "fooba");
  for (std::string_view bad : {"Zg", "Z", "====", "Zg==Zg==", "Zm9!", "Z=9v"})
    EXPECT_FALSE(from_base64(bad).ok()) << bad;
}

}  // namespace
}  // namespace cairn::crypto
