#include "lake/lookup_index.h"

#include "base/hash.h"

#include <array>

namespace cairn::lake {

namespace {

constexpr std::string_view kMagic = "CAIRNIX1";
constexpr size_t kHeaderBytes = 16;   // magic, number of groups, 0
constexpr size_t kTrailerBytes = 24;  // hash of all before, length of all, magic
constexpr size_t kBlockBytes = 32;
constexpr uint64_t kBitsOfValue = 12;  // one wrong "perhaps" in 200
constexpr uint64_t kMostBytes = 256u << 20;

// Parquet's split block Bloom filter: a value sets one bit in each of the eight words of one block.
constexpr std::array<uint32_t, 8> kSalts = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                                            0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

void put_number(uint64_t value, size_t bytes, std::string& out) {
  for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

uint64_t get_number(const char* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return value;
}

size_t block_of(uint64_t hash, size_t blocks) {
  return static_cast<size_t>(((hash >> 32) * blocks) >> 32);
}
/// The byte of a word's bit, in its block, and the bit in that byte.
size_t byte_of(size_t word, uint64_t hash) {
  return word * 4 + ((static_cast<uint32_t>(hash) * kSalts[word]) >> 27) / 8;
}
char bit_of(size_t word, uint64_t hash) {
  return static_cast<char>(1u << (((static_cast<uint32_t>(hash) * kSalts[word]) >> 27) % 8));
}

/// Length of the index that ends before the footer; 0 when there is none.
Result<uint64_t> length_before(const duck::MountedInput& file, uint64_t footer_offset) {
  if (footer_offset < kHeaderBytes + kTrailerBytes) return uint64_t{0};
  std::array<char, kTrailerBytes> trailer;
  TRY(file.read_at(footer_offset - kTrailerBytes, trailer));
  uint64_t length = get_number(trailer.data() + 8, 8);
  bool good = std::string_view(trailer.data() + 16, kMagic.size()) == kMagic &&
              length >= kHeaderBytes + kTrailerBytes && length <= footer_offset &&
              length <= kMostBytes;
  return good ? length : 0;
}

}  // namespace

uint64_t lookup_hash(LookupKind kind, std::string_view value) {
  std::string text(1, static_cast<char>(kind));
  text += value;
  return hash64(text);
}

void LookupBuilder::end_group() {
  size_t blocks = (values_.size() * kBitsOfValue + kBlockBytes * 8 - 1) / (kBlockBytes * 8);
  size_t begin = filters_.size();
  filters_.resize(begin + blocks * kBlockBytes, '\0');
  for (uint64_t hash : values_) {
    char* block = filters_.data() + begin + block_of(hash, blocks) * kBlockBytes;
    for (size_t word = 0; word < kSalts.size(); ++word)
      block[byte_of(word, hash)] |= bit_of(word, hash);
  }
  sizes_.push_back(static_cast<uint32_t>(blocks));
  values_.clear();
}

std::string LookupBuilder::finish() {
  std::string out(kMagic);
  put_number(sizes_.size(), 4, out);
  put_number(0, 4, out);
  for (uint32_t size : sizes_) put_number(size, 4, out);
  out += filters_;
  put_number(hash64(out), 8, out);
  put_number(out.size() + kTrailerBytes - 8, 8, out);
  return out += kMagic;
}

Result<uint64_t> LookupIndex::offset_in(const duck::MountedInput& file, uint64_t footer_offset) {
  TRY_ASSIGN(uint64_t length, length_before(file, footer_offset));
  return footer_offset - length;
}

Result<std::optional<LookupIndex>> LookupIndex::read(const duck::MountedInput& file,
                                                     uint64_t footer_offset) {
  std::optional<LookupIndex> none;
  TRY_ASSIGN(uint64_t length, length_before(file, footer_offset));
  if (length == 0) return none;
  LookupIndex index;
  index.bytes_.resize(length);
  TRY(file.read_at(footer_offset - length, index.bytes_));
  std::string_view bytes = index.bytes_;
  size_t end = length - kTrailerBytes;
  uint64_t groups = get_number(bytes.data() + kMagic.size(), 4);
  if (!bytes.starts_with(kMagic) || groups > (end - kHeaderBytes) / 4 ||
      hash64(bytes.substr(0, end)) != get_number(bytes.data() + end, 8))
    return none;
  size_t at = kHeaderBytes + groups * 4;
  for (uint64_t i = 0; i < groups; ++i) {
    index.begins_.push_back(at);
    at += get_number(bytes.data() + kHeaderBytes + i * 4, 4) * kBlockBytes;
  }
  index.begins_.push_back(at);
  if (at != end) return none;
  return std::optional<LookupIndex>(std::move(index));
}

bool LookupIndex::may_hold(size_t group, uint64_t hash) const {
  size_t blocks = (begins_[group + 1] - begins_[group]) / kBlockBytes;
  if (blocks == 0) return false;
  const char* block = bytes_.data() + begins_[group] + block_of(hash, blocks) * kBlockBytes;
  for (size_t word = 0; word < kSalts.size(); ++word) {
    if ((block[byte_of(word, hash)] & bit_of(word, hash)) == 0) return false;
  }
  return true;
}

}  // namespace cairn::lake
