#include "engine/pending_file.h"

namespace cairn::engine {

Result<std::unique_ptr<PendingFile>> PendingFile::create(Files& files, const std::string& path) {
  auto info = files.stat(path);
  bool direct = path == "-" || (info.ok() && info.value().kind == FileKind::kOther);
  if (info.ok() && info.value().kind == FileKind::kFolder) {
    return Error{ErrorCode::kInvalidInput, "cannot write " + path + ": is a folder"};
  }
  std::string temporary = direct ? "" : path + ".partial";
  TRY_ASSIGN(auto out, files.create(direct ? path : temporary));
  return std::unique_ptr<PendingFile>(
      new PendingFile(files, path, std::move(temporary), std::move(out)));
}

PendingFile::~PendingFile() {
  if (!out_) return;
  out_.reset();
  if (!temporary_.empty()) static_cast<void>(files_.remove(temporary_).ok());
}

Status PendingFile::commit() {
  auto out = std::move(out_);
  Status closed = out->close();
  if (!temporary_.empty()) {
    if (!closed.ok()) {
      static_cast<void>(files_.remove(temporary_).ok());
      return closed;
    }
    return files_.rename(temporary_, path_);
  }
  return closed;
}

}  // namespace cairn::engine
