#include "template/types.h"

#include "base/check.h"
#include "base/text.h"
#include "template/content.h"
#include "template/remarks.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

namespace cairn::templates {

namespace {

struct Property {
  std::string_view name, kind;  // of the table; they live as long as the program
  bool required = false;
};

/// A type of resource, or a structure in its properties.
struct Structure {
  std::string_view alias;  // `.NAME = KIND`
  std::vector<Property> properties;
};

struct Type {
  Verdict verdict = Verdict::kIgnored;
  std::map<std::string_view, Structure> structures;  // "" are the properties of the type itself
};

using Table = std::map<std::string_view, Type>;

Table read_table() {
  Table table;
  Type* type = nullptr;
  Structure* structure = nullptr;
  for (std::string_view line : split(embedded_files().front().text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    size_t space = line.find(' ', 1);
    if (line[0] == ' ') {
      CAIRN_CHECK(structure != nullptr && space != std::string_view::npos);
      std::string_view name = line.substr(1, space - 1);
      bool required = name.ends_with('!');
      if (required) name.remove_suffix(1);
      structure->properties.push_back({name, line.substr(space + 1), required});
    } else if (line[0] == '.') {
      CAIRN_CHECK(type != nullptr);
      structure = &type->structures[line.substr(1, std::min(space, line.size()) - 1)];
      if (size_t equals = line.find(" = "); equals != std::string_view::npos)
        structure->alias = line.substr(equals + 3);
    } else {
      type = &table[line.substr(0, space)];
      type->verdict = line.ends_with(" runs") ? Verdict::kRuns : Verdict::kChecked;
      structure = &type->structures[""];
    }
  }
  return table;
}

const Table& table() {
  static const Table kTable = read_table();
  return kTable;
}

const char* kind_in_words(std::string_view kind) {
  if (kind.starts_with('[')) return "a list";
  if (kind == "integer") return "a whole number";
  if (kind == "number") return "a number";
  if (kind == "bool") return "true or false";
  return kind == "text" || kind.find('|') != std::string_view::npos ? "a text" : "a map";
}

const char* in_words(const YamlNode& node) {
  if (node.is_sequence()) return "a list";
  if (node.is_map()) return "a map";
  return node.is_null() ? "nothing" : "a text";
}

bool is_integer(std::string_view text) {
  int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size();
}

bool is_number(std::string_view text) {
  double value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size();
}

class Checker {
 public:
  Checker(Remarks& remarks, bool is_whole) : remarks_(remarks), is_whole_(is_whole) {}

  void run(const Resource& resource) {
    auto found = table().find(resource.type);
    if (found == table().end()) return check_spelling(resource);
    type_ = &found->second;
    YamlNode own;  // the place of the resource, for what is missing
    own.line = resource.line;
    own.column = resource.column;
    own.kind = YamlNode::Kind::kScalar;
    own.text = resource.logical_id;
    members(type_->structures.at(""), resource.properties, own, resource.type);
  }

 private:
  void check_spelling(const Resource& resource) {
    if (resource.type.empty()) return;
    std::vector<std::string_view> names;
    for (const auto& [name, ignored] : table()) names.push_back(name);
    std::string hint = did_you_mean(resource.type, names);
    if (hint.empty()) return;
    YamlNode at;
    at.line = resource.line;
    at.column = resource.column;
    remarks_.warning("template-type", at,
                     "Cairn does not know the type \"" + printable(resource.type) + "\"", hint);
  }

  void members(const Structure& structure, const YamlNode& map, const YamlNode& at,
               const std::string& path) {
    for (const Property& property : structure.properties) {
      if (is_whole_ && property.required && map.find(property.name) == nullptr)
        remarks_.error("template-property", at, path + " needs " + std::string(property.name));
    }
    for (const auto& [key, value] : map.members) {
      auto known = std::find_if(
          structure.properties.begin(), structure.properties.end(),
          [&name = key.text](const Property& property) { return property.name == name; });
      if (known == structure.properties.end()) {
        unknown(structure, key, path);
      } else {
        check(known->kind, value, key, path + "." + key.text);
      }
    }
  }

  void unknown(const Structure& structure, const YamlNode& key, const std::string& path) {
    std::vector<std::string_view> names;
    for (const Property& property : structure.properties) names.push_back(property.name);
    std::string message = path + " has no " + "\"" + printable(key.text) + "\"";
    std::string hint = did_you_mean(key.text, names);
    if (type_->verdict == Verdict::kRuns) {
      remarks_.error("template-property", key, message, hint);
    } else {
      remarks_.warning("template-property", key, message, hint);
    }
  }

  // `kind` of the table against a value; `key` is where it stands when it has no place of its own.
  void check(std::string_view kind, const YamlNode& value, const YamlNode& key,
             const std::string& path) {
    const YamlNode& at = value.line > 0 ? value : key;
    if (kind == "any") return;
    if (kind.front() == '[' || kind.front() == '{') {
      std::string_view inner = kind.substr(1, kind.size() - 2);
      bool fits = kind.front() == '[' ? value.is_sequence() : value.is_map();
      if (!fits) return mismatch(kind, value, at, path);
      for (size_t i = 0; i < value.items.size(); ++i)
        check(inner, value.items[i], key, path + "[" + std::to_string(i) + "]");
      for (const auto& [name, member] : value.members)
        check(inner, member, name, path + "." + name.text);
      return;
    }
    auto structure = type_->structures.find(kind);
    if (structure != type_->structures.end()) {
      if (!structure->second.alias.empty()) return check(structure->second.alias, value, key, path);
      if (!value.is_map()) return mismatch(kind, value, at, path);
      return members(structure->second, value, at, path);
    }
    scalar(kind, value, at, path);
  }

  void scalar(std::string_view kind, const YamlNode& value, const YamlNode& at,
              const std::string& path) {
    if (!value.is_scalar()) return mismatch(kind, value, at, path);
    bool fits = true;
    if (kind == "integer") fits = is_integer(value.text);
    if (kind == "number") fits = is_number(value.text);
    if (kind == "bool") fits = to_lower(value.text) == "true" || to_lower(value.text) == "false";
    if (!fits) return mismatch(kind, value, at, path);
    if (kind.find('|') == std::string_view::npos) return;
    auto words = split(kind, '|');
    if (std::find(words.begin(), words.end(), value.text) != words.end()) return;
    std::string list;
    for (std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
    if (words.size() > 10) list = "its " + std::to_string(words.size()) + " words";
    remarks_.error("template-property", at, path + " is none of " + list,
                   did_you_mean(value.text, words));
  }

  void mismatch(std::string_view kind, const YamlNode& value, const YamlNode& at,
                const std::string& path) {
    std::string got = in_words(value);
    if (value.is_scalar()) got = "\"" + printable(value.text.substr(0, 60)) + "\"";
    remarks_.error("template-property", at,
                   path + " must be " + kind_in_words(kind) + ", not " + got);
  }

  Remarks& remarks_;
  bool is_whole_;
  const Type* type_ = nullptr;
};

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRuns:
      return "runs";
    case Verdict::kChecked:
      return "checked only";
    case Verdict::kIgnored:
      break;
  }
  return "ignored";
}

Verdict verdict_of(std::string_view type) {
  auto found = table().find(type);
  return found == table().end() ? Verdict::kIgnored : found->second.verdict;
}

void check_properties(const Template& stack, std::string_view text, Diagnostics& diagnostics) {
  Remarks remarks(text, stack.file, diagnostics);
  Checker checker(remarks, !diagnostics.has_errors());
  for (const Resource& resource : stack.resources) checker.run(resource);
}

}  // namespace cairn::templates
