#pragma once

// What a RuleSet is made of; private to the room.

#include "rules/predicate.h"
#include "rules/program.h"
#include "rules/rules.h"

namespace cairn::rules {

struct RuleSet::Contents {
  std::vector<RuleInfo> infos;
  std::vector<Expression> expressions;  // by rule
  LoadCounts counts;
  Program program;
};

}  // namespace cairn::rules
