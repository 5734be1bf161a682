// CloudTrail's key layout ("Finding your CloudTrail log files" and "CloudTrail log file name
// format", AWS documentation, 2025):
//
//   [prefix/]AWSLogs/[o-organization/]account/CloudTrail[-Insight|-Digest|…]/region/YYYY/MM/DD/file
//   file = account_CloudTrail[-…]_region_YYYYMMDDThhmmZ_unique.json.gz      (digests:
//   account_CloudTrail-Digest_region_trail_…)
//
// Copies on disk lose parts of it from the front, and tools that unpack them lose ".gz" at the end,
// so a bare file name is enough and the suffix is free. A prefix may itself contain "AWSLogs/": the
// right-most place that fits counts.

#include "cloudtrail/object_key.h"

#include "base/text.h"
#include "cloudtrail/cloudtrail.h"

#include <array>
#include <utility>
#include <vector>

namespace cairn::cloudtrail {

namespace {

constexpr size_t kAccountDigits = 12;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_account(std::string_view text) { return text.size() == kAccountDigits && all_digits(text); }

bool is_organization(std::string_view text) {
  if (!text.starts_with("o-") || text.size() < 12 || text.size() > 34) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789", 2) ==
         std::string_view::npos;
}

/// "us-east-1", "us-gov-west-1", "ap-southeast-4": at least two words, then a number.
bool is_region(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '-');
  if (parts.size() < 3 || !all_digits(parts.back())) return false;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].empty() ||
        parts[i].find_first_not_of("abcdefghijklmnopqrstuvwxyz") != std::string_view::npos)
      return false;
  }
  return true;
}

bool is_kind(std::string_view text) {
  if (!text.starts_with("CloudTrail")) return false;
  text.remove_prefix(std::string_view("CloudTrail").size());
  if (text.empty()) return true;
  if (text.front() != '-' || text.size() == 1) return false;
  for (char c : text.substr(1)) {
    if (ascii_lower(c) < 'a' || ascii_lower(c) > 'z') return false;
  }
  return true;
}

/// YYYYMMDDThhmmZ or YYYYMMDDThhmmssZ at the front of the text.
std::optional<Timestamp> basic_time(std::string_view text) {
  size_t z = text.find('Z');
  if ((z != 13 && z != 15) || text[8] != 'T') return std::nullopt;
  std::string_view date = text.substr(0, 8), clock = text.substr(9, z - 9);
  if (!all_digits(date) || !all_digits(clock)) return std::nullopt;
  std::string extended;
  extended.append(date.substr(0, 4))
      .append("-")
      .append(date.substr(4, 2))
      .append("-")
      .append(date.substr(6, 2));
  extended.append("T")
      .append(clock.substr(0, 2))
      .append(":")
      .append(clock.substr(2, 2))
      .append(":");
  extended.append(clock.size() == 6 ? clock.substr(4, 2) : "00").append("Z");
  return parse_event_time(extended);
}

/// Fills the key from a file name in CloudTrail's form.
bool parse_file_name(std::string_view name, ObjectKey& key) {
  std::vector<std::string_view> parts = split(name, '_');
  if (parts.size() < 4 || !is_account(parts[0]) || !is_kind(parts[1]) || !is_region(parts[2]))
    return false;
  // The time stands fourth; in digest names the trail's own name, which may hold underscores, comes
  // before it.
  size_t last = parts[1] == "CloudTrail-Digest" ? parts.size() - 1 : 3;
  for (size_t i = 3; i <= last; ++i) {
    if (auto time = basic_time(parts[i])) {
      key.account = parts[0];
      key.kind = parts[1];
      key.region = parts[2];
      key.delivered = *time;
      return true;
    }
  }
  return false;
}

/// Fills the key from the folders that start at parts[at] = account.
bool parse_folders(const std::vector<std::string_view>& parts, size_t at, ObjectKey& key) {
  if (at + 6 >= parts.size() || !is_account(parts[at]) || !is_kind(parts[at + 1]) ||
      !is_region(parts[at + 2]))
    return false;
  std::string date;
  date.append(parts[at + 3])
      .append("-")
      .append(parts[at + 4])
      .append("-")
      .append(parts[at + 5])
      .append("T00:00:00Z");
  auto day = parse_event_time(date);
  if (!day) return false;
  key.account = parts[at];
  key.kind = parts[at + 1];
  key.region = parts[at + 2];
  key.delivered = *day;
  return true;
}

}  // namespace

std::optional<ObjectKey> parse_object_key(std::string_view path) {
  std::vector<std::string_view> parts = split(path, '/');
  ObjectKey key;
  bool known = false;
  for (size_t i = parts.size(); i-- > 0 && !known;) {
    if (parts[i] != "AWSLogs") continue;
    size_t at = i + 1;
    bool organization = at < parts.size() && is_organization(parts[at]);
    known = parse_folders(parts, at + (organization ? 1 : 0), key);
    if (known && organization) key.organization = parts[at];
  }
  if (parse_file_name(parts.back(), key)) known = true;
  if (!known) return std::nullopt;
  return key;
}

std::string_view other_service_of(std::string_view path) {
  // Folder below the account, as each service's "log file path" page gives it.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kServices{{
      {"Config", "AWS Config"},
      {"vpcflowlogs", "VPC flow log"},
      {"elasticloadbalancing", "ELB access log"},
      {"GuardDuty", "GuardDuty findings"},
      {"WAFLogs", "WAF log"},
      {"network-firewall", "Network Firewall log"},
      {"vpcdnsquerylogs", "DNS query log"},
      {"S3", "S3 access log"},
      {"RedshiftLogs", "Redshift log"},
      {"vpc-lattice", "VPC Lattice access log"},
  }};
  std::vector<std::string_view> parts = split(path, '/');
  for (size_t i = parts.size(); i-- > 0;) {
    if (parts[i] != "AWSLogs") continue;
    size_t at = i + 1;
    if (at < parts.size() && is_organization(parts[at])) ++at;
    if (at + 1 >= parts.size() || !is_account(parts[at])) continue;
    for (const auto& [folder, service] : kServices) {
      if (parts[at + 1] == folder) return service;
    }
  }
  return "";
}

}  // namespace cairn::cloudtrail
