#pragma once

#include "base/result.h"
#include "sys/files.h"

#include <memory>
#include <string>

namespace cairn::engine {

/// An output file that appears whole or not at all: it is written under another name and renamed by
/// commit(). Devices, pipes and standard output are written directly. Without commit() nothing is
/// left behind.
class PendingFile {
 public:
  /// Opens at once, so that an unwritable path is known before any work is done.
  static Result<std::unique_ptr<PendingFile>> create(Files& files, const std::string& path);
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  OutputFile& out() { return *out_; }
  /// Makes it readable for its owner only, of the real file system; what is written directly stays
  /// as it is.
  Status make_private();
  const std::string& path() const { return path_; }
  Status commit();

 private:
  PendingFile(Files& files, std::string path, std::string temporary,
              std::unique_ptr<OutputFile> out)
      : files_(files),
        path_(std::move(path)),
        temporary_(std::move(temporary)),
        out_(std::move(out)) {}

  Files& files_;
  std::string path_, temporary_;  // temporary_ is empty when written directly
  std::unique_ptr<OutputFile> out_;
};

}  // namespace cairn::engine
