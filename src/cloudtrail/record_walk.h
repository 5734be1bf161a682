#pragma once

// The walk: one pass over the tokens of an object that fills an Event.
//
// It goes by the structural index: a token is a position, so the end of a string is one step back
// from the next token, and a subtree nobody asked for is skipped by counting brackets. Top-level
// values and everything under userIdentity become slots at once. Other subtrees that somebody has
// paths into are remembered by the position of their first token and walked on demand, on the same
// index.
//
// How strict it is: keys, colons and commas of the record itself and of the subtrees that are
// walked must be right, and so must brackets and literals there; inside skipped subtrees only the
// brackets are counted.

#include "cloudtrail/field_trie.h"
#include "cloudtrail/json_text.h"
#include "cloudtrail/structural_index.h"
#include "cloudtrail/text_arena.h"
#include "model/event.h"
#include "model/standard_fields.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::cloudtrail {

class RecordWalk : public SubtreeReader {
 public:
  /// All three outlive the walk. Objects nested deeper than `nesting` are refused.
  RecordWalk(const FieldTable& fields, const FieldTrie& trie, const StandardFields& standard,
             size_t nesting);

  enum class Verdict : uint8_t {
    kEvent,       // a CloudTrail record; event() holds it
    kOther,       // a whole object, but no CloudTrail record
    kEnvelope,    // something that holds records: the member at `key` is where they are
    kIncomplete,  // the text ends inside the object
    kBroken,      // not JSON, or too deep; see `reason` and `fault`
  };
  struct Outcome {
    Verdict verdict = Verdict::kBroken;
    uint32_t marks = 0;       // of the keys seen, see KeyMark
    size_t end = 0;           // kEvent, kOther: just behind the object
    uint32_t next_token = 0;  // kEvent, kOther: the first token behind it
    size_t key = 0;           // kEnvelope: position of the key's opening quote
    std::string_view reason;  // kBroken
    size_t fault = 0;         // kBroken: where
  };

  /// Chooses the text that the next walks go over. Its byte after the end must be readable and no
  /// JSON: the caller puts a NUL there.
  void use(std::string_view text, const StructuralIndex& index);
  /// Walks the object that opens at a token. `offset` is the place of the text's first byte in the
  /// input.
  Outcome walk(uint32_t token, uint64_t offset);
  /// Finds the end of the value that starts at a token: the first token behind it, or nothing when
  /// it is broken or incomplete.
  std::optional<uint32_t> skip_value(uint32_t token);

  /// The last walked record; good until the next walk() or use().
  Event& event() { return event_; }

  void read_subtree(Event& event, SlotId root) override;

 private:
  static constexpr uint32_t kFault = UINT32_MAX;

  struct Kept {
    uint64_t record = 0;  // number of the record that set it
    uint32_t token = 0;
  };

  // Data, not operator[]: looking one token too far reads the NUL behind the text.
  char at(uint32_t token) const { return text_.data()[positions_[token]]; }
  uint32_t fail(uint32_t token, std::string_view reason);
  std::string_view string_text(uint32_t token);
  std::string_view token_text(uint32_t token) const {
    size_t begin = positions_[token], end = positions_[token + 1];
    while (end > begin && is_json_blank(text_.data()[end - 1])) --end;
    return {text_.data() + begin, end - begin};
  }
  const FieldTrie::Node* find_key(const FieldTrie::KeyTable& keys, uint32_t token);
  std::string_view unescaped(std::string_view literal);
  std::string_view compact_text(uint32_t token, uint32_t next);
  FieldValue scalar(uint32_t token);
  uint32_t skip_container(uint32_t token);
  uint32_t keep_container(uint32_t token, SlotId slot);
  uint32_t read_value(const FieldTrie::Node& node, uint32_t token, size_t depth);
  uint32_t read_members(const FieldTrie::Node& node, uint32_t token, size_t depth);
  uint32_t read_elements(const FieldTrie::Node& node, uint32_t token, size_t depth);
  uint32_t read_member(const FieldTrie::Node* node, uint32_t value, size_t depth);
  bool opens_envelope(uint32_t marks, uint32_t value) const;
  bool is_record(uint32_t marks);
  bool is_identity();
  void settle_time(uint32_t timestamp);

  const FieldTrie& trie_;
  const StandardFields& standard_;
  const size_t nesting_;
  Event event_;
  TextArena arena_;
  std::vector<Kept> kept_;  // by slot: where a lazy subtree begins
  uint64_t record_ = 0;

  std::string_view text_;
  const uint32_t* positions_ = nullptr;
  uint32_t size_ = 0;
  size_t clean_begin_ = 0, clean_end_ = 0;  // no backslash between the two
  std::string_view fault_reason_;
  uint32_t fault_token_ = 0;
};

}  // namespace cairn::cloudtrail
