#include "rules/case_fold.h"
#include "rules/event_tree.h"
#include "rules/filter_operand.h"
#include "rules/pattern_text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cairn::rules {

namespace {

using Node = JsonTree::Node;
using NodeKind = JsonTree::Kind;

// A $or whose alternatives use none of these as a field is an operator; else it is a field.
constexpr std::array<std::string_view, 8> kReserved = {
    "exists",  "equals-ignore-case", "prefix", "suffix", "anything-but", "numeric", "cidr",
    "wildcard"};

class EventParser {
 public:
  EventParser(std::string_view text, const std::string& name, Diagnostics& diagnostics)
      : text_(text), name_(name), diagnostics_(diagnostics) {}

  bool run(EventPattern::Contents& contents) {
    contents.text = text_;
    if (text_.size() > EventPattern::kBytesLimit) {
      return fail("event-pattern-limit", 0,
                  "an event pattern has at most " + format_count(EventPattern::kBytesLimit) +
                      " characters, this one " + format_count(text_.size()),
                  "");
    }
    Status parsed = tree_.parse(text_);
    if (!parsed.ok()) {
      return fail("event-pattern-json", tree_.offset(), parsed.error().message,
                  "an event pattern is a JSON object");
    }
    if (tree_[0].kind != NodeKind::kObject) return syntax(0, "an event pattern is a JSON object");
    return object(0, "", contents.branches);
  }

 private:
  bool fail(const char* code, size_t at, std::string message, std::string hint) {
    diagnostics_.add(error_at(text_, name_, code, at, std::move(message), std::move(hint)));
    return false;
  }
  bool syntax(uint32_t node, std::string message, std::string hint = "") {
    return fail("event-pattern-syntax", tree_[node].offset, std::move(message), std::move(hint));
  }

  template <typename Visit>
  bool each_child(uint32_t node, const Visit& visit) {
    for (uint32_t child = node + 1; child < tree_[node].next; child = tree_[child].next) {
      if (!visit(child)) return false;
    }
    return true;
  }
  size_t child_count(uint32_t node) {
    size_t count = 0;
    each_child(node, [&](uint32_t) { return ++count > 0; });
    return count;
  }

  // ---- Fields

  /// The branches of an object: those of its members, multiplied.
  bool object(uint32_t node, const std::string& path, std::vector<EventBranch>& out) {
    if (child_count(node) == 0) return syntax(node, "an empty object matches nothing");
    out.assign(1, {});
    return each_child(node, [&](uint32_t child) {
      std::string_view key = tree_[child].key;
      if (tree_.find(node, key) != child) return true;  // the last of the same keys counts
      std::vector<EventBranch> inner;
      if (key == "$or" && is_or(child)) {
        if (!alternatives(child, path, inner)) return false;
      } else if (!field(child, path.empty() ? std::string(key) : path + "." + std::string(key),
                        inner)) {
        return false;
      }
      return multiply(node, out, inner);
    });
  }

  bool multiply(uint32_t node, std::vector<EventBranch>& out, std::vector<EventBranch>& inner) {
    if (inner.size() == 1) {
      for (EventBranch& branch : out) branch.insert(branch.end(), inner[0].begin(), inner[0].end());
      return true;
    }
    std::vector<EventBranch> product;
    size_t matchers = 0;
    for (const EventBranch& left : out) {
      for (const EventBranch& right : inner) {
        EventBranch branch = left;
        branch.insert(branch.end(), right.begin(), right.end());
        for (const EventField& field : branch) matchers += field.matchers.size();
        product.push_back(std::move(branch));
        if (product.size() > EventPattern::kBranchLimit || matchers > EventPattern::kMatcherLimit) {
          return fail("event-pattern-limit", tree_[node].offset,
                      "the alternatives of $or make too many combinations",
                      "write fewer $or beside each other, or several patterns");
        }
      }
    }
    out = std::move(product);
    return true;
  }

