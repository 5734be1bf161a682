#include "formats/yaml.h"

// yaml-cpp hands over events (scalar, start of a map, …); TreeBuilder turns them into YamlNodes.
// The events are taken rather than yaml-cpp's own Node tree because they carry anchors and tags
// untouched, show duplicate keys, and cost half the time.

#include "base/text.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace cairn {
namespace {

size_t from_one(int zero_based) { return zero_based < 0 ? 0 : static_cast<size_t>(zero_based) + 1; }

size_t node_count(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += node_count(item);
  for (const auto& [key, value] : node.members) count += 1 + node_count(value);
  return count;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& file, Diagnostics& diagnostics)
      : text_(text), file_(file), diagnostics_(diagnostics) {}

  bool failed() const { return failed_; }
  bool take_failed() { return std::exchange(failed_, false); }
  /// The library found another document without having read on: it would do so for ever.
  bool stuck() const { return stuck_; }
  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    root_ = YamlNode{};
    root_.line = from_one(mark.line);
    root_.column = from_one(mark.column);
    stuck_ = mark.pos == document_position_;
    document_position_ = mark.pos;
    stack_.clear();
    anchors_.clear();
    alias_nodes_ = 0;
    depth_ = 0;
    failed_ = false;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed_) return;
    finish(at(mark, YamlNode::Kind::kNull), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed_) return;
    YamlNode node = at(mark, YamlNode::Kind::kNull);
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {  // an alias inside the node that it names
      fail("yaml-alias", node, "the alias refers to a node that contains it", "");
      return;
    }
    alias_nodes_ += found->second.nodes;
    if (alias_nodes_ > kYamlAliasNodeLimit) {
      fail("yaml-alias", node,
           "the aliases of this document expand to more than " + format_count(kYamlAliasNodeLimit) +
               " nodes",
           "write the repeated parts out, or remove them");
      return;
    }
    finish(found->second.node, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (failed_) return;
    YamlNode node = at(mark, YamlNode::Kind::kScalar);
    node.text = value;
    node.quoted = tag == "!";
    set_tag(node, tag);
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    start(at(mark, YamlNode::Kind::kSequence), tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    start(at(mark, YamlNode::Kind::kMap), tag, anchor);
  }
  void OnMapEnd() override {
    if (!failed_) {
      expand_merge_keys(stack_.back().node);
      if (!failed_) check_duplicates(stack_.back().node);
    }
    end();
  }

  void report(const char* code, size_t line, size_t column, size_t length, std::string message,
              std::string hint) {
    diagnostics_.add({.code = code,
                      .severity = DiagnosticSeverity::kError,
                      .file = file_,
                      .line = line,
                      .column = column,
                      .length = length,
                      .message = std::move(message),
                      .hint = std::move(hint),
                      .source_line = std::string(line_at(text_, line))});
  }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    YamlNode key;
    bool has_key = false;
  };
  struct Anchored {
    YamlNode node;
    size_t nodes = 0;
  };

  static YamlNode at(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = from_one(mark.line);
    node.column = from_one(mark.column);
    return node;
  }

  static void set_tag(YamlNode& node, const std::string& tag) {
    if (tag != "?" && tag != "!") node.tag = tag;  // yaml-cpp: "?" is plain, "!" is quoted
  }

  void fail(const char* code, const YamlNode& where, std::string message, std::string hint) {
    failed_ = true;
    report(code, where.line, where.column, std::max<size_t>(where.text.size(), 1),
           std::move(message), std::move(hint));
  }

  void start(YamlNode node, const std::string& tag, YAML::anchor_t anchor) {
    if (failed_) return;
    if (++depth_ > kYamlNestingLimit) {
      fail("yaml-nesting", node,
           "nested deeper than " + format_count(kYamlNestingLimit) + " collections", "");
      return;
    }
    set_tag(node, tag);
    stack_.push_back({std::move(node), anchor, {}, false});
  }

  void end() {
    if (failed_) return;
    --depth_;
    Open open = std::move(stack_.back());
    stack_.pop_back();
    finish(std::move(open.node), open.anchor);
  }

  void finish(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      size_t nodes = node_count(node);
      alias_nodes_ += nodes;  // an anchor is a copy too
      anchors_[anchor] = {node, nodes};
    }
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (parent.has_key) {
      parent.node.members.emplace_back(std::move(parent.key), std::move(node));
      parent.has_key = false;
      return;
    }
    if (node.is_null()) {  // `null: x`, `? : x`: a key all the same, named as written
      node.kind = YamlNode::Kind::kScalar;
      node.text = "null";
    }
    if (!node.is_scalar()) {
      fail("yaml-key", node, "a key must be a plain or quoted text, not a list or a map", "");
      return;
    }
    parent.key = std::move(node);
    parent.has_key = true;
  }

  static bool is_merge_key(const YamlNode& key) { return key.text == "<<" && !key.quoted; }

  void expand_merge_keys(YamlNode& map) {
    if (std::none_of(map.members.begin(), map.members.end(),
                     [](const auto& member) { return is_merge_key(member.first); })) {
      return;
    }
    std::vector<std::pair<YamlNode, YamlNode>> written = std::move(map.members);
    map.members.clear();
    std::vector<const YamlNode*> merged;
    for (auto& [key, value] : written) {
      if (!is_merge_key(key)) {
        map.members.emplace_back(std::move(key), std::move(value));
      } else if (value.is_sequence()) {
        for (const YamlNode& item : value.items) merged.push_back(&item);
      } else {
        merged.push_back(&value);
      }
    }
    for (const YamlNode* source : merged) {
      if (!source->is_map()) {
        fail("yaml-merge", *source, "a merge key (<<) takes a map or a list of maps", "");
        return;
      }
      for (const auto& member : source->members) {
        if (map.find(member.first.text) == nullptr) map.members.push_back(member);
      }
    }
  }

  void check_duplicates(const YamlNode& map) {
    std::vector<const YamlNode*> keys;
    keys.reserve(map.members.size());
    for (const auto& [key, value] : map.members) keys.push_back(&key);
    std::stable_sort(keys.begin(), keys.end(),
                     [](const YamlNode* a, const YamlNode* b) { return a->text < b->text; });
    auto same =
        std::adjacent_find(keys.begin(), keys.end(),
                           [](const YamlNode* a, const YamlNode* b) { return a->text == b->text; });
    if (same == keys.end()) return;
    const YamlNode& first = **same;
    fail("yaml-duplicate-key", **(same + 1),
         "the key \"" + printable(first.text) + "\" is already on line " +
             std::to_string(first.line),
         "a map holds each key once: rename one, or put the values into one list");
  }

  std::string_view text_;
  const std::string& file_;
  Diagnostics& diagnostics_;
  YamlNode root_;
  std::vector<Open> stack_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  size_t alias_nodes_ = 0;
  size_t depth_ = 0;
  bool failed_ = false;
  int document_position_ = -1;
  bool stuck_ = false;
};

