#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "formats/compression.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace cairn::cloudtrail {

namespace {

constexpr size_t kSniffBytes = 64u << 10;
constexpr size_t kFolderDepthLimit = 256;

/// True when the first lines are whole objects of their own, so that the file may be cut at any
/// line end.
bool looks_like_lines(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  size_t lines = 0;
  for (size_t at = 0; lines < 2;) {
    size_t end = head.find('\n', at);
    if (end == std::string_view::npos) break;
    std::string_view line = trim(head.substr(at, end - at));
    at = end + 1;
    if (line.empty()) continue;
    if (!line.starts_with('{') || !line.ends_with('}')) return false;
    ++lines;
  }
  return lines >= 2;
}

}  // namespace

/// One run over the roots. Folders wait on a stack of listings, so depth costs memory, not
/// recursion.
struct InputWalk::Walker {
  InputWalk& walk;
  const std::function<bool(Input)>& visit;
  const std::function<void(QuarantineEntry)>& quarantine;
  std::set<std::pair<uint64_t, uint64_t>> seen_folders, seen_files;
  std::set<std::string> seen_paths;  // for file systems without identities
  std::string root_real;
  bool stopped = false;

  struct Level {
    std::vector<FileInfo> entries;
    size_t next = 0;
  };

  void refuse(const std::string& path, std::string reason) {
    quarantine({QuarantineEntry::Kind::kUnreadable, path, 0, 0, std::move(reason)});
  }

  /// False when this very file or folder was met before, by whatever name.
  bool first_time(std::set<std::pair<uint64_t, uint64_t>>& seen, const FileInfo& info) {
    if (info.inode == 0) return seen_paths.insert(info.path).second;
    return seen.insert({info.device, info.inode}).second;
  }

  void hand_out(Input input) {
    if (!stopped && !visit(std::move(input))) stopped = true;
  }

  void take_file(const FileInfo& info) {
    if (!first_time(seen_files, info)) return;
    Input input{info.path, info.size_bytes, 0, 0, parse_object_key(info.path)};
    if (!walk.wants(input.key)) {
      ++walk.passed_over_;
      return;
    }
    ++walk.file_count_;
    walk.byte_count_ += info.size_bytes;
    if (info.size_bytes <= walk.options_.cut_above_bytes || !take_pieces(input))
      hand_out(std::move(input));
  }

  /// Hands out a large file of lines in pieces. False when it is none, or cannot be looked at: the
  /// reader will say why.
  bool take_pieces(const Input& input) {
    auto file = walk.files_.open(input.path);
    if (!file.ok()) return false;
    std::string buffer(kSniffBytes, '\0');
    auto fill = [&]() -> std::string_view {
      size_t size = 0;
      while (size < buffer.size()) {
        auto got = file.value()->read(std::span(buffer).subspan(size));
        if (!got.ok() || got.value() == 0) break;
        size += got.value();
      }
      return {buffer.data(), size};
    };
    std::string_view head = fill();
    if (sniff_compression(head) != Compression::kNone || !looks_like_lines(head)) return false;
    uint64_t position = head.size();
    uint64_t begin = 0;
    while (!stopped) {
      uint64_t end = input.size_bytes;
      uint64_t target = begin + walk.options_.cut_above_bytes;
      if (target < input.size_bytes) {
        if (target > position && !file.value()->skip(target - position).ok()) return begin > 0;
        position = std::max(position, target);
        for (;;) {
          std::string_view text = fill();
          size_t line_end = text.find('\n');
          position += text.size();
          if (text.empty()) break;
          if (line_end == std::string_view::npos) continue;
          end = std::min(end, position - text.size() + line_end + 1);
          break;
        }
      }
      hand_out({input.path, input.size_bytes, begin, end, input.key});
      if (end >= input.size_bytes) break;
      begin = end;
    }
    return true;
  }

