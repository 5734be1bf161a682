#pragma once

// Finding the extent of an object byte by byte, for text that the structural index or the walk
// refused. Slow (some 400 MB/s) and patient.

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::cloudtrail {

/// Where an object ends, or what keeps it from ending.
struct Extent {
  enum class Kind : uint8_t { kWhole, kOpen, kBroken };
  Kind kind = Kind::kBroken;
  size_t end = 0;           // kWhole: just behind the closing brace; else where the reading stopped
  std::string_view reason;  // kOpen, kBroken
};

/// How much a splitter holds against an object. Neither looks at what literals and escapes say.
enum class Strictness : uint8_t {
  kGrammar,   // keys, colons, commas and brackets must be in order at every level
  kBrackets,  // only brackets, outside strings, must pair up, as for a subtree that the walk skips
};

/// Reads the object that opens at text[begin]. `stack` is working space.
Extent split_object(std::string_view text, size_t begin, size_t nesting, Strictness strictness,
                    std::string& stack);

/// Returns the position of the first raw control character inside a string; 0 when there is none.
size_t control_character_in_string(std::string_view text);

/// Returns the position of the quote that ends the string opening at text[begin], or npos.
size_t end_of_string(std::string_view text, size_t begin);

}  // namespace cairn::cloudtrail
