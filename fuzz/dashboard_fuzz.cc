// A dashboard body and a Logs Insights query of any bytes: drawn or refused; what is drawn is JSON
// that can stand in HTML.

#include "dashboard/dashboard.h"

#include "base/check.h"
#include "dashboard/insights.h"
#include "formats/json_tree.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

constexpr size_t kBytesLimit = 16 << 10;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kBytesLimit) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  (void)cairn::dashboard::insights_sql(text);
  auto dashboard = cairn::dashboard::Dashboard::parse(text);
  if (!dashboard.ok()) return 0;
  cairn::monitor::MetricStore store({});
  cairn::dashboard::Sources sources;
  sources.store = &store;
  sources.first = cairn::Timestamp(std::chrono::seconds(1'700'000'000));
  sources.last = sources.first + std::chrono::hours(1);
  sources.band = [](const auto&, double, const cairn::monitor::Periods& periods)
      -> cairn::Result<std::pair<cairn::monitor::Values, cairn::monitor::Values>> {
    return std::pair(cairn::monitor::Values(periods.count(), 1.0),
                     cairn::monitor::Values(periods.count(), 0.0));
  };
  sources.alarm = [](const std::string&) { return std::nullopt; };
  sources.table = [](const std::string&) -> cairn::Result<cairn::dashboard::Table> {
    return cairn::dashboard::Table{};
  };
  std::string json = dashboard.value().data(sources);
  CAIRN_CHECK(json.find('<') == std::string::npos);
  cairn::JsonTree tree;
  CAIRN_CHECK(tree.parse(json).ok());
  return 0;
}
