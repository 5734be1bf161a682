#include "rules/sigma_values.h"

// A written value starts as a pattern (or null) and every modifier turns it into something else: a
// pattern with more wildcards, several encoded variants, a regular expression, a network, a number
// to compare with, another field, a question of presence. What a modifier can be applied to is
// decided by what the value is at that point, so chains such as `wide|base64offset|contains` need
// no table. What the values are at the end becomes predicates in modified_value.cc.

#include "base/text.h"
#include "rules/modified_value.h"
#include "rules/network.h"
#include "rules/pattern.h"
#include "rules/predicate_check.h"
#include "rules/text_encodings.h"

#include <re2/re2.h>

#include <algorithm>

namespace cairn::rules {
namespace {

constexpr size_t kVariantLimit =
    10'000;  // of one written value, through placeholders, encodings and dashes

bool is_value_modifier(Modifier modifier) {
  return modifier != Modifier::kAll && modifier != Modifier::kNeq && modifier != Modifier::kCased;
}

class ItemLowering {
 public:
  ItemLowering(const SigmaItem& item, const Placeholders& placeholders, Remarks& remarks)
      : item_(item), placeholders_(placeholders), remarks_(remarks) {}

  std::optional<Expression> run() {
    size_t errors_before = remarks_.errors();
    start();
    for (const auto& used : item_.modifiers) {
      if (remarks_.errors() > errors_before) return std::nullopt;  // one remark an item is enough
      apply(used);
    }
    if (remarks_.errors() == errors_before) finish_regexes();
    if (remarks_.errors() > errors_before) return std::nullopt;
    return result();
  }

 private:
  using Value = ModifiedValue;
  using Kind = Value::Kind;

  bool on_record() const { return item_.field.empty(); }

  Place at(const SigmaItem::UsedModifier& used) const {
    return remarks_.at(*item_.key, used.offset, used.length);
  }
  std::string name(const SigmaItem::UsedModifier& used) const {
    return "\"" + item_.key->text.substr(used.offset, used.length) + "\"";
  }

  void start() {
    for (const YamlNode* node : item_.values) {
      Value value;
      if (node->is_null()) {
        value.kind = Kind::kNull;
        check_null(*node);
      } else {
        value.pattern = Pattern::parse(node->text);
      }
      values_.push_back({node, {std::move(value)}});
    }
  }

  void check_null(const YamlNode& node) {
    bool modified = std::any_of(item_.modifiers.begin(), item_.modifiers.end(),
                                [](const auto& used) { return is_value_modifier(used.modifier); });
    if (modified || on_record()) {
      remarks_.error(
          "sigma-null", remarks_.at(node),
          on_record() ? "a keyword cannot be null" : "null cannot take this modifier",
          "null alone asks whether the field is missing or null; write '' for the empty text");
    } else if (item_.values.size() > 1) {
      remarks_.warning("sigma-null-in-list", remarks_.at(node),
                       "null inside a list is not standard Sigma",
                       "other tools may refuse it: use a second selection with \"field: null\"");
    }
  }

  void apply(const SigmaItem::UsedModifier& used) {
    switch (used.modifier) {
      case Modifier::kAll:
        all_ = true;
        if (item_.values.size() == 1) {
          remarks_.warning("sigma-all-single", at(used),
                           "\"all\" with a single value has no effect",
                           "remove it, or give a list of values");
        }
        return;
      case Modifier::kNeq:
        negated_ = true;
        return;
      case Modifier::kCased:
        cased_ = true;
        return each(used, {Kind::kPattern, Kind::kField, Kind::kNull}, [](Value&) {});
      default:
        apply_to_values(used);
        modified_ = true;
    }
  }

