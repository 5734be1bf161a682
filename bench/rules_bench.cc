// What rules cost: the events of a corpus, already inflated in memory, are read once without
// matching and once with each rule set; the difference is the cost. Prints microseconds of one
// thread's own CPU time per event, best of several rounds, and how long loading took.
//
//   rules_bench CORPUS RULES_FOLDER...       (rule folders from bench/generate_rules.py, fewest
//   rules first)

#include "rules/rules.h"

#include "cloudtrail/cloudtrail.h"
#include "formats/compression.h"
#include "model/standard_fields.h"
#include "sys/files.h"
#include "sys/process.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace cairn;

constexpr int kRounds = 5;
constexpr size_t kTextLimit = 256u << 20;  // the corpus is cut here: more only takes longer

class MatchingSink : public cloudtrail::EventSink {
 public:
  MatchingSink(const StandardFields& standard, rules::Matcher* matcher)
      : standard_(standard), matcher_(matcher) {}
  void on_event(const Event& event) override {
    ++events;
    bytes += event.text(standard_.event_name).size();
    if (matcher_ == nullptr) return;
    matcher_->match(event, matched_);
    matches += matched_.size();
  }
  void on_quarantine(QuarantineEntry) override {}

  uint64_t events = 0, bytes = 0, matches = 0;

 private:
  const StandardFields& standard_;
  rules::Matcher* matcher_;
  std::vector<uint32_t> matched_;
};

double best(const std::function<void()>& work) {
  double result = 1e9;
  for (int i = 0; i < kRounds; ++i) {
    double begin = thread_cpu_seconds();
    work();
    result = std::min(result, thread_cpu_seconds() - begin);
  }
  return result;
}

std::vector<cloudtrail::Input> inputs_under(Files& files, const std::string& folder) {
  std::vector<cloudtrail::Input> inputs;
  cloudtrail::InputWalk walk(files, {folder}, {});
  Status status =
      walk.run([&](cloudtrail::Input input) { return inputs.push_back(std::move(input)), true; },
               [](QuarantineEntry) {});
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return inputs;
}

std::vector<std::string> texts_under(Files& files, const std::string& folder) {
  std::vector<std::string> texts;
  std::vector<char> output(256u << 20);
  GzipInflater inflater;
  size_t total = 0;
  for (const cloudtrail::Input& input : inputs_under(files, folder)) {
    std::string stored = read_file(files, input.path, 1u << 30).value_or("");
    size_t written = 0;
    if (sniff_compression(stored) == Compression::kGzip &&
        inflater.inflate(stored, output, written) == GzipInflater::Outcome::kDone) {
      stored.assign(output.data(), written);
    }
    total += stored.size();
    texts.push_back(std::move(stored));
    if (total > kTextLimit) break;
  }
  return texts;
}

struct Cost {
  size_t rules = 0;
  double reading = 0, matching = 0, loading = 0;  // seconds
  uint64_t events = 0, matches = 0;
};

Cost measure(Files& files, const std::vector<std::string>& texts, const std::string& folder) {
  std::vector<rules::RuleFile> rule_files;
  for (const cloudtrail::Input& input : inputs_under(files, folder)) {
    if (!input.path.ends_with(".yml")) continue;
    rule_files.push_back({input.path, read_file(files, input.path, 1u << 20).value_or("")});
    Diagnostics ignored;
    rule_files.back().documents = parse_yaml(rule_files.back().text, input.path, ignored).documents;
  }
  Cost cost;
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  Diagnostics diagnostics;
  double begin = thread_cpu_seconds();
  auto rules = rules::RuleSet::load_sigma(rule_files, {}, fields, diagnostics);
  cost.loading = thread_cpu_seconds() - begin;
  fields.freeze();
  for (const Diagnostic& remark : diagnostics.items()) {
    std::fprintf(stderr, "%s", format_text(remark).c_str());
  }
  cost.rules = rules.size();

  cloudtrail::Reader reader(files, fields, standard, {});
  auto read_all = [&](rules::Matcher* matcher) {
    MatchingSink sink(standard, matcher);
    for (const std::string& text : texts) reader.read_text("bench", text, sink);
    cost.events = sink.events;
    cost.matches = sink.matches;
  };
  rules::Matcher matcher(rules);
  cost.reading = best([&] { read_all(nullptr); });
  cost.matching = best([&] { read_all(&matcher); });
  return cost;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: rules_bench CORPUS RULES_FOLDER...\n");
    return 2;
  }
  auto files = real_files();
  std::vector<std::string> texts = texts_under(*files, argv[1]);
  std::printf("%7s %9s %9s %11s %11s %11s %9s\n", "rules", "events", "matches", "us/event",
              "with rules", "added us", "load ms");
  std::vector<Cost> costs;
  for (int i = 2; i < argc; ++i) {
    Cost cost = measure(*files, texts, argv[i]);
    auto events = static_cast<double>(std::max<uint64_t>(cost.events, 1));
    std::printf("%7zu %9llu %9llu %11.3f %11.3f %11.3f %9.1f\n", cost.rules,
                static_cast<unsigned long long>(cost.events),
                static_cast<unsigned long long>(cost.matches), cost.reading * 1e6 / events,
                cost.matching * 1e6 / events, (cost.matching - cost.reading) * 1e6 / events,
                cost.loading * 1e3);
    std::fflush(stdout);
    costs.push_back(cost);
  }
  std::printf("slowdown of reading and matching from the fewest rules to the most: %.2fx\n",
              costs.back().matching / costs.front().matching);
  return 0;
}
