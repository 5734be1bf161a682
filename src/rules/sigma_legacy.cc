#include "rules/sigma_legacy.h"

#include "base/text.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>
#include <utility>

namespace cairn::rules {

namespace {

YamlNode scalar(std::string text, const YamlNode& at) {
  YamlNode node = at;
  node.kind = YamlNode::Kind::kScalar;
  node.text = std::move(text);
  node.items.clear();
  node.members.clear();
  return node;
}

YamlNode map_at(const YamlNode& at) {
  YamlNode node = scalar("", at);
  node.kind = YamlNode::Kind::kMap;
  return node;
}

YamlNode list_of(const std::vector<std::string>& texts, const YamlNode& at) {
  YamlNode node = scalar("", at);
  node.kind = YamlNode::Kind::kSequence;
  for (const std::string& text : texts) node.items.push_back(scalar(text, at));
  return node;
}

void set(YamlNode& map, const std::string& key, YamlNode value) {
  for (auto& [name, old] : map.members) {
    if (name.text != key) continue;
    old = std::move(value);
    return;
  }
  YamlNode name = scalar(key, value);
  map.members.emplace_back(std::move(name), std::move(value));
}

void remove(YamlNode& map, std::string_view key) {
  std::erase_if(map.members, [key](const auto& member) { return member.first.text == key; });
}

std::string text_of(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  return node != nullptr && node->is_scalar() ? std::string(trim(node->text)) : std::string();
}

/// Names between commas or the word `and`.
std::vector<std::string> names_in(std::string text, bool with_and) {
  if (with_and) RE2::GlobalReplace(&text, R"((?i)\s+and\s+)", ",");
  std::vector<std::string> names;
  for (std::string_view name : split(text, ',')) names.emplace_back(trim(name));
  return names;
}

class Translation {
 public:
  Translation(const YamlNode& document, const YamlNode& detection, const YamlNode& condition)
      : document_(document), detection_(detection), condition_(condition) {}

  std::optional<std::vector<YamlNode>> run() {
    std::string_view text = condition_.text;
    size_t bar = text.find('|');
    std::string timeframe = text_of(detection_, "timeframe");
    if (timeframe.empty()) timeframe = text_of(document_, "timeframe");
    if (bar == std::string_view::npos || timeframe.empty()) return std::nullopt;
    correlation_ = map_at(condition_);
    std::string before(trim(text.substr(0, bar)));
    std::string after(text.substr(bar + 1));
    add_part(before);
    if (!count(after) && !near(after)) return std::nullopt;
    set(correlation_, "rules", list_of(names_, condition_));
    set(correlation_, "timespan", scalar(timeframe, condition_));
    YamlNode whole = document_;
    remove(whole, "detection");
    remove(whole, "logsource");
    remove(whole, "timeframe");
    set(whole, "correlation", correlation_);
    documents_.push_back(std::move(whole));
    return std::move(documents_);
  }

 private:
  void add_part(const std::string& condition) {
    std::string id = text_of(document_, "id");
    if (id.empty()) id = text_of(document_, "name");
    if (id.empty()) id = text_of(document_, "title");
    names_.push_back(id + "-part-" + std::to_string(names_.size() + 1));
    YamlNode part = document_;
    YamlNode detection = detection_;
    set(detection, "condition", scalar(condition, condition_));
    remove(detection, "timeframe");
    YamlNode own = map_at(condition_);
    set(own, "part", scalar("true", condition_));
    remove(part, "name");
    remove(part, "timeframe");
    set(part, "id", scalar(names_.back(), condition_));
    set(part, "detection", std::move(detection));
    set(part, "cairn", std::move(own));
    documents_.push_back(std::move(part));
  }

  /// Leaves out of a part what the other parts ask for: there it would be an unused selection.
  void keep_selection(YamlNode& part, const std::string& name) {
    YamlNode detection = *part.find("detection");
    std::erase_if(detection.members, [&](const auto& member) {
      return member.first.text != name && member.first.text != "condition";
    });
    set(part, "detection", std::move(detection));
  }

  /// `count(field) by group > 5`
  bool count(const std::string& text) {
    static const RE2 kForm(
        R"((?i)\s*(count|sum|avg)\s*\(([^)]*)\)\s*(?:by\s+([^<>=]+?)\s*)?(>=|<=|==|=|>|<)\s*([0-9]+(?:\.[0-9]+)?)\s*)");
    std::string function, field, group, compare, number;
    if (!RE2::FullMatch(text, kForm, &function, &field, &group, &compare, &number)) return false;
    function = to_lower(function);
    field = std::string(trim(field));
    if (field == "*") field.clear();
    if (function != "count" && field.empty()) return false;
    std::string type = field.empty() ? "event_count" : "value_" + function;
    set(correlation_, "type", scalar(type, condition_));
    if (!group.empty()) set(correlation_, "group-by", list_of(names_in(group, false), condition_));
    YamlNode bound = map_at(condition_);
    if (!field.empty()) set(bound, "field", scalar(field, condition_));
    const char* test = compare == ">"    ? "gt"
                       : compare == ">=" ? "gte"
                       : compare == "<"  ? "lt"
                       : compare == "<=" ? "lte"
                                         : "eq";
    set(bound, test, scalar(number, condition_));
    set(correlation_, "condition", std::move(bound));
    return true;
  }

  /// `near a and b`
  bool near(const std::string& text) {
    std::string list;
    if (!RE2::FullMatch(text, R"((?i)\s*near\s+(.+?)\s*)", &list)) return false;
    for (const std::string& name : names_in(list, true)) {
      if (detection_.find(name) == nullptr) return false;  // `not`, parentheses, unknown names
      add_part(name);
      keep_selection(documents_.back(), name);
    }
    std::string before = text_of(*documents_.front().find("detection"), "condition");
    if (detection_.find(before) != nullptr) keep_selection(documents_.front(), before);
    set(correlation_, "type", scalar("temporal", condition_));
    return true;
  }

  const YamlNode& document_;
  const YamlNode& detection_;
  const YamlNode& condition_;
  YamlNode correlation_;
  std::vector<std::string> names_;
  std::vector<YamlNode> documents_;
};

}  // namespace

std::optional<std::vector<YamlNode>> translate_aggregation(const YamlNode& document,
                                                           Remarks& remarks) {
  const YamlNode* detection = document.find("detection");
  if (detection == nullptr || !detection->is_map()) return std::nullopt;
  const YamlNode* condition = detection->find("condition");
  if (condition == nullptr || !condition->is_scalar()) return std::nullopt;
  auto translated = Translation(document, *detection, *condition).run();
  if (translated) {
    remarks.warning("sigma-aggregation", remarks.at(*condition, condition->text.find('|'), 1),
                    "counting in a condition was read as a correlation",
                    "write the correlation: other tools no longer count in conditions");
  }
  return translated;
}

}  // namespace cairn::rules