  void apply_to_values(const SigmaItem::UsedModifier& used) {
    switch (used.modifier) {
      case Modifier::kContains:
      case Modifier::kStartsWith:
      case Modifier::kEndsWith:
        return anchor(used);
      case Modifier::kRegex:
        return begin(used, [](const YamlNode& node, Value& value) {
          value.kind = Kind::kRegex;
          value.text = node.text;
        });
      case Modifier::kIgnoreCase:
        return each(used, {Kind::kRegex}, [](Value& value) { value.flags += 'i'; });
      case Modifier::kMultiline:
        return each(used, {Kind::kRegex}, [](Value& value) { value.flags += 'm'; });
      case Modifier::kDotAll:
        return each(used, {Kind::kRegex}, [](Value& value) { value.flags += 's'; });
      case Modifier::kCidr:
        return begin(used, [this](const YamlNode& node, Value& value) { network(node, value); });
      case Modifier::kExists:
        return begin(used,
                     [&](const YamlNode& node, Value& value) { presence(used, node, value); });
      case Modifier::kFieldRef:
        return begin(used, [this](const YamlNode& node, Value& value) { field(node, value); });
      case Modifier::kExpand:
        return expand(used);
      case Modifier::kWindash:
        return dashes(used);
      case Modifier::kBase64:
      case Modifier::kBase64Offset:
      case Modifier::kWide:
      case Modifier::kUtf16Be:
      case Modifier::kUtf16:
        return encode(used);
      default:
        return compare(used);
    }
  }

  void refuse(const SigmaItem::UsedModifier& used, std::string why) {
    remarks_.error("sigma-modifier-combination", at(used), name(used) + " " + std::move(why), "");
  }

  // Applies `change` to all variants, which must be of one of the kinds.
  template <typename Change>
  void each(const SigmaItem::UsedModifier& used, std::initializer_list<Kind> kinds, Change change) {
    for (WrittenValue& value : values_) {
      for (Value& variant : value.variants) {
        if (std::find(kinds.begin(), kinds.end(), variant.kind) == kinds.end()) {
          return refuse(used, kinds.size() == 1 && *kinds.begin() == Kind::kRegex
                                  ? "needs \"re\" before it"
                                  : "cannot be applied to what the modifiers before it made");
        }
        change(variant);
      }
    }
  }

  // For modifiers that read the value as written, and so must come first.
  template <typename Read>
  void begin(const SigmaItem::UsedModifier& used, Read read) {
    if (modified_) {
      remarks_.error("sigma-modifier-order", at(used),
                     name(used) + " must be the first modifier of the value", "");
      return;
    }
    if (cased_ && used.modifier != Modifier::kFieldRef) {
      return refuse(used, "has no use for \"cased\"");
    }
    if (on_record() && used.modifier != Modifier::kRegex) return refuse(used, "needs a field");
    for (WrittenValue& value : values_) read(*value.node, value.variants.front());
  }

  void anchor(const SigmaItem::UsedModifier& used) {
    bool open_start = used.modifier != Modifier::kStartsWith;
    bool open_end = used.modifier != Modifier::kEndsWith;
    each(used, {Kind::kPattern, Kind::kRegex, Kind::kField}, [&](Value& value) {
      if (value.kind == Kind::kPattern) {
        Pattern wrapped;
        if (open_start) wrapped.append(PatternPart::Kind::kAnyRun);
        wrapped.append(value.pattern);
        if (open_end) wrapped.append(PatternPart::Kind::kAnyRun);
        value.pattern = std::move(wrapped);
      } else if (value.kind == Kind::kRegex) {
        if (!open_start) value.text = "\\A(?:" + value.text + ")";
        if (!open_end) value.text = "(?:" + value.text + ")\\z";
      } else {
        value.op = open_start && open_end ? Operator::kFieldContains
                   : open_end             ? Operator::kFieldStartsWith
                                          : Operator::kFieldEndsWith;
      }
    });
  }

