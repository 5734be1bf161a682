#include "sys/files.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace cairn {

namespace {

constexpr size_t kWriteBufferBytes = 256u << 10;
constexpr int kInterruptPollMs = 100;

/// The error for a failed system call on a path, from errno.
Error system_error(const std::string& path, const char* action) {
  int reason = errno;
  ErrorCode code = ErrorCode::kInvalidInput;
  switch (reason) {
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::kNotFound;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::kPermission;
      break;
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      code = ErrorCode::kUnavailable;
      break;
    case EPIPE:  // whoever read our output has seen enough
      code = ErrorCode::kCancelled;
      break;
    default:
      break;
  }
  return Error{
      code, std::string(action) + " " + printable(path) + ": " +
                std::strerror(reason)};  // NOLINT(concurrency-mt-unsafe): one reader of errno text
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  int get() const { return fd_; }
  /// Closes now and reports what the system says; standard streams stay open.
  bool close() {
    int fd = std::exchange(fd_, -1);
    return fd <= STDERR_FILENO || ::close(fd) == 0;
  }

 private:
  int fd_;
};

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return system_error(path, "cannot write");
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Status::success();
}

class RealInput : public InputFile {
 public:
  /// With `interrupted`, a read waits for bytes in short steps and looks at it in between.
  RealInput(std::string path, Descriptor file, uint64_t size, const std::atomic<bool>* interrupted)
      : path_(std::move(path)), file_(std::move(file)), size_(size), interrupted_(interrupted) {}

  Result<size_t> read(std::span<char> buffer) override {
    for (;;) {
      if (interrupted_ != nullptr && !wait_for_bytes()) return size_t{0};
      ssize_t got = ::read(file_.get(), buffer.data(), buffer.size());
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) return system_error(path_, "cannot read");
    }
  }
  Status skip(uint64_t bytes) override {
    if (::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_CUR) >= 0) return Status::success();
    return InputFile::skip(bytes);  // a pipe
  }
  uint64_t size_bytes() const override { return size_; }

 private:
  /// False when interrupted. A signal may reach any thread, so poll() itself need not notice it.
  bool wait_for_bytes() const {
    while (!interrupted_->load()) {
      pollfd wanted{file_.get(), POLLIN, 0};
      if (::poll(&wanted, 1, kInterruptPollMs) > 0) return true;
    }
    return false;
  }

  std::string path_;
  Descriptor file_;
  uint64_t size_;
  const std::atomic<bool>* interrupted_;
};

class RealOutput : public OutputFile {
 public:
  RealOutput(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  RealOutput(const RealOutput&) = delete;
  RealOutput& operator=(const RealOutput&) = delete;
  ~RealOutput() override {
    if (!closed_) static_cast<void>(flush().ok());
  }

  Status write(std::string_view bytes) override {
    buffer_ += bytes;
    if (buffer_.size() >= kWriteBufferBytes) return flush();
    return Status::success();
  }
  Status close() override {
    closed_ = true;
    TRY(flush());
    if (!file_.close()) return system_error(path_, "cannot close");
    return Status::success();
  }

 private:
  Status flush() {
    Status status = write_all(file_.get(), buffer_, path_);
    buffer_.clear();
    return status;
  }

  std::string path_;
  Descriptor file_;
  std::string buffer_;
  bool closed_ = false;
};

class RealScratch : public ScratchFile {
 public:
  explicit RealScratch(Descriptor file) : file_(std::move(file)) {}

  Status append(std::string_view bytes) override {
    TRY(write_all(file_.get(), bytes, "temporary file"));
    size_ += bytes.size();
    return Status::success();
  }
  Status read_at(uint64_t offset, std::span<char> buffer) const override {
    while (!buffer.empty()) {
      ssize_t got = ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("temporary file", "cannot read");
      if (got == 0) return Error{ErrorCode::kCorrupt, "temporary file ended early"};
      offset += static_cast<uint64_t>(got);
      buffer = buffer.subspan(static_cast<size_t>(got));
    }
    return Status::success();
  }
  uint64_t size_bytes() const override { return size_; }

 private:
  Descriptor file_;
  uint64_t size_ = 0;
};

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  if (S_ISDIR(mode)) return FileKind::kFolder;
  if (S_ISLNK(mode)) return FileKind::kLink;
  return FileKind::kOther;
}

FileInfo info_of(std::string path, const struct stat& status) {
  return FileInfo{std::move(path), kind_of(status.st_mode), static_cast<uint64_t>(status.st_size),
                  static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino)};
}

class RealFiles : public Files {
 public:
  explicit RealFiles(const std::atomic<bool>* interrupted) : interrupted_(interrupted) {}

