#include "investigate/subject.h"

#include "base/text.h"
#include "detect/detect.h"

#include <algorithm>

namespace cairn::investigate {

namespace {

constexpr size_t kNearNames = 5;
constexpr size_t kNearDistance = 3;

/// AKIA…, ASIA… and their kin: 16 to 128 capitals and digits.
bool looks_like_key(std::string_view text) {
  if (text.size() < 16 || text.size() > 128) return false;
  if (!text.starts_with("AKIA") && !text.starts_with("ASIA")) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); });
}

bool looks_like_address(std::string_view text) {
  bool colon = text.find(':') != std::string_view::npos;
  size_t dots = static_cast<size_t>(std::count(text.begin(), text.end(), '.'));
  bool digits = std::all_of(text.begin(), text.end(), [&](char c) {
    char lower = ascii_lower(c);
    return is_digit(c) || c == '.' || c == ':' || (colon && lower >= 'a' && lower <= 'f');
  });
  return digits && (dots == 3 || (colon && std::count(text.begin(), text.end(), ':') >= 2));
}

std::string_view last_part(std::string_view text) {
  size_t cut = text.rfind('/');
  return cut == std::string_view::npos ? text : text.substr(cut + 1);
}

}  // namespace

Result<Subject> Subject::parse(std::string_view text) {
  text = trim(text);
  if (text.empty()) return Error{ErrorCode::kInvalidInput, "name whom it is about"};
  Subject subject;
  subject.text_ = text;
  if (looks_like_key(text)) {
    subject.kind_ = SubjectKind::kAccessKey;
    return subject;
  }
  if (looks_like_address(text)) {
    subject.kind_ = SubjectKind::kAddress;
    return subject;
  }
  // arn:aws:sts::111122223333:assumed-role/Admin/bob is a session of role/Admin.
  constexpr std::string_view kAssumed = ":assumed-role/";
  if (size_t at = text.find(kAssumed); text.starts_with("arn:") && at != std::string_view::npos) {
    std::string_view rest = text.substr(at + kAssumed.size());
    size_t slash = rest.find('/');
    std::string_view role = rest.substr(0, slash);
    if (slash != std::string_view::npos) subject.session_ = rest.substr(slash + 1);
    subject.text_ = "role/" + std::string(role);
  }
  subject.wildcard_ = subject.text_.find_first_of("*?") != std::string::npos;
  return subject;
}

bool Subject::names(std::string_view name) const {
  if (kind_ != SubjectKind::kName || name.empty()) return false;
  auto same = [&](std::string_view other) {
    return wildcard_ ? glob_match_ignore_case(text_, other) : equals_ignore_case(text_, other);
  };
  if (same(name)) return true;
  std::string shorter = detect::short_principal(name);
  if (same(shorter)) return true;
  std::string_view last = last_part(shorter);
  if (same(last)) return true;
  // A person by what stands before the @ of their address.
  if (size_t at = last.find('@');
      at != std::string_view::npos && at > 0 && same(last.substr(0, at)))
    return true;
  // With its path: "role/team/Admin".
  size_t colon = name.rfind(':');
  return name.starts_with("arn:") && same(name.substr(colon + 1));
}

bool Subject::is_key(std::string_view access_key) const {
  return kind_ == SubjectKind::kAccessKey && equals_ignore_case(text_, access_key);
}

bool Subject::is_address(std::string_view address) const {
  return kind_ == SubjectKind::kAddress && equals_ignore_case(text_, address);
}

void NearNames::offer(std::string_view name) {
  if (name.empty() || name.size() > 256 || asked_.size() < 2) return;
  std::string shorter = detect::short_principal(name);
  std::string_view last = last_part(shorter), asked = last_part(asked_);
  size_t distance = edit_distance(to_lower(asked), to_lower(last), kNearDistance);
  size_t allowed = std::min(kNearDistance, std::max<size_t>(1, asked.size() / 3));
  bool inside = asked.size() >= 3 && to_lower(shorter).find(to_lower(asked)) != std::string::npos;
  if (!inside && distance > allowed) return;
  std::pair<size_t, std::string> entry{inside ? 0 : distance, shorter};
  auto place = std::lower_bound(found_.begin(), found_.end(), entry);
  if (place != found_.end() && *place == entry) return;
  found_.insert(place, std::move(entry));
  if (found_.size() > kNearNames) found_.pop_back();
}

std::vector<std::string> NearNames::take() const {
  std::vector<std::string> names;
  for (const auto& [distance, name] : found_) names.push_back(name);
  return names;
}

}  // namespace cairn::investigate