  bool list_folder(const std::string& path, std::vector<Level>& levels) {
    auto entries = walk.files_.list(path);
    if (!entries.ok()) {
      refuse(path, entries.error().message);
      return false;
    }
    Level level{std::move(entries).value(), 0};
    // Bytes, not letters: the same order everywhere, and S3's own.
    std::sort(level.entries.begin(), level.entries.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    levels.push_back(std::move(level));
    return true;
  }

  /// Follows a link. Nothing comes back when it leads nowhere, or to a folder outside the root.
  std::optional<FileInfo> follow(const FileInfo& link) {
    auto target = walk.files_.stat(link.path);
    if (!target.ok()) {
      refuse(link.path, "link leads nowhere: " + target.error().message);
      return std::nullopt;
    }
    if (target.value().kind == FileKind::kFolder) {
      auto real = walk.files_.real_path(link.path);
      if (!real.ok() || !(real.value() + "/").starts_with(root_real + "/")) {
        refuse(link.path, "link to a folder outside the input; give that folder itself to read it");
        return std::nullopt;
      }
    }
    return std::move(target).value();
  }

  void take_folder(const FileInfo& root) {
    if (!first_time(seen_folders, root)) return;
    root_real = walk.files_.real_path(root.path).value_or(std::string(root.path));
    std::vector<Level> levels;
    list_folder(root.path, levels);
    while (!levels.empty() && !stopped) {
      Level& level = levels.back();
      if (level.next == level.entries.size()) {
        levels.pop_back();
        continue;
      }
      FileInfo info = std::move(level.entries[level.next++]);
      if (info.kind == FileKind::kLink) {
        auto target = follow(info);
        if (!target) continue;
        info = std::move(*target);
      }
      if (info.kind == FileKind::kFolder) {
        if (!first_time(seen_folders, info)) continue;
        if (levels.size() >= kFolderDepthLimit) {
          refuse(info.path, "folders nested deeper than " + std::to_string(kFolderDepthLimit));
          continue;
        }
        list_folder(info.path, levels);
      } else if (info.kind == FileKind::kFile) {
        take_file(info);
      } else {
        // A pipe, a socket, a device: opening one may wait for ever or set something off.
        ++walk.special_files_;
      }
    }
  }
};

InputWalk::InputWalk(Files& files, std::vector<std::string> roots, Options options)
    : files_(files), roots_(std::move(roots)), options_(std::move(options)) {
  options_.cut_above_bytes = std::max<uint64_t>(options_.cut_above_bytes, 1);
}

bool InputWalk::wants(const std::optional<ObjectKey>& key) const {
  if (!key) return true;
  auto among = [](const std::vector<std::string>& list, const std::string& value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
  };
  if (options_.not_delivered_before && key->delivered < *options_.not_delivered_before)
    return false;
  return among(options_.accounts, key->account) && among(options_.regions, key->region);
}

Status InputWalk::run(const std::function<bool(Input)>& visit,
                      const std::function<void(QuarantineEntry)>& quarantine) {
  // All roots are looked at first: a misspelt one should not be found after an hour of reading.
  std::vector<FileInfo> roots;
  for (const std::string& path : roots_) {
    if (path == "-") {
      FileInfo input;
      input.path = path;
      roots.push_back(std::move(input));
      continue;
    }
    TRY_ASSIGN(FileInfo info, files_.stat(path));
    roots.push_back(std::move(info));
  }
  Walker walker{*this, visit, quarantine, {}, {}, {}, {}, false};
  for (const FileInfo& root : roots) {
    if (walker.stopped) break;
    if (root.kind == FileKind::kFolder) {
      walker.take_folder(root);
    } else if (root.kind == FileKind::kFile) {
      walker.take_file(root);
    } else if (walker.seen_paths.insert(root.path).second) {
      // Standard input, a pipe or a device: read to its end as it comes.
      ++file_count_;
      walker.hand_out({root.path, 0, 0, 0, std::nullopt});
    }
  }
  complete_ = !walker.stopped;
  return Status::success();
}

InputWalk::Totals InputWalk::totals() const {
  return {file_count_, byte_count_, passed_over_, special_files_, complete_};
}

}  // namespace cairn::cloudtrail