  bool is_or(uint32_t node) {
    if (tree_[node].kind != NodeKind::kArray || child_count(node) < 2) return false;
    return each_child(node, [&](uint32_t alternative) {
      return tree_[alternative].kind == NodeKind::kObject &&
             each_child(alternative, [&](uint32_t member) {
               return std::find(kReserved.begin(), kReserved.end(), tree_[member].key) ==
                      kReserved.end();
             });
    });
  }

  bool alternatives(uint32_t node, const std::string& path, std::vector<EventBranch>& out) {
    return each_child(node, [&](uint32_t alternative) {
      std::vector<EventBranch> inner;
      if (!object(alternative, path, inner)) return false;
      out.insert(out.end(), inner.begin(), inner.end());
      return true;
    });
  }

  bool field(uint32_t node, std::string path, std::vector<EventBranch>& out) {
    if (tree_[node].kind == NodeKind::kObject) return object(node, path, out);
    if (tree_[node].kind != NodeKind::kArray) {
      return syntax(node, "\"" + printable(tree_[node].key) + "\" must be an object or an array",
                    "put the value into brackets: [" + shown(node) + "]");
    }
    if (tree_[node].next == node + 1) return syntax(node, "an empty array matches nothing");
    EventField field;
    field.path = std::move(path);
    bool good = each_child(node, [&](uint32_t child) {
      LeafMatcher& matcher = field.matchers.emplace_back();
      if (!leaf(child, matcher)) return false;
      if (matcher.kind == LeafMatcher::Kind::kNotExists) {
        field.or_missing = true;
        field.matchers.pop_back();
      }
      return true;
    });
    out.assign(1, {std::move(field)});
    return good;
  }

  std::string shown(uint32_t node) const {
    const Node& at = tree_[node];
    return at.is_string() ? "\"" + printable(at.text) + "\"" : std::string(at.text);
  }

  // ---- Matchers

  bool leaf(uint32_t node, LeafMatcher& out) {
    const Node& at = tree_[node];
    switch (at.kind) {
      case NodeKind::kObject:
        return operation(node, out);
      case NodeKind::kArray:
        return syntax(node,
                      "a list inside a list: a value is a text, a number, true, false or null");
      case NodeKind::kString:
        out.kind = LeafMatcher::Kind::kText;
        break;
      case NodeKind::kNumber:
        out.kind = LeafMatcher::Kind::kNumber;
        out.number = parse_decimal(at.text).value_or(std::nan(""));
        break;
      default:
        out.kind = LeafMatcher::Kind::kLiteral;
    }
    out.text = at.text;
    return true;
  }

  bool operation(uint32_t node, LeafMatcher& out) {
    if (child_count(node) != 1)
      return syntax(node,
                    "a matcher has one operator, this has " + format_count(child_count(node)));
    uint32_t value = node + 1;
    std::string_view name = tree_[value].key;
    if (name == "exists") return exists(value, out);
    if (name == "prefix")
      return affix(value, LeafMatcher::Kind::kPrefix, LeafMatcher::Kind::kPrefixIgnoreCase, out);
    if (name == "suffix")
      return affix(value, LeafMatcher::Kind::kSuffix, LeafMatcher::Kind::kSuffixIgnoreCase, out);
    if (name == "equals-ignore-case") return text(value, LeafMatcher::Kind::kEqualsIgnoreCase, out);
    if (name == "wildcard") return wildcard(value, out);
    if (name == "anything-but") return anything_but(value, out);
    if (name == "numeric") return numeric(value, out);
    if (name == "cidr") return cidr(value, out);
    return syntax(value, "no operator is called \"" + printable(name) + "\"",
                  "known are exists, prefix, suffix, equals-ignore-case, wildcard, anything-but, "
                  "numeric and cidr");
  }

