// From Athena's grammar to DuckDB's, on tokens. Every step is a pattern that needs no more than the
// brackets around it; what depends on types is left to macros and functions.
//
//   "db"."cloudtrail_x" [AS] a      cloudtrail_logs AS a
//   requestparameters.bucketName    athena_json_member(requestparameters, '$."bucketName"')
//   "$path"                         source_object
//   any_match(a, x -> c)            (len(list_filter(a, lambda x: (c))) > 0)
//   reduce(a, i, (s, x) -> f, s -> g)
//   zip_with, map_filter, transform_keys, transform_values: over the entries, as structs
//   UNNEST(m) AS t (k, v)           LATERAL (SELECT unnest(map_entries(m), max_depth := 2)) …
//   UNNEST(a, b) AS t (x, y)        LATERAL (SELECT unnest(a), unnest(b)) …
//   listagg(x, s) WITHIN GROUP (ORDER BY y)    string_agg(x, s ORDER BY y)
//   x -> c,  (x, y) -> c            lambda x: c,  lambda x, y: c
//   CAST(e AS VARCHAR)              athena_varchar(e)      JSON strings lose their quotes
//   CAST(e AS ROW(a BIGINT))        CAST(e AS STRUCT(a BIGINT)), ARRAY(T) is T[]
//   CAST(e AS IPADDRESS)            athena_ip(e)
//   EXTRACT(DOW FROM d)             isodow
//   format(…), if(…)                printf(…), athena_if(…)
//   TIMESTAMP '… Asia/Tokyo'        TIMESTAMPTZ '…'
//   SHOW COLUMNS FROM t             DESCRIBE t

#include "base/text.h"
#include "model/cloudtrail_table.h"
#include "query/athena.h"
#include "query/tokens.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace cairn::query {

namespace {

using Kind = Token::Kind;
using Tokens = std::vector<Token>;

constexpr std::array<std::string_view, 5> kJsonColumns = {
    "requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails",
    "edgedevicedetails"};
/// Tables beside cloudtrail_logs; they may stand behind any database and catalog, too.
constexpr std::array<std::string_view, 3> kOtherTables = {"findings", "files", "quarantine"};
/// Words that may follow a table without being its alias.
constexpr std::array<std::string_view, 24> kNoAlias = {
    "where", "group",  "order",  "having", "limit",     "offset",      "fetch",   "union",
    "join",  "inner",  "left",   "right",  "full",      "cross",       "natural", "on",
    "using", "except", "window", "for",    "intersect", "tablesample", "with",    "qualify"};
constexpr size_t kNesting = 200;  // brackets inside brackets

template <size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string quoted_text(std::string_view text) {
  std::string sql = "'";
  for (char c : text) {
    if (c == '\'') sql += '\'';
    sql += c;
  }
  return sql + "'";
}

std::string quoted_name(std::string_view text) {
  std::string sql = "\"";
  for (char c : text) {
    if (c == '"') sql += '"';
    sql += c;
  }
  return sql + "\"";
}

/// A run of tokens [begin, end) of the statement.
struct Range {
  size_t begin = 0, end = 0;
};

class Rewriter {
 public:
  explicit Rewriter(const Tokens& tokens) : tokens_(tokens) {
    read_structure();
    collect_names();
  }

  Result<std::string> run() {
    TRY_ASSIGN(std::string sql, rewrite({0, tokens_.size()}, 0));
    return sql;
  }

 private:
  /// Where in a SELECT a token stands, at its level of brackets.
  enum class Clause : uint8_t { kOther, kSelect, kFrom };

  const Token& at(size_t index) const { return tokens_[std::min(index, tokens_.size() - 1)]; }

  /// Names that WITH gives: `name AS (` or `name (columns) AS (`.
  void collect_names() {
    for (size_t i = 0; i + 2 < tokens_.size(); ++i) {
      if (!at(i).is_identifier()) continue;
      size_t as = i + 1;
      if (at(as).is("(")) as = closing(as) + 1;
      if (at(as).is_word("as") && at(as + 1).is("(")) names_.insert(at(i).name());
    }
  }

