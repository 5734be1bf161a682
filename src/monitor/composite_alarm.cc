#include "monitor/composite_alarm.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace cairn::monitor {

/// Recursive descent; each function leaves its step last and returns its number.
class CompositeRule::Parser {
 public:
  Parser(std::string_view text, CompositeRule& rule) : text_(text), rule_(rule) {}

  Status parse() {
    TRY_ASSIGN(uint32_t last, any(0));
    (void)last;
    skip_blanks();
    if (at_ < text_.size()) return wrong("AND, OR or the end");
    return {};
  }

 private:
  Error wrong(const std::string& expected) const {
    return {ErrorCode::kInvalidInput,
            "character " + std::to_string(at_ + 1) + ": expected " + expected};
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  /// Takes a word of the language when it comes next and ends there.
  bool take_word(std::string_view word) {
    skip_blanks();
    std::string_view rest = text_.substr(at_);
    if (!starts_with_ignore_case(rest, word)) return false;
    if (rest.size() > word.size()) {
      char next = rest[word.size()];
      bool goes_on = next == '_' || (next >= '0' && next <= '9') ||
                     ((next | 0x20) >= 'a' && (next | 0x20) <= 'z');
      if (goes_on) return false;
    }
    at_ += word.size();
    return true;
  }
  bool take(char wanted) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  uint32_t add(Step step) {
    rule_.steps_.push_back(std::move(step));
    return static_cast<uint32_t>(rule_.steps_.size() - 1);
  }

  Result<uint32_t> any(size_t depth) {
    if (depth > kMaxDepth)
      return Error{ErrorCode::kInvalidInput,
                   "character " + std::to_string(at_ + 1) + ": nested too deeply"};
    return chain(Step::Kind::kOr, "OR", depth);
  }
  Result<uint32_t> chain(Step::Kind kind, std::string_view word, size_t depth) {
    Step step(kind);
    do {
      TRY_ASSIGN(uint32_t part,
                 kind == Step::Kind::kOr ? chain(Step::Kind::kAnd, "AND", depth) : negated(depth));
      step.parts.push_back(part);
    } while (take_word(word));
    return step.parts.size() == 1 ? step.parts[0] : add(std::move(step));
  }

  Result<uint32_t> negated(size_t depth) {
    if (!take_word("NOT")) return primary(depth);
    if (depth > kMaxDepth)
      return Error{ErrorCode::kInvalidInput,
                   "character " + std::to_string(at_ + 1) + ": nested too deeply"};
    TRY_ASSIGN(uint32_t part, negated(depth + 1));
    Step step(Step::Kind::kNot);
    step.parts = {part};
    return add(std::move(step));
  }

  std::optional<AlarmState> take_state() {
    for (AlarmState state : {AlarmState::kAlarm, AlarmState::kOk, AlarmState::kInsufficientData})
      if (take_word(to_string(state))) return state;
    return std::nullopt;
  }

  Result<uint32_t> primary(size_t depth) {
    if (take('(')) {
      TRY_ASSIGN(uint32_t inner, any(depth + 1));
      if (!take(')')) return wrong("\")\"");
      return inner;
    }
    for (bool value : {true, false}) {
      if (!take_word(value ? "TRUE" : "FALSE")) continue;
      Step step(Step::Kind::kConstant);
      step.value = value;
      return add(std::move(step));
    }
    if (take_word("AT_LEAST")) return at_least();
    auto state = take_state();
    if (!state) {
      skip_blanks();
      return wrong("ALARM(…), OK(…), INSUFFICIENT_DATA(…), AT_LEAST(…), TRUE, FALSE, NOT or \"(\"");
    }
    Step step(Step::Kind::kState);
    step.state = *state;
    if (!take('(')) return wrong("\"(\" and the name of an alarm");
    TRY_ASSIGN(uint32_t alarm, reference());
    step.alarms = {alarm};
    if (!take(')')) return wrong("\")\"");
    return add(std::move(step));
  }

  Result<uint32_t> at_least() {
    Step step(Step::Kind::kAtLeast);
    if (!take('(')) return wrong("\"(\"");
    skip_blanks();
    auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), step.least);
    if (code != std::errc() || step.least == 0) return wrong("a number from 1 on");
    at_ = static_cast<size_t>(end - text_.data());
    step.percent = take('%');
    if (step.percent && step.least > 100) return wrong("at most 100 %");
    if (!take(',')) return wrong("\",\"");
    step.value = take_word("NOT");
    auto state = take_state();
    if (!state) return wrong("ALARM, OK or INSUFFICIENT_DATA");
    step.state = *state;
    if (!take(',') || !take('(')) return wrong("\", (\" and names of alarms");
    do {
      TRY_ASSIGN(uint32_t alarm, reference());
      step.alarms.push_back(alarm);
    } while (take(','));
    if (!take(')') || !take(')')) return wrong("\"))\"");
    if (!step.percent && step.least > step.alarms.size())
      return wrong("as many alarms as AT_LEAST asks for: it would never hold");
    return add(std::move(step));
  }

  /// The name of an alarm: bare, or quoted with \" for a quote in it.
  Result<uint32_t> reference() {
    skip_blanks();
    std::string name;
    if (take('"')) {
      for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') ++at_;
        name += text_[at_];
      }
      if (!take('"')) return wrong("the quote that ends the name");
    } else {
      while (at_ < text_.size() &&
             std::string_view(" \t\r\n(),\"").find(text_[at_]) == std::string_view::npos)
        name += text_[at_++];
    }
    if (name.empty()) return wrong("the name of an alarm");
    auto known = std::find(rule_.alarms_.begin(), rule_.alarms_.end(), name);
    if (known != rule_.alarms_.end()) return static_cast<uint32_t>(known - rule_.alarms_.begin());
    if (rule_.alarms_.size() == kMaxAlarms)
      return Error{ErrorCode::kInvalidInput,
                   "character " + std::to_string(at_) + ": more than 100 alarms"};
    rule_.alarms_.push_back(std::move(name));
    return static_cast<uint32_t>(rule_.alarms_.size() - 1);
  }

  std::string_view text_;
  CompositeRule& rule_;
  size_t at_ = 0;
};

