// Metric math: text to nodes.

#include "base/text.h"
#include "monitor/metric_functions.h"
#include "monitor/metric_math.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cairn::monitor {

namespace {

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word_part(char c) { return is_word_start(c) || is_digit(c); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

class MetricMath::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<MetricMath> parse() {
    if (text_.size() > kBytesLimit)
      return Error{ErrorCode::kInvalidInput,
                   "the expression is longer than " + std::to_string(kBytesLimit) + " bytes"};
    TRY_ASSIGN(uint32_t root, binary(0));
    blanks();
    if (at_ < text_.size()) return wrong("expected an operator or the end");
    if (root + 1 != math_.nodes_.size()) math_.nodes_.push_back(math_.nodes_[root]);
    return std::move(math_);
  }

 private:
  struct Operator {
    std::string_view text;
    Op op;
    int level;
  };
  // Longer ones first.
  static constexpr Operator kOperators[] = {
      {"||", Op::kOr, 0},          {"OR", Op::kOr, 0},
      {"&&", Op::kAnd, 1},         {"AND", Op::kAnd, 1},
      {"==", Op::kEqual, 2},       {"!=", Op::kUnequal, 2},
      {"<=", Op::kLessOrEqual, 2}, {">=", Op::kGreaterOrEqual, 2},
      {"<", Op::kLess, 2},         {">", Op::kGreater, 2},
      {"+", Op::kAdd, 3},          {"-", Op::kSubtract, 3},
      {"*", Op::kMultiply, 4},     {"/", Op::kDivide, 4}};
  static constexpr int kLevels = 5;

  Error wrong(const std::string& what) const { return wrong(what, at_); }
  static Error wrong(const std::string& what, size_t at) {
    return {ErrorCode::kInvalidInput, "character " + std::to_string(at + 1) + ": " + what};
  }

  void blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  uint32_t add(Node node) {
    math_.nodes_.push_back(std::move(node));
    return static_cast<uint32_t>(math_.nodes_.size() - 1);
  }

  const Operator* take_operator(int level) {
    blanks();
    std::string_view rest = text_.substr(at_);
    for (const Operator& one : kOperators) {
      if (!rest.starts_with(one.text)) continue;
      bool word = is_word_start(one.text.front());
      if (word && rest.size() > one.text.size() && is_word_part(rest[one.text.size()])) continue;
      if (one.level != level) return nullptr;
      at_ += one.text.size();
      return &one;
    }
    return nullptr;
  }

  Result<uint32_t> binary(int level) {
    if (level == kLevels) return sign();
    TRY_ASSIGN(uint32_t left, binary(level + 1));
    for (;;) {
      size_t place = at_;
      const Operator* one = take_operator(level);
      if (one == nullptr) return left;
      TRY_ASSIGN(uint32_t right, binary(level + 1));
      // A long chain is as deep to evaluate as brackets are.
      if (++chained_ > kBytesLimit / 4) return wrong("too many operators", place);
      left = add({one->op, 0, {}, {left, right}, place + 1});
    }
  }

  Result<uint32_t> sign() {
    if (++depth_ > kDepthLimit) return wrong("nested too deep");
    Result<uint32_t> node = take('-') ? negated() : power();
    --depth_;
    return node;
  }
  Result<uint32_t> negated() {
    size_t place = at_;
    TRY_ASSIGN(uint32_t part, sign());
    return add({Op::kNegate, 0, {}, {part}, place});
  }
  Result<uint32_t> power() {
    TRY_ASSIGN(uint32_t base, value());
    size_t place = at_;
    if (!take('^')) return base;
    TRY_ASSIGN(uint32_t exponent, sign());
    return add({Op::kPower, 0, {}, {base, exponent}, place + 1});
  }

  Result<uint32_t> value() {
    blanks();
    if (at_ == text_.size()) return wrong("expected a value");
    size_t place = at_;
    char c = text_[at_];
    if (take('(')) {
      TRY_ASSIGN(uint32_t inner, binary(0));
      if (!take(')')) return wrong("expected \")\"");
      return inner;
    }
    if (take('[')) {
      Node array{Op::kArray, 0, {}, {}, place + 1};
      TRY_ASSIGN(array.parts, list(']'));
      if (array.parts.empty()) return wrong("an array holds at least one metric", place);
      return add(std::move(array));
    }
    if (c == '"' || c == '\'') return quoted(c);
    if (is_digit(c) || c == '.') return number();
    if (is_word_start(c)) return word();
    return wrong(std::string("did not expect \"") + printable({&c, 1}) + "\"");
  }

  Result<std::vector<uint32_t>> list(char end) {
    std::vector<uint32_t> parts;
    if (take(end)) return parts;
    do {
      TRY_ASSIGN(uint32_t part, binary(0));
      parts.push_back(part);
    } while (take(','));
    if (!take(end)) return wrong(std::string("expected \",\" or \"") + end + "\"");
    return parts;
  }

  Result<uint32_t> quoted(char quote) {
    size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return wrong("the text has no end");
    uint32_t node =
        add({Op::kText, 0, std::string(text_.substr(at_ + 1, end - at_ - 1)), {}, at_ + 1});
    at_ = end + 1;
    return node;
  }

  Result<uint32_t> number() {
    double number = 0;
    auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (code != std::errc() || !std::isfinite(number)) return wrong("no number that can be used");
    uint32_t node = add({Op::kNumber, number, {}, {}, at_ + 1});
    at_ = static_cast<size_t>(end - text_.data());
    return node;
  }

  Result<uint32_t> word() {
    size_t place = at_;
    while (at_ < text_.size() && is_word_part(text_[at_])) ++at_;
    std::string word(text_.substr(place, at_ - place));
    if (take('(')) return call(std::move(word), place);
    if (word.front() >= 'a' && word.front() <= 'z') {
      if (std::find(math_.ids_.begin(), math_.ids_.end(), word) == math_.ids_.end())
        math_.ids_.push_back(word);
      return add({Op::kId, 0, std::move(word), {}, place + 1});
    }
    static constexpr std::string_view kWords[] = {"AVG", "MIN",  "MAX",    "SUM",
                                                  "ASC", "DESC", "REPEAT", "LINEAR"};
    if (std::find(std::begin(kWords), std::end(kWords), word) == std::end(kWords))
      return wrong(word + " is neither an id (those begin in lower case) nor called as a function",
                   place);
    return add({Op::kWord, 0, std::move(word), {}, place + 1});
  }

  Result<uint32_t> call(std::string name, size_t place) {
    const MathFunction* function = find_function(name);
    if (function == nullptr) return wrong("there is no function " + name, place);
    TRY_ASSIGN(auto parts, list(')'));
    if (parts.size() < function->least || parts.size() > function->most)
      return wrong(name + " takes " + arguments_text(*function), place);
    math_.looks_at_time_ |= function->looks_at_time;
    return add({Op::kCall, 0, std::move(name), std::move(parts), place + 1});
  }

  std::string_view text_;
  size_t at_ = 0, depth_ = 0, chained_ = 0;
  MetricMath math_;
};

Result<MetricMath> MetricMath::parse(std::string_view text) { return Parser(text).parse(); }

std::optional<std::string> MetricMath::band_of() const {
  const Node& root = nodes_.back();
  if (root.op != Op::kCall || root.text != "ANOMALY_DETECTION_BAND") return std::nullopt;
  const Node& inner = nodes_[root.parts.front()];
  if (inner.op != Op::kId) return std::nullopt;
  return inner.text;
}

}  // namespace cairn::monitor
