#include "rules/sigma_parse.h"

#include "base/text.h"
#include "rules/sigma_condition.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace cairn::rules {
namespace {

// Every name a modifier may be written with.
constexpr std::pair<std::string_view, Modifier> kModifiers[] = {
    {"all", Modifier::kAll},
    {"neq", Modifier::kNeq},
    {"cased", Modifier::kCased},
    {"contains", Modifier::kContains},
    {"startswith", Modifier::kStartsWith},
    {"endswith", Modifier::kEndsWith},
    {"exists", Modifier::kExists},
    {"re", Modifier::kRegex},
    {"i", Modifier::kIgnoreCase},
    {"ignorecase", Modifier::kIgnoreCase},
    {"m", Modifier::kMultiline},
    {"multiline", Modifier::kMultiline},
    {"s", Modifier::kDotAll},
    {"dotall", Modifier::kDotAll},
    {"cidr", Modifier::kCidr},
    {"fieldref", Modifier::kFieldRef},
    {"expand", Modifier::kExpand},
    {"base64", Modifier::kBase64},
    {"base64offset", Modifier::kBase64Offset},
    {"wide", Modifier::kWide},
    {"utf16le", Modifier::kWide},
    {"utf16be", Modifier::kUtf16Be},
    {"utf16", Modifier::kUtf16},
    {"windash", Modifier::kWindash},
    {"lt", Modifier::kLess},
    {"lte", Modifier::kLessOrEqual},
    {"gt", Modifier::kGreater},
    {"gte", Modifier::kGreaterOrEqual},
    {"minute", Modifier::kMinute},
    {"hour", Modifier::kHour},
    {"day", Modifier::kDay},
    {"week", Modifier::kWeek},
    {"month", Modifier::kMonth},
    {"year", Modifier::kYear},
};

std::string modifier_hint(std::string_view word) {
  std::array<std::string_view, std::size(kModifiers)> names;
  std::transform(std::begin(kModifiers), std::end(kModifiers), names.begin(),
                 [](const auto& row) { return row.first; });
  return did_you_mean(word, names);
}

class DetectionParser {
 public:
  // `what` is the mapping's key: "detection", or "filter", which lists `rules` as well.
  DetectionParser(std::string_view what, SigmaRule& rule, Remarks& remarks)
      : what_(what), rule_(rule), remarks_(remarks) {}

  void run(const YamlNode& detection) {
    for (const auto& [key, value] : detection.members) {
      if (what_ == "filter" && key.text == "rules") continue;
      if (key.text == "condition") {
        conditions(value);
      } else if (key.text == "timeframe") {
        remarks_.warning("sigma-timeframe", remarks_.at(key),
                         "a timeframe has no effect in a rule about single events",
                         "counting over time is what correlation documents do");
      } else {
        selection(key, value);
      }
    }
    if (detection.find("condition") == nullptr) {
      remarks_.error("sigma-missing-condition", remarks_.at(detection),
                     "the " + what_ + " has no condition", "add \"condition: selection\"");
    }
    if (rule_.selections.empty() && detection.find("condition") != nullptr) {
      remarks_.error("sigma-missing-selection", remarks_.at(detection),
                     "the " + what_ + " has no selection", "");
    }
  }

  std::optional<SigmaItem> item(const YamlNode& key, const YamlNode& value) {
    SigmaItem item;
    item.key = &key;
    bool known = field_and_modifiers(key, item);
    if (value.is_sequence()) {
      for (const YamlNode& element : value.items) item.values.push_back(&element);
    } else {
      item.values.push_back(&value);
    }
    if (item.values.empty()) {
      remarks_.error(
          "sigma-empty-list", remarks_.at(key), "the list of values is empty",
          "an empty list would match nothing; write [\"\"] for the empty text, null for no value");
      return std::nullopt;
    }
    bool plain = std::all_of(item.values.begin(), item.values.end(), [&](const YamlNode* element) {
      if (!element->is_map() && !element->is_sequence()) return true;
      remarks_.error("sigma-value-type", remarks_.at(*element),
                     "a value must be a text, a number, true, false or null",
                     "nested fields are written with dots: requestParameters.userName");
      return false;
    });
    if (!known || !plain) return std::nullopt;
    return item;
  }

 private:
  void conditions(const YamlNode& value) {
    if (value.is_sequence() && !value.items.empty()) {
      for (const YamlNode& item : value.items) condition(item);
    } else {
      condition(value);
    }
  }