  Result<std::unique_ptr<InputFile>> open(const std::string& path) override {
    if (path == "-")
      return std::unique_ptr<InputFile>(
          new RealInput("standard input", Descriptor(STDIN_FILENO), 0, interrupted_));
    // Without O_NONBLOCK a named pipe without a writer would hang the whole run.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return system_error(path, "cannot open");
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_error(path, "cannot open");
    if (S_ISDIR(status.st_mode))
      return Error{ErrorCode::kInvalidInput, "cannot open " + printable(path) + ": is a folder"};
    if (!S_ISREG(status.st_mode))
      ::fcntl(file.get(), F_SETFL,
              O_RDONLY);  // NOLINT: process substitution and devices block as usual
    uint64_t size = S_ISREG(status.st_mode) ? static_cast<uint64_t>(status.st_size) : 0;
    return std::unique_ptr<InputFile>(new RealInput(
        path, std::move(file), size, S_ISREG(status.st_mode) ? nullptr : interrupted_));
  }

  Result<std::vector<FileInfo>> list(const std::string& folder) override {
    DIR* handle = ::opendir(folder.c_str());
    if (handle == nullptr) return system_error(folder, "cannot open folder");
    std::vector<FileInfo> entries;
    int failure = 0;
    for (;;) {
      errno = 0;
      const dirent* entry =
          ::readdir(handle);  // NOLINT(concurrency-mt-unsafe): each call has its own DIR
      if (entry == nullptr) {
        failure = errno;
        break;
      }
      std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat status {};
      // A file that vanished since it was listed is left out, as if it had never been there.
      if (::fstatat(::dirfd(handle), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      entries.push_back(info_of(join_path(folder, name), status));
    }
    ::closedir(handle);
    if (failure != 0) {
      errno = failure;
      return system_error(folder, "cannot read folder");
    }
    return entries;
  }

  Result<FileInfo> stat(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return system_error(path, "cannot open");
    return info_of(path, status);
  }

  Result<std::string> real_path(const std::string& path) override {
    std::array<char, PATH_MAX> buffer{};
    if (::realpath(path.c_str(), buffer.data()) == nullptr)
      return system_error(path, "cannot resolve");
    return std::string(buffer.data());
  }

  Result<std::unique_ptr<OutputFile>> create(const std::string& path) override {
    if (path == "-")
      return std::unique_ptr<OutputFile>(
          new RealOutput("standard output", Descriptor(STDOUT_FILENO)));
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (file.get() < 0) return system_error(path, "cannot create");
    return std::unique_ptr<OutputFile>(new RealOutput(path, std::move(file)));
  }

  Status make_folders(const std::string& path) override {
    for (size_t at = 1; at <= path.size(); ++at) {
      if (at != path.size() && path[at] != '/') continue;
      std::string part = path.substr(0, at);
      if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST)
        return system_error(part, "cannot create folder");
    }
    TRY_ASSIGN(FileInfo info, stat(path));
    if (info.kind != FileKind::kFolder) {
      return Error{ErrorCode::kInvalidInput,
                   "cannot create folder " + printable(path) + ": a file of that name exists"};
    }
    return Status::success();
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error(to, "cannot rename to");
    return Status::success();
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return system_error(path, "cannot remove");
    return Status::success();
  }

  Result<std::unique_ptr<ScratchFile>> scratch() override {
    const char* wanted =
        std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): the environment is never changed
    std::string folder = wanted != nullptr && *wanted != '\0' ? wanted : "/tmp";
    std::string path = join_path(folder, "cairn-scratch-XXXXXX");
    Descriptor file(::mkostemp(path.data(), O_CLOEXEC));
    if (file.get() < 0) return system_error(folder, "cannot make a temporary file in");
    ::unlink(path.c_str());  // nameless from here on: it goes when the process does
    return std::unique_ptr<ScratchFile>(new RealScratch(std::move(file)));
  }

 private:
  const std::atomic<bool>* interrupted_;
};

}  // namespace

Status InputFile::skip(uint64_t bytes) {
  std::vector<char> buffer(std::min<uint64_t>(bytes, 64u << 10));
  while (bytes > 0) {
    TRY_ASSIGN(size_t got, read(std::span(buffer).first(std::min<uint64_t>(bytes, buffer.size()))));
    if (got == 0) break;
    bytes -= got;
  }
  return Status::success();
}

std::unique_ptr<Files> real_files(const std::atomic<bool>* interrupted) {
  return std::make_unique<RealFiles>(interrupted);
}

Result<std::string> read_file(Files& files, const std::string& path, uint64_t limit_bytes) {
  TRY_ASSIGN(auto input, files.open(path));
  std::string text;
  std::vector<char> buffer(64u << 10);
  for (;;) {
    TRY_ASSIGN(size_t got, input->read(buffer));
    if (got == 0) return text;
    text.append(buffer.data(), got);
    if (text.size() > limit_bytes) {
      return Error{ErrorCode::kExhausted,
                   printable(path) + " is larger than " + format_bytes(limit_bytes)};
    }
  }
}

Status write_file(Files& files, const std::string& path, std::string_view bytes) {
  TRY_ASSIGN(auto output, files.create(path));
  TRY(output->write(bytes));
  return output->close();
}

std::string join_path(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty() && path.back() != '/') path += '/';
  return path += name;
}

std::string_view base_name(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace cairn
