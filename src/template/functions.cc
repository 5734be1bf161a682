#include "template/functions.h"

#include "base/text.h"
#include "template/document.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <utility>

namespace cairn::templates {

namespace {

/// Values inside values, through names too: a text nests up to kNestingLimit by itself.
constexpr size_t kCallsLimit = 3 * kNestingLimit;

YamlNode list_at(const YamlNode& at) {
  YamlNode node;
  node.kind = YamlNode::Kind::kSequence;
  node.line = at.line;
  node.column = at.column;
  return node;
}

std::optional<size_t> whole_number(std::string_view text) {
  size_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k)
      result += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
  }
  return result;
}

// An IPv4 network "10.0.0.0/16".
struct Network {
  uint32_t address = 0;
  size_t prefix = 0;
};

std::optional<Network> parse_network(std::string_view text) {
  auto slash = cairn::split(text, '/');
  if (slash.size() != 2) return std::nullopt;
  auto bytes = cairn::split(slash[0], '.');
  auto prefix = whole_number(slash[1]);
  if (bytes.size() != 4 || !prefix || *prefix > 32) return std::nullopt;
  Network network;
  network.prefix = *prefix;
  for (std::string_view part : bytes) {
    auto byte = whole_number(part);
    if (!byte || *byte > 255) return std::nullopt;
    network.address = network.address << 8 | static_cast<uint32_t>(*byte);
  }
  if (*prefix < 32) network.address &= ~(~uint32_t{0} >> *prefix);
  return network;
}

std::string print_network(uint32_t address, size_t prefix) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8)
    text +=
        std::to_string(address >> static_cast<unsigned>(shift) & 255U) + (shift > 0 ? "." : "/");
  return text + std::to_string(prefix);
}

constexpr std::string_view kConditionFunctions[] = {"Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"};

bool is_condition_function(std::string_view name) {
  return std::find(std::begin(kConditionFunctions), std::end(kConditionFunctions), name) !=
         std::end(kConditionFunctions);
}

}  // namespace

std::nullopt_t Functions::wrong(const YamlNode& at, std::string message, std::string hint) {
  remarks_.error("template-function", at, std::move(message), std::move(hint));
  return std::nullopt;
}

bool Functions::spend(const YamlNode& at, size_t bytes) {
  bool had = work_ <= kWorkLimit;
  work_ += bytes;
  if (work_ <= kWorkLimit) return true;
  if (had)
    remarks_.limit("template-size", at,
                   "the functions of this template make more than " + format_bytes(kWorkLimit));
  return false;
}

template <typename Work>
auto Functions::deeper(const YamlNode& at, Work work) -> decltype(work()) {
  if (depth_ >= kCallsLimit) {
    if (!std::exchange(too_deep_, true))
      remarks_.limit("template-nesting", at,
                     "more than " + format_count(kCallsLimit) + " values are made of each other");
    return std::nullopt;
  }
  ++depth_;
  auto result = work();
  --depth_;
  return result;
}

std::optional<YamlNode> Functions::text_node(const YamlNode& at, std::string text) {
  if (text.size() > kTextLimit) {
    remarks_.error("template-size", at,
                   "this text becomes larger than " + format_bytes(kTextLimit));
    return std::nullopt;
  }
  if (!spend(at, text.size())) return std::nullopt;
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = std::move(text);
  node.quoted = true;
  node.line = at.line;
  node.column = at.column;
  return node;
}

std::optional<YamlNode> Functions::evaluate(const YamlNode& node) {
  return deeper(node, [&] { return evaluate_here(node); });
}

