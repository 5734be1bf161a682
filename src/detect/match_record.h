#pragma once

// Matched events on their way through the sorter: bytes in, the same event out.

#include "model/finding.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::detect {

/// Bytes kept of one text of an event; AWS cuts most at 1 KiB itself.
inline constexpr size_t kTextBytes = 2048;

/// Cuts to at most `limit` bytes without splitting a UTF-8 character.
std::string_view cut_bytes(std::string_view text, size_t limit);

/// Appends numbers and texts so that PackReader reads them back. In-process only: not a file
/// format.
void pack_number(std::string& out, uint64_t number);
void pack_text(std::string& out, std::string_view text);

/// Reads what pack_* wrote; ends the program when the bytes are not that.
class PackReader {
 public:
  explicit PackReader(std::string_view bytes) : bytes_(bytes) {}
  uint64_t number();
  std::string_view text();
  std::string_view bytes(size_t count);
  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

/// One rule that an event satisfied.
struct MatchedRule {
  uint32_t rule = 0;
  bool allowed = false;
  bool own_key = false;  // false: the key is the principal
  std::string key;
};

/// One matched event. `brief`: no rule is at the run's level, so only the rules, the time and the
/// eventID are kept, for counting and for Options::visit_context_matches.
struct MatchRecord {
  std::vector<MatchedRule> rules;  // ascending
  bool brief = false;
  uint64_t fingerprint = 0;
  EventSummary event;
};

/// Sorter key: events with a time first, by time, eventID, content; of copies, the one with the
/// smallest file name and offset first. Copies have equal prefixes: `prefix_bytes` tells how long.
/// Payload: everything.
struct EncodedMatch {
  std::string key, payload;
};
void encode_match(const MatchRecord& record, EncodedMatch& encoded);

/// Returns the part of the key that copies of one event share.
std::string_view shared_prefix(std::string_view key, std::string_view payload);
/// Reads a record back; reuses the memory of `record`.
void decode_match(std::string_view payload, MatchRecord& record);

}  // namespace cairn::detect