Result<CompositeRule> CompositeRule::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxBytes)
    return Error{ErrorCode::kInvalidInput, "a rule has 1 to 10,240 bytes"};
  CompositeRule rule;
  TRY(Parser(text, rule).parse());
  return rule;
}

bool CompositeRule::holds(
    const std::function<AlarmState(const std::string& name)>& state_of) const {
  return holds(static_cast<uint32_t>(steps_.size() - 1), state_of);
}

bool CompositeRule::holds(uint32_t at,
                          const std::function<AlarmState(const std::string&)>& state_of) const {
  const Step& step = steps_[at];
  auto part = [&](uint32_t number) { return holds(number, state_of); };
  switch (step.kind) {
    case Step::Kind::kAnd:
      return std::all_of(step.parts.begin(), step.parts.end(), part);
    case Step::Kind::kOr:
      return std::any_of(step.parts.begin(), step.parts.end(), part);
    case Step::Kind::kNot:
      return !part(step.parts[0]);
    case Step::Kind::kConstant:
      return step.value;
    case Step::Kind::kState:
      return state_of(alarms_[step.alarms[0]]) == step.state;
    case Step::Kind::kAtLeast:
      break;
  }
  auto count = static_cast<size_t>(std::count_if(
      step.alarms.begin(), step.alarms.end(),
      [&](uint32_t alarm) { return (state_of(alarms_[alarm]) == step.state) != step.value; }));
  return step.percent ? count * 100 >= size_t{step.least} * step.alarms.size()
                      : count >= step.least;
}

}  // namespace cairn::monitor
