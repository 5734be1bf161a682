#include "rules/sigma_correlation.h"

#include "base/text.h"
#include "rules/filter_operand.h"
#include "rules/sigma_parse.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cairn::rules {

namespace {

using Kind = Correlation::Kind;
using Test = Correlation::Test;

constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"event_count", Kind::kEventCount},
    {"value_count", Kind::kValueCount},
    {"temporal", Kind::kTemporal},
    {"temporal_ordered", Kind::kTemporalOrdered},
    {"value_sum", Kind::kValueSum},
    {"value_avg", Kind::kValueAvg},
    {"value_percentile", Kind::kValuePercentile},
    {"value_median", Kind::kValuePercentile},
};
constexpr std::pair<std::string_view, Test> kTests[] = {
    {"eq", Test::kEqual},        {"neq", Test::kNotEqual}, {"lt", Test::kLess},
    {"lte", Test::kLessOrEqual}, {"gt", Test::kGreater},   {"gte", Test::kGreaterOrEqual},
};

/// Seconds; `M` is 30 days, `y` 365, as pySigma reckons.
constexpr std::pair<char, int64_t> kUnits[] = {{'s', 1},         {'m', 60},      {'h', 3600},
                                               {'d', 86'400},    {'w', 604'800}, {'M', 2'592'000},
                                               {'y', 31'536'000}};
constexpr int64_t kLongestSeconds = 31'536'000LL * 10;

bool is_value_kind(Kind kind) {
  return kind != Kind::kEventCount && kind != Kind::kTemporal && kind != Kind::kTemporalOrdered;
}

class CorrelationParser {
 public:
  CorrelationParser(const YamlNode& document, Remarks& remarks)
      : document_(document), remarks_(remarks) {}

  std::optional<SigmaCorrelation> run() {
    size_t before = remarks_.errors();
    parse_rule_info(document_, out_.info, remarks_);
    const YamlNode* id = document_.find("id");
    out_.id_place = remarks_.at(id != nullptr ? *id : document_);
    const YamlNode& map = *document_.find("correlation");
    out_.place = remarks_.at(*document_.find_key("correlation"));
    if (!map.is_map()) {
      error(out_.place, "correlation must be a map",
            "it holds type, rules, timespan and condition");
      return std::nullopt;
    }
    known_keys(map);
    type(map);
    rules(map);
    names(map, "group-by", out_.correlation.group_by);
    timespan(map);
    aliases(map);
    generate(map);
    condition(map);
    const YamlNode* own = document_.find("cairn");
    if (const YamlNode* node = own != nullptr ? own->find("state") : nullptr) state(*node);
    if (remarks_.errors() > before) return std::nullopt;
    default_window();
    return std::move(out_);
  }

 private:
  void error(Place place, std::string message, std::string hint = "") {
    remarks_.error("sigma-correlation", place, std::move(message), std::move(hint));
  }

  void known_keys(const YamlNode& map) {
    constexpr std::array<std::string_view, 7> kKeys = {
        "type", "rules", "group-by", "timespan", "condition", "aliases", "generate"};
    for (const auto& [key, value] : map.members) {
      if (std::find(kKeys.begin(), kKeys.end(), key.text) != kKeys.end()) continue;
      remarks_.warning("sigma-correlation", remarks_.at(key),
                       "unknown key \"" + printable(key.text) + "\" in a correlation",
                       did_you_mean(key.text, kKeys));
    }
  }

  void type(const YamlNode& map) {
    const YamlNode* node = map.find("type");
    std::string_view text = node != nullptr && node->is_scalar() ? trim(node->text) : "";
    for (const auto& [name, kind] : kKinds) {
      if (name != text) continue;
      out_.correlation.kind = kind;
      return;
    }
    std::array<std::string_view, std::size(kKinds)> names;
    std::transform(std::begin(kKinds), std::end(kKinds), names.begin(),
                   [](const auto& row) { return row.first; });
    error(node != nullptr ? remarks_.at(*node) : out_.place,
          node != nullptr ? "no correlation is of type \"" + printable(text) + "\""
                          : "the correlation has no type",
          did_you_mean(text, names));
  }

  void rules(const YamlNode& map) {
    const YamlNode* node = map.find("rules");
    if (node == nullptr) return error(out_.place, "the correlation lists no rules");
    auto add = [&](const YamlNode& item) {
      if (!item.is_scalar())
        return error(remarks_.at(item), "a rule is listed by its id, name or title");
      out_.rules.push_back({std::string(trim(item.text)), remarks_.at(item)});
    };
    if (node->is_sequence()) {
      for (const YamlNode& item : node->items) add(item);
    } else {
      add(*node);
    }
    if (out_.rules.empty()) error(remarks_.at(*node), "the list of rules is empty");
  }