  void network(const YamlNode& node, Value& value) {
    bool had_host_bits = false;
    if (!parse_network(node.text, had_host_bits)) {
      remarks_.error("sigma-cidr", remarks_.at(node),
                     "\"" + printable(node.text) + "\" is no network",
                     "write an address and a number of bits: 192.0.2.0/24 or 2001:db8::/32");
      return;
    }
    if (had_host_bits) {
      remarks_.warning("sigma-cidr-host-bits", remarks_.at(node),
                       "the address has bits set beyond the network",
                       "other tools refuse it: write the network's first address");
    }
    value.kind = Kind::kNetwork;
    value.text = node.text;
  }

  void presence(const SigmaItem::UsedModifier& used, const YamlNode& node, Value& value) {
    bool yes = equals_ignore_case(node.text, "true");
    bool no = equals_ignore_case(node.text, "false");
    if (item_.values.size() > 1 || node.quoted || (!yes && !no)) {
      if (&node != item_.values.front()) return;
      remarks_.error("sigma-modifier-value", at(used), "\"exists\" takes a single true or false",
                     "write true or false without quotes");
      return;
    }
    value.kind = Kind::kPresence;
    value.op = Operator::kExists;
    if (no) negated_ = !negated_;
  }

  void field(const YamlNode& node, Value& value) {
    if (node.text.empty()) {
      remarks_.error("sigma-modifier-value", remarks_.at(node),
                     "\"fieldref\" takes the name of a field", "");
      return;
    }
    value.kind = Kind::kField;
    value.op = Operator::kFieldEquals;
    value.text = node.text;
  }

  void compare(const SigmaItem::UsedModifier& used) {
    if (on_record()) return refuse(used, "needs a field");
    TimePart part = time_part_of(used.modifier);
    Operator op = operator_of(used.modifier);
    if (cased_) return refuse(used, "has no use for \"cased\"");
    for (WrittenValue& value : values_) {
      for (Value& variant : value.variants) {
        bool after_part = variant.kind == Kind::kNumber && variant.op == Operator::kNumberEquals &&
                          part == TimePart::kNone;
        if (variant.kind != Kind::kPattern && !after_part) {
          return refuse(used, "cannot be applied to what the modifiers before it made");
        }
        if (!after_part && !number(*value.node, used, variant)) return;
        variant.op = op;
        if (part != TimePart::kNone) variant.part = part;
      }
    }
  }

  bool number(const YamlNode& node, const SigmaItem::UsedModifier& used, Value& value) {
    std::string text = value.pattern.has_wildcards() ? "" : std::string(value.pattern.text());
    if (!parse_number(text)) {
      remarks_.error("sigma-modifier-value", remarks_.at(node),
                     name(used) + " takes a number, not \"" + printable(node.text) + "\"", "");
      return false;
    }
    value.kind = Kind::kNumber;
    value.text = std::move(text);
    return true;
  }

  static Operator operator_of(Modifier modifier) {
    switch (modifier) {
      case Modifier::kLess:
        return Operator::kLess;
      case Modifier::kLessOrEqual:
        return Operator::kLessOrEqual;
      case Modifier::kGreater:
        return Operator::kGreater;
      case Modifier::kGreaterOrEqual:
        return Operator::kGreaterOrEqual;
      default:
        return Operator::kNumberEquals;
    }
  }

  static TimePart time_part_of(Modifier modifier) {
    switch (modifier) {
      case Modifier::kMinute:
        return TimePart::kMinute;
      case Modifier::kHour:
        return TimePart::kHour;
      case Modifier::kDay:
        return TimePart::kDay;
      case Modifier::kWeek:
        return TimePart::kWeek;
      case Modifier::kMonth:
        return TimePart::kMonth;
      case Modifier::kYear:
        return TimePart::kYear;
      default:
        return TimePart::kNone;
    }
  }

  // Replaces every variant by several. `variants_of` returns nothing after reporting an error.
  template <typename VariantsOf>
  void multiply(const SigmaItem::UsedModifier& used, VariantsOf variants_of) {
    each(used, {Kind::kPattern}, [](Value&) {});
    for (WrittenValue& value : values_) {
      std::vector<Value> more;
      for (const Value& variant : value.variants) {
        if (variant.kind != Kind::kPattern) return;
        auto patterns = variants_of(*value.node, variant.pattern);
        if (!patterns) return;
        for (Pattern& pattern : *patterns) {
          Value next = variant;
          next.pattern = std::move(pattern);
          more.push_back(std::move(next));
        }
        if (more.size() > kVariantLimit) return too_many(used, *value.node);
      }
      value.variants = std::move(more);
    }
  }

