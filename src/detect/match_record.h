#pragma once

// Matched events on their way through the sorter: bytes in, the same event out.

#include "base/pack.h"
#include "detect/flat_map.h"
#include "model/event.h"
#include "model/finding.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::detect {

/// Bytes kept of one text of an event; AWS cuts most at 1 KiB itself.
inline constexpr size_t kTextBytes = 2048;

/// One rule that an event satisfied.
struct MatchedRule {
  uint32_t rule = 0;
  bool allowed = false;
  bool own_key = false;  // false: the key is the principal
  std::string_view key;
  std::string_view captured;  // what correlations ask of the event (CaptureReader); "" for nothing
};

/// Values of an event that correlations look at, in the order of Run::Rule::captured. A value that
/// is missing or null is none.
void pack_captured(std::string& out, const FieldValue& value);
/// True for what pack_captured() makes: to be asked of bytes that come out of a file.
bool is_captured(std::string_view bytes);
class CaptureReader {
 public:
  void read(std::string_view captured);
  std::optional<std::string_view> at(size_t place) const {
    return place < values_.size() ? values_[place] : std::nullopt;
  }

 private:
  std::vector<std::optional<std::string_view>> values_;
};

/// EventSummary in views: of the event on its way in, of the record's bytes on its way out.
struct EventView {
  Timestamp time{};
  bool time_known = false;
  uint64_t offset = 0;
  std::string_view event_id, event_name, event_source, region, account, principal, session,
      access_key, source_ip, user_agent, error_code, error_message, target, words;
  std::string_view folder, file;  // of the input: "a/b/" and "c.json.gz"
};

/// One matched event. `brief`: no rule is at the run's level, so only the rules, time, place and
/// eventID are kept, for counting and for Options::visit_context_matches.
struct MatchRecord {
  std::vector<MatchedRule> rules;  // ascending
  bool brief = false;
  uint64_t fingerprint = 0;
  EventView event;
};

/// Copies the texts; reuses the memory of `summary`.
void copy_event(const EventView& event, EventSummary& summary);

/// Texts that many matches of one collector share, written once and then named by number: matches
/// stay small, so that more of them fit into memory. Bounded; what does not fit any more is written
/// out in each match. One thread while matches are encoded; then any may read.
class SharedTexts {
 public:
  /// `collector` tells the pools of a run apart.
  SharedTexts(uint32_t collector, size_t budget_bytes)
      : collector_(collector), budget_bytes_(budget_bytes) {}

  uint32_t collector() const { return collector_; }
  /// Returns the number of what `pack` appends to a text, or kFull. The same hash means the same.
  template <typename Pack>
  uint32_t number_of(uint64_t hash, const Pack& pack) {
    auto [number, is_new] = numbers_.find_or_add(hash);
    if (!is_new) return *number;
    *number = kFull;
    if (texts_.size() + numbers_.size() * kEntryBytes < budget_bytes_) {
      *number = static_cast<uint32_t>(begins_.size());
      begins_.push_back(texts_.size());
      pack(texts_);
    } else if (numbers_.size() * kEntryBytes > budget_bytes_) {
      // Only newcomers are left in a table of this size: forgetting them keeps it bounded.
      return forget_newcomers();
    }
    return *number;
  }
  std::string_view text(uint64_t number) const {
    return std::string_view(texts_).substr(begins_[number]);
  }

  static constexpr uint32_t kFull = UINT32_MAX;

 private:
  static constexpr size_t kEntryBytes = 64;
  uint32_t forget_newcomers();

  uint32_t collector_;
  size_t budget_bytes_;
  FlatMap<uint32_t> numbers_;
  std::vector<size_t> begins_;
  std::string texts_;
};

/// Sorter key: events with a time first, by time, eventID, content. Copies have equal keys.
/// Payload: everything else.
struct EncodedMatch {
  std::string key, payload;
};
/// `context` and `type` are the hashes of the event's row.
void encode_match(const MatchRecord& record, uint64_t context, uint64_t type, SharedTexts& shared,
                  EncodedMatch& encoded);

/// A payload without its rules: what a correlation keeps of an event. A view of the payload.
struct BareMatch {
  uint64_t collector = 0;
  std::string_view rest;

  /// None for an event without a time.
  std::optional<int64_t> time_ms() const;
  /// As bytes, for attribute().
  void pack(std::string& out) const;
};
/// True for what BareMatch::pack() makes of an event with its texts written out, at most so many
/// milliseconds from 1970: to be asked of bytes that come out of a file.
bool is_written_out(std::string_view bare, int64_t farthest_ms);
/// Reads the rules of a payload, as views of it; reuses the memory of `rules`.
BareMatch read_rules(std::string_view payload, std::vector<MatchedRule>& rules);
/// Returns the first rule of a payload when it is the only one.
std::optional<uint32_t> only_rule(std::string_view payload);
/// Makes key and payload of the event in `bare` as a match of rules.
void attribute(std::string_view bare, const std::vector<MatchedRule>& rules, EncodedMatch& match);
/// Makes key and payload of the event in `bare` as a match of one rule with a key of its own.
void attribute(std::string_view bare, uint32_t rule, std::string_view key, EncodedMatch& match);

/// Reads a record back, as views of the payload and of the shared texts of its collector; reuses
/// the memory of `record`.
void decode_match(std::string_view payload, const std::vector<const SharedTexts*>& shared,
                  MatchRecord& record);

}  // namespace cairn::detect