std::optional<YamlNode> Functions::evaluate_here(const YamlNode& node) {
  if (!spend(node, sizeof(YamlNode) + node.text.size())) return std::nullopt;
  if (const auto* function = function_call(node); function != nullptr)
    return call(function->first, function->second);
  if (node.is_scalar() || node.is_null()) {
    if (node.text.find("{{resolve:") != std::string::npos)
      remarks_.warning("template-unresolved", node,
                       "a dynamic reference is not looked up: it stays as it is");
    return node;
  }
  YamlNode result;
  result.kind = node.kind;
  result.line = node.line;
  result.column = node.column;
  for (const YamlNode& item : node.items) {
    if (auto value = evaluate(item)) result.items.push_back(std::move(*value));
  }
  for (const auto& [key, member] : node.members) {
    if (key.text.starts_with("Fn::")) {
      wrong(key, "\"" + printable(key.text) + "\" must stand alone in its map");
      continue;
    }
    if (auto value = evaluate(member)) result.members.emplace_back(key, std::move(*value));
  }
  return result;
}

std::optional<YamlNode> Functions::call(const YamlNode& name, Argument argument) {
  using Member = std::optional<YamlNode> (Functions::*)(const YamlNode&, Argument);
  struct Known {
    std::string_view name;
    Member member;
  };
  static constexpr Known kKnown[] = {
      {"Ref", &Functions::ref},
      {"Fn::GetAtt", &Functions::get_attribute},
      {"Fn::Sub", &Functions::substitute},
      {"Fn::Join", &Functions::join},
      {"Fn::Split", &Functions::split},
      {"Fn::Select", &Functions::select},
      {"Fn::FindInMap", &Functions::find_in_map},
      {"Fn::If", &Functions::choose},
      {"Fn::ImportValue", &Functions::import_value},
      {"Fn::Base64", &Functions::base64},
      {"Fn::Cidr", &Functions::cidr},
      {"Fn::GetAZs", &Functions::zones},
      {"Fn::Length", &Functions::length},
      {"Fn::ToJsonString", &Functions::json_text},
  };
  const auto* known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [&](const Known& row) { return row.name == name.text; });
  if (known != std::end(kKnown)) return (this->*known->member)(name, argument);
  if (is_condition_function(name.text))
    return wrong(name, name.text + " belongs into Conditions",
                 "name the condition there, and ask for it with Fn::If");
  if (name.text == "Fn::Transform" || name.text.starts_with("Fn::ForEach"))
    return wrong(name, name.text + " is a macro, which only AWS can run",
                 "deploy the processed template: aws cloudformation get-template "
                 "--template-stage Processed");
  std::vector<std::string_view> names(std::begin(kConditionFunctions),
                                      std::end(kConditionFunctions));
  for (const Known& row : kKnown) names.push_back(row.name);
  return wrong(name, "there is no function \"" + printable(name.text) + "\"",
               did_you_mean(name.text, names));
}

std::optional<std::string> Functions::text(const YamlNode& name, Argument argument,
                                           const char* what) {
  auto value = evaluate(argument);
  if (!value) return std::nullopt;
  if (!value->is_scalar()) return wrong(argument, name.text + ": " + what + " must be a text");
  return std::move(value->text);
}

std::optional<std::vector<YamlNode>> Functions::parts(const YamlNode& name, Argument argument,
                                                      size_t least, size_t most,
                                                      const char* shape) {
  if (!argument.is_sequence() || argument.items.size() < least || argument.items.size() > most)
    return wrong(argument, name.text + " takes " + shape);
  std::vector<YamlNode> result;
  for (const YamlNode& item : argument.items) {
    auto value = evaluate(item);
    if (!value) return std::nullopt;
    result.push_back(std::move(*value));
  }
  return result;
}

std::optional<YamlNode> Functions::ref(const YamlNode& name, Argument argument) {
  if (!argument.is_scalar()) return wrong(argument, name.text + " takes a name");
  if (argument.text == "AWS::NoValue") return std::nullopt;
  auto value = names_.reference(argument.text, argument);
  if (!value || !spend(argument, value->text.size() + 64 * value->items.size()))
    return std::nullopt;
  return value;
}