  /// Finds, once for the whole statement, where brackets close and in which clause of its SELECT
  /// each token stands.
  void read_structure() {
    struct Level {
      size_t open = 0;
      Clause clause = Clause::kOther;
    };
    closing_.assign(tokens_.size(), tokens_.size() - 1);
    clauses_.assign(tokens_.size(), Clause::kOther);
    std::vector<Level> levels(1);
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.is("(") || token.is("[")) {
        levels.push_back({i, Clause::kOther});
      } else if ((token.is(")") || token.is("]")) && levels.size() > 1) {
        closing_[levels.back().open] = i;
        levels.pop_back();
      } else if (token.kind == Kind::kWord) {
        levels.back().clause = clause_after(i, levels.back().clause);
      }
      clauses_[i] = levels.back().clause;
    }
  }

  Clause clause_after(size_t i, Clause before) const {
    static constexpr std::array<std::string_view, 8> kOthers = {
        "where", "by", "having", "on", "values", "with", "using", "limit"};
    std::string word = at(i).name();
    if (word == "select") return Clause::kSelect;
    // `IS DISTINCT FROM` has no tables behind it; `EXTRACT(x FROM y)` is inside brackets.
    if (word == "from") return i > 0 && at(i - 1).is_word("distinct") ? before : Clause::kFrom;
    return one_of(kOthers, word) ? Clause::kOther : before;
  }

  /// The bracket that closes the one at `open`; the end of the statement when none does.
  size_t closing(size_t open) const { return closing_[open]; }

  /// The arguments between the bracket at `open` and its closing one.
  std::vector<Range> arguments(size_t open) const {
    std::vector<Range> list;
    size_t end = closing(open), begin = open + 1;
    for (size_t i = begin; i < end; ++i) {
      if (at(i).is("(") || at(i).is("[")) {
        i = closing(i);
      } else if (at(i).is(",")) {
        list.push_back({begin, i});
        begin = i + 1;
      }
    }
    if (begin < end) list.push_back({begin, end});
    return list;
  }

  Result<std::string> rewrite(Range range, size_t depth) {
    if (depth > kNesting)
      return Error{ErrorCode::kExhausted,
                   "the statement has more than 200 brackets inside each other"};
    std::string out;
    size_t i = range.begin;
    while (i < range.end) {
      size_t next = i;
      TRY_ASSIGN(std::string replaced, replace(i, next, depth));
      if (next > i) {
        out += at(i).before + replaced;
        i = next;
      } else {
        out += at(i).before + at(i).text;
        ++i;
      }
    }
    return out;
  }

  /// Tries every pattern at a token: when one matches, `next` is the token behind it and the
  /// result its replacement.
  Result<std::string> replace(size_t i, size_t& next, size_t depth) {
    const Token& token = at(i);
    if (token.kind == Kind::kQuoted && token.name() == "$path") {
      next = i + 1;
      return std::string("source_object");
    }
    if (token.is_identifier() && !after_dot(i) && !at(i + 1).is("(") && !is_lambda(i)) {
      if (auto other = substitutes_.find(token.name()); other != substitutes_.end()) {
        next = i + 1;
        return other->second;
      }
    }
    if (token.is_word("from") || token.is_word("join")) return replace_table(i, next);
    if (token.is(",") && clauses_[i] == Clause::kFrom) return replace_table(i, next);
    if (is_lambda(i)) return replace_lambda(i, next);
    if (token.is_identifier() && !after_dot(i)) {
      std::string path = json_path(i, next);
      if (!path.empty()) return is_whole_column(i, next) ? path + " AS " + last_key(next) : path;
    }
    if (token.kind == Kind::kWord && !after_dot(i)) return replace_word(i, next, depth);
    return std::string();
  }

  bool after_dot(size_t i) const { return i > 0 && at(i - 1).is("."); }

  // Tables.

  Result<std::string> replace_table(size_t i, size_t& next) {
    size_t first = i + 1;
    if (!at(first).is_identifier()) return std::string();
    if (at(i).is_word("from") && i > 0 && at(i - 1).is_word("distinct")) return std::string();
    size_t last = first;
    while (at(last + 1).is(".") && at(last + 2).is_identifier()) last += 2;
    if (at(last + 1).is("(")) return std::string();  // a table function
    std::string name = at(last).name();
    bool qualified = last > first;
    if (!qualified && names_.contains(name)) return std::string();
    if (qualified && at(last - 2).name() == "information_schema") return std::string();
    bool trail = name.starts_with("cloudtrail");
    if (!trail && !one_of(kOtherTables, name)) return std::string();
    std::string table = trail ? std::string(kCloudTrailTable) : name;
    if (table == name && !qualified) return std::string();
    next = last + 1;
    std::string out = at(i).text + at(first).before + table;
    if (out.size() == at(i).text.size() + table.size()) out.insert(at(i).text.size(), " ");
    // FROM "db"."trail" AS t keeps its alias; without one, the columns may name the table.
    bool alias =
        at(next).is_word("as") || (at(next).is_identifier() && !one_of(kNoAlias, at(next).name()));
    if (!alias && table != name) out += " AS " + quoted_name(name);
    return out;
  }

  // Members of JSON columns.

  /// `[alias.]requestparameters.a.b[0]` as a call, with `next` behind it; "" when it is none.
  std::string json_path(size_t i, size_t& next) const {
    size_t column = i;
    if (!one_of(kJsonColumns, at(column).name())) {
      if (!at(i + 1).is(".") || !at(i + 2).is_identifier() ||
          !one_of(kJsonColumns, at(i + 2).name()))
        return {};
      column = i + 2;
    }
    std::string path = "$";
    size_t j = column + 1;
    while (true) {
      if (at(j).is(".") && at(j + 1).is_identifier()) {
        std::string key = at(j + 1).kind == Kind::kQuoted
                              ? at(j + 1).text.substr(1, at(j + 1).text.size() - 2)
                              : at(j + 1).text;
        path += "[\"" + key + "\"]";
        j += 2;
      } else if (j > column + 1 && at(j).is("[") && at(j + 1).kind == Kind::kNumber &&
                 at(j + 2).is("]")) {
        path += "[" + at(j + 1).text + "]";
        j += 3;
      } else {
        break;
      }
    }
    if (j == column + 1) return {};
    next = j;
    std::string source;
    for (size_t k = i; k <= column; ++k) source += at(k).text;
    return "athena_json_member(" + source + ", " + quoted_text(path) + ")";
  }

  /// True when the tokens are one column of a SELECT list, without an alias.
  bool is_whole_column(size_t begin, size_t end) const {
    bool first =
        begin > 0 && (at(begin - 1).is_word("select") || at(begin - 1).is_word("distinct"));
    bool later = begin > 0 && at(begin - 1).is(",") && clauses_[begin - 1] == Clause::kSelect;
    return (first || later) && (at(end).is(",") || at(end).is_word("from"));
  }

  /// The last key of a path that ends at `end`: what Athena would name the column.
  std::string last_key(size_t end) const {
    size_t i = end;
    while (i > 0 && !at(i - 1).is_identifier()) --i;
    return i > 0 ? quoted_name(at(i - 1).name()) : "";
  }

  // Lambdas.

  bool is_lambda(size_t i) const {
    if (at(i).is_identifier() && at(i + 1).is("->")) return true;
    return at(i).is("(") && at(closing(i) + 1).is("->");
  }

  Result<std::string> replace_lambda(size_t i, size_t& next) {
    std::string out = "lambda ";
    size_t arrow = i + 1;
    if (at(i).is("(")) {
      arrow = closing(i) + 1;
      for (size_t k = i + 1; k + 1 < arrow; ++k) out += at(k).before + at(k).text;
    } else {
      out += at(i).text;
    }
    next = arrow + 1;
    return out + ":";
  }

  struct Lambda {
    std::string head;  // "lambda x: "
    std::string body;
  };
  Result<Lambda> lambda_of(Range range, size_t depth) {
    if (!is_lambda(range.begin))
      return Error{ErrorCode::kInvalidInput, "expected a lambda such as x -> x > 1 at character " +
                                                 std::to_string(at(range.begin).offset + 1)};
    Lambda lambda;
    size_t body = range.begin;
    TRY_ASSIGN(std::string head, replace_lambda(range.begin, body));
    lambda.head = std::move(head) + " ";
    TRY_ASSIGN(std::string text, rewrite({body, range.end}, depth + 1));
    lambda.body = std::string(trim(text));
    return lambda;
  }

  // Words.

  Result<std::string> replace_word(size_t i, size_t& next, size_t depth) {
    const Token& token = at(i);
    std::string word = token.name();
    if (word == "timestamp" && at(i + 1).kind == Kind::kString) return replace_timestamp(i, next);
    if (word == "ipaddress" && at(i + 1).kind == Kind::kString) {
      next = i + 2;
      return "athena_ip(" + at(i + 1).text + ")";
    }
    if (!at(i + 1).is("(")) return std::string();
    if (word == "cast" || word == "try_cast") return replace_cast(i, next, depth);
    if (word == "any_match" || word == "all_match" || word == "none_match")
      return replace_match(i, next, depth);
    if (word == "reduce") return replace_reduce(i, next, depth);
    if (word == "zip_with" || word == "map_filter" || word == "transform_keys" ||
        word == "transform_values")
      return replace_entries(i, next, depth);
    if (word == "unnest") return replace_unnest(i, next, depth);
    if (word == "listagg") return replace_listagg(i, next, depth);
    if (word == "extract") return replace_extract(i, next, depth);
    if (word == "contains" && is_network(at(i + 2))) return rename(i, next, "cidr_contains");
    if (word == "format") return rename(i, next, "printf");
    if (word == "transform") return rename(i, next, "list_transform");
    if (word == "if") return rename(i, next, "athena_if");
    return std::string();
  }

  Result<std::string> rename(size_t i, size_t& next, std::string name) {
    next = i + 1;
    return name;
  }

  /// 'a.b.c.d/n' or IPv6 with a prefix length.
  static bool is_network(const Token& token) {
    if (token.kind != Kind::kString) return false;
    std::string text = token.name();
    size_t slash = text.find('/');
    return slash != std::string::npos && slash + 1 < text.size() && slash > 1 &&
           text.find_first_not_of("0123456789abcdefABCDEF.:/") == std::string::npos;
  }

  /// A literal with a zone behind the time is an instant.
  Result<std::string> replace_timestamp(size_t i, size_t& next) {
    std::string text = at(i + 1).name();
    bool zone =
        text.size() > 10 && (text.find_first_of("+", 10) != std::string::npos ||
                             text.find('-', 10) != std::string::npos ||
                             std::any_of(text.begin() + 10, text.end(), [](char c) {
                               return (c >= 'A' && c <= 'Z' && c != 'T') || (c >= 'a' && c <= 'z');
                             }));
    if (!zone) return std::string();
    next = i + 2;
    return "TIMESTAMPTZ " + at(i + 1).text;
  }

  Result<std::string> replace_match(size_t i, size_t& next, size_t depth) {
    std::vector<Range> list = arguments(i + 1);
    if (list.size() != 2) return std::string();
    TRY_ASSIGN(std::string array, rewrite(list[0], depth + 1));
    TRY_ASSIGN(Lambda lambda, lambda_of(list[1], depth));
    next = closing(i + 1) + 1;
    std::string word = at(i).name();
    // An unknown answer (NULL) for an element lets none of the three be true.
    if (word == "any_match")
      return "(len(list_filter(" + array + ", " + lambda.head + "(" + lambda.body + "))) > 0)";
    if (word == "none_match")
      return "(len(list_filter(" + array + ", " + lambda.head + "coalesce((" + lambda.body +
             "), true))) = 0)";
    return "(len(list_filter(" + array + ", " + lambda.head + "NOT coalesce((" + lambda.body +
           "), false))) = 0)";
  }

  /// reduce(array, start, (state, x) -> …, state -> …)
  Result<std::string> replace_reduce(size_t i, size_t& next, size_t depth) {
    std::vector<Range> list = arguments(i + 1);
    if (list.size() != 4) return std::string();
    TRY_ASSIGN(std::string array, rewrite(list[0], depth + 1));
    TRY_ASSIGN(std::string start, rewrite(list[1], depth + 1));
    TRY_ASSIGN(Lambda step, lambda_of(list[2], depth));
    TRY_ASSIGN(Lambda last, lambda_of(list[3], depth));
    next = closing(i + 1) + 1;
    return "(list_transform([list_reduce(" + array + ", " + step.head + "(" + step.body + "), " +
           start + ")], " + last.head + "(" + last.body + "))[1])";
  }

  /// Functions whose lambda has two parameters, over one list of pairs: the parameters become the
  /// parts of a pair.
  Result<std::string> replace_entries(size_t i, size_t& next, size_t depth) {
    std::string word = at(i).name();
    bool zip = word == "zip_with";
    std::vector<Range> list = arguments(i + 1);
    if (list.size() != (zip ? 3u : 2u)) return std::string();
    size_t open = list.back().begin;
    std::vector<Range> names;
    if (at(open).is("(") && is_lambda(open)) names = arguments(open);
    if (names.size() != 2)
      return Error{ErrorCode::kInvalidInput,
                   "expected a lambda such as (x, y) -> x + y at character " +
                       std::to_string(at(open).offset + 1)};
    std::string pairs;
    for (size_t k = 0; k + 1 < list.size(); ++k) {
      TRY_ASSIGN(std::string text, rewrite(list[k], depth + 1));
      pairs += (k == 0 ? "" : ", ") + std::string(trim(text));
    }
    std::string pair = "cairn_pair_" + std::to_string(depth);
    auto before = substitutes_;
    substitutes_[at(names[0].begin).name()] = pair + (zip ? "[1]" : ".key");
    substitutes_[at(names[1].begin).name()] = pair + (zip ? "[2]" : ".value");
    auto rewritten = rewrite({closing(open) + 2, list.back().end}, depth + 1);
    substitutes_ = std::move(before);
    TRY_ASSIGN(std::string body, std::move(rewritten));
    next = closing(i + 1) + 1;
    std::string head = ", lambda " + pair + ": ";
    if (zip) return "list_transform(list_zip(" + pairs + ")" + head + "(" + body + "))";
    std::string entries = "(map_entries(" + pairs + ")" + head;
    if (word == "map_filter") return "map_from_entries(list_filter" + entries + "(" + body + ")))";
    bool keys = word == "transform_keys";
    return "map_from_entries(list_transform" + entries +
           "{'key': " + (keys ? "(" + body + ")" : pair + ".key") +
           ", 'value': " + (keys ? pair + ".value" : "(" + body + ")") + "}))";
  }

  /// UNNEST in FROM, of what DuckDB unnests in SELECT only: several lists side by side, and maps
  /// or lists of rows into several columns.
  Result<std::string> replace_unnest(size_t i, size_t& next, size_t depth) {
    size_t end = closing(i + 1), alias = end + 1;
    if (clauses_[i] != Clause::kFrom) return std::string();
    std::vector<Range> list = arguments(i + 1);
    if (at(alias).is_word("as")) ++alias;
    size_t columns =
        at(alias).is_identifier() && at(alias + 1).is("(") ? arguments(alias + 1).size() : 0;
    if (list.empty() || (list.size() == 1 && columns < 2) || at(end + 1).is_word("with"))
      return std::string();
    std::string selected;
    for (const Range& one : list) {
      TRY_ASSIGN(std::string text, rewrite(one, depth + 1));
      text = trim(text);
      selected += selected.empty() ? "" : ", ";
      selected += list.size() > 1 ? "unnest(" + text + ")"
                                  : "unnest(map_entries(" + text + "), max_depth := 2)";
    }
    next = end + 1;
    return "LATERAL (SELECT " + selected + ")";
  }

  /// listagg(x, s) WITHIN GROUP (ORDER BY y)
  Result<std::string> replace_listagg(size_t i, size_t& next, size_t depth) {
    size_t end = closing(i + 1);
    TRY_ASSIGN(std::string inner, rewrite({i + 2, end}, depth + 1));
    if (arguments(i + 1).size() == 1) inner += ", ''";
    next = end + 1;
    if (at(end + 1).is_word("within") && at(end + 2).is_word("group") && at(end + 3).is("(")) {
      size_t last = closing(end + 3);
      TRY_ASSIGN(std::string order, rewrite({end + 4, last}, depth + 1));
      inner += " " + order;
      next = last + 1;
    }
    return "string_agg(" + inner + ")";
  }

  Result<std::string> replace_extract(size_t i, size_t& next, size_t depth) {
    std::string field = at(i + 2).name();
    if (!at(i + 3).is_word("from")) return std::string();
    std::string name = field == "dow" || field == "day_of_week"    ? "isodow"
                       : field == "day_of_year"                    ? "dayofyear"
                       : field == "day_of_month"                   ? "day"
                       : field == "year_of_week" || field == "yow" ? "isoyear"
                                                                   : "";
    if (name.empty()) return std::string();
    size_t end = closing(i + 1);
    TRY_ASSIGN(std::string argument, rewrite({i + 4, end}, depth + 1));
    next = end + 1;
    return name + "(" + std::string(trim(argument)) + ")";
  }

  /// CAST(e AS type), TRY_CAST(e AS type)
  Result<std::string> replace_cast(size_t i, size_t& next, size_t depth) {
    size_t end = closing(i + 1), as = end;
    for (size_t k = i + 2; k < end; ++k) {
      if (at(k).is("(") || at(k).is("[")) {
        k = closing(k);
      } else if (at(k).is_word("as")) {
        as = k;
      }
    }
    if (as == end) return std::string();
    TRY_ASSIGN(std::string argument, rewrite({i + 2, as}, depth + 1));
    argument = std::string(trim(argument));
    bool lenient = at(i).is_word("try_cast");
    next = end + 1;
    std::string first = at(as + 1).name();
    if (first == "varchar" || first == "string") {
      std::string call = lenient ? "athena_try_varchar(" : "athena_varchar(";
      call += argument + ")";
      if (at(as + 2).is("(")) call = "left(" + call + ", " + at(as + 3).text + ")";
      return call;
    }
    if (first == "ipaddress") return (lenient ? "athena_try_ip(" : "athena_ip(") + argument + ")";
    return std::string(at(i).text) + "(" + argument + " AS " + type_text({as + 1, end}) + ")";
  }

  /// ARRAY(T) is T[], ROW(…) is STRUCT(…), VARBINARY is BLOB.
  std::string type_text(Range range) const {
    std::string out;
    for (size_t k = range.begin; k < range.end; ++k) {
      bool bracket = at(k + 1).is("(") && k + 1 < range.end;
      std::string gap = out.empty() ? "" : at(k).before;
      if (at(k).is_word("array") && bracket) {
        size_t end = closing(k + 1);
        out += gap + type_text({k + 2, end}) + "[]";
        k = end;
      } else if (at(k).is_word("row") && bracket) {
        out += gap + "STRUCT";
      } else if (at(k).is_word("varbinary")) {
        out += gap + "BLOB";
      } else if (at(k).is("(")) {
        size_t end = closing(k);
        out += "(" + type_text({k + 1, end}) + ")";
        k = end;
      } else {
        out += gap + at(k).text;
      }
    }
    return out;
  }

  const Tokens& tokens_;
  std::vector<size_t> closing_;  // of each opening bracket
  std::vector<Clause> clauses_;  // of each token
  std::set<std::string> names_;
  std::map<std::string, std::string> substitutes_;  // of a lambda's parameters, in its body
};

/// SHOW COLUMNS FROM t and DESC t, which DuckDB does not know.
std::string show_statement(const Tokens& tokens) {
  if (tokens[0].is_word("show") && tokens.size() > 3 && tokens[1].is_word("columns"))
    return "DESCRIBE ";
  if ((tokens[0].is_word("desc") || tokens[0].is_word("describe")) && tokens.size() > 2)
    return "DESCRIBE ";
  return {};
}

}  // namespace

Result<std::string> rewrite_athena(std::string_view sql) {
  TRY_ASSIGN(Tokens tokens, read_tokens(sql));
  std::string show = show_statement(tokens);
  if (!show.empty()) {
    size_t last = tokens.size() - 1;
    while (last > 0 && !tokens[last].is_identifier()) --last;
    std::string name = tokens[last].name();
    return show +
           (name.starts_with("cloudtrail") ? std::string(kCloudTrailTable) : tokens[last].text);
  }
  return Rewriter(tokens).run();
}

}  // namespace cairn::query
