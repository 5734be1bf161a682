#pragma once

// What a RuleSet is made of; private to the room.

#include "rules/predicate.h"
#include "rules/program.h"
#include "rules/rules.h"

namespace cairn::rules {

struct RuleSet::Contents {
  std::vector<RuleInfo> infos;
  std::vector<Expression> expressions;  // by rule
  std::vector<Correlation> correlations;
  std::vector<std::string> correlation_texts;  // one each, for explain()
  LoadCounts counts;
  Program program;
};

}  // namespace cairn::rules
