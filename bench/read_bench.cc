// How fast one thread reads: files, decompression, the walk. Prints megabytes of text and events
// per second of its own CPU time, best of several rounds, for inflating alone and for everything;
// and what a fingerprint costs.
//
//   read_bench FOLDER [ROUNDS]

#include "cloudtrail/cloudtrail.h"
#include "formats/compression.h"
#include "model/standard_fields.h"
#include "sys/files.h"
#include "sys/process.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace cairn;

/// Paths that rules would ask for; nothing touches them here, so they cost only their places in the
/// trie.
constexpr const char* kRulePaths[] = {
    "requestParameters.bucketName",
    "requestParameters.policyDocument",
    "requestParameters.userName",
    "requestParameters.roleName",
    "requestParameters.instanceType",
    "requestParameters.ipPermissions.items.cidrIp",
    "requestParameters.ipPermissions.items.ipRanges.items.cidrIp",
    "requestParameters.attributeType",
    "requestParameters.createVolumePermission.add.items.group",
    "requestParameters.x-amz-acl",
    "requestParameters.publicAccessBlockConfiguration.blockPublicAcls",
    "responseElements.ConsoleLogin",
    "responseElements.accessKey.userName",
    "responseElements.credentials.accessKeyId",
    "additionalEventData.MFAUsed",
    "additionalEventData.LoginTo",
    "additionalEventData.bytesTransferredOut",
    "resources.ARN",
    "resources.accountId",
    "serviceEventDetails.state",
    "tlsDetails.tlsVersion",
};

class CountingSink : public cloudtrail::EventSink {
 public:
  explicit CountingSink(const StandardFields& standard, bool fingerprints)
      : standard_(standard), fingerprints_(fingerprints) {}
  void on_event(const Event& event) override {
    ++events;
    bytes += event.text(standard_.event_name).size();
    if (fingerprints_) mixed ^= cloudtrail::content_fingerprint(event, standard_);
  }
  void on_quarantine(QuarantineEntry) override { ++quarantined; }

  uint64_t events = 0, bytes = 0, quarantined = 0, mixed = 0;

 private:
  const StandardFields& standard_;
  bool fingerprints_;
};

double best(int rounds, const std::function<void()>& work) {
  double result = 1e9;
  for (int i = 0; i < rounds; ++i) {
    double begin = thread_cpu_seconds();
    work();
    result = std::min(result, thread_cpu_seconds() - begin);
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: read_bench FOLDER [ROUNDS]\n");
    return 2;
  }
  int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  auto files = real_files();
  std::vector<cloudtrail::Input> inputs;
  cloudtrail::InputWalk walk(*files, {argv[1]}, {});
  double walk_seconds = best(1, [&] {
    Status status =
        walk.run([&](cloudtrail::Input input) { return inputs.push_back(std::move(input)), true; },
                 [](QuarantineEntry) {});
    if (!status.ok()) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  });

  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  for (const char* path : kRulePaths) fields.intern(path);
  fields.freeze();
  cloudtrail::Reader reader(*files, fields, standard, {});
  std::atomic<bool> never{false};

  uint64_t text_bytes = 0, stored_bytes = 0;
  auto read_all = [&](CountingSink& sink) {
    text_bytes = stored_bytes = 0;
    for (const cloudtrail::Input& input : inputs) {
      cloudtrail::SourceReport report = reader.read(input, sink, never);
      text_bytes += report.text_bytes;
      stored_bytes += report.stored_bytes;
    }
  };
  CountingSink counted(standard, false);
  read_all(counted);
  double text_mb = static_cast<double>(text_bytes) / 1e6;
  std::printf(
      "%zu files, %.1f MB stored, %.1f MB text, %llu events, %llu quarantine entries; walk %.1f us "
      "a file\n",
      inputs.size(), static_cast<double>(stored_bytes) / 1e6, text_mb,
      static_cast<unsigned long long>(counted.events),
      static_cast<unsigned long long>(counted.quarantined),
      walk_seconds * 1e6 / static_cast<double>(std::max<size_t>(inputs.size(), 1)));

  std::vector<std::string> stored;
  size_t largest = 0;
  for (const cloudtrail::Input& input : inputs) {
    stored.push_back(read_file(*files, input.path, 1u << 30).value_or(""));
    largest = std::max(largest, stored.back().size());
  }
  std::vector<char> output(std::max<size_t>(64u << 20, largest * 4));
  GzipInflater inflater;
  auto report = [&](const char* name, double seconds) {
    std::printf("%-34s %8.0f MB/s %9.0f events/s %7.2f us a file\n", name, text_mb / seconds,
                static_cast<double>(counted.events) / seconds,
                seconds * 1e6 / static_cast<double>(inputs.size()));
    return seconds;
  };
  double inflate = report("inflate alone", best(rounds, [&] {
                            size_t written = 0;
                            for (const std::string& file : stored)
                              inflater.inflate(file, output, written);
                          }));
  double opened = report("open, read, close", best(rounds, [&] {
                           std::vector<char> buffer(largest + 1);
                           for (const cloudtrail::Input& input : inputs) {
                             auto file = files->open(input.path);
                             if (file.ok()) static_cast<void>(file.value()->read(buffer).ok());
                           }
                         }));
  double all = report("read, inflate, walk", best(rounds, [&] {
                        CountingSink sink(standard, false);
                        read_all(sink);
                      }));
  double prints = report("the same with fingerprints", best(rounds, [&] {
                           CountingSink sink(standard, true);
                           read_all(sink);
                         }));
  std::printf("whole / inflate: %.2f; without file access %.2f; fingerprint %.3f us an event\n",
              inflate / all, inflate / (all - opened),
              (prints - all) * 1e6 / static_cast<double>(counted.events));
  return 0;
}
