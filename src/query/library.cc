#include "query/library.h"

#include "base/check.h"
#include "base/text.h"
#include "query/content.h"
#include "query/tokens.h"

#include <algorithm>
#include <charconv>

namespace cairn::query {

namespace {

Error at_line(std::string_view group, size_t line, const std::string& message) {
  return Error{ErrorCode::kInvalidInput,
               std::string(group) + ".sql:" + std::to_string(line) + ": " + message};
}

/// The next word, and the rest behind it.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  size_t end = std::min(text.find(' '), text.size());
  std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

std::optional<ParameterType> parse_type(std::string_view word) {
  if (word == "text") return ParameterType::kText;
  if (word == "integer") return ParameterType::kInteger;
  if (word == "time") return ParameterType::kTime;
  return std::nullopt;
}

std::optional<QueryParameter> parse_parameter(std::string_view text) {
  QueryParameter parameter;
  parameter.name = take_word(text);
  auto type = parse_type(take_word(text));
  std::string_view fallback = take_word(text);
  parameter.meaning = text;
  if (!type || fallback.empty() || text.empty()) return std::nullopt;
  parameter.type = *type;
  if (fallback == "\"\"") {
    parameter.fallback = "";
  } else if (fallback != "*") {
    parameter.fallback = fallback;
  }
  return parameter;
}

std::string text_literal(std::string_view text) {
  std::string sql = "'";
  for (char c : text) {
    if (c == '\'') sql += '\'';
    sql += c;
  }
  return sql + "'";
}

Result<std::string> literal(const QueryParameter& parameter, const std::string& value,
                            Timestamp now) {
  switch (parameter.type) {
    case ParameterType::kText:
      return text_literal(value);
    case ParameterType::kInteger: {
      int64_t number = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc() || end != value.data() + value.size())
        return Error{
            ErrorCode::kInvalidInput,
            parameter.name + ": expected a whole number, got \"" + printable(value) + "\""};
      return std::to_string(number);
    }
    case ParameterType::kTime: {
      auto time = parse_human_time(value, now, TimeEdge::kStart);
      if (!time.ok()) return std::move(time).error().with_context(parameter.name);
      return text_literal(format_time(time.value()));
    }
  }
  return std::string();
}

std::vector<LibraryQuery> read_embedded() {
  std::vector<LibraryQuery> all;
  for (const EmbeddedFile& file : embedded_files()) {
    constexpr std::string_view kFolder = "queries/";
    if (!file.name.starts_with(kFolder)) continue;
    std::string_view group = file.name.substr(kFolder.size());
    group.remove_suffix(std::string_view(".sql").size());
    auto queries = parse_library(group, file.text);
    CAIRN_CHECK(queries.ok());
    for (LibraryQuery& query : queries.value()) all.push_back(std::move(query));
  }
  return all;
}

}  // namespace

Result<std::vector<LibraryQuery>> parse_library(std::string_view group, std::string_view text) {
  std::vector<LibraryQuery> queries;
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (!line.starts_with("-- ")) {
      if (queries.empty() && !trim(line).empty())
        return at_line(group, number, "a statement without a name");
      if (!queries.empty() && (!trim(line).empty() || !queries.back().sql.empty()))
        queries.back().sql += std::string(line) + "\n";
      continue;
    }
    std::string_view rest = line.substr(3);
    size_t colon = rest.find(": ");
    std::string_view key = rest.substr(0, colon);
    if (colon == std::string_view::npos) continue;  // a remark
    std::string value(trim(rest.substr(colon + 2)));
    if (key == "name") {
      queries.push_back({std::string(group), value, "", "", {}, ""});
    } else if (queries.empty()) {
      continue;
    } else if (key == "title") {
      queries.back().title = value;
    } else if (key == "answer") {
      queries.back().answer = value;
    } else if (key == "parameter") {
      auto parameter = parse_parameter(value);
      if (!parameter)
        return at_line(group, number, "expected: -- parameter: NAME TYPE DEFAULT MEANING");
      queries.back().parameters.push_back(std::move(*parameter));
    } else {
      return at_line(group, number, "unknown key \"" + printable(key) + "\"");
    }
  }
  for (LibraryQuery& query : queries) {
    query.sql = trim(query.sql);
    if (query.title.empty() || query.answer.empty() || query.sql.empty())
      return at_line(group, number, query.name + " has no title, answer or statement");
  }
  return queries;
}

const std::vector<LibraryQuery>& query_library() {
  static const std::vector<LibraryQuery> kLibrary = read_embedded();
  return kLibrary;
}

Result<std::string> fill_parameters(const LibraryQuery& query,
                                    const std::vector<std::pair<std::string, std::string>>& values,
                                    Timestamp now) {
  std::vector<std::string> names;
  for (const QueryParameter& parameter : query.parameters) names.push_back(parameter.name);
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& name = values[i].first;
    if (std::find(names.begin(), names.end(), name) == names.end())
      return Error{ErrorCode::kInvalidInput,
                   query.name + " has no parameter \"" + printable(name) + "\"" +
                       (names.empty() ? std::string() : "; it has " + join(names, ", "))};
    for (size_t j = 0; j < i; ++j) {
      if (values[j].first == name)
        return Error{ErrorCode::kInvalidInput, "the parameter " + name + " is given twice"};
    }
  }
  TRY_ASSIGN(auto tokens, read_tokens(query.sql));
  for (const QueryParameter& parameter : query.parameters) {
    auto given = std::find_if(values.begin(), values.end(),
                              [&](const auto& value) { return value.first == parameter.name; });
    if (given == values.end() && !parameter.fallback)
      return Error{ErrorCode::kInvalidInput, "the parameter " + parameter.name + " is missing (" +
                                                 parameter.meaning + "): --param " +
                                                 parameter.name + "=…"};
    TRY_ASSIGN(
        std::string value,
        literal(parameter, given == values.end() ? *parameter.fallback : given->second, now));
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      if (!tokens[i].is(":") || !tokens[i + 1].is_word(parameter.name) ||
          !tokens[i + 1].before.empty())
        continue;
      tokens[i].text = value;
      tokens[i].kind = Token::Kind::kString;
      tokens[i + 1].text.clear();
    }
  }
  return print_tokens(tokens);
}

}  // namespace cairn::query
