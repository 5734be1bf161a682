// Runs the surprise meter over the Numenta Anomaly Benchmark's series and writes one file of
// `timestamp,value,anomaly_score` for each, for a scorer. Prints what a value costs.
//
//   nab_bench NAB_FOLDER OUTPUT_FOLDER [THRESHOLD]

#include "anomaly/band.h"
#include "anomaly/surprise.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace cairn;

struct Totals {
  uint64_t values = 0, alarms = 0, inside = 0, judged = 0;
  double seconds = 0, band_seconds = 0;
};

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool run_series(const std::filesystem::path& from, const std::filesystem::path& to,
                anomaly::SurpriseOptions options, Totals& totals) {
  std::ifstream in(from);
  std::ofstream out(to);
  std::string line;
  std::getline(in, line);
  out << "timestamp,value,anomaly_score\n";
  anomaly::Surprise meter(options);
  anomaly::Band band;
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    size_t comma = line.find(',');
    auto time = parse_event_time(std::string_view(line).substr(0, comma));
    if (comma == std::string::npos || !time) return false;
    double value = std::strtod(line.c_str() + comma + 1, nullptr);
    auto start = std::chrono::steady_clock::now();
    anomaly::SurpriseReading reading = meter.learn(*time, value);
    totals.seconds += since(start);
    start = std::chrono::steady_clock::now();
    anomaly::BandPoint usual = band.at(*time);
    band.learn(*time, value);
    totals.band_seconds += since(start);
    if (usual.known) {
      ++totals.judged;
      totals.inside += static_cast<uint64_t>(value >= usual.lower(3) && value <= usual.upper(3));
    }
    ++totals.values;
    totals.alarms += reading.alarm ? 1 : 0;
    double score = reading.alarm ? 1 - 0.5 * std::pow(10, reading.bar - reading.surprise) : 0;
    out << line << ',' << score << '\n';
  }
  return static_cast<bool>(out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: nab_bench NAB_FOLDER OUTPUT_FOLDER [THRESHOLD]\n");
    return 2;
  }
  anomaly::SurpriseOptions options;
  if (argc > 3) options.threshold = std::strtod(argv[3], nullptr);
  namespace fs = std::filesystem;
  Totals totals;
  std::error_code failed;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(argv[1]) / "data", failed)) {
    if (entry.path().extension() != ".csv") continue;
    fs::path folder = fs::path(argv[2]) / entry.path().parent_path().filename();
    fs::create_directories(folder, failed);
    if (!run_series(entry.path(), folder / entry.path().filename(), options, totals)) {
      std::fprintf(stderr, "cannot read %s\n", entry.path().c_str());
      return 1;
    }
  }
  auto values = static_cast<double>(std::max<uint64_t>(totals.values, 1));
  std::printf(
      "%llu values, %llu alarms; meter %.2f us a value, %zu bytes; band %.3f us a value, "
      "%zu bytes, %.2f %% of the values within 3 deviations\n",
      static_cast<unsigned long long>(totals.values),
      static_cast<unsigned long long>(totals.alarms), 1e6 * totals.seconds / values,
      anomaly::Surprise::memory_bytes(), 1e6 * totals.band_seconds / values, sizeof(anomaly::Band),
      100 * static_cast<double>(totals.inside) /
          static_cast<double>(std::max<uint64_t>(totals.judged, 1)));
  return totals.values > 0 ? 0 : 1;
}