std::optional<YamlNode> Functions::get_attribute(const YamlNode& name, Argument argument) {
  if (argument.is_scalar()) {
    // "A.B.C" is attribute B.C of A.
    if (size_t dot = argument.text.find('.'); dot != std::string::npos) {
      auto value =
          names_.attribute(argument.text.substr(0, dot), argument.text.substr(dot + 1), argument);
      return value ? text_node(name, std::move(*value)) : std::nullopt;
    }
  }
  if (!argument.is_sequence() || argument.items.size() != 2 || !argument.items[0].is_scalar())
    return wrong(argument, name.text + " takes a resource and an attribute",
                 "as [Resource, Attribute] or Resource.Attribute");
  auto attribute = text(name, argument.items[1], "the attribute");
  if (!attribute) return std::nullopt;
  auto value = names_.attribute(argument.items[0].text, *attribute, argument.items[0]);
  return value ? text_node(name, std::move(*value)) : std::nullopt;
}

std::optional<Functions::Replacements> Functions::replacements(Argument map) {
  Replacements result;
  for (const auto& [key, member] : map.members) {
    auto value = evaluate(member);
    if (!value) return std::nullopt;
    if (!value->is_scalar())
      return wrong(member, "Fn::Sub: \"" + printable(key.text) + "\" must be a text");
    result[key.text] = std::move(value->text);
  }
  return result;
}

std::optional<std::string> Functions::replaced(const std::string& variable,
                                               const Replacements& given, const YamlNode& at) {
  if (auto own = given.find(variable); own != given.end()) return own->second;
  size_t dot = variable.find('.');
  if (dot != std::string::npos)
    return names_.attribute(variable.substr(0, dot), variable.substr(dot + 1), at);
  auto value = names_.reference(variable, at);
  if (!value) return std::nullopt;
  if (!value->is_scalar())
    return wrong(at, "Fn::Sub: \"" + printable(variable) + "\" is a list, not a text");
  return std::move(value->text);
}

std::optional<YamlNode> Functions::substitute(const YamlNode& name, Argument argument) {
  const YamlNode* pattern = &argument;
  Replacements given;
  if (argument.is_sequence()) {
    if (argument.items.size() != 2 || !argument.items[1].is_map())
      return wrong(argument, name.text + " takes a text, or a text and a map");
    pattern = argument.items.data();
    auto read = replacements(argument.items[1]);
    if (!read) return std::nullopt;
    given = std::move(*read);
  }
  if (!pattern->is_scalar())
    return wrong(*pattern, name.text + ": the text must be written out, it cannot be a function");
  const std::string& from = pattern->text;
  std::string result;
  for (size_t i = 0; i < from.size();) {
    size_t begin = from.find("${", i);
    result.append(from, i, begin == std::string::npos ? begin : begin - i);
    if (begin == std::string::npos) break;
    size_t end = from.find('}', begin);
    if (end == std::string::npos)
      return wrong(*pattern, name.text + ": \"${\" without \"}\"", "write ${!Name} for ${Name}");
    std::string variable(trim(std::string_view(from).substr(begin + 2, end - begin - 2)));
    i = end + 1;
    if (variable.starts_with('!')) {
      result += "${" + variable.substr(1) + "}";
      continue;
    }
    auto value = replaced(variable, given, *pattern);
    if (!value) return std::nullopt;
    result += *value;
    if (result.size() > kTextLimit) break;  // text_node() says it
  }
  return text_node(*pattern, std::move(result));
}

std::optional<YamlNode> Functions::join(const YamlNode& name, Argument argument) {
  auto given = parts(name, argument, 2, 2, "a separator and a list");
  if (!given) return std::nullopt;
  const YamlNode &separator = given->front(), &list = given->back();
  if (!separator.is_scalar() && !separator.is_null())
    return wrong(argument, name.text + ": the separator must be a text");
  if (!list.is_sequence()) return wrong(argument, name.text + ": the second must be a list");
  std::string result;
  for (size_t i = 0; i < list.items.size(); ++i) {
    if (!list.items[i].is_scalar()) return wrong(list.items[i], name.text + " joins texts only");
    if (i > 0) result += separator.text;
    result += list.items[i].text;
    if (result.size() > kTextLimit) break;
  }
  return text_node(name, std::move(result));
}