  void condition(const YamlNode& node) {
    if (!node.is_scalar()) {
      remarks_.error("sigma-condition-syntax", remarks_.at(node),
                     "a condition must be a text or a list of texts", "");
      return;
    }
    auto parsed = parse_condition(node, remarks_);
    if (parsed) rule_.conditions.push_back({&node, std::move(*parsed)});
  }

  void selection(const YamlNode& key, const YamlNode& value) {
    SigmaSelection selection{key.text, &key, {}};
    if (value.is_map()) {
      map(key, value, selection);
    } else if (value.is_scalar()) {
      keywords(value, {&value}, selection);
    } else if (value.is_sequence() && !value.items.empty()) {
      list(key, value, selection);
    } else {
      remarks_.error("sigma-empty-selection", remarks_.at(key),
                     "the selection \"" + printable(key.text) + "\" is empty",
                     "an empty selection would match every event or none; remove it");
    }
    rule_.selections.push_back(std::move(selection));
  }

  // Maps are alternatives, plain values keywords; a list of both holds when anything in it does.
  void list(const YamlNode& key, const YamlNode& value, SigmaSelection& selection) {
    std::vector<const YamlNode*> words;
    for (const YamlNode& item : value.items) {
      if (item.is_map()) {
        map(key, item, selection);
      } else if (item.is_sequence()) {
        remarks_.error("sigma-value-type", remarks_.at(item), "a list inside a list has no meaning",
                       "put its values into the outer list");
      } else {
        words.push_back(&item);
      }
    }
    if (!words.empty()) keywords(value, std::move(words), selection);
  }

  void keywords(const YamlNode& where, std::vector<const YamlNode*> words,
                SigmaSelection& selection) {
    SigmaItem item;
    item.values = std::move(words);
    item.key = &where;
    selection.alternatives.push_back({std::move(item)});
  }

  void map(const YamlNode& key, const YamlNode& map, SigmaSelection& selection) {
    if (map.members.empty()) {
      remarks_.error("sigma-empty-selection", remarks_.at(key),
                     "the selection \"" + printable(key.text) + "\" has an empty map",
                     "an empty map would match every event; remove it");
      return;
    }
    std::vector<SigmaItem> items;
    for (const auto& [name, value] : map.members) {
      if (auto parsed = item(name, value)) items.push_back(std::move(*parsed));
    }
    selection.alternatives.push_back(std::move(items));
  }

  bool field_and_modifiers(const YamlNode& key, SigmaItem& item) {
    std::vector<std::string_view> words = split(key.text, '|');
    item.field = std::string(words.front());
    size_t offset = words.front().size() + 1;
    bool known = true;
    for (size_t i = 1; i < words.size(); ++i) {
      std::string_view word = words[i];
      auto found = std::find_if(std::begin(kModifiers), std::end(kModifiers),
                                [word](const auto& row) { return row.first == word; });
      if (found == std::end(kModifiers)) {
        remarks_.error("sigma-unknown-modifier", remarks_.at(key, offset, word.size()),
                       "unknown modifier \"" + printable(word) + "\"", modifier_hint(word));
        known = false;
      } else {
        item.modifiers.push_back({found->second, offset, word.size()});
      }
      offset += word.size() + 1;
    }
    return known;
  }

  std::string what_;
  SigmaRule& rule_;
  Remarks& remarks_;
};

// Which rules a filter lists. A list that is there but empty is an error: to filter every rule must
// be meant.
void filtered_rules(const YamlNode& filter, SigmaFilter& out, Remarks& remarks) {
  const YamlNode* rules = filter.find("rules");
  if (rules == nullptr) {
    out.every_rule = true;
    return;
  }
  if (rules->is_map()) {
    remarks.error("sigma-value-type", remarks.at(*rules), "rules: expected a list of rules",
                  "name each by its id, name or title, or write \"any\" for every rule");
  } else if (rules->is_scalar()) {
    out.rules.push_back(rules);
  } else if (rules->items.empty()) {
    remarks.error("sigma-empty-list", remarks.at(*filter.find_key("rules")),
                  "the list of rules is empty", "write \"any\" to filter every rule");
  }
  for (const YamlNode& item : rules->items) {
    if (item.is_scalar()) {
      out.rules.push_back(&item);
    } else {
      remarks.error("sigma-value-type", remarks.at(item),
                    "a rule is listed by its id, name or title", "");
    }
  }
  out.every_rule = std::any_of(out.rules.begin(), out.rules.end(), [](const YamlNode* node) {
    return equals_ignore_case(trim(node->text), "any");
  });
}

std::string_view text_of(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  return node != nullptr && node->is_scalar() ? std::string_view(node->text) : std::string_view();
}

bool is_for_cloudtrail(const YamlNode& logsource) {
  std::string_view product = text_of(logsource, "product");
  std::string_view service = text_of(logsource, "service");
  if (!product.empty() && !equals_ignore_case(product, "aws")) return false;
  if (!service.empty()) return equals_ignore_case(service, "cloudtrail");
  // `category: process_creation` alone means any product that has processes.
  return !product.empty() || text_of(logsource, "category").empty();
}

}  // namespace

