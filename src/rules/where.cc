#include "rules/where.h"

#include "base/text.h"
#include "rules/day_span.h"
#include "rules/policy.h"
#include "rules/predicate_check.h"
#include "rules/sigma_parse.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cairn::rules {

namespace {

constexpr size_t kDepthLimit = 20;
constexpr std::string_view kPrefix = "|prefix", kCovers = "|covers";

class WhereParser {
 public:
  WhereParser(const Placeholders& placeholders, Remarks& remarks)
      : placeholders_(placeholders), remarks_(remarks) {}

  std::optional<Expression> run(const YamlNode& node) {
    size_t before = remarks_.errors();
    Expression expression = condition(node);
    if (remarks_.errors() > before) return std::nullopt;
    return expression;
  }

 private:
  Expression fail(const YamlNode& node, std::string message, std::string hint = "") {
    remarks_.error("cairn-where", remarks_.at(node), std::move(message), std::move(hint));
    return {};
  }

  Expression condition(const YamlNode& node) {
    if (++depth_ > kDepthLimit) return fail(node, "where is nested too deeply");
    Expression out;
    if (node.is_sequence()) {
      out = all_of(list(node));
    } else if (node.is_map() && !node.members.empty()) {
      out = map(node);
    } else {
      out = fail(node, "where: expected a map",
                 "it holds one of element, policy, time, fields, any, all or not");
    }
    --depth_;
    return out;
  }

  std::vector<Expression> list(const YamlNode& node) {
    std::vector<Expression> parts;
    if (!node.is_sequence() || node.items.empty()) {
      fail(node, "expected a list of conditions");
      return parts;
    }
    for (const YamlNode& item : node.items) parts.push_back(condition(item));
    return parts;
  }

  Expression map(const YamlNode& node) {
    const auto& [key, value] = node.members.front();
    struct Form {
      std::string_view name;
      std::vector<std::string_view> further;
      Expression (WhereParser::*parse)(const YamlNode& map, const YamlNode& value);
    };
    const std::array<Form, 7> forms = {{{"any", {}, &WhereParser::any},
                                        {"all", {}, &WhereParser::all},
                                        {"not", {}, &WhereParser::negated},
                                        {"fields", {}, &WhereParser::fields},
                                        {"element", {"has"}, &WhereParser::element},
                                        {"policy", {"grants"}, &WhereParser::policy},
                                        {"time", {"zone", "days"}, &WhereParser::time}}};
    std::vector<std::string_view> names;
    for (const Form& form : forms) {
      names.push_back(form.name);
      if (form.name != key.text) continue;
      for (const auto& [other, ignored] : node.members) {
        bool known = &other == &key || std::find(form.further.begin(), form.further.end(),
                                                 other.text) != form.further.end();
        if (!known)
          return fail(other, "\"" + printable(other.text) + "\" has no place beside \"" +
                                 std::string(form.name) + "\"");
      }
      return (this->*form.parse)(node, value);
    }
    return fail(key, "where knows no \"" + printable(key.text) + "\"",
                did_you_mean(key.text, names));
  }

  Expression any(const YamlNode&, const YamlNode& value) { return any_of(list(value)); }
  Expression all(const YamlNode&, const YamlNode& value) { return all_of(list(value)); }
  Expression negated(const YamlNode&, const YamlNode& value) { return negation(condition(value)); }
  Expression fields(const YamlNode&, const YamlNode& value) { return selection(value, false); }

  /// One text, or a list of texts.
  std::vector<std::string> texts(const YamlNode& node) {
    std::vector<std::string> out;
    if (node.is_scalar() && !node.is_null()) out.push_back(node.text);
    for (const YamlNode& item : node.items) {
      if (!item.is_scalar() || item.is_null()) {
        fail(item, "expected a text");
      } else {
        out.push_back(item.text);
      }
    }
    if (out.empty()) fail(node, "expected a text or a list of texts");
    return out;
  }

  Expression element(const YamlNode& map, const YamlNode& value) {
    const YamlNode* has = map.find("has");
    if (has == nullptr) return fail(value, "an element needs \"has\"", "has: {field: value}");
    Expression inner = selection(*has, true);
    std::vector<Expression> parts;
    for (std::string& path : texts(value)) {
      Predicate predicate;
      predicate.field = std::move(path);
      predicate.op = Operator::kElement;
      predicate.operands = {to_string(inner)};
      predicate.inner = std::make_shared<const Expression>(inner);
      parts.push_back(leaf(std::move(predicate)));
    }
    return any_of(std::move(parts));
  }