std::optional<YamlNode> Functions::split(const YamlNode& name, Argument argument) {
  auto given = parts(name, argument, 2, 2, "a separator and a text");
  if (!given) return std::nullopt;
  const YamlNode &separator = given->front(), &whole = given->back();
  if (!separator.is_scalar() || separator.text.empty() || !whole.is_scalar())
    return wrong(argument, name.text + " takes a separator and a text");
  YamlNode result = list_at(name);
  for (size_t i = 0;;) {
    size_t end = whole.text.find(separator.text, i);
    auto part = text_node(name, whole.text.substr(i, end == std::string::npos ? end : end - i));
    if (!part || !spend(name, sizeof(YamlNode))) return std::nullopt;
    result.items.push_back(std::move(*part));
    if (end == std::string::npos) return result;
    i = end + separator.text.size();
  }
}

std::optional<YamlNode> Functions::select(const YamlNode& name, Argument argument) {
  auto given = parts(name, argument, 2, 2, "an index and a list");
  if (!given) return std::nullopt;
  auto index = whole_number(given->front().text);
  YamlNode& list = given->back();
  if (!index) return wrong(argument, name.text + ": the index must be a number from 0");
  if (!list.is_sequence()) return wrong(argument, name.text + ": the second must be a list");
  if (*index >= list.items.size())
    return wrong(argument, name.text + ": there is no item " + std::to_string(*index) + " in " +
                               plural(list.items.size(), "item"));
  return std::move(list.items[*index]);
}

std::optional<YamlNode> Functions::find_in_map(const YamlNode& name, Argument argument) {
  auto given = parts(name, argument, 3, 4, "a map, a key and a second key");
  if (!given) return std::nullopt;
  for (size_t i = 0; i < 3; ++i) {
    if (!(*given)[i].is_scalar()) return wrong((*given)[i], name.text + ": the keys must be texts");
  }
  const std::string &map = (*given)[0].text, &top = (*given)[1].text, &second = (*given)[2].text;
  const YamlNode* found = names_.mapping(map, top, second);
  if (found != nullptr) return evaluate(*found);
  if (given->size() == 4) {
    if (const YamlNode* fallback = (*given)[3].find("DefaultValue"); fallback != nullptr)
      return *fallback;
  }
  remarks_.error(
      "template-mapping", argument,
      "Mappings have no " + printable(map) + " → " + printable(top) + " → " + printable(second));
  return std::nullopt;
}

std::optional<YamlNode> Functions::choose(const YamlNode& name, Argument argument) {
  if (!argument.is_sequence() || argument.items.size() != 3 || !argument.items[0].is_scalar())
    return wrong(argument, name.text + " takes the name of a condition and two values");
  auto holds = names_.condition(argument.items[0].text, argument.items[0]);
  if (!holds) return std::nullopt;
  return evaluate(argument.items[*holds ? 1 : 2]);
}

std::optional<YamlNode> Functions::import_value(const YamlNode& name, Argument argument) {
  auto wanted = text(name, argument, "the name of the export");
  if (!wanted) return std::nullopt;
  imports_.insert(*wanted);
  auto given = settings_.parameters.find(*wanted);
  if (given != settings_.parameters.end()) return text_node(name, given->second);
  remarks_.error("template-import", argument,
                 "no value is given for the export \"" + printable(*wanted) + "\"",
                 "give one: --parameters " + printable(*wanted) + "=VALUE");
  return std::nullopt;
}

std::optional<YamlNode> Functions::base64(const YamlNode& name, Argument argument) {
  auto bytes = text(name, argument, "the value");
  return bytes ? text_node(name, encode_base64(*bytes)) : std::nullopt;
}