// Finds bytes that no YAML text may hold; yaml-cpp would end the text at some of them without a
// word.
size_t find_forbidden_byte(std::string_view text) {
  auto forbidden = [](char c) {
    return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  };
  return static_cast<size_t>(std::find_if(text.begin(), text.end(), forbidden) - text.begin());
}

// The start of the first line that is not UTF-8.
size_t find_invalid_utf8(std::string_view text) {
  size_t line_begin = 0;
  while (line_begin < text.size()) {
    size_t line_end = std::min(text.find('\n', line_begin), text.size());
    if (!is_valid_utf8(text.substr(line_begin, line_end - line_begin))) return line_begin;
    line_begin = line_end + 1;
  }
  return text.size();
}

size_t line_of(std::string_view text, size_t position) {
  auto before = text.substr(0, position);
  return 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
}

// Returns false, with a remark, when the text is none that yaml-cpp should see.
bool check_text(std::string_view text, TreeBuilder& builder) {
  if (text.size() > kYamlBytesLimit) {
    builder.report("yaml-size", 0, 0, 0, "the text is larger than " + format_bytes(kYamlBytesLimit),
                   "split the file");
    return false;
  }
  if (!is_valid_utf8(text)) {
    builder.report("yaml-encoding", line_of(text, find_invalid_utf8(text)), 0, 0,
                   "the text is not valid UTF-8", "save the file as UTF-8");
    return false;
  }
  size_t forbidden = find_forbidden_byte(text);
  if (forbidden < text.size()) {
    size_t line_begin = text.substr(0, forbidden).rfind('\n') + 1;  // npos + 1 = 0
    builder.report("yaml-encoding", line_of(text, forbidden), forbidden - line_begin + 1, 1,
                   "the text holds a control character", "remove it, or write it as \"\\xNN\"");
    return false;
  }
  return true;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

const YamlNode* YamlNode::find_key(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.text == key) return &name;
  }
  return nullptr;
}

YamlDocuments parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  YamlDocuments result;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  TreeBuilder builder(text, file, diagnostics);
  if (!check_text(text, builder)) {
    result.damaged = 1;
    return result;
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
      if (builder.stuck()) {  // yaml-cpp 0.7 at a comma where a document should begin
        YamlNode here = builder.take_root();
        builder.report("yaml-syntax", here.line, here.column, 1, "a value cannot begin here", "");
        ++result.damaged;
        if (!result.documents.empty())
          result.documents.pop_back();  // the same place, read as nothing
        break;
      }
      if (builder.take_failed()) {
        ++result.damaged;
      } else {
        result.documents.push_back(builder.take_root());
      }
    }
  } catch (const YAML::Exception& problem) {
    if (!builder.failed()) {
      builder.report("yaml-syntax", from_one(problem.mark.line), from_one(problem.mark.column), 1,
                     problem.msg, "");
    }
    ++result.damaged;
  } catch (const std::exception& problem) {  // the library's own checks
    builder.report("yaml-syntax", 0, 0, 0, problem.what(), "");
    ++result.damaged;
  }
  return result;
}

}  // namespace cairn
