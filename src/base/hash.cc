#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#ifdef CAIRN_XXH3_DISPATCH
// Of xxh_x86dispatch.h, which cannot be included beside the inlined functions.
extern "C" XXH64_hash_t XXH3_64bits_dispatch(const void* input, size_t size);
#endif

namespace cairn {

namespace {

constexpr size_t kLongBytes = 241;  // from here on wider vectors pay for the call

}  // namespace

uint64_t hash64(std::string_view bytes) {
#ifdef CAIRN_XXH3_DISPATCH
  if (bytes.size() >= kLongBytes) return XXH3_64bits_dispatch(bytes.data(), bytes.size());
#endif
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace cairn
