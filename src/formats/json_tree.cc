#include "formats/json_tree.h"

#include <simdjson.h>

#include <algorithm>

namespace cairn {

namespace ondemand = simdjson::ondemand;

struct JsonTree::Parser {
  ondemand::parser parser;
  std::string text;  // with the bytes behind it that simdjson may read

  /// Walks a value and all in it. Returns simdjson's error.
  simdjson::error_code add(ondemand::value value, std::string_view key, size_t depth,
                           std::vector<Node>& nodes);
  simdjson::error_code add_members(ondemand::value& value, size_t depth, std::vector<Node>& nodes);
  simdjson::error_code add_items(ondemand::value& value, size_t depth, std::vector<Node>& nodes);
  simdjson::error_code read_scalar(ondemand::value& value, ondemand::json_type type, Node& node);

  size_t last = 0;  // where the last value began
};

namespace {

std::string_view trimmed(std::string_view token) {
  size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

std::string_view words_for(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "there is nothing to read";
    case simdjson::UTF8_ERROR:
      return "the text is not UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string does not end";
    case simdjson::UNESCAPED_CHARS:
      return "a control character stands in a string";
    case simdjson::STRING_ERROR:
      return "an escape in a string is none of JSON's";
    case simdjson::NUMBER_ERROR:
      return "not a number, or one too large";
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "an object or array does not end";
    case simdjson::TRAILING_CONTENT:
      return "something stands behind the end";
    case simdjson::INCORRECT_TYPE:
    case simdjson::SCALAR_DOCUMENT_AS_VALUE:
      return "neither an object nor an array";
    default:
      return "not JSON";
  }
}

}  // namespace

simdjson::error_code JsonTree::Parser::read_scalar(ondemand::value& value, ondemand::json_type type,
                                                   Node& node) {
  switch (type) {
    case ondemand::json_type::string:
      node.kind = Kind::kString;
      return value.get_string().get(node.text);
    case ondemand::json_type::number: {
      node.kind = Kind::kNumber;
      node.text = trimmed(value.raw_json_token());
      double number = 0;
      return value.get_double().get(number);
    }
    case ondemand::json_type::boolean: {
      bool truth = false;
      node.text = trimmed(value.raw_json_token());
      auto error = value.get_bool().get(truth);
      node.kind = truth ? Kind::kTrue : Kind::kFalse;
      return error;
    }
    default: {
      node.text = trimmed(value.raw_json_token());
      return node.text == "null" ? simdjson::SUCCESS : simdjson::TAPE_ERROR;
    }
  }
}

simdjson::error_code JsonTree::Parser::add_members(ondemand::value& value, size_t depth,
                                                   std::vector<Node>& nodes) {
  ondemand::object object;
  if (auto error = value.get_object().get(object)) return error;
  for (auto member : object) {
    ondemand::field field;
    if (auto error = std::move(member).get(field)) return error;
    std::string_view key;
    if (auto error = field.unescaped_key().get(key)) return error;
    if (auto error = add(field.value(), key, depth + 1, nodes)) return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code JsonTree::Parser::add_items(ondemand::value& value, size_t depth,
                                                 std::vector<Node>& nodes) {
  ondemand::array array;
  if (auto error = value.get_array().get(array)) return error;
  for (auto item : array) {
    ondemand::value inner;
    if (auto error = std::move(item).get(inner)) return error;
    if (auto error = add(inner, {}, depth + 1, nodes)) return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code JsonTree::Parser::add(ondemand::value value, std::string_view key,
                                           size_t depth, std::vector<Node>& nodes) {
  if (depth > kNestingLimit) return simdjson::DEPTH_ERROR;
  last = static_cast<size_t>(value.raw_json_token().data() - text.data());
  ondemand::json_type type{};
  if (auto error = value.type().get(type)) return error;
  size_t place = nodes.size();
  nodes.push_back({});
  nodes[place].key = key;
  nodes[place].offset = last;
  simdjson::error_code error = simdjson::SUCCESS;
  if (type == ondemand::json_type::object) {
    nodes[place].kind = Kind::kObject;
    error = add_members(value, depth, nodes);
  } else if (type == ondemand::json_type::array) {
    nodes[place].kind = Kind::kArray;
    error = add_items(value, depth, nodes);
  } else {
    error = read_scalar(value, type, nodes[place]);
  }
  nodes[place].next = static_cast<uint32_t>(nodes.size());
  return error;
}

JsonTree::JsonTree() : parser_(std::make_unique<Parser>()) {}
JsonTree::~JsonTree() = default;

Status JsonTree::parse(std::string_view text) {
  Parser& parser = *parser_;
  nodes_.clear();
  offset_ = 0;
  parser.last = 0;
  parser.text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  parser.text.assign(text);
  ondemand::document document;
  auto error =
      parser.parser.iterate(parser.text.data(), text.size(), parser.text.capacity()).get(document);
  ondemand::value value;
  if (!error) error = document.get_value().get(value);
  if (!error) error = parser.add(value, {}, 0, nodes_);
  if (!error && document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    error = simdjson::TRAILING_CONTENT;
  if (!error) return Status::success();
  nodes_.clear();
  offset_ = std::min(parser.last, text.size());
  return Error{ErrorCode::kInvalidInput, std::string(words_for(error))};
}

uint32_t JsonTree::find(uint32_t object, std::string_view key) const {
  uint32_t found = 0;
  if (nodes_[object].kind != Kind::kObject) return found;
  for (uint32_t child = object + 1; child < nodes_[object].next; child = nodes_[child].next) {
    if (nodes_[child].key == key) found = child;
  }
  return found;
}

}  // namespace cairn
