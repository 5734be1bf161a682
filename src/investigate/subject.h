#pragma once

// Whom a question is about.

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::investigate {

enum class SubjectKind : uint8_t { kAccessKey, kAddress, kName };

/// A person, user, role, session, access key or address, as people write it.
class Subject {
 public:
  /// Fails with kInvalidInput for an empty text.
  static Result<Subject> parse(std::string_view text);

  SubjectKind kind() const { return kind_; }
  const std::string& text() const { return text_; }

  /// True when it names this principal (a key of detect::principal_of(), an ARN, a user name, a
  /// role session): whole, as "role/Admin", by the last part of that, or by what stands before the
  /// @ of a mail address; * and ? are wildcards.
  bool names(std::string_view name) const;
  /// True when the key is asked for.
  bool is_key(std::string_view access_key) const;
  bool is_address(std::string_view address) const;
  /// For kName: the role session that an ARN of STS names ("…:assumed-role/Admin/bob"), else "".
  const std::string& session() const { return session_; }

 private:
  SubjectKind kind_ = SubjectKind::kName;
  std::string text_, session_;
  bool wildcard_ = false;
};

/// Names that resemble what was asked for, the nearest first.
class NearNames {
 public:
  explicit NearNames(std::string_view asked) : asked_(asked) {}
  void offer(std::string_view name);
  std::vector<std::string> take() const;

 private:
  std::string asked_;
  std::vector<std::pair<size_t, std::string>> found_;
};

}  // namespace cairn::investigate