  void names(const YamlNode& map, std::string_view key, std::vector<std::string>& out) {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null()) return;
    auto add = [&](const YamlNode& item) {
      if (!item.is_scalar())
        return error(remarks_.at(item), std::string(key) + ": expected names of fields");
      out.emplace_back(trim(item.text));
    };
    if (node->is_sequence()) {
      for (const YamlNode& item : node->items) add(item);
    } else {
      add(*node);
    }
  }

  void timespan(const YamlNode& map) {
    const YamlNode* node = map.find("timespan");
    if (node == nullptr)
      return error(out_.place, "the correlation has no timespan", "timespan: 10m");
    std::string_view text = trim(node->text);
    int64_t number = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool one_unit = failure == std::errc() && end + 1 == text.data() + text.size();
    for (const auto& [unit, seconds] : kUnits) {
      if (!one_unit || *end != unit || number <= 0 || number > kLongestSeconds / seconds) continue;
      out_.correlation.timespan = Duration(number * seconds * 1000);
      return;
    }
    error(remarks_.at(*node), "timespan: expected a number and s, m, h, d, w, M or y",
          "ten minutes are 10m");
  }

  void aliases(const YamlNode& map) {
    const YamlNode* node = map.find("aliases");
    if (node == nullptr) return;
    for (const auto& [name, fields] : node->members) {
      SigmaCorrelation::Alias alias{name.text, {}};
      for (const auto& [rule, field] : fields.members) {
        if (!field.is_scalar()) error(remarks_.at(field), "an alias names one field of each rule");
        alias.fields.push_back({{std::string(trim(rule.text)), remarks_.at(rule)}, field.text});
      }
      if (alias.fields.empty())
        error(remarks_.at(name), "an alias lists a field for each rule",
              "user: {rule-a: userName}");
      out_.aliases.push_back(std::move(alias));
    }
  }

  void generate(const YamlNode& map) {
    const YamlNode* node = map.find("generate");
    if (node == nullptr) node = document_.find("generate");
    if (node == nullptr) return;
    out_.generate = equals_ignore_case(trim(node->text), "true");
    if (!out_.generate && !equals_ignore_case(trim(node->text), "false"))
      error(remarks_.at(*node), "generate: expected true or false");
  }

  bool is_temporal() const {
    return out_.correlation.kind == Kind::kTemporal ||
           out_.correlation.kind == Kind::kTemporalOrdered;
  }

  void condition(const YamlNode& map) {
    const YamlNode* node = map.find("condition");
    if (node == nullptr) {
      if (!is_temporal())
        error(out_.place, "the correlation has no condition", "condition: {gte: 10}");
      return;
    }
    out_.condition_place = remarks_.at(*node);
    if (node->is_scalar()) {
      out_.condition = node->text;
      if (out_.correlation.kind != Kind::kTemporal)
        error(out_.condition_place, "only a temporal correlation has a condition in words");
      return;
    }
    for (const auto& [key, value] : node->members) bound(key, value);
    if (is_value_kind(out_.correlation.kind) && out_.value_fields.empty())
      error(out_.condition_place, "the condition names no field",
            "condition: {field: eventName, gte: 5}");
    if (out_.correlation.bounds.empty())
      error(out_.condition_place, "the condition compares with nothing", "condition: {gte: 10}");
  }

  void bound(const YamlNode& key, const YamlNode& value) {
    if (key.text == "field") {
      YamlNode map;
      map.kind = YamlNode::Kind::kMap;
      map.members.emplace_back(key, value);
      return names(map, "field", out_.value_fields);
    }
    auto number = parse_decimal(trim(value.text));
    if (key.text == "percentile") {
      if (!number || *number < 0 || *number > 100)
        return error(remarks_.at(value), "percentile: expected a number from 0 to 100");
      out_.correlation.percentile = *number;
      return;
    }
    for (const auto& [name, test] : kTests) {
      if (name != key.text) continue;
      if (!number) return error(remarks_.at(value), "a count is compared with a number");
      out_.correlation.bounds.push_back({test, *number});
      return;
    }
    error(remarks_.at(key), "unknown comparison \"" + printable(key.text) + "\"",
          "known are eq, neq, lt, lte, gt and gte");
  }

  // ---- Cairn's own kinds: `cairn.state` gives the correlation another meaning

  void state(const YamlNode& node) {
    constexpr std::array<std::string_view, 9> kKeys = {"kind", "learn", "network",  "as",   "of",
                                                       "gte",  "to",    "distance", "speed"};
    if (!node.is_map()) return state_error(node, "state: expected a map", "state: {kind: idle}");
    for (const auto& [key, value] : node.members) {
      if (std::find(kKeys.begin(), kKeys.end(), key.text) == kKeys.end())
        remarks_.warning("cairn-unknown-key", remarks_.at(key),
                         "unknown key \"" + printable(key.text) + "\"",
                         did_you_mean(key.text, kKeys));
    }
    const YamlNode* kind = node.find("kind");
    std::string_view name = kind != nullptr && kind->is_scalar() ? trim(kind->text) : "";
    if (name == "first_seen") return first_seen(node);
    if (name == "idle") return idle(node);
    if (name == "absence") return absence(node);
    if (name == "ratio") return ratio(node);
    if (name == "travel") return travel(node);
    constexpr std::array<std::string_view, 5> kNames = {"first_seen", "idle", "absence", "ratio",
                                                        "travel"};
    state_error(kind != nullptr ? *kind : node,
                "state: no kind is called \"" + printable(name) + "\"", did_you_mean(name, kNames));
  }

  void state_error(const YamlNode& node, std::string message, std::string hint = "") {
    remarks_.error("cairn-state", remarks_.at(node), std::move(message), std::move(hint));
  }

  /// The kind changes what a type means; other tools run the type as it stands.
  bool needs_type(const YamlNode& node, Kind kind, std::string_view type) {
    if (out_.correlation.kind == kind) return true;
    state_error(node, "this kind of state needs \"type: " + std::string(type) + "\"");
    return false;
  }

  void first_seen(const YamlNode& node) {
    if (!needs_type(node, Kind::kValueCount, "value_count")) return;
    out_.correlation.kind = Kind::kFirstSeen;
    out_.correlation.bounds.clear();
    out_.correlation.learn = out_.correlation.timespan;
    if (const YamlNode* learn = node.find("learn")) {
      auto parsed = parse_duration(std::string(trim(learn->text)));
      if (!parsed.ok() || parsed.value() < Duration::zero())
        return state_error(*learn, "learn: expected a length of time such as 7d");
      out_.correlation.learn = parsed.value();
    }
    if (const YamlNode* network = node.find("network")) {
      auto bits = parse_decimal(trim(network->text));
      if (!bits || *bits < 1 || *bits > 32 || *bits != static_cast<unsigned>(*bits))
        return state_error(*network, "network: expected a number of bits from 1 to 32");
      out_.correlation.network_bits = static_cast<unsigned>(*bits);
    }
    if (const YamlNode* as = node.find("as")) place(*as);
  }

  void place(const YamlNode& as) {
    const std::string_view name = as.is_scalar() ? trim(as.text) : "";
    if (name != "country" && name != "asn")
      return state_error(as, "as: an address is looked at as its country or its asn");
    out_.correlation.place =
        name == "asn" ? Correlation::Place::kAsn : Correlation::Place::kCountry;
    if (out_.correlation.network_bits > 0)
      state_error(as, "an address is looked at as its network, or as its place");
    needs_one_address(as);
  }

  void needs_one_address(const YamlNode& node) {
    if (out_.value_fields.size() != 1)
      state_error(node, "a place is of one address", "condition: {field: sourceIPAddress, gte: 1}");
  }

  void travel(const YamlNode& node) {
    if (!needs_type(node, Kind::kValueCount, "value_count")) return;
    auto positive = [&](std::string_view key, double& out) {
      const YamlNode* value = node.find(key);
      if (value == nullptr) return false;
      out = parse_decimal(trim(value->text)).value_or(-1);
      if (out < 0) state_error(*value, std::string(key) + ": expected a number");
      return true;
    };
    if (!positive("speed", out_.correlation.speed_kmh))
      return state_error(node, "nobody says how fast is too fast",
                         "speed: 900, in kilometres an hour");
    positive("distance", out_.correlation.distance_km);
    needs_one_address(node);
    out_.correlation.kind = Kind::kTravel;
    out_.correlation.bounds.clear();
  }

  void idle(const YamlNode& node) {
    if (!needs_type(node, Kind::kEventCount, "event_count")) return;
    out_.correlation.kind = Kind::kIdle;
    out_.correlation.bounds.clear();
  }

  void absence(const YamlNode& node) {
    if (!needs_type(node, Kind::kTemporal, "temporal")) return;
    const YamlNode* of = node.find("of");
    if (of == nullptr || !of->is_scalar())
      return state_error(node, "an absence is of other rules after one of the rules",
                         "of: the rule that they should follow");
    out_.correlation.kind = Kind::kAbsence;
    out_.condition.clear();
    out_.correlation.bounds.clear();
    take_first(*of);
  }

  void ratio(const YamlNode& node) {
    if (!needs_type(node, Kind::kEventCount, "event_count")) return;
    const YamlNode* of = node.find("of");
    const YamlNode* gte = node.find("gte");
    const double share = gte != nullptr ? parse_decimal(trim(gte->text)).value_or(0) : 0;
    if (of == nullptr || !of->is_scalar() || share <= 0)
      return state_error(node, "a ratio is of one rule's events to those of the others",
                         "state: {kind: ratio, of: a-rule, gte: 0.5}");
    out_.correlation.kind = Kind::kRatio;
    out_.correlation.ratio = share;
    take_first(*of);
  }

  /// Puts the rule of this name before the others.
  void take_first(const YamlNode& name) {
    auto found = std::find_if(out_.rules.begin(), out_.rules.end(), [&](const auto& rule) {
      return equals_ignore_case(rule.text, trim(name.text));
    });
    if (found == out_.rules.end() || out_.rules.size() < 2)
      return state_error(name, "\"" + printable(name.text) + "\" is not one of at least two rules");
    std::rotate(out_.rules.begin(), found, found + 1);
  }

  /// Matches of one burst are one finding.
  void default_window() {
    const YamlNode* own = document_.find("cairn");
    bool is_own = own != nullptr && own->find("dedup") != nullptr;
    // Of the others the time is memory.
    const Kind kind = out_.correlation.kind;
    bool has_window = kind < Kind::kFirstSeen || kind == Kind::kTravel;
    if (!is_own && has_window)
      out_.info.dedup_window = std::max(out_.info.dedup_window, out_.correlation.timespan);
  }

  const YamlNode& document_;
  Remarks& remarks_;
  SigmaCorrelation out_;
};

