#include "rules/policy.h"

#include "base/text.h"
#include "rules/network.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace cairn::rules {

namespace {

using Node = JsonTree::Node;
using Kind = JsonTree::Kind;

/// Condition keys that say who calls or from where; of those of the first list the value is an
/// account or an ARN with one.
constexpr std::array<std::string_view, 8> kAccountKeys = {
    "aws:principalaccount",      "aws:principalarn",     "aws:sourceaccount",
    "aws:sourceowner",           "aws:sourcearn",        "kms:calleraccount",
    "s3:dataaccesspointaccount", "s3:dataaccesspointarn"};
constexpr std::array<std::string_view, 10> kOtherKeys = {
    "aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths",
    "aws:sourcevpc",      "aws:sourcevpce",        "aws:sourceip",    "aws:vpcsourceip",
    "aws:userid",         "aws:sourcevpcarn"};
constexpr std::array<std::string_view, 6> kPositiveOperators = {
    "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"};

template <size_t kCount>
bool is_one_of(const std::array<std::string_view, kCount>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

/// The account that a principal or an ARN names: of "123456789012" or
/// "arn:aws:iam::123456789012:…".
std::string_view account_of(std::string_view text) {
  if (is_account(text)) return text;
  if (!text.starts_with("arn:")) return {};
  for (int colons = 0; colons < 4; ++colons) {
    size_t at = text.find(':');
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + 1);
  }
  std::string_view account = text.substr(0, text.find(':'));
  return is_account(account) || account == "*" ? account : std::string_view();
}

class PolicyReader {
 public:
  PolicyReader(const JsonTree& tree, std::string_view own) : tree_(tree), own_(own) {}

  PolicyGrants run() {
    if (tree_.nodes().empty()) return {};
    each_item(member(0, "Statement"), [this](uint32_t statement) {
      if (tree_[statement].kind == Kind::kObject) read(statement);
    });
    return grants_;
  }

 private:
  struct Bounds {
    bool bounded = false;
    std::vector<std::string_view> accounts;
  };

  /// 0: none. Names of elements are compared without regard to case, as some services take them.
  uint32_t member(uint32_t object, std::string_view name) const {
    uint32_t found = 0;
    if (tree_[object].kind != Kind::kObject) return 0;
    for (uint32_t at = object + 1; at < tree_[object].next; at = tree_[at].next)
      if (equals_ignore_case(tree_[at].key, name)) found = at;
    return found;
  }

  /// A value that may be one or a list of them.
  template <typename Visit>
  void each_item(uint32_t node, const Visit& visit) const {
    if (node == 0) return;
    if (tree_[node].kind != Kind::kArray) return visit(node);
    for (uint32_t at = node + 1; at < tree_[node].next; at = tree_[at].next) visit(at);
  }

  bool lists(uint32_t statement, std::string_view name, std::string_view a,
             std::string_view b) const {
    bool found = false;
    each_item(member(statement, name), [&](uint32_t item) {
      found =
          found || (tree_[item].is_string() && (tree_[item].text == a || tree_[item].text == b));
    });
    return found;
  }

  void read(uint32_t statement) {
    uint32_t effect = member(statement, "Effect");
    if (effect == 0 || !equals_ignore_case(tree_[effect].text, "Allow")) return;
    if (lists(statement, "Action", "*", "*:*") && lists(statement, "Resource", "*", "arn:aws:*"))
      grants_.admin = true;
    Bounds bounds = bounds_of(statement);
    bool everyone = member(statement, "NotPrincipal") != 0;
    uint32_t principal = member(statement, "Principal");
    if (principal != 0 && tree_[principal].is_string()) everyone |= tree_[principal].text == "*";
    if (principal != 0 && tree_[principal].kind == Kind::kObject) {
      for (uint32_t at = principal + 1; at < tree_[principal].next; at = tree_[at].next) {
        bool is_aws = equals_ignore_case(tree_[at].key, "AWS");
        if (!is_aws && !equals_ignore_case(tree_[at].key, "Federated")) continue;
        each_item(at, [&](uint32_t item) {
          if (!tree_[item].is_string()) return;
          std::string_view account = account_of(tree_[item].text);
          everyone |= is_aws && (tree_[item].text == "*" || account == "*");
          note(account);
        });
      }
    }
    if (!everyone) return;
    if (!bounds.bounded) grants_.everyone = true;
    for (std::string_view account : bounds.accounts) note(account);
  }