  bool exists(uint32_t node, LeafMatcher& out) {
    NodeKind kind = tree_[node].kind;
    if (kind != NodeKind::kTrue && kind != NodeKind::kFalse)
      return syntax(node, "exists takes true or false");
    out.kind = kind == NodeKind::kTrue ? LeafMatcher::Kind::kExists : LeafMatcher::Kind::kNotExists;
    return true;
  }

  bool text(uint32_t node, LeafMatcher::Kind kind, LeafMatcher& out) {
    if (!tree_[node].is_string()) return syntax(node, "this operator takes a text");
    out.kind = kind;
    out.text = tree_[node].text;
    bool ignores_case = kind == LeafMatcher::Kind::kEqualsIgnoreCase ||
                        kind == LeafMatcher::Kind::kPrefixIgnoreCase ||
                        kind == LeafMatcher::Kind::kSuffixIgnoreCase;
    if (ignores_case) fold_case(out.text);
    return true;
  }

  /// A text, or {"equals-ignore-case": text}.
  bool affix(uint32_t node, LeafMatcher::Kind plain, LeafMatcher::Kind ignoring, LeafMatcher& out) {
    if (tree_[node].kind != NodeKind::kObject) return text(node, plain, out);
    if (child_count(node) != 1 || tree_[node + 1].key != "equals-ignore-case")
      return syntax(node, "prefix and suffix take a text or {\"equals-ignore-case\": …}");
    return text(node + 1, ignoring, out);
  }

  bool wildcard(uint32_t node, LeafMatcher& out) {
    if (!text(node, LeafMatcher::Kind::kWildcard, out)) return false;
    const std::string written = out.text;
    bool after_star = false;
    for (size_t i = 0; i < written.size(); ++i) {
      bool star = written[i] == '*';
      if (star && after_star) return syntax(node, "two * beside each other");
      after_star = star;
      if (star) {
        out.wildcard.append(PatternPart::Kind::kAnyRun);
        continue;
      }
      if (written[i] == '\\') {
        ++i;
        if (i == written.size() || (written[i] != '*' && written[i] != '\\'))
          return syntax(node, "only \\* and \\\\ are escapes in a wildcard");
      }
      out.wildcard.append_text(std::string_view(written).substr(i, 1));
    }
    return true;
  }

  bool anything_but(uint32_t node, LeafMatcher& out) {
    out.kind = LeafMatcher::Kind::kAnythingBut;
    const Node& at = tree_[node];
    if (at.kind == NodeKind::kObject) return anything_but_operation(node, out);
    if (at.kind != NodeKind::kArray) {
      return (at.is_scalar() && at.kind > NodeKind::kTrue &&
              leaf(node, out.others.emplace_back())) ||
             syntax(node, "anything-but takes texts or numbers");
    }
    bool any_text = false, any_number = false;
    bool good = each_child(node, [&](uint32_t child) {
      any_text = any_text || tree_[child].is_string();
      any_number = any_number || tree_[child].is_number();
      if (!tree_[child].is_string() && !tree_[child].is_number())
        return syntax(child, "anything-but takes texts or numbers");
      return leaf(child, out.others.emplace_back());
    });
    if (!good) return false;
    if (any_text == any_number) {
      return syntax(node, any_text ? "all values of anything-but must be texts, or all numbers"
                                   : "an empty list in anything-but");
    }
    return true;
  }

  bool anything_but_operation(uint32_t node, LeafMatcher& out) {
    if (child_count(node) != 1) return syntax(node, "anything-but takes one operator");
    uint32_t value = node + 1;
    std::string_view name = tree_[value].key;
    auto add = [&](uint32_t child) {
      LeafMatcher& other = out.others.emplace_back();
      if (name == "prefix") return text(child, LeafMatcher::Kind::kPrefix, other);
      if (name == "suffix") return text(child, LeafMatcher::Kind::kSuffix, other);
      if (name == "equals-ignore-case")
        return text(child, LeafMatcher::Kind::kEqualsIgnoreCase, other);
      if (name == "wildcard") return wildcard(child, other);
      return syntax(value,
                    "anything-but knows prefix, suffix, equals-ignore-case and wildcard, not \"" +
                        printable(name) + "\"");
    };
    if (tree_[value].kind != NodeKind::kArray) return add(value);
    if (tree_[value].next == value + 1) return syntax(value, "an empty list in anything-but");
    return each_child(value, add);
  }

