// Real logs, when they are there: the counts below were taken with a JSON library in another
// language.

#include "cloudtrail/reader_test_sink.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

namespace cairn::cloudtrail {
namespace {

std::string data_folder() { return std::string(CAIRN_SOURCE_DIR) + "/../shared/data/cloudtrail"; }

struct Counted {
  RecordingSink sink;
  uint64_t files = 0;
  std::map<std::string, uint64_t> kinds;
  explicit Counted(const TestFields& table) : sink(table.fields, table.standard) {}
};

void read_folder(const std::string& folder, const TestFields& table, ReadLimits limits,
                 Counted& counted) {
  auto files = real_files();
  Reader reader(*files, table.fields, table.standard, limits);
  std::atomic<bool> never{false};
  InputWalk walk(*files, {folder}, {});
  Status status = walk.run(
      [&](const Input& input) {
        SourceReport report = reader.read(input, counted.sink, never);
        ++counted.files;
        ++counted.kinds[std::string(to_string(report.kind))];
        return true;
      },
      [](const QuarantineEntry& entry) { ADD_FAILURE() << entry.file << ": " << entry.reason; });
  EXPECT_TRUE(status.ok());
}

struct Row {
  const char* folder;
  uint64_t files, events;
  uint64_t distinct;  // by eventID; 0 where hand-made records reuse ids
  uint64_t quarantined;
};

TEST(RealLogs, GiveExactCounts) {
  if (!std::filesystem::exists(data_folder()))
    GTEST_SKIP() << "skipped: no ../shared/data beside the project";
  const Row rows[] = {
      {"aws-ctpl-serializer", 13, 40, 0,
       3},  // one of two records of a file is broken JSON, two have no known key
      {"aws-docs-examples", 48, 173, 0, 0},
      {"flaws2-cloud", 8, 37, 37, 0},
      {"grycap", 380, 11411, 11411, 0},
      {"invictus", 20, 1448, 1448, 0},
      {"opensearch-catalog", 3, 891, 891, 0},  // 50 ids occur twice, with other account numbers
      {"panther-analysis", 70, 238, 0, 0},
      {"plaso", 1, 6, 6, 0},
      {"sec504", 2094, 18609, 14585, 0},  // two trails into one bucket
      {"splunk-data-sources", 48, 48, 48, 0},
      {"stevezieglerva-digest", 5, 9, 0, 0},
      {"stratus-detonation", 20, 247, 247, 0},
      {"streamalert", 17, 62, 0, 0},
      {"traildiscover", 258, 258, 0, 0},
      {"trailscraper", 4, 7, 0, 0},
      {"umccr", 16, 21, 0, 0},
  };
  for (const Row& row : rows) {
    for (size_t piece_bytes : {4u << 20, 3000u}) {
      if (piece_bytes < 10000 && row.files > 1000)
        continue;  // small pieces for every shape, not for every file
      TestFields table;
      Counted counted(table);
      ReadLimits limits;
      limits.piece_bytes = piece_bytes;
      read_folder(data_folder() + "/" + row.folder, table, limits, counted);
      SCOPED_TRACE(std::string(row.folder) + ", pieces of " + std::to_string(piece_bytes));
      EXPECT_EQ(counted.files, row.files);
      EXPECT_EQ(counted.sink.names.size(), row.events);
      std::set<uint64_t> prints(counted.sink.fingerprints.begin(), counted.sink.fingerprints.end());
      EXPECT_TRUE(row.distinct == 0 || prints.size() == row.distinct) << prints.size();
      EXPECT_EQ(counted.sink.quarantine.size(), row.quarantined)
          << counted.sink.joined_quarantine();
    }
  }
}

}  // namespace
}  // namespace cairn::cloudtrail
