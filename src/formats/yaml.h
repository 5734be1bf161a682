#pragma once

// YAML as a tree that knows where everything stood, so that every remark can be located. Behind it
// is yaml-cpp, seen by yaml.cc alone.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"

namespace cairn {

/// A node of a document. A value. Scalars keep their text as written and whether they were quoted,
/// because Sigma tells '1' from 1 and "null" from null.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  std::string text;             // scalars
  bool quoted = false;          // scalars: single, double or block quoted
  std::string tag;              // explicit tag such as "!Sub", "" for none
  size_t line = 0, column = 0;  // from 1
  std::vector<YamlNode> items;  // sequences
  std::vector<std::pair<YamlNode, YamlNode>>
      members;  // maps, in the order written; keys are scalars

  bool is_map() const { return kind == Kind::kMap; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_null() const { return kind == Kind::kNull; }
  /// Returns the member's value, or null when there is none (also when this is no map).
  const YamlNode* find(std::string_view key) const;
  /// Returns the key node of a member, for its position.
  const YamlNode* find_key(std::string_view key) const;

  bool operator==(const YamlNode&) const = default;
};

/// Parses all documents of a text. Reports syntax errors, duplicate keys (an error: YAML 1.2
/// forbids them and yaml-cpp keeps silent), keys that are not scalars, nesting deeper than 100,
/// aliases that expand to more than 100,000 nodes, and text that is not UTF-8; documents before a
/// syntax error are returned. Plain `null`, `~` and empty are kNull. Merge keys (<<) are expanded.
std::vector<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                 Diagnostics& diagnostics);

}  // namespace cairn
