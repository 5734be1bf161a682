#pragma once

// Answers as text, for the tests of the rooms that ask DuckDB.

#include "duck/duck.h"

#include <string>

namespace cairn::duck {

/// All rows of an answer: cells divided by "|", rows by line ends, NULL as "NULL" (or each cell as
/// JSON); errors as "error CODE: message".
inline std::string rows_of(Result<std::unique_ptr<Answer>> answer, bool json = false) {
  auto failed = [](const Error& error) {
    return "error " + std::string(to_string(error.code)) + ": " + error.message;
  };
  if (!answer.ok()) return failed(answer.error());
  std::string text;
  while (true) {
    auto rows = answer.value()->next();
    if (!rows.ok()) return failed(rows.error());
    if (rows.value() == 0) return text;
    for (size_t row = 0; row < rows.value(); ++row) {
      if (!text.empty()) text += '\n';
      for (size_t i = 0; i < answer.value()->columns().size(); ++i) {
        if (i > 0) text += '|';
        if (json) {
          answer.value()->append_json(i, row, text);
        } else if (answer.value()->is_null(i, row)) {
          text += "NULL";
        } else {
          answer.value()->append_text(i, row, text);
        }
      }
    }
  }
}

}  // namespace cairn::duck
