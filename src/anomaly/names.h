#pragma once

// Texts as small numbers, a bounded count of them.

#include "base/pack.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::anomaly {

/// "role/deploy" of an ARN, all of anything else.
inline std::string_view short_name(std::string_view principal) {
  size_t colon = principal.rfind(':');
  bool arn = principal.starts_with("arn:") && colon != std::string_view::npos;
  return arn ? principal.substr(colon + 1) : principal;
}

/// "61", "0.25": two figures of what is not a whole number by far.
inline std::string count_text(double count) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), count >= 10 ? "%.0f" : "%.2g", count);
  return text.data();
}

/// "61 a minute"; slow ones by the hour or the day: "0.14 a day".
inline std::string rate_text(double a_minute) {
  const char* unit = " a minute";
  double rate = a_minute;
  if (rate < 1.0 / 60 && rate > 0) {
    bool daily = rate < 1.0 / 1440;
    rate *= daily ? 1440 : 60;
    unit = daily ? " a day" : " an hour";
  }
  return count_text(rate) + unit;
}

class Names {
 public:
  /// Beyond this many, every new text is "(other)": hostile logs do not fill memory.
  static constexpr size_t kLimit = 200'000;
  static constexpr size_t kLongest = 256;  // bytes that are kept of a text

  Names() { id("(other)"); }
  uint32_t id(std::string_view text) {
    text = cut_bytes(text, kLongest);
    key_.assign(text);
    auto found = ids_.find(key_);
    if (found != ids_.end()) return found->second;
    if (texts_.size() >= kLimit) return 0;
    auto next = static_cast<uint32_t>(texts_.size());
    auto at = ids_.emplace(key_, next).first;
    texts_.push_back(&at->first);
    return next;
  }
  const std::string& text(uint32_t id) const { return *texts_[id]; }

 private:
  std::string key_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::vector<const std::string*> texts_;  // nodes of a map stay where they are
};

}  // namespace cairn::anomaly