/// `or` over `and` over `not`, parentheses, names.
class TreeParser {
 public:
  TreeParser(const SigmaCorrelation& correlation, Remarks& remarks)
      : correlation_(correlation), remarks_(remarks) {}

  std::optional<CorrelationTree> run() {
    next();
    CorrelationTree tree;
    if (!joined(tree, CorrelationTree::Kind::kOr, "or")) return std::nullopt;
    if (!word_.empty()) {
      fail("unexpected \"" + printable(word_) + "\" in the condition");
      return std::nullopt;
    }
    return tree;
  }

 private:
  static constexpr size_t kDepth = 50;

  bool fail(std::string message) {
    if (!failed_)
      remarks_.error("sigma-correlation", correlation_.condition_place, std::move(message),
                     "write the names of the rules with and, or, not and parentheses");
    failed_ = true;
    return false;
  }

  void next() {
    std::string_view text(correlation_.condition);
    while (at_ < text.size() && (text[at_] == ' ' || text[at_] == '\n' || text[at_] == '\t')) ++at_;
    size_t begin = at_;
    if (at_ < text.size() && (text[at_] == '(' || text[at_] == ')')) {
      ++at_;
    } else {
      at_ = std::min(text.find_first_of(" \n\t()", at_), text.size());
    }
    word_ = text.substr(begin, at_ - begin);
  }

