// What a Sigma document says about itself, and Cairn's own top-level mapping `cairn`, which other
// Sigma tools ignore:
//
//   cairn:
//     code: IAM-02
//     frameworks: ["CIS 1.16"]
//     dedup: {by: [principal], window: 1h}     # principal, account, region, ip, or the path of a
//     field allow: [{principal: "arn:*:role/Deploy*"}, {cidr: 192.0.2.0/24}] next: what the reader
//     should do
//     part: true                               # only for correlations: no findings of its own

#include "base/text.h"
#include "rules/network.h"
#include "rules/sigma_parse.h"

#include <algorithm>
#include <span>

namespace cairn::rules {
namespace {

class InfoParser {
 public:
  InfoParser(RuleInfo& info, Remarks& remarks) : info_(info), remarks_(remarks) {}

  void document(const YamlNode& document) {
    text(document, "id", info_.id);
    text(document, "title", info_.title);
    text(document, "description", info_.description);
    text(document, "author", info_.author);
    texts(document, "tags", info_.tags);
    texts(document, "falsepositives", info_.false_positives);
    level(document);
    if (info_.id.empty()) text(document, "name", info_.id);
    if (info_.title.empty()) {
      remarks_.warning("sigma-missing-title", remarks_.at(document), "the rule has no title",
                       "add a short sentence that says what happened");
    }
    if (const YamlNode* cairn = document.find("cairn")) own_mapping(*cairn);
  }

 private:
  void expected(const YamlNode& node, std::string_view key, std::string_view what,
                const char* code) {
    remarks_.error(code, remarks_.at(node), std::string(key) + ": expected " + std::string(what),
                   "");
  }

  void text(const YamlNode& map, std::string_view key, std::string& out,
            const char* code = "sigma-value-type") {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null()) return;
    if (!node->is_scalar()) return expected(*node, key, "a text", code);
    out = std::string(trim(node->text));
  }

  // A list of texts, or one text for a list of one.
  void texts(const YamlNode& map, std::string_view key, std::vector<std::string>& out,
             const char* code = "sigma-value-type") {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null()) return;
    if (node->is_map()) return expected(*node, key, "a list of texts", code);
    out.clear();
    if (node->is_scalar()) out.push_back(node->text);
    for (const YamlNode& item : node->items) {
      if (!item.is_scalar()) return expected(item, key, "a list of texts", code);
      out.push_back(item.text);
    }
  }

  void flag(const YamlNode& map, std::string_view key, bool& out) {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null()) return;
    std::string_view text = node->is_scalar() ? trim(node->text) : std::string_view();
    out = equals_ignore_case(text, "true");
    if (!out && !equals_ignore_case(text, "false"))
      expected(*node, key, "true or false", "cairn-value");
  }

  void level(const YamlNode& document) {
    const YamlNode* node = document.find("level");
    if (node == nullptr || node->is_null()) return;
    if (node->is_scalar() && parse_level(trim(node->text), info_.level)) return;
    expected(*node, "level", "informational, low, medium, high or critical", "sigma-level");
  }

  void warn_unknown_keys(const YamlNode& map, std::span<const std::string_view> known) {
    for (const auto& [key, value] : map.members) {
      if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
      remarks_.warning("cairn-unknown-key", remarks_.at(key),
                       "unknown key \"" + printable(key.text) + "\"",
                       did_you_mean(key.text, known));
    }
  }

  void own_mapping(const YamlNode& cairn) {
    constexpr std::string_view kKeys[] = {"code", "frameworks", "dedup",  "allow", "next",
                                          "part", "where",      "denied", "state"};
    if (!cairn.is_map()) return expected(cairn, "cairn", "a map", "cairn-value");
    warn_unknown_keys(cairn, kKeys);
    text(cairn, "code", info_.code, "cairn-value");
    texts(cairn, "frameworks", info_.frameworks, "cairn-value");
    text(cairn, "next", info_.next_step, "cairn-value");
    flag(cairn, "part", info_.silent);  // where, denied and state are read with the rule
    if (const YamlNode* node = cairn.find("dedup")) dedup(*node);
    if (const YamlNode* node = cairn.find("allow")) allow(*node);
  }

  void dedup(const YamlNode& node) {
    constexpr std::string_view kKeys[] = {"by", "window"};
    if (!node.is_map()) return expected(node, "dedup", "a map", "cairn-value");
    warn_unknown_keys(node, kKeys);
    texts(node, "by", info_.dedup_by, "cairn-value");
    std::string window;
    text(node, "window", window, "cairn-value");
    if (window.empty()) return;
    auto parsed = parse_duration(window);
    if (!parsed.ok() || parsed.value() <= Duration::zero()) {
      return expected(*node.find("window"), "window", "a length of time such as 30m, 1h or 7d",
                      "cairn-value");
    }
    info_.dedup_window = parsed.value();
  }

  void allow(const YamlNode& node) {
    if (node.is_null()) return;
    if (!node.is_sequence()) return expected(node, "allow", "a list of maps", "cairn-value");
    for (const YamlNode& item : node.items) {
      if (!item.is_map() || item.members.empty()) {
        expected(item, "allow", "a list of maps", "cairn-value");
        continue;
      }
      allow_entry(item);
    }
  }

  void allow_entry(const YamlNode& item) {
    constexpr std::string_view kKeys[] = {"principal", "cidr", "user_agent", "account"};
    warn_unknown_keys(item, kKeys);
    AllowEntry entry;
    text(item, "principal", entry.principal, "cairn-value");
    text(item, "cidr", entry.cidr, "cairn-value");
    text(item, "user_agent", entry.user_agent, "cairn-value");
    text(item, "account", entry.account, "cairn-value");
    bool had_host_bits = false;
    if (!entry.cidr.empty() && !parse_network(entry.cidr, had_host_bits)) {
      return expected(*item.find("cidr"), "cidr", "a network such as 192.0.2.0/24", "cairn-value");
    }
    // An entry of unknown keys only would agree with everything.
    if (entry != AllowEntry{}) info_.allow.push_back(std::move(entry));
  }

  RuleInfo& info_;
  Remarks& remarks_;
};

}  // namespace

void parse_rule_info(const YamlNode& document, RuleInfo& info, Remarks& remarks) {
  InfoParser(info, remarks).document(document);
}

}  // namespace cairn::rules