  bool number(uint32_t node, double& out) {
    if (!tree_[node].is_number()) return syntax(node, "numeric compares with a number");
    out = parse_decimal(tree_[node].text).value_or(std::nan(""));
    bool too_large = !(std::abs(out) <= kExactNumber) ||
                     (std::abs(out) == kExactNumber &&
                      tree_[node].text.find("9007199254740992") == std::string_view::npos);
    return !too_large || syntax(node, "numbers beyond 2^53 cannot be compared");
  }

  bool numeric(uint32_t node, LeafMatcher& out) {
    out.kind = LeafMatcher::Kind::kNumeric;
    if (tree_[node].kind != NodeKind::kArray)
      return syntax(node, "numeric takes a list such as [\">\", 0, \"<=\", 5]");
    std::vector<uint32_t> parts;
    each_child(node, [&](uint32_t child) {
      parts.push_back(child);
      return true;
    });
    if (parts.size() != 2 && parts.size() != 4)
      return syntax(node, "numeric takes one comparison, or two for a range");
    double value = 0;
    if (!tree_[parts[0]].is_string() || !number(parts[1], value)) {
      return tree_[parts[0]].is_string()
                 ? false
                 : syntax(parts[0], "a comparison such as \"<\" comes first");
    }
    std::string_view sign = tree_[parts[0]].text;
    bool lower = sign == ">" || sign == ">=", upper = sign == "<" || sign == "<=";
    if (!lower && !upper && sign != "=")
      return syntax(parts[0], "no comparison is \"" + printable(sign) + "\"",
                    "known are = < <= > >=");
    if (lower || sign == "=") set_low(out, value, sign == ">");
    if (upper || sign == "=") set_high(out, value, sign == "<");
    if (parts.size() == 2) return true;
    if (!lower) return syntax(parts[2], "a range begins with its lower end: [\">\", 0, \"<=\", 5]");
    std::string_view second = tree_[parts[2]].text;
    if (!tree_[parts[2]].is_string() || (second != "<" && second != "<="))
      return syntax(parts[2], "the second comparison of a range is < or <=");
    if (!number(parts[3], value)) return false;
    if (value <= out.low) return syntax(parts[3], "the upper end must be above the lower one");
    set_high(out, value, second == "<");
    return true;
  }

  static void set_low(LeafMatcher& out, double value, bool open) {
    out.low = value;
    out.has_low = true;
    out.low_open = open;
  }
  static void set_high(LeafMatcher& out, double value, bool open) {
    out.high = value;
    out.has_high = true;
    out.high_open = open;
  }

  bool cidr(uint32_t node, LeafMatcher& out) {
    if (!text(node, LeafMatcher::Kind::kCidr, out)) return false;
    bool had_host_bits = false;
    auto network = parse_network(out.text, had_host_bits);
    if (out.text.find('/') == std::string::npos || !network) {
      return syntax(node, "not a network such as 10.0.0.0/24",
                    "write a single address as a text of its own");
    }
    if (network->bits >= (network->address.v6 ? 128u : 32u)) {
      return syntax(node, "EventBridge takes no network of a single address",
                    "write the address as a text of its own");
    }
    out.network = *network;
    return true;
  }

  std::string_view text_;
  const std::string& name_;
  Diagnostics& diagnostics_;
  JsonTree tree_;
};

}  // namespace

bool parse_event_pattern(std::string_view text, const std::string& name,
                         EventPattern::Contents& contents, Diagnostics& diagnostics) {
  return EventParser(text, name, diagnostics).run(contents);
}

}  // namespace cairn::rules
