#pragma once

// How Cairn says that something failed because of input, files or the network.
//
//   Result<File> open(...);              Status save(...);
//   TRY(save(x));                        returns the error to the caller
//   TRY_ASSIGN(auto file, open(path));   or binds the value
//
// Code of Cairn does not throw; a library that throws is caught in the one .cc that includes it.

#include "base/check.h"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// What the caller can do about an error.
enum class ErrorCode {
  kInvalidInput,  // the text, file or option is wrong: fix it and try again
  kNotFound,      // no such file, rule, field
  kPermission,    // the operating system or a policy refuses
  kUnavailable,   // may work later: full disk, busy, network
  kCorrupt,       // stored data is damaged
  kUnsupported,   // well-formed, but Cairn does not do it
  kExhausted,     // a named limit was reached
  kCancelled,     // the user or a deadline stopped it
};

/// Returns the code's name as printed in logs and JSON: "invalid-input", "not-found", ...
std::string_view to_string(ErrorCode code);

/// Code plus a message, outermost context first: `rule x.yml: level: expected one of ..., got
/// "hig"`.
struct Error {
  ErrorCode code = ErrorCode::kInvalidInput;
  std::string message;

  /// Returns the same error with `context: ` put before the message.
  Error with_context(std::string_view context) && {
    std::string text(context);
    text += ": ";
    text += message;
    return Error{code, std::move(text)};
  }
};

/// A value or an Error. Must be looked at; value() on an error ends the program.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // Both are implicit: a function returns a value or an Error as it is.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : inner_(std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : inner_(tl::unexpect, std::move(error)) {}

  bool ok() const { return inner_.has_value(); }
  explicit operator bool() const { return ok(); }

  T& value() & {
    CAIRN_CHECK(ok());
    return *inner_;
  }
  const T& value() const& {
    CAIRN_CHECK(ok());
    return *inner_;
  }
  T&& value() && {
    CAIRN_CHECK(ok());
    return std::move(*inner_);
  }
  T value_or(T fallback) && { return ok() ? std::move(*inner_) : std::move(fallback); }

  const Error& error() const& {
    CAIRN_CHECK(!ok());
    return inner_.error();
  }
  Error&& error() && {
    CAIRN_CHECK(!ok());
    return std::move(inner_.error());
  }

 private:
  tl::expected<T, Error> inner_;
};

/// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  Status(Error error) : inner_(tl::unexpect, std::move(error)) {}

  static Status success() { return Status(); }

  bool ok() const { return inner_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    CAIRN_CHECK(!ok());
    return inner_.error();
  }
  Error&& error() && {
    CAIRN_CHECK(!ok());
    return std::move(inner_.error());
  }

 private:
  tl::expected<void, Error> inner_;
};

}  // namespace cairn

#define CAIRN_CONCAT_INNER(a, b) a##b
#define CAIRN_CONCAT(a, b) CAIRN_CONCAT_INNER(a, b)

/// Evaluates a Status or Result expression; returns its error from the calling function.
#define TRY(expression)                                                               \
  do {                                                                                \
    auto&& cairn_try = (expression);                                                  \
    if (!cairn_try.ok()) return std::forward<decltype(cairn_try)>(cairn_try).error(); \
  } while (false)

/// Binds the value of a Result expression: TRY_ASSIGN(auto file, open(path));
#define TRY_ASSIGN(target, expression) \
  TRY_ASSIGN_NAMED(CAIRN_CONCAT(cairn_result_, __LINE__), target, expression)
#define TRY_ASSIGN_NAMED(name, target, expression) \
  auto name = (expression);                        \
  if (!name.ok()) return std::move(name).error();  \
  target = std::move(name).value()