  void too_many(const SigmaItem::UsedModifier& used, const YamlNode& node) {
    remarks_.error(
        "sigma-too-large", remarks_.at(node),
        name(used) + " makes more than " + format_count(kVariantLimit) + " variants of this value",
        "");
  }

  using Patterns = std::optional<std::vector<Pattern>>;

  void encode(const SigmaItem::UsedModifier& used) {
    multiply(used, [&](const YamlNode& node, const Pattern& pattern) -> Patterns {
      if (pattern.has_wildcards()) {
        remarks_.error("sigma-encoding-wildcard", remarks_.at(node),
                       "a wildcard has no encoded form, " + name(used) + " needs a plain text",
                       "escape it with a backslash, or put \"contains\" after the encoding");
        return std::nullopt;
      }
      std::vector<Pattern> out;
      for (const std::string& text : encoded(used.modifier, pattern.text())) {
        if (!text.empty()) out.push_back(Pattern::plain(text));
      }
      if (out.empty()) {
        remarks_.error("sigma-modifier-value", remarks_.at(node),
                       "the value is too short for " + name(used), "");
        return std::nullopt;
      }
      return out;
    });
  }

  static std::vector<std::string> encoded(Modifier modifier, std::string_view text) {
    switch (modifier) {
      case Modifier::kBase64:
        return {base64(text)};
      case Modifier::kBase64Offset:
        return base64_at_offsets(text);
      case Modifier::kWide:
        return {utf16(text, Utf16::kLittleEndian)};
      case Modifier::kUtf16Be:
        return {utf16(text, Utf16::kBigEndian)};
      default:
        return {utf16(text, Utf16::kLittleEndianWithMark)};
    }
  }

  // Appends every alternative to every pattern so far.
  static bool append_each(std::vector<Pattern>& patterns,
                          const std::vector<Pattern>& alternatives) {
    if (patterns.size() * alternatives.size() > kVariantLimit) return false;
    std::vector<Pattern> more;
    for (const Pattern& pattern : patterns) {
      for (const Pattern& alternative : alternatives) {
        more.push_back(pattern);
        more.back().append(alternative);
      }
    }
    patterns = std::move(more);
    return true;
  }

  // Rebuilds a pattern with each plain text replaced by alternatives.
  template <typename AlternativesOf>
  Patterns rebuild(const SigmaItem::UsedModifier& used, const YamlNode& node,
                   const Pattern& pattern, AlternativesOf alternatives_of) {
    std::vector<Pattern> out(1);
    for (const PatternPart& part : pattern.parts()) {
      if (part.kind != PatternPart::Kind::kText) {
        for (Pattern& variant : out) variant.append(part.kind);
        continue;
      }
      Patterns alternatives = alternatives_of(part.text);
      if (!alternatives) return std::nullopt;
      if (alternatives->empty() || !append_each(out, *alternatives)) {
        too_many(used, node);
        return std::nullopt;
      }
    }
    return out;
  }

  void dashes(const SigmaItem::UsedModifier& used) {
    multiply(used, [&](const YamlNode& node, const Pattern& pattern) {
      return rebuild(used, node, pattern, [](const std::string& text) -> Patterns {
        std::vector<Pattern> out;
        for (const std::string& variant : with_every_dash(text, kVariantLimit)) {
          out.push_back(Pattern::plain(variant));
        }
        return out;
      });
    });
  }

  void expand(const SigmaItem::UsedModifier& used) {
    multiply(used, [&](const YamlNode& node, const Pattern& pattern) {
      return rebuild(used, node, pattern,
                     [&](const std::string& text) { return expand_text(used, node, text); });
    });
  }

