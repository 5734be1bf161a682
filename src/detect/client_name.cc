#include "base/text.h"
#include "detect/detect.h"

namespace cairn::detect {

namespace {

/// Cuts the GUID that some tools add for each run:
/// "stratus-red-team_1e5be608-6e03-4283-8d27-d37452a50f25".
std::string_view without_run_id(std::string_view name) {
  constexpr size_t kGuidLength = 36;
  if (name.size() <= kGuidLength + 1 || name[name.size() - kGuidLength - 1] != '_') return name;
  std::string_view guid = name.substr(name.size() - kGuidLength);
  if (guid.find_first_not_of("0123456789abcdef-") != std::string_view::npos) return name;
  return name.substr(0, name.size() - kGuidLength - 1);
}

}  // namespace

std::string client_name(std::string_view user_agent) {
  if (!user_agent.empty() && user_agent.front() == '[') user_agent.remove_prefix(1);
  if (!user_agent.empty() && user_agent.back() == ']') user_agent.remove_suffix(1);
  std::string_view name = user_agent.substr(0, user_agent.find_first_of(" ,("));
  if (name.empty()) return std::string(user_agent);
  if (name == "console.amazonaws.com" || name == "signin.amazonaws.com" || name == "AWS-Console")
    return "AWS console";
  if (starts_with_ignore_case(name, "Mozilla/")) return "a browser";
  if (name == "APN/1.0") {
    // HashiCorp's tools put their partner tag first: APN/1.0 HashiCorp/1.0 Terraform/1.5.2 …
    size_t at = user_agent.find("Terraform/");
    if (at != std::string_view::npos) {
      user_agent.remove_prefix(at);
      return std::string(user_agent.substr(0, user_agent.find_first_of(" ,(")));
    }
  }
  std::string text(without_run_id(name));
  if (user_agent.find("AWS_Lambda") != std::string_view::npos) text += " (in Lambda)";
  if (user_agent.find("CloudShell") != std::string_view::npos) text += " (in CloudShell)";
  return text;
}

}  // namespace cairn::detect
