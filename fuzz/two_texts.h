#pragma once

// A fuzz input that is two texts: the first line, and the rest.

#include <cstddef>
#include <cstdint>
#include <string_view>

struct TwoTexts {
  std::string_view first, rest;

  TwoTexts(const uint8_t* data, size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
    size_t end = text.find('\n');
    first = text.substr(0, end);
    if (end != std::string_view::npos) rest = text.substr(end + 1);
  }
};
