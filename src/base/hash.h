#pragma once

// Fast non-cryptographic hashing (XXH3), the same on every machine and run.

#include <cstdint>
#include <string_view>

namespace cairn {

/// Returns the 64-bit XXH3 hash of the bytes. Never use it where an attacker gains from a collision
/// by choice alone.
uint64_t hash64(std::string_view bytes);
uint64_t hash64(std::string_view bytes, uint64_t seed);

/// Mixes a value into a running hash; order matters.
constexpr uint64_t mix64(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9E3779B97F4A7C15ull + (hash << 6) + (hash >> 2);
  hash *= 0xD6E8FEB86659FD93ull;
  return hash ^ (hash >> 32);
}

}  // namespace cairn