  bool joined(CorrelationTree& out, CorrelationTree::Kind kind, std::string_view word) {
    auto operand = [&](CorrelationTree& tree) {
      return kind == CorrelationTree::Kind::kOr ? joined(tree, CorrelationTree::Kind::kAnd, "and")
                                                : primary(tree);
    };
    CorrelationTree first;
    if (!operand(first)) return false;
    if (!equals_ignore_case(word_, word)) {
      out = std::move(first);
      return true;
    }
    out.kind = kind;
    out.children.push_back(std::move(first));
    while (equals_ignore_case(word_, word)) {
      next();
      if (!operand(out.children.emplace_back())) return false;
    }
    return true;
  }

  bool primary(CorrelationTree& out) {
    if (++depth_ > kDepth) return fail("the condition is nested too deeply");
    bool good = true;
    if (equals_ignore_case(word_, "not")) {
      next();
      out.kind = CorrelationTree::Kind::kNot;
      good = primary(out.children.emplace_back());
    } else if (word_ == "(") {
      next();
      good = joined(out, CorrelationTree::Kind::kOr, "or");
      if (good && word_ != ")") return fail("a closing parenthesis is missing");
      if (good) next();
    } else {
      good = name(out);
    }
    --depth_;
    return good;
  }

  bool name(CorrelationTree& out) {
    for (size_t i = 0; i < correlation_.rules.size(); ++i) {
      if (!equals_ignore_case(correlation_.rules[i].text, word_)) continue;
      out.kind = CorrelationTree::Kind::kSource;
      out.source = i;
      next();
      return true;
    }
    return fail(word_.empty() ? "the condition ends too early"
                              : "the condition names \"" + printable(word_) +
                                    "\", which is not among the rules");
  }

