// Runs a fuzz target over every file of a corpus, with any compiler: `fuzz_records
// fuzz/corpus/records`. A fault ends the program, as it does when fuzzing. An empty or missing
// corpus is an error: it would test nothing.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

/// Runs the target on a copy of exactly the right size, so that a sanitizer sees any read past the
/// end.
void run_one(const std::string& bytes) {
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::set<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) {
    if (entry.is_regular_file()) files.insert(entry.path().string());
  }
  if (error || files.empty()) {
    std::fprintf(stderr, "%s: no inputs to replay\n", argv[1]);
    return 1;
  }
  run_one("");
  for (const std::string& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // so that the name of the input that ends the program is seen
    std::ifstream stream(file, std::ios::binary);
    run_one(std::string(std::istreambuf_iterator<char>(stream), {}));
  }
  std::printf("%zu inputs replayed\n", files.size());
  return 0;
}
