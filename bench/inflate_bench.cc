// What our own inflate alone costs on a folder of gzip files: the ceiling that a scan is measured
// against.
//   inflate_bench FOLDER
// Reads and inflates every file below FOLDER on one thread, as a scan does but without looking at
// the text. Prints one JSON line: files, stored and text bytes, elapsed seconds, and the thread's
// CPU seconds for all and for inflating alone.

#include "base/result.h"
#include "formats/compression.h"
#include "sys/files.h"
#include "sys/process.h"

#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace {

using cairn::FileInfo;
using cairn::FileKind;
using cairn::Files;
using cairn::GzipInflater;
using cairn::Result;
using cairn::Status;

constexpr size_t kTextBytesLimit = 1u << 30;  // of one file

struct Totals {
  uint64_t files = 0, stored_bytes = 0, text_bytes = 0;
  double inflate_cpu_seconds = 0;
};

Status find_files(Files& files, const std::string& folder, std::vector<FileInfo>& found) {
  TRY_ASSIGN(std::vector<FileInfo> entries, files.list(folder));
  for (const FileInfo& entry : entries) {
    if (entry.kind == FileKind::kFolder) TRY(find_files(files, entry.path, found));
    if (entry.kind == FileKind::kFile && entry.path.ends_with(".gz")) found.push_back(entry);
  }
  return Status::success();
}

Status inflate_all(Files& files, const std::vector<FileInfo>& found, Totals& totals) {
  GzipInflater inflater;
  std::string stored;
  std::vector<char> text(16u << 20);
  for (const FileInfo& file : found) {
    TRY_ASSIGN(auto input, files.open(file.path));
    stored.resize(input->size_bytes());
    size_t filled = 0;
    while (filled < stored.size()) {
      TRY_ASSIGN(const size_t count, input->read(std::span<char>(stored).subspan(filled)));
      if (count == 0) break;
      filled += count;
    }
    size_t written = 0;
    const double begin = cairn::thread_cpu_seconds();
    auto outcome = inflater.inflate(stored, text, written);
    while (outcome == GzipInflater::Outcome::kTooSmall && text.size() < kTextBytesLimit) {
      text.resize(text.size() * 2);
      outcome = inflater.inflate(stored, text, written);
    }
    totals.inflate_cpu_seconds += cairn::thread_cpu_seconds() - begin;
    if (outcome != GzipInflater::Outcome::kDone) {
      return cairn::Error{cairn::ErrorCode::kCorrupt, file.path + ": damaged or too large"};
    }
    ++totals.files;
    totals.stored_bytes += stored.size();
    totals.text_bytes += written;
  }
  return Status::success();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: inflate_bench FOLDER\n");
    return 2;
  }
  const auto files = cairn::real_files();
  std::vector<FileInfo> found;
  Totals totals;
  Status status = find_files(*files, argv[1], found);
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = cairn::thread_cpu_seconds();
  if (status.ok()) status = inflate_all(*files, found, totals);
  const double cpu = cairn::thread_cpu_seconds() - cpu_begin;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  if (!status.ok()) {
    std::fprintf(stderr, "inflate_bench: %s\n", status.error().message.c_str());
    return 1;
  }
  std::printf(
      "{\"files\": %llu, \"stored_bytes\": %llu, \"text_bytes\": %llu, \"seconds\": %.4f, "
      "\"cpu_seconds\": %.4f, "
      "\"inflate_cpu_seconds\": %.4f}\n",
      static_cast<unsigned long long>(totals.files),
      static_cast<unsigned long long>(totals.stored_bytes),
      static_cast<unsigned long long>(totals.text_bytes), elapsed.count(), cpu,
      totals.inflate_cpu_seconds);
  return 0;
}
