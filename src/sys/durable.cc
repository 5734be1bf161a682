#include "sys/durable.h"

#include "base/text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace cairn {

namespace {

constexpr mode_t kOwnerOnly = 0600, kOwnerOnlyFolder = 0700;
constexpr size_t kSecretBytes = 4096;

Error system_error(const std::string& path, const char* action) {
  int reason = errno;
  ErrorCode code = ErrorCode::kUnavailable;
  if (reason == ENOENT || reason == ENOTDIR) code = ErrorCode::kNotFound;
  if (reason == EACCES || reason == EPERM || reason == EROFS) code = ErrorCode::kPermission;
  if (reason == EEXIST || reason == EISDIR) code = ErrorCode::kInvalidInput;
  return Error{code, std::string(action) + " " + printable(path) + ": " +
                         std::strerror(reason)};  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

Result<std::unique_ptr<DurableFile>> DurableFile::create(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return system_error(path, "cannot create");
  return std::unique_ptr<DurableFile>(new DurableFile(path, descriptor));
}

Result<std::unique_ptr<DurableFile>> DurableFile::open(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(path, "cannot open");
  return std::unique_ptr<DurableFile>(new DurableFile(path, descriptor));
}

DurableFile::~DurableFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status DurableFile::write_at(uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return system_error(path_, "cannot write");
    }
    offset += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status DurableFile::read_at(uint64_t offset, std::span<char> buffer) const {
  while (!buffer.empty()) {
    ssize_t got = ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path_, "cannot read");
    if (got == 0) return Error{ErrorCode::kCorrupt, printable(path_) + ": the file ended early"};
    offset += static_cast<uint64_t>(got);
    buffer = buffer.subspan(static_cast<size_t>(got));
  }
  return {};
}

Result<uint64_t> DurableFile::size_bytes() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return system_error(path_, "cannot look at");
  return static_cast<uint64_t>(status.st_size);
}

Status DurableFile::sync() {
  if (::fdatasync(descriptor_) != 0) return system_error(path_, "cannot synchronise");
  return {};
}

Status DurableFile::close() {
  if (::close(std::exchange(descriptor_, -1)) != 0) return system_error(path_, "cannot close");
  return {};
}

Status sync_folder(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error(path, "cannot open folder");
  int failed = ::fsync(descriptor);
  Status status;
  if (failed != 0) status = system_error(path, "cannot synchronise");
  ::close(descriptor);
  return status;
}

Status write_durable_file(const std::string& path, std::string_view bytes,
                          const std::function<void(const char* step)>& at_step) {
  return write_durable_file(
      path, [bytes](DurableFile& file) { return file.write_at(0, bytes); }, at_step);
}

Status write_durable_file(const std::string& path, const std::function<Status(DurableFile&)>& write,
                          const std::function<void(const char* step)>& at_step) {
  auto step = [&at_step](const char* name) {
    if (at_step) at_step(name);
  };
  std::string temporary = path + ".new";
  step("remove what an interrupted attempt left");
  ::unlink(temporary.c_str());
  auto put_in_place = [&]() -> Status {
    step("create");
    TRY_ASSIGN(auto file, DurableFile::create(temporary));
    step("write");
    TRY(write(*file));
    step("sync");
    TRY(file->sync());
    TRY(file->close());
    step("rename");
    if (::rename(temporary.c_str(), path.c_str()) != 0)
      return system_error(path, "cannot rename to");
    return {};
  };
  if (Status done = put_in_place(); !done.ok()) {
    ::unlink(temporary.c_str());  // on a full disk it would take room from others
    return done;
  }
  step("sync the folder");
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return sync_folder(".");
  return sync_folder(slash == 0 ? "/" : path.substr(0, slash));
}

Status make_private_file(const std::string& path) {
  if (::chmod(path.c_str(), kOwnerOnly) != 0) return system_error(path, "cannot make private");
  return {};
}

Status make_private_folders(const std::string& path) {
  for (size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), kOwnerOnlyFolder) != 0 && errno != EEXIST)
      return system_error(part, "cannot create folder");
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return system_error(path, "cannot create folder");
  if (!S_ISDIR(status.st_mode)) {
    return Error{ErrorCode::kInvalidInput,
                 "cannot create folder " + printable(path) + ": a file of that name exists"};
  }
  return {};
}

void remove_empty_folder(const std::string& path) { ::rmdir(path.c_str()); }

Result<FileLock> FileLock::take(const std::string& path, Kind kind) {
  // A reader may be without the right to write.
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_error(path, "cannot lock");
  FileLock lock(descriptor);
  int wanted = kind == Kind::kShared ? LOCK_SH : LOCK_EX;
  if (::flock(descriptor, wanted | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, "cannot lock");
    return Error{ErrorCode::kUnavailable, printable(path) + " is locked by another process"};
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void forbid_core_dumps() {
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // NOLINT: a variadic system call
}

Result<std::string> read_secret(const std::string& prompt) {
  int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0)
    return Error{ErrorCode::kUnavailable, "there is no terminal to ask for the passphrase"};
  termios before{}, silent{};
  bool changed = ::tcgetattr(terminal, &before) == 0;
  silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (changed) ::tcsetattr(terminal, TCSAFLUSH, &silent);
  auto say = [&](const std::string& text) {
    return ::write(terminal, text.data(), text.size()) >= 0;
  };
  std::string secret;
  say(prompt);
  for (char c = 0; secret.size() < kSecretBytes;) {
    ssize_t got = ::read(terminal, &c, 1);
    if (got <= 0 || c == '\n') break;
    secret += c;
  }
  say("\n");
  if (changed) ::tcsetattr(terminal, TCSAFLUSH, &before);
  ::close(terminal);
  return secret;
}

}  // namespace cairn
