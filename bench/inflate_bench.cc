// What our own inflate alone costs on a folder of gzip files: the ceiling that a scan is measured
// against, and with --sha256 the one of `cairn verify`.
//   inflate_bench FOLDER [--threads N] [--sha256]
// Reads and inflates every file below FOLDER, as a scan does but without looking at the text, and
// hashes it if asked. Prints one JSON line: files, stored and text bytes, elapsed seconds, and the
// threads' CPU seconds for all and for inflating (and hashing) alone.

#include "base/parallel.h"
#include "base/result.h"
#include "crypto/crypto.h"
#include "formats/compression.h"
#include "sys/files.h"
#include "sys/process.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
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
  double cpu_seconds = 0, inflate_cpu_seconds = 0;

  void add(const Totals& other) {
    files += other.files;
    stored_bytes += other.stored_bytes;
    text_bytes += other.text_bytes;
    cpu_seconds += other.cpu_seconds;
    inflate_cpu_seconds += other.inflate_cpu_seconds;
  }
};

struct Arguments {
  std::string folder;
  size_t threads = 1;
  bool sha256 = false;
};

Status find_files(Files& files, const std::string& folder, std::vector<FileInfo>& found) {
  TRY_ASSIGN(std::vector<FileInfo> entries, files.list(folder));
  for (const FileInfo& entry : entries) {
    if (entry.kind == FileKind::kFolder) TRY(find_files(files, entry.path, found));
    if (entry.kind == FileKind::kFile && entry.path.ends_with(".gz")) found.push_back(entry);
  }
  return Status::success();
}

/// Takes files from `next` on until none is left.
Status inflate_all(Files& files, const std::vector<FileInfo>& found, bool sha256,
                   std::atomic<size_t>& next, Totals& totals) {
  GzipInflater inflater;
  std::string stored;
  std::vector<char> text(16u << 20);
  const double start = cairn::thread_cpu_seconds();
  for (size_t i = next++; i < found.size(); i = next++) {
    const FileInfo& file = found[i];
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
    if (sha256) cairn::crypto::sha256(std::string_view(text.data(), written));
    totals.inflate_cpu_seconds += cairn::thread_cpu_seconds() - begin;
    if (outcome != GzipInflater::Outcome::kDone) {
      return cairn::Error{cairn::ErrorCode::kCorrupt, file.path + ": damaged or too large"};
    }
    ++totals.files;
    totals.stored_bytes += stored.size();
    totals.text_bytes += written;
  }
  totals.cpu_seconds = cairn::thread_cpu_seconds() - start;
  return Status::success();
}

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--sha256") {
      arguments.sha256 = true;
    } else if (word == "--threads" && i + 1 < argc) {
      arguments.threads = std::max(1ul, std::strtoul(argv[++i], nullptr, 10));
    } else if (arguments.folder.empty() && !word.starts_with("-")) {
      arguments.folder = word;
    } else {
      return false;
    }
  }
  return !arguments.folder.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr, "usage: inflate_bench FOLDER [--threads N] [--sha256]\n");
    return 2;
  }
  const auto files = cairn::real_files();
  std::vector<FileInfo> found;
  Status status = find_files(*files, arguments.folder, found);
  std::vector<Totals> each(arguments.threads);
  std::atomic<size_t> next{0};
  const auto begin = std::chrono::steady_clock::now();
  if (status.ok()) {
    status = cairn::run_parallel(arguments.threads, [&](size_t number) {
      return inflate_all(*files, found, arguments.sha256, next, each[number]);
    });
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  if (!status.ok()) {
    std::fprintf(stderr, "inflate_bench: %s\n", status.error().message.c_str());
    return 1;
  }
  Totals totals;
  for (const Totals& one : each) totals.add(one);
  std::printf(
      "{\"files\": %llu, \"stored_bytes\": %llu, \"text_bytes\": %llu, \"seconds\": %.4f, "
      "\"cpu_seconds\": %.4f, "
      "\"inflate_cpu_seconds\": %.4f}\n",
      static_cast<unsigned long long>(totals.files),
      static_cast<unsigned long long>(totals.stored_bytes),
      static_cast<unsigned long long>(totals.text_bytes), elapsed.count(), totals.cpu_seconds,
      totals.inflate_cpu_seconds);
  return 0;
}
