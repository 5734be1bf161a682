#include "rules/sigma_lower.h"

#include "base/text.h"
#include "rules/pattern.h"

#include <algorithm>
#include <string_view>

namespace cairn::rules {
namespace {

constexpr size_t kNodeLimit =
    100'000;  // of one rule's expression; conditions can name a selection many times

class RuleLowering {
 public:
  RuleLowering(const SigmaRule& rule, const Placeholders& placeholders, Remarks& remarks)
      : rule_(rule), placeholders_(placeholders), remarks_(remarks) {}

  std::optional<Expression> run() {
    size_t errors_before = remarks_.errors();
    for (const SigmaSelection& selection : rule_.selections) {
      selections_.push_back({&selection, lower(selection), 0, false});
      selections_.back().size = size_of(selections_.back().expression);
    }
    std::vector<Expression> alternatives;
    for (const auto& written : rule_.conditions) {
      node_ = written.node;
      alternatives.push_back(lower(written.condition));
    }
    if (nodes_ > kNodeLimit) {
      remarks_.error("sigma-too-large", remarks_.at(*node_),
                     "the rule has more than " + format_count(kNodeLimit) + " parts", "");
    }
    if (remarks_.errors() > errors_before) return std::nullopt;
    warn_unused();
    return any_of(std::move(alternatives));
  }

 private:
  struct Lowered {
    const SigmaSelection* selection;
    Expression expression;
    size_t size;
    bool used;
  };

  Expression lower(const SigmaSelection& selection) {
    std::vector<Expression> alternatives;
    for (const auto& items : selection.alternatives) {
      std::vector<Expression> all;
      for (const SigmaItem& item : items) {
        if (auto expression = lower_item(item, placeholders_, remarks_)) {
          all.push_back(std::move(*expression));
        }
      }
      alternatives.push_back(all_of(std::move(all)));
    }
    return any_of(std::move(alternatives));
  }

  Expression lower(const SigmaCondition& condition) {
    switch (condition.kind) {
      case SigmaCondition::Kind::kName:
        return named(condition);
      case SigmaCondition::Kind::kNot:
        return negation(lower(condition.children.front()));
      case SigmaCondition::Kind::kAnyOf:
        return any_of(matching(condition));
      case SigmaCondition::Kind::kAllOf:
        return all_of(matching(condition));
      case SigmaCondition::Kind::kAnd:
      case SigmaCondition::Kind::kOr:
        break;
    }
    std::vector<Expression> children;
    for (const SigmaCondition& child : condition.children) children.push_back(lower(child));
    return condition.kind == SigmaCondition::Kind::kAnd ? all_of(std::move(children))
                                                        : any_of(std::move(children));
  }

  // A copy of the selection, while there is room.
  Expression use(Lowered& lowered) {
    lowered.used = true;
    nodes_ += lowered.size;
    return nodes_ > kNodeLimit ? Expression{} : lowered.expression;
  }

  Expression named(const SigmaCondition& condition) {
    for (Lowered& lowered : selections_) {
      if (lowered.selection->name == condition.name) return use(lowered);
    }
    std::vector<std::string_view> names;
    for (const Lowered& lowered : selections_) names.push_back(lowered.selection->name);
    remarks_.error("sigma-unknown-selection",
                   remarks_.at(*node_, condition.offset, condition.name.size()),
                   "the detection has no selection \"" + printable(condition.name) + "\"",
                   did_you_mean(condition.name, names));
    return {};
  }

  std::vector<Expression> matching(const SigmaCondition& condition) {
    bool them = equals_ignore_case(condition.name, "them");
    Pattern pattern;
    for (char c : condition.name) {  // only `*` is special in names
      if (c == '*') {
        pattern.append(PatternPart::Kind::kAnyRun);
      } else {
        pattern.append_text({&c, 1});
      }
    }
    std::vector<Expression> out;
    for (Lowered& lowered : selections_) {
      const std::string& name = lowered.selection->name;
      if (them ? !name.starts_with('_') : pattern.matches(name)) out.push_back(use(lowered));
    }
    if (out.empty()) {
      remarks_.error("sigma-empty-quantifier",
                     remarks_.at(*node_, condition.offset, condition.name.size()),
                     "no selection has a name like \"" + printable(condition.name) + "\"", "");
    }
    return out;
  }

  void warn_unused() {
    for (const Lowered& lowered : selections_) {
      if (lowered.used || lowered.selection->name.starts_with('_')) continue;
      remarks_.warning("sigma-unused-selection", remarks_.at(*lowered.selection->key),
                       "the condition does not use the selection \"" +
                           printable(lowered.selection->name) + "\"");
    }
  }

  const SigmaRule& rule_;
  const Placeholders& placeholders_;
  Remarks& remarks_;
  std::vector<Lowered> selections_;
  const YamlNode* node_ = nullptr;  // the condition being lowered
  size_t nodes_ = 0;
};

}  // namespace

std::optional<Expression> lower_rule(const SigmaRule& rule, const Placeholders& placeholders,
                                     Remarks& remarks) {
  return RuleLowering(rule, placeholders, remarks).run();
}

std::optional<Expression> lower_filter(SigmaFilter filter, const Placeholders& placeholders,
                                       Remarks& remarks) {
  for (auto& written : filter.detection.conditions) {
    if (!begins_with_not(written.condition)) continue;
    SigmaCondition taken_away{SigmaCondition::Kind::kNot, {}, 0, {}};
    taken_away.children.push_back(std::move(written.condition));
    written.condition = std::move(taken_away);
  }
  auto taken_away = lower_rule(filter.detection, placeholders, remarks);
  if (!taken_away) return std::nullopt;
  return negation(std::move(*taken_away));
}

}  // namespace cairn::rules
