#pragma once

// Names of objects in a trail's bucket, taken strictly: what does not fit to the letter is no such
// name, so that nothing but plain names of the layout is ever looked for.
//
//   [prefix/]AWSLogs/[o-…/]ACCOUNT/KIND/REGION/YYYY/MM/DD/FILE
//   digests: FILE = ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME_YYYYMMDDThhmmssZ[_backfill].json.gz
//   logs:    FILE = ACCOUNT_KIND_REGION_YYYYMMDDThhmmZ_UNIQUE.json.gz

#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace cairn::integrity {

inline constexpr std::string_view kLogKind = "CloudTrail", kDigestKind = "CloudTrail-Digest";

/// A name's parts, views into it.
struct ObjectName {
  std::string_view prefix;  // with its slash, or empty
  std::string_view organization, account, kind, region;
  std::string_view day;   // "2026/01/02"
  std::string_view file;  // the last part
};
/// Splits a key at its right-most AWSLogs; nothing when it is not of the layout.
std::optional<ObjectName> split_object_name(std::string_view key);

bool is_account(std::string_view text);
bool is_organization(std::string_view text);
bool is_region(std::string_view text);
/// "CloudTrail" and what may follow it: "-Digest", "-Insight".
bool is_kind(std::string_view text);

/// What a digest's file name says. Views into it.
struct DigestName {
  std::string_view trail, home_region;
  Timestamp end{};
  bool backfill = false;
};
/// Reads the name of a digest of this account and region, with or without ".gz".
std::optional<DigestName> parse_digest_name(std::string_view file, std::string_view account,
                                            std::string_view region);
/// Builds it.
std::string digest_file_name(std::string_view account, std::string_view region,
                             std::string_view trail, std::string_view home_region, Timestamp end);

/// Returns when a log file was delivered, by its name.
std::optional<Timestamp> log_file_time(std::string_view file, std::string_view account,
                                       std::string_view kind, std::string_view region);

/// "2026/01/02" of a moment.
std::string day_folder(Timestamp time);

}  // namespace cairn::integrity
