#include "template/parameters.h"

#include "base/text.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace cairn::templates {

namespace {

constexpr const char* kCode = "template-parameter";

std::optional<double> number(std::string_view text) {
  text = trim(text);
  double value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

class Declaration {
 public:
  Declaration(const YamlNode& key, const YamlNode& node, const Settings& settings, Remarks& remarks)
      : key_(key), node_(node), settings_(settings), remarks_(remarks) {}

  std::optional<Parameter> read() {
    if (!node_.is_map()) {
      remarks_.error(kCode, node_, "parameter " + name() + " must be a map with a Type");
      return std::nullopt;
    }
    check_members();
    Parameter result;
    result.name = key_.text;
    result.type = text_of("Type");
    if (result.type.empty()) {
      remarks_.error(kCode, key_, "parameter " + name() + " has no Type");
      return std::nullopt;
    }
    check_type(result.type);
    result.description = text_of("Description");
    result.no_echo = to_lower(text_of("NoEcho")) == "true";
    if (!find_value(result)) return std::nullopt;
    check_value(result);
    return result;
  }

 private:
  std::string name() const { return "\"" + printable(key_.text) + "\""; }

  std::string text_of(std::string_view member) const {
    const YamlNode* value = node_.find(member);
    return value != nullptr && value->is_scalar() ? value->text : std::string();
  }

  void check_members() {
    const std::vector<std::string_view> known = {
        "Type",     "Default",  "AllowedValues", "AllowedPattern",        "MinLength",  "MaxLength",
        "MinValue", "MaxValue", "NoEcho",        "ConstraintDescription", "Description"};
    for (const auto& [key, value] : node_.members) {
      if (std::find(known.begin(), known.end(), key.text) == known.end())
        remarks_.error(kCode, key, "parameters have no \"" + printable(key.text) + "\"",
                       did_you_mean(key.text, known));
    }
  }

  void check_type(const std::string& type) {
    if (type == "String" || type == "Number" || type == "CommaDelimitedList" ||
        type == "List<Number>" || type.starts_with("AWS::") || type.starts_with("List<AWS::"))
      return;
    remarks_.error(kCode, *node_.find("Type"),
                   "parameter " + name() + " has the unknown type \"" + printable(type) + "\"",
                   did_you_mean(type, {"String", "Number", "CommaDelimitedList", "List<Number>"}));
  }

  bool find_value(Parameter& result) {
    auto given = settings_.parameters.find(key_.text);
    const YamlNode* fallback = node_.find("Default");
    if (given != settings_.parameters.end()) {
      result.value = given->second;
    } else if (fallback != nullptr && (fallback->is_scalar() || fallback->is_null())) {
      result.value = fallback->text;
      result.is_default = true;
    } else if (fallback != nullptr) {
      remarks_.error(kCode, *fallback, "the Default of parameter " + name() + " must be a text");
      return false;
    } else {
      remarks_.error(kCode, key_, "parameter " + name() + " has no value and no Default",
                     "give one: --parameters " + printable(key_.text) + "=VALUE");
      return false;
    }
    if (result.type.starts_with("AWS::SSM::Parameter::Value"))
      remarks_.warning("template-unresolved", key_,
                       "parameter " + name() +
                           " is the name of a Systems Manager parameter, which is not asked: the "
                           "name is taken as the value");
    return true;
  }

  // The value, or each of a list, against what the declaration allows.
  void check_value(const Parameter& parameter) {
    std::vector<std::string_view> values = {parameter.value};
    if (is_list_type(parameter.type)) values = split(parameter.value, ',');
    for (std::string_view value : values) {
      if (values.size() > 1) value = trim(value);
      check_one(parameter, value);
    }
  }

  void check_one(const Parameter& parameter, std::string_view value) {
    if (parameter.type == "Number" || parameter.type == "List<Number>") {
      auto amount = number(value);
      if (!amount) return refuse(parameter, value, "is no number");
      auto least = number(text_of("MinValue")), most = number(text_of("MaxValue"));
      if (least && *amount < *least)
        return refuse(parameter, value, "is below MinValue " + text_of("MinValue"));
      if (most && *amount > *most)
        return refuse(parameter, value, "is above MaxValue " + text_of("MaxValue"));
    } else {
      auto least = number(text_of("MinLength")), most = number(text_of("MaxLength"));
      auto length = static_cast<double>(value.size());
      if (least && length < *least)
        return refuse(parameter, value, "is shorter than MinLength " + text_of("MinLength"));
      if (most && length > *most)
        return refuse(parameter, value, "is longer than MaxLength " + text_of("MaxLength"));
    }
    check_allowed(parameter, value);
    check_pattern(parameter, value);
  }

  void check_allowed(const Parameter& parameter, std::string_view value) {
    const YamlNode* allowed = node_.find("AllowedValues");
    if (allowed == nullptr) return;
    std::string list;
    for (const YamlNode& item : allowed->items) {
      if (item.text == value) return;
      if (list.size() < 200) list += (list.empty() ? "" : ", ") + printable(item.text);
    }
    refuse(parameter, value, "is none of AllowedValues: " + list);
  }

  void check_pattern(const Parameter& parameter, std::string_view value) {
    const YamlNode* pattern = node_.find("AllowedPattern");
    if (pattern == nullptr || !pattern->is_scalar()) return;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    RE2 expression(pattern->text, options);
    if (!expression.ok())
      return remarks_.warning(kCode, *pattern,
                              "this AllowedPattern is not checked: " + expression.error(),
                              "AWS uses Java's expressions, which look ahead and behind");
    if (!RE2::FullMatch(re2::StringPiece(value.data(), value.size()), expression))
      refuse(parameter, value, "does not match AllowedPattern " + printable(pattern->text));
  }

  void refuse(const Parameter& parameter, std::string_view value, const std::string& why) {
    std::string shown =
        parameter.no_echo ? "its value" : "\"" + printable(value.substr(0, 100)) + "\"";
    remarks_.error(kCode, key_, "parameter " + name() + ": " + shown + " " + why,
                   printable(text_of("ConstraintDescription")));
  }

  const YamlNode& key_;
  const YamlNode& node_;
  const Settings& settings_;
  Remarks& remarks_;
};

}  // namespace

bool is_list_type(std::string_view type) {
  return type == "CommaDelimitedList" || type.starts_with("List<") ||
         type.starts_with("AWS::SSM::Parameter::Value<List<") ||
         type == "AWS::SSM::Parameter::Value<CommaDelimitedList>";
}

std::vector<Parameter> read_parameters(const YamlNode& section, const Settings& settings,
                                       Remarks& remarks) {
  std::vector<Parameter> result;
  for (const auto& [key, node] : section.members) {
    auto read = Declaration(key, node, settings, remarks).read();
    if (read) result.push_back(std::move(*read));
  }
  return result;
}

}  // namespace cairn::templates
