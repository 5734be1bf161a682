#include "rules/json_event.h"

#include "base/time.h"
#include "rules/pattern_text.h"

namespace cairn::rules {

namespace {

FieldKind kind_of(JsonTree::Kind kind) {
  switch (kind) {
    case JsonTree::Kind::kNull:
      return FieldKind::kNull;
    case JsonTree::Kind::kFalse:
    case JsonTree::Kind::kTrue:
      return FieldKind::kBool;
    case JsonTree::Kind::kNumber:
      return FieldKind::kNumber;
    case JsonTree::Kind::kString:
      return FieldKind::kString;
    case JsonTree::Kind::kArray:
      return FieldKind::kArray;
    case JsonTree::Kind::kObject:
      break;
  }
  return FieldKind::kObject;
}

}  // namespace

Status JsonEvent::set(std::string text) {
  text_ = std::move(text);
  found_.clear();
  compact_.clear();
  TRY(tree_.parse(text_));
  if (tree_[0].kind != JsonTree::Kind::kObject)
    return Error{ErrorCode::kInvalidInput, "an event is a JSON object"};
  std::string_view raw(text_);
  while (is_blank(raw.front())) raw.remove_prefix(1);
  while (is_blank(raw.back())) raw.remove_suffix(1);
  event_.begin(raw, 0, this);
  std::string path;
  for (uint32_t child = 1; child < tree_[0].next; child = tree_[child].next) {
    path = tree_[child].key;
    collect(child, path, false);
  }
  read_subtree(event_, kNoSlot);
  uint32_t time = tree_.find(0, "eventTime");
  if (time != 0) {
    if (auto parsed = parse_event_time(tree_[time].text)) event_.set_time(*parsed);
  }
  return Status::success();
}

void JsonEvent::collect(uint32_t node, std::string& path, bool in_array) {
  const JsonTree::Node& at = tree_[node];
  auto slot = fields_.find(path);
  // An object or array inside an array only leads further.
  if (slot && (at.is_scalar() || !in_array)) {
    std::string_view text = at.is_scalar() ? at.text : compact_text(at);
    if (at.kind == JsonTree::Kind::kNull) text = {};
    found_.push_back({*slot, {text, kind_of(at.kind)}});
  }
  if (at.is_scalar()) return;
  bool is_array = at.kind == JsonTree::Kind::kArray;
  size_t size = path.size();
  for (uint32_t child = node + 1; child < at.next; child = tree_[child].next) {
    if (!is_array) path.append(".").append(tree_[child].key);
    collect(child, path, is_array);
    path.resize(size);
  }
}

/// Copies the text of an object or array without the blanks between its tokens.
std::string_view JsonEvent::compact_text(const JsonTree::Node& node) {
  std::string& out = compact_.emplace_back();
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = node.offset; i < text_.size(); ++i) {
    char c = text_[i];
    if (!in_string && is_blank(c)) continue;
    out += c;
    if (in_string && c == '\\') {
      out += text_[++i];
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
      break;
    }
  }
  return out;
}

void JsonEvent::read_subtree(Event& event, SlotId root) {
  for (const auto& [slot, value] : found_)
    if (fields_.lazy_root(slot) == root) event.add(slot, value);
}

}  // namespace cairn::rules
