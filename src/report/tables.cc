// Tables beside the timeline: matches for scripts, and principals.

#include "base/text.h"
#include "formats/csv.h"
#include "report/report.h"

#include <algorithm>
#include <cmath>

namespace cairn::report {

namespace {

/// Without tabs and line ends, so that a line stays a line.
std::string one_cell(std::string_view text) {
  std::string cell(text);
  std::replace_if(
      cell.begin(), cell.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return cell;
}

std::string listed(const std::vector<std::string>& values, uint64_t total) {
  std::string text = join(values, "; ");
  if (total > values.size()) text += "; … " + format_count(total) + " in all";
  return text;
}

}  // namespace

Status write_matches(OutputFile& out, std::span<const RuleInfo> rules, const MatchStream& matches,
                     uint64_t* rows) {
  std::string row;
  return matches([&](uint32_t index, const EventSummary& event, bool) -> Status {
    row = one_cell(rules[index].id) + "\t" + one_cell(event.event_id) + "\n";
    if (rows != nullptr) ++*rows;
    return out.write(row);
  });
}

Status write_principals_csv(OutputFile& out, const ScanReport& report) {
  TRY(
      out.write("principal,name,type,account,risk,critical,high,medium,low,informational,calls,"
                "failed,writes,first,last,"
                "source_ips,regions,access_keys,user_agents,different_calls,unusual\r\n"));
  std::string row;
  for (const PrincipalProfile& p : report.outcome.principals) {
    std::array<std::string, kLevelCount> levels;
    for (size_t i = 0; i < kLevelCount; ++i) levels[i] = std::to_string(p.findings_by_level[i]);
    std::string risk = std::to_string(std::llround(p.risk));
    std::string events = std::to_string(p.events), errors = std::to_string(p.errors),
                writes = std::to_string(p.writes);
    bool known = p.first != Timestamp{} || p.last != Timestamp{};
    std::string first = known ? format_time(p.first) : "", last = known ? format_time(p.last) : "";
    std::string name = detect::short_principal(p.key);
    std::string ips = listed(p.source_ips, p.source_ip_count),
                regions = listed(p.regions, p.region_count);
    std::string keys = listed(p.access_keys, p.access_keys.size());
    std::string agents = listed(p.user_agents, p.user_agent_count);
    std::string calls = std::to_string(p.event_name_count), unusual = join(p.unusual, "; ");
    row.clear();
    append_csv_row(row, {p.key,     name,      p.type,    p.account, risk,   levels[4], levels[3],
                         levels[2], levels[1], levels[0], events,    errors, writes,    first,
                         last,      ips,       regions,   keys,      agents, calls,     unusual});
    TRY(out.write(row));
  }
  return Status::success();
}

}  // namespace cairn::report
