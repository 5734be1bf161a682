#include "formats/compression.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cairn {
namespace {

using std::string_literals::operator""s;

std::string sample(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i)
    text += "event " + std::to_string(i * 7919 % 100000) + ", ";
  text.resize(size);
  return text;
}

struct Streamed {
  std::string text;
  bool finished = true;
  std::string error;
};

/// Inflates through small windows, as a reader short of memory would.
Streamed stream(Compression compression, std::string_view input, size_t input_step,
                size_t output_step) {
  auto inflater = make_stream_inflater(compression);
  Streamed result;
  std::string output(output_step, '\0');
  size_t limit = input.size() * 2000 + 1000;
  while (limit-- > 0) {
    auto step = inflater->step(input.substr(0, input_step), output);
    if (!step.ok()) {
      EXPECT_EQ(step.error().code, ErrorCode::kCorrupt);
      result.error = step.error().message;
      return result;
    }
    result.text.append(output, 0, step.value().produced);
    result.finished = step.value().finished;
    input.remove_prefix(step.value().consumed);
    if (step.value().consumed == 0 && step.value().produced == 0) return result;
  }
  ADD_FAILURE() << "no end";
  return result;
}

TEST(Compression, TellsFormatsByFirstBytes) {
  struct Row {
    std::string head;
    Compression expected;
  } rows[] = {
      {"", Compression::kNone},
      {"\x1f", Compression::kNone},
      {"\x1f\x8b", Compression::kGzip},
      {"\x1f\x9d\x90", Compression::kNone},
      {"{\"Records\":[]}", Compression::kNone},
      {"\x28\xb5\x2f\xfd", Compression::kZstd},
      {"\x28\xb5\x2f", Compression::kNone},
      {"\x5a\x2a\x4d\x18\0\0\0\0"s, Compression::kZstd},
      {"Zippy text", Compression::kNone},
  };
  for (const Row& row : rows) EXPECT_EQ(sniff_compression(row.head), row.expected) << row.head;
}

TEST(Compression, RoundTrips) {
  for (size_t size : {0u, 1u, 100u, 65536u, 300000u}) {
    std::string text = sample(size);
    for (int level : {1, 6, 12}) {
      std::string packed = gzip_compress(text, level);
      EXPECT_EQ(sniff_compression(packed), Compression::kGzip);
      std::string output(size, '\0');
      size_t written = 1;
      EXPECT_EQ(GzipInflater().inflate(packed, output, written), GzipInflater::Outcome::kDone);
      EXPECT_EQ(written, size);
      EXPECT_EQ(output, text);
    }
    for (size_t step : {size_t{1}, size_t{7}, size_t{100000}}) {
      if (size > 1000 && step < 7) continue;
      Streamed gzip = stream(Compression::kGzip, gzip_compress(text, 6), step, 1000);
      EXPECT_EQ(gzip.text, text);
      EXPECT_TRUE(gzip.finished);
      EXPECT_EQ(gzip.error, "");
      Streamed zstd = stream(Compression::kZstd, zstd_compress(text, 3), step, 1000);
      EXPECT_EQ(zstd.text, text);
      EXPECT_TRUE(zstd.finished);
      EXPECT_EQ(zstd.error, "");
      EXPECT_EQ(stream(Compression::kNone, text, step, 1000).text, text);
    }
  }
}

TEST(GzipInflater, ReadsMembersPaddingAndDamage) {
  std::string a = gzip_compress("first ", 6), b = gzip_compress("second", 6);
  std::string flipped = a;
  flipped[flipped.size() - 6] ^= 1;  // the checksum
  using Outcome = GzipInflater::Outcome;
  struct Row {
    const char* name;
    std::string input;
    size_t room;
    Outcome outcome;
    std::string text;
  } rows[] = {
      {"two members", a + b, 100, Outcome::kDone, "first second"},
      {"exact room", a + b, 12, Outcome::kDone, "first second"},
      {"room for one", a + b, 11, Outcome::kTooSmall, ""},
      {"empty member between", a + gzip_compress("", 6) + b, 100, Outcome::kDone, "first second"},
      {"padding zeros", a + std::string(512, '\0'), 100, Outcome::kDone, "first "},
      {"zeros between members", a + std::string(3, '\0') + b, 100, Outcome::kDone, "first second"},
      {"trailing garbage", a + "garbage", 100, Outcome::kDamaged, ""},
      {"truncated", (a + b).substr(0, a.size() + b.size() - 3), 100, Outcome::kDamaged, ""},
      {"checksum", flipped, 100, Outcome::kDamaged, ""},
      {"header only", a.substr(0, 10), 100, Outcome::kDamaged, ""},
      {"no gzip", "hello", 100, Outcome::kDamaged, ""},
      {"empty", "", 100, Outcome::kDamaged, ""},
  };
  GzipInflater inflater;  // one for all: a failure leaves nothing behind
  for (const Row& row : rows) {
    std::string output(row.room, '?');
    size_t written = 0;
    EXPECT_EQ(inflater.inflate(row.input, output, written), row.outcome) << row.name;
    if (row.outcome == Outcome::kDone) {
      EXPECT_EQ(output.substr(0, written), row.text) << row.name;
    }
  }
}