  // `%name%` becomes each of its values, which may hold wildcards; `\%` is a plain percent sign.
  Patterns expand_text(const SigmaItem::UsedModifier& used, const YamlNode& node,
                       std::string_view text) {
    std::vector<Pattern> out(1);
    auto append_plain = [&out](std::string_view plain) {
      for (Pattern& variant : out) variant.append_text(plain);
    };
    for (size_t i = 0; i < text.size();) {
      size_t close = text[i] == '%' ? text.find('%', i + 1) : text.npos;
      if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '%') {
        append_plain("%");
        i += 2;
      } else if (close == text.npos || close == i + 1) {
        append_plain(text.substr(i++, 1));
      } else {
        auto found = placeholders_.find(std::string(text.substr(i + 1, close - i - 1)));
        if (found == placeholders_.end() || found->second.empty()) {
          unresolved(node, text.substr(i, close - i + 1));
          return std::nullopt;
        }
        std::vector<Pattern> values;
        for (const std::string& value : found->second) values.push_back(Pattern::parse(value));
        if (!append_each(out, values)) {
          too_many(used, node);
          return std::nullopt;
        }
        i = close + 1;
      }
    }
    return out;
  }

  void unresolved(const YamlNode& node, std::string_view placeholder) {
    size_t offset = node.text.find(placeholder);
    remarks_.error("sigma-placeholder", remarks_.at(node, offset, placeholder.size()),
                   "the placeholder " + printable(placeholder) + " has no values",
                   "give its values, or remove the rule: without them it cannot match");
  }

  void finish_regexes() {
    for (WrittenValue& value : values_) {
      for (Value& variant : value.variants) {
        if (variant.kind != Kind::kRegex) continue;
        if (!variant.flags.empty()) variant.text = "(?" + variant.flags + ")" + variant.text;
        auto regex = compile_regex(variant.text);
        if (!regex->ok()) report_regex(*value.node, *regex);
      }
    }
  }

  void report_regex(const YamlNode& node, const re2::RE2& regex) {
    const std::string& part = regex.error_arg();
    size_t offset = part.empty() ? node.text.npos : node.text.find(part);
    Place place =
        offset == node.text.npos ? remarks_.at(node) : remarks_.at(node, offset, part.size());
    std::string hint;
    if (part.starts_with("(?=") || part.starts_with("(?!") || part.starts_with("(?<")) {
      hint = "look-around is not supported: use a second selection with \"and\" or \"and not\"";
    } else if (part.size() == 2 && part[0] == '\\' && is_digit(part[1])) {
      hint = "back-references are not supported: use \"fieldref\", or write the alternatives out";
    } else if (part.starts_with("(?>") || part.ends_with("++") || part.ends_with("*+")) {
      hint =
          "atomic and possessive groups are not supported, and not needed: matching takes linear "
          "time";
    }
    remarks_.error("sigma-regex", place, "regular expression: " + printable(regex.error()),
                   std::move(hint));
  }

  Expression result() const {
    const Comparison comparison{item_.field, cased_};
    std::vector<Expression> parts;
    if (all_) {
      for (const WrittenValue& value : values_)
        parts.push_back(any_variant(comparison, {&value, 1}));
    } else {
      parts.push_back(any_variant(comparison, values_));
    }
    Expression expression = all_of(std::move(parts));
    return negated_ ? negation(std::move(expression)) : expression;
  }

  const SigmaItem& item_;
  const Placeholders& placeholders_;
  Remarks& remarks_;
  std::vector<WrittenValue> values_;
  bool all_ = false, negated_ = false, cased_ = false;
  bool modified_ = false;  // a value modifier was applied
};

}  // namespace

std::optional<Expression> lower_item(const SigmaItem& item, const Placeholders& placeholders,
                                     Remarks& remarks) {
  return ItemLowering(item, placeholders, remarks).run();
}

}  // namespace cairn::rules