  Expression policy(const YamlNode& map, const YamlNode& value) {
    const YamlNode* grants = map.find("grants");
    if (grants == nullptr)
      return fail(value, "a policy needs \"grants\"", "grants: [admin, everyone, foreign]");
    std::vector<std::string> wanted = texts(*grants);
    for (const std::string& word : wanted) {
      if (word != kGrantsAdmin && word != kGrantsEveryone && word != kGrantsForeign)
        return fail(*grants,
                    "a policy grants admin, everyone or foreign, not \"" + printable(word) + "\"");
    }
    std::vector<Expression> parts;
    for (std::string& path : texts(value)) {
      Predicate predicate;
      predicate.field = std::move(path);
      predicate.op = Operator::kGrants;
      predicate.operands = wanted;
      predicate.other_field = "recipientAccountId";
      parts.push_back(leaf(std::move(predicate)));
    }
    return any_of(std::move(parts));
  }

  Expression time(const YamlNode& map, const YamlNode& value) {
    Predicate predicate;
    predicate.field = "eventTime";
    predicate.op = Operator::kTimeOfDay;
    std::string rest;
    if (const YamlNode* zone = map.find("zone")) rest = zone->text;
    if (const YamlNode* days = map.find("days")) rest += " " + join(texts(*days), ",");
    for (const std::string& span : texts(value)) {
      if (!parse_day_span(span + rest))
        return fail(value, "\"" + printable(span + rest) + "\" is no span of a day",
                    "time: \"20:00-06:00\", zone: \"+01:00\", days: [mon, tue]");
      predicate.operands.push_back(span + rest);
    }
    return leaf(std::move(predicate));
  }

  // ---- Selections

  /// A map of fields, or a list of maps of which any.
  Expression selection(const YamlNode& node, bool in_element) {
    if (node.is_map() && !node.members.empty()) return items(node, in_element);
    if (!node.is_sequence() || node.items.empty())
      return fail(node, "expected a map of fields, or a list of such maps");
    std::vector<Expression> parts;
    for (const YamlNode& item : node.items) {
      if (!item.is_map() || item.members.empty()) return fail(item, "expected a map of fields");
      parts.push_back(items(item, in_element));
    }
    return any_of(std::move(parts));
  }

  Expression items(const YamlNode& map, bool in_element) {
    std::vector<Expression> parts;
    for (const auto& [key, value] : map.members) {
      if (key.text.ends_with(kPrefix)) {
        parts.push_back(prefix(key, value));
      } else if (key.text.ends_with(kCovers)) {
        parts.push_back(covers(key, value, in_element));
      } else if (in_element && key.text == "element") {
        return element(map, value);
      } else {
        parts.push_back(item(key, value, in_element));
      }
    }
    return all_of(std::move(parts));
  }

  Expression item(const YamlNode& key, const YamlNode& value, bool in_element) {
    auto parsed = parse_item(key, value, remarks_);
    if (!parsed) return {};
    if (parsed->field.empty()) return fail(key, "keywords have no place here");
    auto expression = lower_item(*parsed, placeholders_, remarks_);
    if (!expression) return {};
    bool two_fields =
        std::any_of(parsed->modifiers.begin(), parsed->modifiers.end(),
                    [](const auto& used) { return used.modifier == Modifier::kFieldRef; });
    if (in_element && two_fields)
      return fail(key, "fieldref cannot look into an element", "compare whole events instead");
    return std::move(*expression);
  }

  /// `cidrIp|prefix: 0`
  Expression prefix(const YamlNode& key, const YamlNode& value) {
    Predicate predicate;
    predicate.field = key.text.substr(0, key.text.size() - kPrefix.size());
    predicate.op = Operator::kPrefixBits;
    predicate.operands = numbers(value, 128);
    return leaf(std::move(predicate));
  }

  /// `fromPort..toPort|covers: [22, 3389]`
  Expression covers(const YamlNode& key, const YamlNode& value, bool in_element) {
    if (!in_element)
      return fail(key, "ranges are looked at inside an element",
                  "element: requestParameters, has: {fromPort..toPort|covers: 22}");
    std::string names = key.text.substr(0, key.text.size() - kCovers.size());
    size_t dots = names.find("..");
    if (dots == std::string::npos || dots == 0 || dots + 2 == names.size())
      return fail(key, "covers needs the two ends of a range", "fromPort..toPort|covers: 22");
    Predicate predicate;
    predicate.field = names.substr(0, dots);
    predicate.other_field = names.substr(dots + 2);
    predicate.op = Operator::kCovers;
    predicate.operands = numbers(value, 65535);
    return leaf(std::move(predicate));
  }

  std::vector<std::string> numbers(const YamlNode& node, int64_t most) {
    std::vector<std::string> out = texts(node);
    for (const std::string& text : out) {
      auto number = parse_number(text);
      if (!number || !number->is_whole || number->whole < 0 || number->whole > most)
        fail(node, "expected whole numbers from 0 to " + std::to_string(most));
    }
    return out;
  }

  const Placeholders& placeholders_;
  Remarks& remarks_;
  size_t depth_ = 0;
};

}  // namespace

std::optional<Expression> parse_where(const YamlNode& node, const Placeholders& placeholders,
                                      Remarks& remarks) {
  return WhereParser(placeholders, remarks).run(node);
}

}  // namespace cairn::rules