TEST(GzipInflater, StopsBehindOneMember) {
  std::string one = gzip_compress("one", 6), both = one + gzip_compress("two", 6), text(10, '\0');
  GzipInflater inflater;
  size_t consumed = 0, written = 0;
  EXPECT_EQ(inflater.inflate_member(both, text, consumed, written), GzipInflater::Outcome::kDone);
  EXPECT_EQ(consumed, one.size());
  EXPECT_EQ(text.substr(0, written), "one");
  auto stream = make_member_inflater();
  auto step = stream->step(both, text);
  ASSERT_TRUE(step.ok());
  EXPECT_TRUE(step.value().finished);
  EXPECT_EQ(step.value().consumed, one.size());
  EXPECT_EQ(text.substr(0, step.value().produced), "one");
  step = stream->step(std::string_view(both).substr(one.size()), text);
  ASSERT_TRUE(step.ok());
  EXPECT_EQ(step.value().consumed, 0u);
}

TEST(StreamInflater, SavesWhatIsIntact) {
  std::string text = sample(200000);
  for (auto [compression, packed] : {std::pair{Compression::kGzip, gzip_compress(text, 6)},
                                     std::pair{Compression::kZstd, zstd_compress(text, 3)}}) {
    for (size_t step : {size_t{13}, size_t{4096}, packed.size() * 2}) {
      Streamed cut =
          stream(compression, std::string_view(packed).substr(0, packed.size() / 2), step, 5000);
      EXPECT_FALSE(cut.finished);
      EXPECT_EQ(cut.error, "");
      EXPECT_TRUE(text.starts_with(cut.text));
      if (compression == Compression::kGzip) {
        EXPECT_GT(cut.text.size(), 50000u);
      }

      Streamed twice = stream(compression, packed + packed, step, 5000);
      EXPECT_EQ(twice.text, text + text);
      EXPECT_TRUE(twice.finished);

      Streamed padded = stream(compression, packed + std::string(100, '\0'), step, 5000);
      EXPECT_EQ(padded.text, text);
      EXPECT_TRUE(padded.finished);
      EXPECT_EQ(padded.error, "");

      Streamed garbage = stream(compression, packed + "garbage", step, 5000);
      EXPECT_EQ(garbage.text, text);
      EXPECT_NE(garbage.error.find("after the end"), std::string::npos) << garbage.error;

      std::string broken = packed;
      std::fill_n(broken.begin() + static_cast<std::ptrdiff_t>(packed.size() / 2), 200, '\xff');
      Streamed damaged = stream(compression, broken, step, 5000);
      EXPECT_NE(damaged.error, "");
      size_t common = static_cast<size_t>(
          std::mismatch(damaged.text.begin(), damaged.text.end(), text.begin(), text.end()).first -
          damaged.text.begin());
      if (compression == Compression::kGzip) {
        EXPECT_GT(common, 50000u);
      }
    }
  }
}

// An inflater that keeps a window for itself must not keep the text in it when damage ends it.
TEST(StreamInflater, DeliversTheSameBeforeDamageWhateverThePieces) {
  std::string text = sample(300000);
  std::string broken = gzip_compress(text, 6);
  std::fill_n(broken.end() - 400, 200, '\xff');
  std::string delivered;
  for (size_t input : {size_t{13}, size_t{4096}, broken.size()}) {
    for (size_t output : {size_t{1}, size_t{700}, size_t{40000}, size_t{1} << 20}) {
      Streamed damaged = stream(Compression::kGzip, broken, input, output);
      EXPECT_NE(damaged.error, "") << input << " " << output;
      if (delivered.empty()) delivered = damaged.text;
      EXPECT_EQ(damaged.text, delivered) << input << " " << output;
    }
  }
  size_t whole = text.size() * 95 / 100;
  EXPECT_EQ(delivered.substr(0, whole), text.substr(0, whole));
}

TEST(StreamInflater, DeliversTextBeforeAWrongChecksum) {
  std::string packed = gzip_compress("all of it", 6);
  packed[packed.size() - 5] ^= 1;
  Streamed result = stream(Compression::kGzip, packed, 1000, 1000);
  EXPECT_EQ(result.text, "all of it");
  EXPECT_NE(result.error, "");
}

TEST(StreamInflater, RefusesHugeZstdWindows) {
  // A frame header that asks for a 2^30 byte window: magic, descriptor 0, window descriptor
  // exponent 20.
  std::string frame = "\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"s;
  Streamed result = stream(Compression::kZstd, frame, 1000, 1000);
  EXPECT_NE(result.error.find("too much memory"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace cairn
