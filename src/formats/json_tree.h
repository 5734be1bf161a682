#pragma once

// One JSON document as a flat tree of views: for texts of which every value may be asked for, such
// as patterns and the events that are held against them. Behind it is simdjson.

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// A parsed document, reused from text to text. What it hands out is valid until the next parse().
/// One thread.
class JsonTree {
 public:
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

  /// Nodes stand in the order of the text: the children of node `i` begin at `i + 1`, and the one
  /// after child `c` is `nodes()[c].next`, up to the parent's own `next`.
  struct Node {
    Kind kind = Kind::kNull;
    std::string_view key;   // members of objects: unescaped
    std::string_view text;  // strings: unescaped; numbers and literals: as written
    size_t offset = 0;      // of the value in the text
    uint32_t next = 0;      // the first node behind this one and all in it

    bool is_scalar() const { return kind < Kind::kArray; }
    bool is_string() const { return kind == Kind::kString; }
    bool is_number() const { return kind == Kind::kNumber; }
  };

  JsonTree();
  ~JsonTree();
  JsonTree(const JsonTree&) = delete;
  JsonTree& operator=(const JsonTree&) = delete;

  /// Parses a text that is one object or one array, and nothing behind it. Fails with
  /// kInvalidInput, the message telling what is wrong and offset() where; also for text that is not
  /// UTF-8, for numbers that no double holds, and for nesting beyond kNestingLimit. Members keep
  /// their order; a key that stands twice is there twice.
  Status parse(std::string_view text);
  /// The place of the last error.
  size_t offset() const { return offset_; }

  /// Node 0 is the document; empty before the first success.
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& operator[](uint32_t node) const { return nodes_[node]; }
  /// Returns the last member of an object that has this key, 0 when there is none.
  uint32_t find(uint32_t object, std::string_view key) const;

  static constexpr size_t kNestingLimit = 200;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::vector<Node> nodes_;
  size_t offset_ = 0;
};

}  // namespace cairn
