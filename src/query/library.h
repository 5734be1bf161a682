#pragma once

// The library of named questions: content/queries/GROUP.sql, each with several.
//
//   -- name: root-use
//   -- title: What did the root user do?
//   -- answer: a row for each call, newest first
//   -- parameter: user text * The user's name; % stands for any characters
//   SELECT … WHERE useridentity.username LIKE :user;
//
// A parameter is `NAME TYPE DEFAULT MEANING`; TYPE is text, integer or time; DEFAULT is one word,
// `*` when it must be given, `""` for an empty text. `:name` in the statement becomes the value as
// a literal: what people give can never be anything else.

#include "base/result.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::query {

enum class ParameterType : uint8_t {
  kText,
  kInteger,
  kTime,  // what people type (base/time.h); in the statement as eventTime has it: "2024-01-31T…Z"
};

struct QueryParameter {
  std::string name;
  ParameterType type = ParameterType::kText;
  std::optional<std::string> fallback;  // none: must be given
  std::string meaning;
};

struct LibraryQuery {
  std::string group, name;
  std::string title;   // the question
  std::string answer;  // what a row is
  std::vector<QueryParameter> parameters;
  std::string sql;
};

/// Reads a file of the library. Fails with kInvalidInput and the line.
Result<std::vector<LibraryQuery>> parse_library(std::string_view group, std::string_view text);

/// Returns the questions inside the program, by group and in the order of its file.
const std::vector<LibraryQuery>& query_library();

/// Returns the statement with its parameters in place. Fails with kInvalidInput for a parameter
/// that is missing, unknown, given twice, or not of its type. `now` gives meaning to "7d".
Result<std::string> fill_parameters(const LibraryQuery& query,
                                    const std::vector<std::pair<std::string, std::string>>& values,
                                    Timestamp now);

}  // namespace cairn::query
