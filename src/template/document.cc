#include "template/document.h"

#include "base/text.h"
#include "formats/json_tree.h"
#include "template/template.h"

#include <utility>

namespace cairn::templates {

namespace {

/// Turns a JSON document into the tree that YAML gives.
class JsonReader {
 public:
  explicit JsonReader(Remarks& remarks) : remarks_(remarks) {}

  std::optional<YamlNode> read(std::string_view text) {
    Status parsed = tree_.parse(text);
    if (!parsed.ok()) {
      YamlNode at = node_at(tree_.offset());
      remarks_.error("template-syntax", at, parsed.error().message);
      return std::nullopt;
    }
    return node(0);
  }

 private:
  YamlNode node_at(size_t offset) const {
    YamlNode result;
    std::tie(result.line, result.column) = remarks_.place(offset);
    return result;
  }

  YamlNode node(uint32_t index) const {
    const JsonTree::Node& from = tree_[index];
    YamlNode result = node_at(from.offset);
    switch (from.kind) {
      case JsonTree::Kind::kNull:
        return result;
      case JsonTree::Kind::kArray:
        result.kind = YamlNode::Kind::kSequence;
        for (uint32_t i = index + 1; i < from.next; i = tree_[i].next)
          result.items.push_back(node(i));
        return result;
      case JsonTree::Kind::kObject:
        result.kind = YamlNode::Kind::kMap;
        for (uint32_t i = index + 1; i < from.next; i = tree_[i].next) {
          YamlNode key = node_at(tree_[i].offset);
          key.kind = YamlNode::Kind::kScalar;
          key.text = tree_[i].key;
          key.quoted = true;
          if (const YamlNode* before = result.find_key(key.text))
            remarks_.error("template-syntax", key,
                           "the key \"" + printable(key.text) + "\" is already on line " +
                               std::to_string(before->line));
          result.members.emplace_back(std::move(key), node(i));
        }
        return result;
      default:
        result.kind = YamlNode::Kind::kScalar;
        result.text = from.text;
        result.quoted = from.is_string();
        return result;
    }
  }

  Remarks& remarks_;
  JsonTree tree_;
};

/// Walks a tree: writes short forms out and holds it against the nesting limit.
class Normalizer {
 public:
  explicit Normalizer(Remarks& remarks) : remarks_(remarks) {}

  bool run(YamlNode& node, size_t depth = 0) {
    if (depth > kNestingLimit) {
      remarks_.error("template-nesting", node,
                     "nested deeper than " + format_count(kNestingLimit) + " collections");
      return false;
    }
    for (YamlNode& item : node.items) {
      if (!run(item, depth + 1)) return false;
    }
    for (auto& [key, value] : node.members) {
      if (!run(value, depth + 1)) return false;
    }
    write_out(node);
    return true;
  }

 private:
  static void write_out(YamlNode& node) {
    if (node.tag.empty()) return;
    const std::string tag = std::exchange(node.tag, {});
    if (!tag.starts_with("!") || tag.starts_with("!!") || tag == "!") {
      // !!str and its kind: what is not text stays what it looks like.
      if (tag.ends_with(":str") || tag == "!!str") node.quoted = true;
      return;
    }
    std::string name = tag.substr(1);
    if (name != "Ref" && name != "Condition") name = "Fn::" + name;
    YamlNode map, key;
    map.kind = YamlNode::Kind::kMap;
    key.kind = YamlNode::Kind::kScalar;
    key.text = name;
    map.line = key.line = node.line;
    map.column = key.column = node.column;
    map.members.emplace_back(std::move(key), std::move(node));
    node = std::move(map);
  }

  Remarks& remarks_;
};

}  // namespace

std::optional<YamlNode> read_document(std::string_view text, Remarks& remarks,
                                      Diagnostics& diagnostics) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::optional<YamlNode> root;
  if (trim(text).starts_with('{') && text.size() <= kYamlBytesLimit) {
    root = JsonReader(remarks).read(text);
    if (!root) return root;
  } else {
    YamlDocuments parsed = parse_yaml(text, remarks.file(), diagnostics);
    if (parsed.damaged > 0 || diagnostics.has_errors()) return std::nullopt;
    if (parsed.documents.size() > 1)
      remarks.warning("template-syntax", parsed.documents[1],
                      "only the first document of this file is read");
    if (!parsed.documents.empty()) root = std::move(parsed.documents.front());
  }
  if (!root || !root->is_map()) {
    remarks.error("template-syntax", root ? *root : YamlNode(),
                  "this is no CloudFormation template: a map with Resources is expected");
    return std::nullopt;
  }
  if (!Normalizer(remarks).run(*root)) return std::nullopt;
  return root;
}

const std::pair<YamlNode, YamlNode>* function_call(const YamlNode& node) {
  if (!node.is_map() || node.members.size() != 1) return nullptr;
  const std::string& name = node.members.front().first.text;
  return name == "Ref" || name.starts_with("Fn::") ? &node.members.front() : nullptr;
}

}  // namespace cairn::templates
