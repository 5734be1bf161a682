#include "monitor/property_reader.h"

#include <charconv>
#include <cmath>

namespace cairn::monitor {

using Kind = JsonTree::Kind;

Status PropertyReader::check_object(const char* what) const {
  if (tree_[node_].kind == Kind::kObject) return {};
  return Error{ErrorCode::kInvalidInput, std::string(what) + " is an object of properties"};
}

uint32_t PropertyReader::node(std::string_view name) const {
  if (tree_[node_].kind != Kind::kObject) return 0;
  uint32_t found = tree_.find(node_, name);
  return found == 0 || tree_[found].kind == Kind::kNull ? 0 : found;
}

const JsonTree::Node* PropertyReader::find(std::string_view name) const {
  uint32_t found = node(name);
  return found == 0 ? nullptr : &tree_[found];
}

Result<std::string> PropertyReader::text(std::string_view name) const {
  const JsonTree::Node* node = find(name);
  if (node == nullptr) return wrong(name, "is missing");
  if (node->is_string() || node->is_number()) return std::string(node->text);
  return wrong(name, "is no text");
}

Result<std::string> PropertyReader::text_or(std::string_view name,
                                            std::string_view otherwise) const {
  if (!has(name)) return std::string(otherwise);
  return text(name);
}

Result<double> PropertyReader::number(std::string_view name) const {
  const JsonTree::Node* node = find(name);
  if (node == nullptr) return wrong(name, "is missing");
  double value = 0;
  const char* end = node->text.data() + node->text.size();
  if (node->is_number() || node->is_string()) {
    auto [stop, code] = std::from_chars(node->text.data(), end, value);
    if (code == std::errc() && stop == end && std::isfinite(value)) return value;
  }
  return wrong(name, "is no number");
}

Result<uint32_t> PropertyReader::whole(std::string_view name) const {
  TRY_ASSIGN(double value, number(name));
  if (value < 1 || value > 1e9 || value != std::floor(value))
    return wrong(name, "is no whole number from 1 on");
  return static_cast<uint32_t>(value);
}

Result<bool> PropertyReader::truth_or(std::string_view name, bool otherwise) const {
  const JsonTree::Node* node = find(name);
  if (node == nullptr) return otherwise;
  if (node->kind == Kind::kTrue || (node->is_string() && node->text == "true")) return true;
  if (node->kind == Kind::kFalse || (node->is_string() && node->text == "false")) return false;
  return wrong(name, "is neither true nor false");
}

Result<uint32_t> PropertyReader::array(std::string_view name) const {
  uint32_t found = node(name);
  if (found == 0) return wrong(name, "is missing");
  if (tree_[found].kind != Kind::kArray) return wrong(name, "is no list");
  return found;
}

Result<uint32_t> PropertyReader::object(std::string_view name) const {
  uint32_t found = node(name);
  if (found == 0) return wrong(name, "is missing");
  if (tree_[found].kind != Kind::kObject) return wrong(name, "is no object");
  return found;
}

}  // namespace cairn::monitor