std::optional<YamlNode> Functions::cidr(const YamlNode& name, Argument argument) {
  auto given = parts(name, argument, 2, 3, "a block, a count and the bits of each part");
  if (!given) return std::nullopt;
  auto block = parse_network((*given)[0].text);
  auto count = whole_number((*given)[1].text);
  auto bits = given->size() == 3 ? whole_number((*given)[2].text) : 8;
  if (!block) return wrong(argument, name.text + ": the block must be IPv4, as 10.0.0.0/16");
  bool fits = count && bits && *bits >= 1 && *bits < 32 && *count >= 1 && *count <= 256 &&
              32 - *bits >= block->prefix && *count <= size_t{1} << (32 - *bits - block->prefix);
  if (!fits) return wrong(argument, name.text + ": so many parts do not fit into the block");
  YamlNode result = list_at(name);
  for (size_t i = 0; i < *count; ++i) {
    auto part = text_node(
        name, print_network(block->address + static_cast<uint32_t>(i << *bits), 32 - *bits));
    if (!part) return std::nullopt;
    result.items.push_back(std::move(*part));
  }
  return result;
}

std::optional<YamlNode> Functions::zones(const YamlNode& name, Argument argument) {
  auto value = evaluate(argument);
  std::string region = value && value->is_scalar() ? value->text : "";
  if (region.empty()) region = settings_.region;
  YamlNode result = list_at(name);
  for (const char* zone : {"a", "b", "c"}) {
    auto part = text_node(name, region + zone);
    if (!part) return std::nullopt;
    result.items.push_back(std::move(*part));
  }
  return result;
}

std::optional<YamlNode> Functions::length(const YamlNode& name, Argument argument) {
  auto list = evaluate(argument);
  if (!list) return std::nullopt;
  if (!list->is_sequence()) return wrong(argument, name.text + " takes a list");
  auto result = text_node(name, std::to_string(list->items.size()));
  if (result) result->quoted = false;
  return result;
}

std::optional<YamlNode> Functions::json_text(const YamlNode& name, Argument argument) {
  auto value = evaluate(argument);
  return value ? text_node(name, to_json(*value)) : std::nullopt;
}

std::optional<bool> Functions::decide(const YamlNode& node) {
  return deeper(node, [&] { return decide_here(node); });
}

std::optional<bool> Functions::decide_here(const YamlNode& node) {
  if (!spend(node, sizeof(YamlNode))) return std::nullopt;
  const YamlNode* name = nullptr;
  if (node.is_map() && node.members.size() == 1) name = &node.members.front().first;
  if (name == nullptr || (name->text != "Condition" && !is_condition_function(name->text)))
    return wrong(node, "a condition is one of Fn::And, Fn::Or, Fn::Not, Fn::Equals and Condition");
  const YamlNode& argument = node.members.front().second;
  if (name->text == "Condition") {
    if (!argument.is_scalar()) return wrong(argument, "Condition takes the name of a condition");
    return names_.condition(argument.text, argument);
  }
  if (name->text == "Fn::Equals") {
    auto given = parts(*name, argument, 2, 2, "two values");
    if (!given) return std::nullopt;
    const YamlNode &a = given->front(), &b = given->back();
    return a.is_scalar() && b.is_scalar() ? a.text == b.text : to_json(a) == to_json(b);
  }
  bool is_not = name->text == "Fn::Not", is_and = name->text == "Fn::And";
  size_t least = is_not ? 1 : 2, most = is_not ? 1 : 10;
  if (!argument.is_sequence() || argument.items.size() < least || argument.items.size() > most)
    return wrong(argument, name->text + (is_not ? " takes one condition in a list"
                                                : " takes two to ten conditions"));
  bool result = is_and;
  for (const YamlNode& item : argument.items) {
    auto part = decide(item);
    if (!part) return std::nullopt;
    result = is_not ? !*part : is_and ? result && *part : result || *part;
  }
  return result;
}

}  // namespace cairn::templates
