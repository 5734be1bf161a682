// Documents as bytes, in the order of a walk from the top. A node is
//
//   head     1 byte: kind, plus kQuoted and kTagged
//   line     number      } numbers: seven bits a byte, lowest first, the high bit says that more
//   follow column   number      } tag      text, only with kTagged                  text: number of
//   bytes, bytes scalar:  text    sequence: number of items, items    map: number of members, each
//   a key and a value
//
// and the whole is the mark "CYT1", the number of documents, and the documents.

#include "formats/yaml.h"

#include <cstdint>

namespace cairn {
namespace {

constexpr std::string_view kMark = "CYT1";
constexpr uint8_t kKindMask = 0x0F;
constexpr uint8_t kQuoted = 0x10;
constexpr uint8_t kTagged = 0x20;

void put_number(std::string& out, size_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(0x80 | (value & 0x7F)));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

void put_node(std::string& out, const YamlNode& node) {
  auto head = static_cast<uint8_t>(node.kind);
  if (node.quoted) head |= kQuoted;
  if (!node.tag.empty()) head |= kTagged;
  out.push_back(static_cast<char>(head));
  put_number(out, node.line);
  put_number(out, node.column);
  if (!node.tag.empty()) put_text(out, node.tag);
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      break;
    case YamlNode::Kind::kScalar:
      put_text(out, node.text);
      break;
    case YamlNode::Kind::kSequence:
      put_number(out, node.items.size());
      for (const YamlNode& item : node.items) put_node(out, item);
      break;
    case YamlNode::Kind::kMap:
      put_number(out, node.members.size());
      for (const auto& [key, value] : node.members) {
        put_node(out, key);
        put_node(out, value);
      }
      break;
  }
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  bool skip(std::string_view mark) {
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }

  bool number(size_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 63 && !rest_.empty(); shift += 7) {
      auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<size_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  // Every counted thing takes at least one byte, so a count above what is left is damage, not a
  // reason to allocate.
  bool count(size_t& value) { return number(value) && value <= rest_.size(); }

  bool text(std::string& out) {
    size_t size = 0;
    if (!count(size)) return false;
    out.assign(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return true;
  }

  bool node(YamlNode& node, size_t depth) {
    if (rest_.empty() || depth > kYamlNestingLimit + 1) return false;
    auto head = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if ((head & kKindMask) > static_cast<uint8_t>(YamlNode::Kind::kMap)) return false;
    node.kind = static_cast<YamlNode::Kind>(head & kKindMask);
    node.quoted = (head & kQuoted) != 0;
    if (!number(node.line) || !number(node.column)) return false;
    if ((head & kTagged) != 0 && !text(node.tag)) return false;
    if (node.is_scalar()) return text(node.text);
    if (node.is_null()) return true;
    size_t children = 0;
    if (!count(children)) return false;
    return node.is_map() ? members(node, children, depth) : items(node, children, depth);
  }

 private:
  bool items(YamlNode& parent, size_t count, size_t depth) {
    parent.items.resize(count);
    for (YamlNode& item : parent.items) {
      if (!node(item, depth + 1)) return false;
    }
    return true;
  }

  bool members(YamlNode& parent, size_t count, size_t depth) {
    parent.members.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      // Not resize(): clang 14 takes a pair of YamlNode for not default constructible.
      auto& [key, value] = parent.members.emplace_back(YamlNode{}, YamlNode{});
      if (!node(key, depth + 1) || !key.is_scalar() || !node(value, depth + 1)) return false;
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::string serialize_yaml(const std::vector<YamlNode>& documents) {
  std::string out(kMark);
  put_number(out, documents.size());
  for (const YamlNode& document : documents) put_node(out, document);
  return out;
}

Result<std::vector<YamlNode>> deserialize_yaml(std::string_view bytes) {
  Error damaged{ErrorCode::kCorrupt, "embedded documents are damaged"};
  ByteReader reader(bytes);
  size_t count = 0;
  if (!reader.skip(kMark) || !reader.count(count)) return damaged;
  std::vector<YamlNode> documents(count);
  for (YamlNode& document : documents) {
    if (!reader.node(document, 0)) return damaged;
  }
  if (!reader.at_end()) return damaged;
  return documents;
}

}  // namespace cairn
