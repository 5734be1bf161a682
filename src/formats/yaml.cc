#include "formats/yaml.h"

// libyaml hands over events (scalar, start of a map, …); TreeBuilder turns them into YamlNodes. The
// events are taken rather than libyaml's own documents because they show duplicate keys, and where
// everything stood.

#include "base/check.h"
#include "base/lines.h"
#include "base/text.h"

#include <yaml.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace cairn {
namespace {

size_t node_count(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += node_count(item);
  for (const auto& [key, value] : node.members) count += 1 + node_count(value);
  return count;
}

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);  // NOLINT
}

/// One event, freed at its end.
class ParserEvent {
 public:
  ParserEvent() = default;
  ~ParserEvent() { yaml_event_delete(&event_); }
  ParserEvent(const ParserEvent&) = delete;
  ParserEvent& operator=(const ParserEvent&) = delete;
  yaml_event_t& operator*() { return event_; }
  yaml_event_t* operator->() { return &event_; }

 private:
  yaml_event_t event_{};
};

/// Counts in bytes what libyaml counts in characters.
class Places {
 public:
  explicit Places(std::string_view text)
      : text_(text),
        is_ascii_(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; })) {}

  size_t line(const yaml_mark_t& mark) const { return mark.line + 1; }
  size_t column(const yaml_mark_t& mark) {
    if (is_ascii_) return mark.column + 1;
    if (mark.line < line_) line_ = begin_ = bytes_ = characters_ = 0;
    for (; line_ < mark.line && begin_ < text_.size(); ++line_) {
      begin_ = std::min(text_.find('\n', begin_), text_.size() - 1) + 1;
      bytes_ = characters_ = 0;
    }
    if (mark.column < characters_) bytes_ = characters_ = 0;
    while (characters_ < mark.column && begin_ + bytes_ < text_.size()) {
      ++characters_;
      for (++bytes_; begin_ + bytes_ < text_.size() && !starts_character(begin_ + bytes_);)
        ++bytes_;
    }
    return bytes_ + 1;
  }

 private:
  bool starts_character(size_t at) const {
    return (static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80;
  }

  std::string_view text_;
  bool is_ascii_;
  // Of the last mark, since most go forwards: its line, where that begins, and the column.
  size_t line_ = 0, begin_ = 0, bytes_ = 0, characters_ = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) {
    CAIRN_CHECK(yaml_parser_initialize(&parser_) == 1);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());  // NOLINT
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, bytes, text.size());
  }
  ~Parser() { yaml_parser_delete(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// Returns false at an error, which state() tells.
  bool next(yaml_event_t& event) { return yaml_parser_parse(&parser_, &event) == 1; }
  const yaml_parser_t& state() const { return parser_; }

 private:
  yaml_parser_t parser_{};
};

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const std::string& file, Diagnostics& diagnostics)
      : lines_(text), places_(text), file_(file), diagnostics_(diagnostics) {}

  /// The document has an error: the rest of it is passed over.
  bool failed() const { return failed_; }
  /// So deep that reading on would take for ever.
  bool is_too_deep() const { return depth_ > kYamlNestingLimit; }
  YamlNode take_root() { return std::move(root_); }

  void start_document(const yaml_event_t& event) {
    root_ = at(event, YamlNode::Kind::kNull);
    stack_.clear();
    anchors_.clear();
    alias_nodes_ = 0;
    depth_ = 0;
    failed_ = false;
  }

  void take(const yaml_event_t& event) {
    if (failed_) return;
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return alias(event);
      case YAML_SCALAR_EVENT:
        return scalar(event);
      case YAML_SEQUENCE_START_EVENT:
        return start(at(event, YamlNode::Kind::kSequence), view(event.data.sequence_start.tag),
                     view(event.data.sequence_start.anchor));
      case YAML_MAPPING_START_EVENT:
        return start(at(event, YamlNode::Kind::kMap), view(event.data.mapping_start.tag),
                     view(event.data.mapping_start.anchor));
      case YAML_MAPPING_END_EVENT:
        expand_merge_keys(stack_.back().node);
        if (!failed_) check_duplicates(stack_.back().node);
        return end();
      case YAML_SEQUENCE_END_EVENT:
        return end();
      default:
        return;
    }
  }

  void report_syntax(const yaml_parser_t& parser) {
    failed_ = true;
    std::string message(parser.problem == nullptr ? "not YAML" : parser.problem);
    if (parser.context != nullptr) message = std::string(parser.context) + ": " + message;
    report("yaml-syntax", places_.line(parser.problem_mark), places_.column(parser.problem_mark), 1,
           std::move(message), "");
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
                      .source_line = lines_.shown(line)});
  }

 private:
  struct Open {
    YamlNode node;
    std::string anchor;
    YamlNode key;
    bool has_key = false;
  };
  struct Anchored {
    YamlNode node;
    size_t nodes = 0;
  };

  YamlNode at(const yaml_event_t& event, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = places_.line(event.start_mark);
    node.column = places_.column(event.start_mark);
    return node;
  }

  void alias(const yaml_event_t& event) {
    YamlNode node = at(event, YamlNode::Kind::kNull);
    std::string_view name = view(event.data.alias.anchor);
    auto found = anchors_.find(std::string(name));
    if (found == anchors_.end()) {
      bool inside = std::any_of(stack_.begin(), stack_.end(),
                                [&](const Open& open) { return open.anchor == name; });
      fail("yaml-alias", node,
           inside ? "the alias refers to a node that contains it"
                  : "no anchor \"" + printable(name) + "\" before this alias",
           inside ? ""
                  : "quote the text if it is not meant as an alias: '*" + printable(name) + "'");
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
    finish(found->second.node, "");
  }

  void scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    std::string_view text(view(data.value).data(), data.length), tag = view(data.tag);
    bool quoted = data.style != YAML_PLAIN_SCALAR_STYLE;
    bool is_null =
        !quoted && tag.empty() &&
        (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
    YamlNode node = at(event, is_null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar);
    if (!is_null) {
      node.text = text;
      node.quoted = quoted;
    }
    set_tag(node, tag);
    finish(std::move(node), view(data.anchor));
  }

  static void set_tag(YamlNode& node, std::string_view tag) {
    if (tag != "!") node.tag = tag;  // "!" says only that the text is one
  }

  void fail(const char* code, const YamlNode& where, std::string message, std::string hint) {
    failed_ = true;
    report(code, where.line, where.column, std::max<size_t>(where.text.size(), 1),
           std::move(message), std::move(hint));
  }

  void start(YamlNode node, std::string_view tag, std::string_view anchor) {
    if (++depth_ > kYamlNestingLimit) {
      fail("yaml-nesting", node,
           "nested deeper than " + format_count(kYamlNestingLimit) + " collections", "");
      return;
    }
    set_tag(node, tag);
    stack_.push_back({std::move(node), std::string(anchor), {}, false});
  }

  void end() {
    if (failed_) return;
    --depth_;
    Open open = std::move(stack_.back());
    stack_.pop_back();
    finish(std::move(open.node), open.anchor);
  }

  void finish(YamlNode node, std::string_view anchor) {
    if (!anchor.empty()) {
      size_t nodes = node_count(node);
      alias_nodes_ += nodes;  // an anchor is a copy too
      anchors_[std::string(anchor)] = {node, nodes};
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

  Lines lines_;
  Places places_;
  const std::string& file_;
  Diagnostics& diagnostics_;
  YamlNode root_;
  std::vector<Open> stack_;
  std::unordered_map<std::string, Anchored> anchors_;
  size_t alias_nodes_ = 0;
  size_t depth_ = 0;
  bool failed_ = false;
};

// Finds bytes that no YAML text may hold.
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

// Returns false, with a remark, when the text is none to parse.
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
  Parser parser(text);
  while (true) {
    ParserEvent event;
    if (!parser.next(*event)) {
      if (!builder.failed()) builder.report_syntax(parser.state());
      ++result.damaged;
      return result;
    }
    if (event->type == YAML_STREAM_END_EVENT) return result;
    if (event->type == YAML_DOCUMENT_START_EVENT) {
      builder.start_document(*event);
    } else if (event->type == YAML_DOCUMENT_END_EVENT && builder.failed()) {
      ++result.damaged;
    } else if (event->type == YAML_DOCUMENT_END_EVENT) {
      result.documents.push_back(builder.take_root());
    } else {
      builder.take(*event);
    }
    if (builder.is_too_deep()) {
      ++result.damaged;
      return result;
    }
  }
}

}  // namespace cairn
