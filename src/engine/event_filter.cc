#include "engine/event_filter.h"

#include "base/text.h"
#include "detect/detect.h"

#include <algorithm>

namespace cairn::engine {

namespace {

/// "iam.amazonaws.com" and "iam" both name the service.
bool names_service(std::string_view glob, std::string_view source) {
  constexpr std::string_view kSuffix = ".amazonaws.com";
  if (glob_match_ignore_case(glob, source)) return true;
  return source.ends_with(kSuffix) &&
         glob_match_ignore_case(glob, source.substr(0, source.size() - kSuffix.size()));
}

}  // namespace

bool fits_any(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_match_ignore_case(glob, text); });
}

bool Admission::admits(const Event& event) const {
  if (filter_.from || filter_.to) {
    if (!event.time_known()) return false;
    if (filter_.from && event.time() < *filter_.from) return false;
    if (filter_.to && event.time() > *filter_.to) return false;
  }
  if (!filter_.accounts.empty() &&
      !fits_any(filter_.accounts, event.text(standard_.recipient_account)) &&
      !fits_any(filter_.accounts, event.text(standard_.identity_account))) {
    return false;
  }
  if (!filter_.regions.empty() && !fits_any(filter_.regions, event.text(standard_.region)))
    return false;
  return admits_event_name(event) && admits_principal(event);
}

bool Admission::admits_event_name(const Event& event) const {
  if (filter_.events.empty()) return true;
  std::string_view name = event.text(standard_.event_name),
                   source = event.text(standard_.event_source);
  return std::any_of(filter_.events.begin(), filter_.events.end(), [&](std::string_view wanted) {
    size_t colon = wanted.find(':');
    if (colon == std::string_view::npos) return glob_match_ignore_case(wanted, name);
    return names_service(wanted.substr(0, colon), source) &&
           glob_match_ignore_case(wanted.substr(colon + 1), name);
  });
}

bool Admission::admits_principal(const Event& event) const {
  if (filter_.principals.empty()) return true;
  detect::PrincipalName principal = detect::principal_of(event, standard_);
  return fits_any(filter_.principals, principal.key) ||
         fits_any(filter_.principals, event.text(standard_.identity_arn)) ||
         fits_any(filter_.principals, event.text(standard_.identity_user_name)) ||
         fits_any(filter_.principals, event.text(standard_.identity_access_key)) ||
         fits_any(filter_.principals, detect::short_principal(principal.key));
}

std::vector<std::string> Admission::describe() const {
  std::vector<std::string> lines;
  if (filter_.from) lines.push_back("from " + format_time(*filter_.from));
  if (filter_.to) lines.push_back("to " + format_time(*filter_.to));
  auto list = [&](std::string_view what, const std::vector<std::string>& values) {
    if (!values.empty()) lines.push_back(std::string(what) + " " + join(values, " or "));
  };
  list("account", filter_.accounts);
  list("region", filter_.regions);
  list("principal", filter_.principals);
  list("event", filter_.events);
  return lines;
}

}  // namespace cairn::engine