  const SigmaCorrelation& correlation_;
  Remarks& remarks_;
  size_t at_ = 0, depth_ = 0;
  std::string_view word_;
  bool failed_ = false;
};

std::string to_string(const CorrelationTree& tree, const std::vector<std::string>& names) {
  if (tree.kind == CorrelationTree::Kind::kSource) return names[tree.source];
  if (tree.kind == CorrelationTree::Kind::kNot) return "not " + to_string(tree.children[0], names);
  std::string out = "(";
  for (size_t i = 0; i < tree.children.size(); ++i) {
    if (i > 0) out += tree.kind == CorrelationTree::Kind::kAnd ? " and " : " or ";
    out += to_string(tree.children[i], names);
  }
  return out + ")";
}

std::string number_text(double number) {
  std::array<char, 32> buffer{};
  auto [end, failure] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end};
}

}  // namespace

std::optional<SigmaCorrelation> parse_correlation(const YamlNode& document, Remarks& remarks) {
  return CorrelationParser(document, remarks).run();
}

std::optional<CorrelationTree> parse_correlation_condition(const SigmaCorrelation& correlation,
                                                           Remarks& remarks) {
  return TreeParser(correlation, remarks).run();
}

std::string to_string(const Correlation& correlation, const std::vector<std::string>& names) {
  std::string out;
  constexpr std::pair<std::string_view, Kind> kOwnKinds[] = {{"first_seen", Kind::kFirstSeen},
                                                             {"idle", Kind::kIdle},
                                                             {"absence", Kind::kAbsence},
                                                             {"ratio", Kind::kRatio},
                                                             {"travel", Kind::kTravel}};
  for (const auto& [name, kind] : kKinds) {
    if (kind != correlation.kind) continue;
    out = name;
    break;
  }
  for (const auto& [name, kind] : kOwnKinds)
    if (kind == correlation.kind) out = name;
  if (correlation.kind == Kind::kRatio) out += " " + number_text(correlation.ratio);
  if (correlation.kind == Kind::kValuePercentile) out += " " + number_text(correlation.percentile);
  if (!correlation.sources.empty() && !correlation.sources[0].fields.empty()) {
    out += " of";
    for (const std::string& field : correlation.sources[0].fields) out += " " + field;
  }
  if (correlation.place != Correlation::Place::kNone)
    out += correlation.place == Correlation::Place::kAsn ? " as asn" : " as country";
  if (correlation.kind == Kind::kTravel) {
    out += " faster than " + number_text(correlation.speed_kmh) + " km/h";
    if (correlation.distance_km > 0)
      out += " and farther than " + number_text(correlation.distance_km) + " km";
  }
  if (correlation.condition.empty()) {
    out += " over";
    for (size_t i = 0; i < names.size(); ++i) out += (i > 0 ? ", " : " ") + names[i];
  } else {
    out += " " + to_string(correlation.condition[0], names);
  }
  for (const Correlation::Bound& bound : correlation.bounds) {
    for (const auto& [name, test] : kTests)
      if (test == bound.test) out += " " + std::string(name) + " " + number_text(bound.value);
  }
  if (correlation.kind == Kind::kFirstSeen)
    out += " after learning for " + format_duration(correlation.learn);
  out += " within " + format_duration(correlation.timespan);
  if (!correlation.group_by.empty()) out += " by";
  for (size_t i = 0; i < correlation.group_by.size(); ++i)
    out += (i > 0 ? ", " : " ") + correlation.group_by[i];
  return out;
}

}  // namespace cairn::rules
