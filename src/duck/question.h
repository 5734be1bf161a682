#pragma once

#include "duck/duck.h"

namespace cairn::duck {

/// See Connection::check_question().
Status check(const std::string& sql, const QuestionLimits& limits);

}  // namespace cairn::duck
