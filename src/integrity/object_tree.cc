#include "integrity/object_tree.h"

#include "base/text.h"

#include <algorithm>
#include <map>

namespace cairn::integrity {

namespace {

constexpr size_t kDepthLimit = 64;
constexpr size_t kUnreadableKept = 100;
constexpr std::string_view kLogsFolder = "AWSLogs";

}  // namespace

std::vector<FileInfo> ObjectTree::entries(const std::string& folder) {
  auto listed = files_.list(folder);
  if (!listed.ok()) {
    if (listed.error().code != ErrorCode::kNotFound && unreadable_.size() < kUnreadableKept)
      unreadable_.push_back(listed.error().message);
    return {};
  }
  std::vector<FileInfo> entries;
  for (FileInfo& entry : listed.value()) {
    if (entry.kind == FileKind::kLink) {
      ++links_;
    } else {
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

std::vector<std::string> ObjectTree::folders(const std::string& folder) {
  std::vector<std::string> names;
  for (const FileInfo& entry : entries(folder)) {
    if (entry.kind == FileKind::kFolder) names.emplace_back(base_name(entry.path));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void ObjectTree::add_account(const std::string& folder, const std::string& before,
                             const std::string& organization, std::vector<Unit>& units) {
  std::map<std::string, Unit> by_region;
  for (const std::string& kind : folders(folder)) {
    if (!is_kind(kind)) continue;
    for (const std::string& region : folders(join_path(folder, kind))) {
      if (!is_region(region)) continue;
      Unit& unit = by_region[region];
      unit.folder = folder;
      unit.before = before;
      unit.organization = organization;
      unit.account = base_name(folder);
      unit.region = region;
      unit.kinds.push_back(kind);
    }
  }
  for (auto& [region, unit] : by_region) units.push_back(std::move(unit));
}

void ObjectTree::add_logs_folder(const std::string& folder, std::vector<Unit>& units) {
  std::string before = folder.substr(0, folder.size() - kLogsFolder.size());
  for (const std::string& name : folders(folder)) {
    std::string path = join_path(folder, name);
    if (is_account(name)) {
      add_account(path, before, "", units);
    } else if (is_organization(name)) {
      for (const std::string& account : folders(path)) {
        if (is_account(account)) add_account(join_path(path, account), before, name, units);
      }
    }
  }
}

void ObjectTree::find(const std::string& folder, size_t depth, std::vector<Unit>& units) {
  if (depth > kDepthLimit) return;
  bool in_logs = base_name(folder) == kLogsFolder;
  if (in_logs) add_logs_folder(folder, units);
  for (const std::string& name : folders(folder)) {
    // Below AWSLogs, a prefix that holds another one is all that is still of interest.
    if (in_logs && (is_account(name) || is_organization(name))) continue;
    find(join_path(folder, name), depth + 1, units);
  }
}

Result<std::vector<Unit>> ObjectTree::units(const std::string& root) {
  TRY_ASSIGN(FileInfo info, files_.stat(root));
  if (info.kind != FileKind::kFolder)
    return Error{ErrorCode::kInvalidInput, root + ": is no folder"};
  TRY_ASSIGN(std::string real, files_.real_path(root));
  std::vector<Unit> units;
  std::vector<std::string_view> parts = split(real, '/');
  size_t at = parts.size();
  while (at > 0 && parts[at - 1] != kLogsFolder) --at;
  if (at == 0 || at == parts.size()) {
    find(real, 0, units);
  } else {
    // An account's folder, or an organisation's, inside AWSLogs.
    std::string before = real.substr(0, static_cast<size_t>(parts[at - 1].data() - real.data()));
    std::string organization;
    if (is_organization(parts[at])) organization = parts[at++];
    if (at == parts.size()) {
      for (const std::string& account : folders(real)) {
        if (is_account(account)) add_account(join_path(real, account), before, organization, units);
      }
    } else if (at + 1 == parts.size() && is_account(parts[at])) {
      add_account(real, before, organization, units);
    }
  }
  if (units.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 root +
                     ": holds no AWSLogs/ACCOUNT/CloudTrail: name the folder that the bucket "
                     "was copied to"};
  }
  return units;
}

std::vector<StoredObject> ObjectTree::list(const Unit& unit, const std::string& kind,
                                           std::optional<Timestamp> from,
                                           std::optional<Timestamp> to) {
  std::vector<StoredObject> objects;
  std::string first = from ? day_folder(*from) : "0000", last = to ? day_folder(*to) : "9999~";
  std::string base = join_path(join_path(unit.folder, kind), unit.region);
  auto wanted = [&](const std::string& day) {
    // A year or month is wanted when one of its days is.
    return day >= first.substr(0, day.size()) && day <= last.substr(0, day.size());
  };
  for (const std::string& year : folders(base)) {
    if (year.size() != 4 || !wanted(year)) continue;
    for (const std::string& month : folders(join_path(base, year))) {
      if (month.size() != 2 || !wanted(year + "/" + month)) continue;
      std::string in_month = join_path(join_path(base, year), month);
      for (const std::string& day : folders(in_month)) {
        if (day.size() != 2 || !wanted(year + "/" + month + "/" + day)) continue;
        for (const FileInfo& entry : entries(join_path(in_month, day))) {
          if (entry.kind == FileKind::kFile)
            objects.push_back({entry.path.substr(unit.folder.size() + 1), entry.size_bytes});
        }
      }
    }
  }
  std::sort(objects.begin(), objects.end());
  return objects;
}

}  // namespace cairn::integrity
