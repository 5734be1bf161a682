// MountedFiles as DuckDB wants a file system. Errors become DuckDB's exceptions here, which end the
// query with our message.

#include "duck/mounted_file_system.h"

#include <duckdb/common/virtual_file_system.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace cairn::duck {

namespace {

[[noreturn]] void fail(const std::string& message) {
  duckdb::ErrorData(duckdb::ExceptionType::IO, message).Throw();
  std::abort();
}
[[noreturn]] void fail(const Error& error) { fail(error.message); }
void require(const Status& status) {
  if (!status.ok()) fail(status.error());
}

class MountedHandle : public duckdb::FileHandle {
 public:
  MountedHandle(duckdb::FileSystem& system, const std::string& name, duckdb::FileOpenFlags how)
      : duckdb::FileHandle(system, name, how) {}
  void Close() override {
    if (output) require(std::exchange(output, nullptr)->close());
    input.reset();
  }

  std::unique_ptr<MountedInput> input;
  std::unique_ptr<MountedOutput> output;
  uint64_t position = 0;
};

MountedHandle& of(duckdb::FileHandle& handle) { return handle.Cast<MountedHandle>(); }

class MountedFileSystem : public duckdb::FileSystem {
 public:
  MountedFileSystem(std::string prefix, std::shared_ptr<MountedFiles> files)
      : prefix_(std::move(prefix)), files_(std::move(files)) {}

  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
      const std::string& path, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    auto handle = duckdb::make_uniq<MountedHandle>(*this, path, flags);
    std::string name = path.substr(prefix_.size());
    if (flags.OpenForWriting()) {
      auto output = files_->create(name);
      if (!output.ok()) fail(output.error());
      handle->output = std::move(output).value();
    } else {
      auto input = files_->open(name);
      if (!input.ok()) {
        if (flags.ReturnNullIfNotExists() && input.error().code == ErrorCode::kNotFound)
          return nullptr;
        fail(input.error());
      }
      handle->input = std::move(input).value();
    }
    return handle;
  }

  void Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes, duckdb::idx_t at) override {
    MountedHandle& file = of(handle);
    if (!file.input) fail(file.path + " is not open for reading");
    require(file.input->read_at(at, {static_cast<char*>(buffer), static_cast<size_t>(bytes)}));
  }
  int64_t Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes) override {
    MountedHandle& file = of(handle);
    int64_t left = GetFileSize(handle) - static_cast<int64_t>(file.position);
    bytes = std::min(bytes, std::max<int64_t>(left, 0));
    Read(handle, buffer, bytes, file.position);
    file.position += static_cast<uint64_t>(bytes);
    return bytes;
  }
  void Write(duckdb::FileHandle& handle, void* buffer, int64_t bytes, duckdb::idx_t at) override {
    if (at != of(handle).position)
      fail(handle.path + " is written from its beginning to its end only");
    Write(handle, buffer, bytes);
  }
  int64_t Write(duckdb::FileHandle& handle, void* buffer, int64_t bytes) override {
    MountedHandle& file = of(handle);
    if (!file.output) fail(file.path + " is not open for writing");
    require(file.output->append({static_cast<const char*>(buffer), static_cast<size_t>(bytes)}));
    file.position += static_cast<uint64_t>(bytes);
    return bytes;
  }
  int64_t GetFileSize(duckdb::FileHandle& handle) override {
    MountedHandle& file = of(handle);
    return static_cast<int64_t>(file.input ? file.input->size_bytes() : file.position);
  }
  void Seek(duckdb::FileHandle& handle, duckdb::idx_t at) override { of(handle).position = at; }
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override { return of(handle).position; }
  bool CanSeek() override { return true; }
  bool OnDiskFile(duckdb::FileHandle& /*handle*/) override { return true; }
  void FileSync(duckdb::FileHandle& /*handle*/) override {}  // MountedOutput::close() does
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle& /*handle*/) override {
    return duckdb::timestamp_t(0);  // a name never gets another content
  }
  duckdb::FileType GetFileType(duckdb::FileHandle& /*handle*/) override {
    return duckdb::FileType::FILE_TYPE_REGULAR;
  }
  duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string& path,
                                            duckdb::FileOpener* /*opener*/) override {
    duckdb::vector<duckdb::OpenFileInfo> found;
    if (files_->exists(path.substr(prefix_.size()))) found.emplace_back(path);
    return found;
  }
  bool FileExists(const std::string& path,
                  duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    return files_->exists(path.substr(prefix_.size()));
  }
  bool IsPipe(const std::string& /*path*/,
              duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    return false;
  }
  void RemoveFile(const std::string& path,
                  duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    // Asked after a failed COPY; whoever mounted the files clears away what was not closed.
    fail(path + " cannot be removed by SQL");
  }
  bool TryRemoveFile(const std::string& /*path*/,
                     duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    return false;
  }
  bool DirectoryExists(const std::string& /*path*/,
                       duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    return false;
  }
  bool CanHandleFile(const std::string& path) override { return path.starts_with(prefix_); }
  std::string GetName() const override { return "CairnFiles:" + prefix_; }
  std::string PathSeparator(const std::string& /*path*/) override { return "/"; }

 private:
  const std::string prefix_;
  const std::shared_ptr<MountedFiles> files_;
};

}  // namespace

void mount_files(duckdb::DuckDB& database, std::string prefix,
                 std::shared_ptr<MountedFiles> files) {
  duckdb::FileSystem::GetFileSystem(*database.instance)
      .RegisterSubSystem(duckdb::make_uniq<MountedFileSystem>(std::move(prefix), std::move(files)));
}

}  // namespace cairn::duck
