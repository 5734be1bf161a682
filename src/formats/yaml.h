#pragma once

// YAML as a tree that knows where everything stood, so that every remark can be located. Behind it
// is libyaml, seen by yaml.cc alone.

#include "base/diagnostics.h"
#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// A node of a document. A value. Scalars keep their text as written and whether they were quoted,
/// because Sigma tells '1' from 1 and "null" from null.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  std::string text;             // scalars
  bool quoted = false;          // scalars: single, double or block quoted
  std::string tag;              // explicit tag such as "!Sub", "" for none
  size_t line = 0, column = 0;  // from 1; columns count bytes
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

/// The documents of a text, and how many were left out because of an error in them (each has one in
/// the diagnostics).
struct YamlDocuments {
  std::vector<YamlNode> documents;
  size_t damaged = 0;
};

inline constexpr size_t kYamlBytesLimit = 8u << 20;  // of one text
inline constexpr size_t kYamlNestingLimit = 100;     // of collections inside each other
inline constexpr size_t kYamlAliasNodeLimit =
    100'000;  // nodes that the aliases of one document expand to

/// Parses all documents of a text. Reports syntax errors, duplicate keys (an error: YAML 1.2
/// forbids them and libyaml keeps silent), keys that are not scalars, nesting and aliases above
/// the limits, control characters, and text that is not UTF-8. A document with an error is left out
/// and counted; a syntax error and too deep nesting end the reading, the documents before it are
/// returned. Plain `null`, `~` and empty are kNull. Merge keys (<<) are expanded: the map's own
/// keys win, earlier maps before later ones. Empty documents are kNull. Codes: yaml-syntax,
/// yaml-duplicate-key, yaml-key, yaml-nesting, yaml-alias, yaml-merge, yaml-encoding, yaml-size.
YamlDocuments parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

/// Returns documents as bytes that deserialize_yaml reads back some twenty times faster than YAML
/// is parsed: a program embeds its own files in this form. Not a format for storage: it may change
/// with the program.
std::string serialize_yaml(const std::vector<YamlNode>& documents);
/// Fails with kCorrupt.
Result<std::vector<YamlNode>> deserialize_yaml(std::string_view bytes);

}  // namespace cairn