DocumentKind classify_document(const YamlNode& document, bool any_log_source, Remarks& remarks) {
  if (!document.is_map()) {
    remarks.error("sigma-not-a-rule", remarks.at(document), "a rule must be a map of keys", "");
    return DocumentKind::kBroken;
  }
  if (document.find("correlation") != nullptr) return DocumentKind::kCorrelation;
  if (document.find("pattern") != nullptr && document.find("detection") == nullptr)
    return DocumentKind::kPattern;
  if (const YamlNode* action = document.find_key("action")) {
    remarks.error("sigma-action", remarks.at(*action),
                  "documents that share parts through \"action\" are not supported",
                  "Sigma 2 removed them: write each rule out");
    return DocumentKind::kBroken;
  }
  const bool is_filter = document.find("filter") != nullptr;
  if (any_log_source && (is_filter || document.find("detection") != nullptr))
    return is_filter ? DocumentKind::kFilter : DocumentKind::kRule;
  const YamlNode* logsource = document.find("logsource");
  if (logsource != nullptr && logsource->is_map()) {
    if (!is_for_cloudtrail(*logsource)) return DocumentKind::kOtherLogSource;
    return is_filter ? DocumentKind::kFilter : DocumentKind::kRule;
  }
  if (!is_filter && document.find("detection") == nullptr) {
    remarks.error("sigma-not-a-rule", remarks.at(document),
                  "this is no Sigma rule: it has neither logsource nor detection", "");
  } else if (logsource == nullptr) {
    remarks.error("sigma-missing-logsource", remarks.at(document),
                  is_filter ? "the filter has no logsource" : "the rule has no logsource",
                  "add \"logsource: {product: aws, service: cloudtrail}\"");
  } else {
    remarks.error("sigma-missing-logsource", remarks.at(*logsource), "logsource must be a map",
                  "write \"logsource: {product: aws, service: cloudtrail}\"");
  }
  return DocumentKind::kBroken;
}

std::optional<SigmaRule> parse_rule(const YamlNode& document, Remarks& remarks) {
  size_t errors_before = remarks.errors();
  SigmaRule rule;
  parse_rule_info(document, rule.info, remarks);
  rule.id_node = document.find("id");
  const YamlNode* detection = document.find("detection");
  if (detection == nullptr || !detection->is_map()) {
    remarks.error(
        "sigma-missing-detection", remarks.at(detection != nullptr ? *detection : document),
        detection != nullptr ? "detection must be a map" : "the rule has no detection", "");
    return std::nullopt;
  }
  DetectionParser("detection", rule, remarks).run(*detection);
  if (remarks.errors() > errors_before) return std::nullopt;
  return rule;
}

std::optional<SigmaItem> parse_item(const YamlNode& key, const YamlNode& value, Remarks& remarks) {
  SigmaRule none;
  return DetectionParser("detection", none, remarks).item(key, value);
}

std::optional<SigmaFilter> parse_filter(const YamlNode& document, Remarks& remarks) {
  size_t errors_before = remarks.errors();
  const YamlNode& filter = *document.find("filter");
  if (!filter.is_map()) {
    remarks.error("sigma-filter", remarks.at(*document.find_key("filter")), "filter must be a map",
                  "it holds the rules, the selections and the condition");
    return std::nullopt;
  }
  SigmaFilter out;
  filtered_rules(filter, out, remarks);
  DetectionParser("filter", out.detection, remarks).run(filter);
  if (remarks.errors() > errors_before) return std::nullopt;
  return out;
}

}  // namespace cairn::rules
