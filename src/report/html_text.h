#pragma once

// Texts of report.html: numbered once, and never able to end the block they stand in.

#include "base/hash.h"
#include "base/time.h"
#include "formats/json_writer.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::report {

/// Returns JSON with "<", ">" and "&" as escapes. In JSON these stand in strings only, so the
/// document stays the same.
std::string safe_in_html(std::string_view json);

/// Writes a time or a length of time as seconds; milliseconds only where there are some.
void json_seconds(JsonWriter& json, Duration duration);

/// Gives each text a number, in order of first use; the empty text has 0. The texts must outlive
/// the table.
class StringTable {
 public:
  StringTable() { number(""); }

  uint32_t number(std::string_view text);
  /// Remembers how people call a user agent (client_name()).
  void note_agent(std::string_view agent);

  /// Returns the number of a text that has one.
  std::optional<uint32_t> find(std::string_view text) const;

  const std::vector<std::string_view>& texts() const { return texts_; }
  /// Number of a user agent → number of its client.
  const std::map<uint32_t, uint32_t>& clients() const { return clients_; }

 private:
  struct TextHash {
    size_t operator()(std::string_view text) const { return hash64(text); }
  };

  std::vector<std::string_view> texts_;
  std::unordered_map<std::string_view, uint32_t, TextHash> numbers_;
  std::deque<std::string> own_;  // texts made here
  std::map<uint32_t, uint32_t> clients_;
};

}  // namespace cairn::report