  void note(std::string_view account) {
    if (is_account(account) && is_account(own_) && account != own_) grants_.foreign = true;
  }

  Bounds bounds_of(uint32_t statement) const {
    Bounds bounds;
    uint32_t condition = member(statement, "Condition");
    if (condition == 0 || tree_[condition].kind != Kind::kObject) return bounds;
    for (uint32_t test = condition + 1; test < tree_[condition].next; test = tree_[test].next) {
      std::string name = to_lower(tree_[test].key);
      std::string_view word = name;
      if (size_t set = word.find(':'); set != std::string_view::npos) {
        // ForAllValues holds for callers that have no such value at all.
        if (word.substr(0, set) != "foranyvalue") continue;
        word.remove_prefix(set + 1);
      }
      if (!is_one_of(kPositiveOperators, word) || tree_[test].kind != Kind::kObject) continue;
      for (uint32_t key = test + 1; key < tree_[test].next; key = tree_[key].next)
        bound(key, word == "ipaddress", bounds);
    }
    return bounds;
  }

  /// `"aws:SourceAccount": ["111122223333"]` bounds a statement when every value is a real one.
  void bound(uint32_t key, bool is_network, Bounds& bounds) const {
    std::string name = to_lower(tree_[key].key);
    bool names_account = is_one_of(kAccountKeys, std::string_view(name));
    if (!names_account && !is_one_of(kOtherKeys, std::string_view(name))) return;
    bool real = true;
    std::vector<std::string_view> accounts;
    each_item(key, [&](uint32_t item) {
      std::string_view text = tree_[item].text;
      if (names_account) accounts.push_back(account_of(text));
      real = real && !text.empty() && !text.starts_with('*') && !text.starts_with("arn:*") &&
             !(names_account && accounts.back() == "*" && !name.ends_with("sourcearn")) &&
             !(is_network && has_prefix_bits(text, "0"));
    });
    if (!real) return;
    bounds.bounded = true;
    bounds.accounts.insert(bounds.accounts.end(), accounts.begin(), accounts.end());
  }

  const JsonTree& tree_;
  std::string_view own_;
  PolicyGrants grants_;
};

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  char small = ascii_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

PolicyGrants read_policy(const JsonTree& document, std::string_view own_account) {
  return PolicyReader(document, own_account).run();
}

std::string_view policy_text(std::string_view value, std::string& buffer) {
  value.remove_prefix(std::min(value.find_first_not_of(" \t\r\n"), value.size()));
  if (!value.starts_with("%7B") && !value.starts_with("%7b") && !value.starts_with("%0A"))
    return value;
  buffer.clear();
  for (size_t i = 0; i < value.size(); ++i) {
    int high = value[i] == '%' && i + 2 < value.size() ? hex_value(value[i + 1]) : -1;
    int low = high >= 0 ? hex_value(value[i + 2]) : -1;
    if (low < 0) {
      buffer += value[i] == '+' ? ' ' : value[i];
      continue;
    }
    buffer += static_cast<char>(static_cast<uint8_t>(high * 16 + low));
    i += 2;
  }
  std::string_view text = buffer;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

bool has_prefix_bits(std::string_view network, std::string_view bits) {
  size_t slash = network.find('/');
  if (slash == std::string_view::npos) return false;
  bool had_host_bits = false;
  auto parsed = parse_network(network, had_host_bits);
  return parsed && std::to_string(parsed->bits) == bits;
}

}  // namespace cairn::rules
