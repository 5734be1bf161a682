#include "base/text.h"
#include "sys/files.h"

#include <algorithm>
#include <set>

namespace cairn {

namespace {

class FakeInput : public InputFile {
 public:
  explicit FakeInput(std::string text) : text_(std::move(text)) {}
  Result<size_t> read(std::span<char> buffer) override {
    size_t count = std::min(buffer.size(), text_.size() - at_);
    std::copy_n(text_.data() + at_, count, buffer.data());
    at_ += count;
    return count;
  }
  uint64_t size_bytes() const override { return text_.size(); }

 private:
  std::string text_;
  size_t at_ = 0;
};

/// Calls back before each write so that FakeFiles can fail it.
class FakeOutput : public OutputFile {
 public:
  FakeOutput(std::string& target, std::function<Status()> step)
      : target_(target), step_(std::move(step)) {}
  Status write(std::string_view bytes) override {
    TRY(step_());
    target_ += bytes;
    return Status::success();
  }
  Status close() override { return step_(); }

 private:
  std::string& target_;
  std::function<Status()> step_;
};

class FakeScratch : public ScratchFile {
 public:
  explicit FakeScratch(std::function<Status()> step) : step_(std::move(step)) {}
  Status append(std::string_view bytes) override {
    TRY(step_());
    text_ += bytes;
    return Status::success();
  }
  Status read_at(uint64_t offset, std::span<char> buffer) const override {
    if (offset + buffer.size() > text_.size())
      return Error{ErrorCode::kCorrupt, "temporary file ended early"};
    std::copy_n(text_.data() + offset, buffer.size(), buffer.data());
    return Status::success();
  }
  uint64_t size_bytes() const override { return text_.size(); }

 private:
  std::string text_;
  std::function<Status()> step_;
};

Error not_found(const std::string& path) {
  return Error{ErrorCode::kNotFound,
               "cannot open " + printable(path) + ": No such file or directory"};
}

}  // namespace

Status FakeFiles::step(const std::string& path) {
  if (auto planned = open_errors.find(path); planned != open_errors.end()) return planned->second;
  if (fail_after >= 0 && fail_after-- == 0) {
    return Error{ErrorCode::kUnavailable,
                 "cannot write " + printable(path) + ": No space left on device"};
  }
  return Status::success();
}

Result<std::unique_ptr<InputFile>> FakeFiles::open(const std::string& path) {
  std::lock_guard lock(mutex_);
  TRY(step(path));
  auto found = contents.find(path);
  if (found == contents.end()) return not_found(path);
  return std::unique_ptr<InputFile>(new FakeInput(found->second));
}

Result<std::vector<FileInfo>> FakeFiles::list(const std::string& folder) {
  std::lock_guard lock(mutex_);
  TRY(step(folder));
  std::string prefix = join_path(folder, "");
  std::vector<FileInfo> entries;
  std::set<std::string> folders;
  for (auto at = contents.lower_bound(prefix);
       at != contents.end() && at->first.starts_with(prefix); ++at) {
    size_t slash = at->first.find('/', prefix.size());
    if (slash == std::string::npos) {
      entries.push_back({at->first, FileKind::kFile, at->second.size(), 0, 0});
    } else if (folders.insert(at->first.substr(0, slash)).second) {
      entries.push_back({at->first.substr(0, slash), FileKind::kFolder, 0, 0, 0});
    }
  }
  if (entries.empty()) return not_found(folder);
  return entries;
}

Result<FileInfo> FakeFiles::stat(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (auto found = contents.find(path); found != contents.end()) {
    return FileInfo{path, FileKind::kFile, found->second.size(), 0, 0};
  }
  std::string prefix = join_path(path, "");
  auto under = contents.lower_bound(prefix);
  bool folder = under != contents.end() && under->first.starts_with(prefix);
  if (folder || open_errors.contains(path)) return FileInfo{path, FileKind::kFolder, 0, 0, 0};
  return not_found(path);
}

Result<std::string> FakeFiles::real_path(const std::string& path) { return path; }

Result<std::unique_ptr<OutputFile>> FakeFiles::create(const std::string& path) {
  std::lock_guard lock(mutex_);
  TRY(step(path));
  std::string& target = contents[path];
  target.clear();
  return std::unique_ptr<OutputFile>(new FakeOutput(target, [this, path] {
    std::lock_guard inner(mutex_);
    return step(path);
  }));
}

Status FakeFiles::make_folders(const std::string& path) {
  std::lock_guard lock(mutex_);
  return step(path);
}

Status FakeFiles::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  TRY(step(to));
  auto found = contents.find(from);
  if (found == contents.end()) return not_found(from);
  contents[to] = std::move(found->second);
  contents.erase(from);
  return Status::success();
}

Status FakeFiles::remove(const std::string& path) {
  std::lock_guard lock(mutex_);
  TRY(step(path));
  if (contents.erase(path) == 0) return not_found(path);
  return Status::success();
}

Result<std::unique_ptr<ScratchFile>> FakeFiles::scratch() {
  std::lock_guard lock(mutex_);
  TRY(step("temporary file"));
  return std::unique_ptr<ScratchFile>(new FakeScratch([this] {
    std::lock_guard inner(mutex_);
    return step("temporary file");
  }));
}

}  // namespace cairn
