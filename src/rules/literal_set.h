#pragma once

// Many literals looked for in one pass over a text: the automaton of Aho and Corasick ("Efficient
// string matching", 1975).
//
// States are numbered breadth first, and bytes are grouped into classes (all bytes that no literal
// uses are one class). The first states, where a scan spends nearly all its time, have a row with
// the next state for every class, failure steps already taken; deeper states list only their own
// children and step back along their failure link. So memory stays near the size of the literals
// while the usual step is one load. Rejected: a full table (25 MB for 5,000 literals), and the
// literals one by one (cost grows with the rules).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

class LiteralSet {
 public:
  enum class Anchor : uint8_t { kAnywhere, kStart, kEnd };

  /// Adds a literal, which must not be empty; `id` is what scan() reports. Literals may repeat with
  /// other ids or anchors.
  void add(std::string_view literal, Anchor anchor, uint32_t id);
  /// Builds the automaton; no add() after it. `table_bytes` bounds the rows; the first state always
  /// has one.
  void build(size_t table_bytes = kTableBytes);
  bool empty() const { return literals_.empty(); }

  /// Calls found(id) for every literal that the text holds where its anchor says. An id may be
  /// reported more than once.
  template <typename Found>
  void scan(std::string_view text, Found found) const {
    uint32_t state = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      state = next(state, classes_[static_cast<uint8_t>(text[i])]);
      if (outputs_[state] != kNone) report(state, i + 1, text.size(), found);
    }
  }

 private:
  static constexpr size_t kTableBytes = 2u << 20;
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Literal {
    std::string text;
    Anchor anchor;
    uint32_t id;
  };
  struct Edge {
    uint16_t byte_class;
    uint32_t target;
  };
  // A literal that ends in a state, chained to the next one that ends there too (its own, or a
  // suffix's).
  struct Output {
    uint32_t id, length, next;
    Anchor anchor;
  };
  class Builder;

  uint32_t next(uint32_t state, uint16_t byte_class) const {
    while (state >= row_count_) {
      for (uint32_t e = first_edge_[state]; e < first_edge_[state + 1]; ++e) {
        if (edges_[e].byte_class == byte_class) return edges_[e].target;
      }
      state = failure_[state];
    }
    return rows_[state * class_count_ + byte_class];
  }

  template <typename Found>
  void report(uint32_t state, size_t end, size_t text_size, Found& found) const {
    for (uint32_t o = outputs_[state]; o != kNone; o = output_list_[o].next) {
      const Output& output = output_list_[o];
      bool in_place = output.anchor == Anchor::kAnywhere ||
                      (output.anchor == Anchor::kStart ? end == output.length : end == text_size);
      if (in_place) found(output.id);
    }
  }

  std::vector<Literal> literals_;
  std::array<uint16_t, 256> classes_{};
  size_t class_count_ = 1;  // class 0: bytes of no literal
  size_t row_count_ = 0;
  std::vector<uint32_t> rows_;
  std::vector<uint32_t> first_edge_;
  std::vector<Edge> edges_;
  std::vector<uint32_t> failure_;
  std::vector<uint32_t> outputs_;
  std::vector<Output> output_list_;
};

}  // namespace cairn::rules
