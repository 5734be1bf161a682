#pragma once

// The local copy of a bucket: which accounts and regions it holds, and their files day by day.
// Links are counted and not followed; what is not of the layout is passed over.

#include "base/result.h"
#include "base/time.h"
#include "integrity/object_name.h"
#include "sys/files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::integrity {

/// An account's region in one copy of AWSLogs.
struct Unit {
  std::string folder;  // of the account: "…/AWSLogs/[o-…/]ACCOUNT"
  std::string before;  // the part of `folder` before "AWSLogs"
  std::string organization, account, region;
  std::vector<std::string> kinds;  // folders of this region: "CloudTrail", "CloudTrail-Digest", …

  /// "AWSLogs/[o-…/]ACCOUNT/"
  std::string key_of_account() const { return folder.substr(before.size()) + "/"; }
};

/// A file of a unit.
struct StoredObject {
  std::string name;  // below the account: "CloudTrail/us-east-1/2026/01/02/FILE"
  uint64_t size_bytes = 0;

  bool operator<(const StoredObject& other) const { return name < other.name; }
};

class ObjectTree {
 public:
  explicit ObjectTree(Files& files) : files_(files) {}

  /// Finds the units of a root. Fails with kNotFound when it does not exist, with kInvalidInput
  /// when there is no AWSLogs in it.
  Result<std::vector<Unit>> units(const std::string& root);
  /// Lists a unit's files of one kind whose day is within the bounds, in order of name.
  std::vector<StoredObject> list(const Unit& unit, const std::string& kind,
                                 std::optional<Timestamp> from, std::optional<Timestamp> to);

  uint64_t links() const { return links_; }
  /// Folders that could not be read, with the reason.
  const std::vector<std::string>& unreadable() const { return unreadable_; }

 private:
  std::vector<FileInfo> entries(const std::string& folder);
  std::vector<std::string> folders(const std::string& folder);
  void find(const std::string& folder, size_t depth, std::vector<Unit>& units);
  void add_logs_folder(const std::string& folder, std::vector<Unit>& units);
  void add_account(const std::string& folder, const std::string& before,
                   const std::string& organization, std::vector<Unit>& units);

  Files& files_;
  uint64_t links_ = 0;
  std::vector<std::string> unreadable_;
};

}  // namespace cairn::integrity
