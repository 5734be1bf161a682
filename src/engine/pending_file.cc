#include "engine/pending_file.h"

#include "sys/durable.h"

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

Status PendingFile::make_private() {
  return temporary_.empty() ? Status() : make_private_file(temporary_);
}

Status PendingFile::commit() {
  auto out = std::move(out_);
  Status done = out->close();
  if (temporary_.empty()) return done;
  if (done.ok()) done = files_.rename(temporary_, path_);
  if (!done.ok()) static_cast<void>(files_.remove(temporary_).ok());
  return done;
}

}  // namespace cairn::engine
