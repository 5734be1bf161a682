#include "investigate/diff.h"

#include "base/pack.h"
#include "base/text.h"
#include "detect/detect.h"
#include "investigate/gatherer.h"
#include "investigate/reach.h"
#include "model/global_services.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace cairn::investigate {

namespace {

struct Dimension {
  const char *name, *label;
  SheetColumn::Kind kind;
};
constexpr std::array<Dimension, 9> kDimensions = {{
    {"principals", "WHO", SheetColumn::Kind::kPrincipal},
    {"calls", "CALLS", SheetColumn::Kind::kText},
    {"errors", "ERRORS", SheetColumn::Kind::kText},
    {"addresses", "FROM", SheetColumn::Kind::kText},
    {"countries", "COUNTRIES", SheetColumn::Kind::kText},
    {"networks", "NETWORKS", SheetColumn::Kind::kText},
    {"regions", "REGIONS", SheetColumn::Kind::kText},
    {"user_agents", "CLIENTS", SheetColumn::Kind::kText},
    {"habits", "HABITS", SheetColumn::Kind::kText},
}};
constexpr size_t kHabits = 8;
constexpr size_t kValueBytes = 512;
constexpr size_t kOverhead = 200;
constexpr size_t kKept = 200;  // of each list
constexpr size_t kTold = 20'000;
constexpr double kSurprising = 10.8;  // G² of one in a thousand by chance
constexpr double kTimes = 3;          // a share that changed less is no news

struct Row {
  double surprise = 0;
  std::string value, what;
  std::array<uint64_t, 2> events{};
  std::string first, event_id, principal;
};

double term(double observed, double expected) {
  return observed <= 0 ? 0 : observed * std::log(observed / expected);
}

/// G² of a value with these counts in these totals.
double surprise_of(const std::array<uint64_t, 2>& events, const std::array<uint64_t, 2>& totals) {
  auto a = static_cast<double>(events[0]), b = static_cast<double>(events[1]);
  auto m = static_cast<double>(totals[0]), n = static_cast<double>(totals[1]);
  double share = (a + b) / (m + n);
  double rest = 1 - share;
  double sum = term(a, m * share) + term(b, n * share);
  if (rest > 0) sum += term(m - a, m * rest) + term(n - b, n * rest);
  return 2 * sum;
}

std::string percent(uint64_t part, uint64_t whole) {
  if (whole == 0) return "0 %";
  auto tenths =
      static_cast<uint64_t>(1000.0 * static_cast<double>(part) / static_cast<double>(whole) + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

}  // namespace

void DiffCounter::Sum::join(const Sum& other) {
  events[0] += other.events[0];
  events[1] += other.events[1];
  bool better = event_id.empty() && principal.empty();
  if (of_after != other.of_after) {
    better = better || other.of_after;
  } else {
    auto order = [](const Sum& sum) {
      return std::make_tuple(!sum.time_known, sum.first_ms, std::string_view(sum.event_id));
    };
    better = better || order(other) < order(*this);
  }
  if (!better) return;
  of_after = other.of_after;
  time_known = other.time_known;
  first_ms = other.first_ms;
  event_id = other.event_id;
  principal = other.principal;
}

void DiffCounter::Sum::pack(std::string& out) const {
  pack_number(out, events[0]);
  pack_number(out, events[1]);
  out += time_known ? '\1' : '\0';
  out += of_after ? '\1' : '\0';
  pack_number(out, static_cast<uint64_t>(first_ms));
  pack_text(out, event_id);
  pack_text(out, principal);
}

DiffCounter::Sum DiffCounter::Sum::unpack(std::string_view bytes) {
  PackReader reader(bytes);
  Sum sum;
  sum.events[0] = reader.number();
  sum.events[1] = reader.number();
  sum.time_known = reader.bytes(1) == "\1";
  sum.of_after = reader.bytes(1) == "\1";
  sum.first_ms = static_cast<int64_t>(reader.number());
  sum.event_id = reader.text();
  sum.principal = reader.text();
  return sum;
}

DiffCounter::DiffCounter(const StandardFields& standard, const geo::Atlas& atlas, Files& files,
                         size_t memory_bytes)
    : standard_(standard),
      atlas_(atlas),
      budget_(memory_bytes / 2),
      runs_(files, memory_bytes / 2) {}

void DiffCounter::add(const Event& event, Side side) {
  auto at = static_cast<size_t>(side);
  ++events_[at];
  if (event.time_known()) {
    int64_t time = event.time().time_since_epoch().count();
    first_ms_[at] = time_known_[at] ? std::min(first_ms_[at], time) : time;
    last_ms_[at] = time_known_[at] ? std::max(last_ms_[at], time) : time;
    time_known_[at] = true;
  }
  const StandardFields& f = standard_;
  std::string principal(detect::principal_of(event, f).key);
  std::string call = call_name(event.text(f.event_source), event.text(f.event_name));
  count(0, principal, event, side);
  count(1, call, event, side);
  if (std::string error = error_of(event, f); !error.empty()) {
    ++failed_[at];
    count(2, call + " " + error, event, side);
  }
  count(3, event.text(f.source_ip), event, side);
  if (!atlas_.empty()) {
    geo::Place place = atlas_.place_of(event.text(f.source_ip));
    count(4, place.country, event, side);
    count(5, place.network_text(), event, side);
  }
  if (!is_global_call(event.text(f.event_source), event.text(f.region)))
    count(6, event.text(f.region), event, side);
  count(7, event.text(f.user_agent), event, side);
  value_.clear();
  pack_text(value_, cut_bytes(principal, kValueBytes));
  pack_text(value_, cut_bytes(call, kValueBytes));
  count(kHabits, value_, event, side);
  if (bytes_ <= budget_) return;
  Status status = flush();
  if (failure_.ok()) failure_ = std::move(status);
}

void DiffCounter::count(size_t dimension, std::string_view value, const Event& event, Side side) {
  if (value.empty()) return;
  key_.assign(1, static_cast<char>(dimension));
  key_ += dimension == kHabits ? value : cut_bytes(value, kValueBytes);
  auto [entry, is_new] = open_.try_emplace(key_);
  if (is_new) bytes_ += key_.size() + kOverhead;
  Sum& sum = entry->second;
  ++sum.events[static_cast<size_t>(side)];
  int64_t time = event.time_known() ? event.time().time_since_epoch().count() : 0;
  bool after = side == Side::kAfter;
  bool may_be_first =
      is_new || (after && !sum.of_after) ||
      (after == sum.of_after && event.time_known() && (!sum.time_known || time <= sum.first_ms));
  if (!may_be_first) return;
  Sum one;
  one.of_after = after;
  one.time_known = event.time_known();
  one.first_ms = time;
  one.event_id = cut_bytes(event.text(standard_.event_id), kValueBytes);
  one.principal = cut_bytes(detect::principal_of(event, standard_).key, kValueBytes);
  sum.join(one);
}

Status DiffCounter::flush() {
  for (const auto& [key, sum] : open_) {
    payload_.clear();
    sum.pack(payload_);
    TRY(runs_.add(key, payload_));
  }
  open_.clear();
  bytes_ = 0;
  return {};
}

class DiffAnswer {
 public:
  Result<DiffResult> answer(const std::vector<DiffCounter*>& counters) {
    TRY(sum_up(counters));
    std::vector<SpillSorter*> runs;
    for (DiffCounter* counter : counters) runs.push_back(&counter->runs_);
    std::string open;
    DiffCounter::Sum sum;
    auto join = [&](std::string_view key, std::string_view payload) -> Status {
      if (key != open) {
        if (!open.empty()) note(open, sum);
        open = key;
        sum = DiffCounter::Sum();
      }
      sum.join(DiffCounter::Sum::unpack(payload));
      return {};
    };
    TRY(SpillSorter::merge(runs, join));
    if (!open.empty()) note(open, sum);
    DiffResult result;
    result.events = events_;
    result.found = events_[0] > 0 && events_[1] > 0;
    if (result.found) result.sheet = write();
    return result;
  }

 private:
  Status sum_up(const std::vector<DiffCounter*>& counters) {
    for (DiffCounter* counter : counters) {
      TRY(counter->flush());
      if (!counter->failure_.ok()) return counter->failure_;
      for (size_t side = 0; side < 2; ++side) {
        events_[side] += counter->events_[side];
        failed_[side] += counter->failed_[side];
        if (!counter->time_known_[side]) continue;
        first_ms_[side] = time_known_[side] ? std::min(first_ms_[side], counter->first_ms_[side])
                                            : counter->first_ms_[side];
        last_ms_[side] = time_known_[side] ? std::max(last_ms_[side], counter->last_ms_[side])
                                           : counter->last_ms_[side];
        time_known_[side] = true;
      }
    }
    return {};
  }

  void note(const std::string& key, const DiffCounter::Sum& sum) {
    auto dimension = static_cast<size_t>(key[0]);
    Row row;
    row.value = key.substr(1);
    if (dimension == kHabits) {
      PackReader reader(row.value);
      std::string principal(reader.text());
      std::string call(reader.text());
      // What is new or gone with its principal or its call is told there. Dimensions come in order.
      if (told_.contains(principal) || told_.contains(call)) return;
      row.value = told_apart(principal) + " " + call;
    }
    if (dimension == 0 && names_.size() < kTold) {
      auto [name, is_new] = names_.emplace(detect::short_principal(row.value), row.value);
      if (!is_new) namesakes_.insert(name->first);
    }
    row.events = sum.events;
    row.surprise = surprise_of(sum.events, events_);
    row.first = time_text(sum.time_known, sum.first_ms);
    row.event_id = sum.event_id;
    row.principal = sum.principal;
    bool one_sided = sum.events[0] == 0 || sum.events[1] == 0;
    if (one_sided && dimension < 2 && told_.size() < kTold)
      told_.emplace(cut_bytes(row.value, kValueBytes));
    if (sum.events[0] == 0) {
      row.what = "new";
      ++new_[dimension];
    } else if (sum.events[1] == 0) {
      row.what = "gone";
      ++gone_[dimension];
    } else {
      double before = static_cast<double>(sum.events[0]) / static_cast<double>(events_[0]);
      double after = static_cast<double>(sum.events[1]) / static_cast<double>(events_[1]);
      if (row.surprise < kSurprising) return;
      if (after > kTimes * before) {
        row.what = "more";
      } else if (before > kTimes * after) {
        row.what = "less";
      } else {
        return;
      }
    }
    std::vector<Row>& rows = rows_[dimension][row.what == "new"    ? 0u
                                              : row.what == "gone" ? 1u
                                                                   : 2u];
    rows.push_back(std::move(row));
    if (rows.size() < 2 * kKept) return;
    order(rows);
    rows.resize(kKept);
  }

  /// "user/dora", or "user/dora (111122223333)" when there is another one.
  std::string told_apart(const std::string& principal) const {
    std::string name = detect::short_principal(principal);
    std::vector<std::string_view> parts = split(principal, ':');
    if (parts.size() > 5 && namesakes_.contains(name)) name += " (" + std::string(parts[4]) + ")";
    return name;
  }

  static void order(std::vector<Row>& rows) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return a.surprise != b.surprise ? a.surprise > b.surprise : a.value < b.value;
    });
  }

  std::string side_text(size_t side) const {
    std::string text =
        plural(events_[side], "event") + ", " + percent(failed_[side], events_[side]) + " failed";
    if (time_known_[side])
      text += ", " + format_time_short(Timestamp(Duration(first_ms_[side]))) + " to " +
              format_time_short(Timestamp(Duration(last_ms_[side])));
    return text;
  }

  Sheet write() {
    Sheet sheet;
    sheet.title = "What is new, gone, more and less";
    sheet.namesakes.assign(namesakes_.begin(), namesakes_.end());
    sheet.say("before", "BEFORE", side_text(0));
    sheet.say("after", "AFTER", side_text(1));
    for (size_t i = 0; i < kDimensions.size(); ++i) {
      const Dimension& dimension = kDimensions[i];
      SheetPart& part = sheet.table(dimension.name, dimension.label,
                                    {{"what"},
                                     {"value", dimension.kind},
                                     {"before", SheetColumn::Kind::kNumber},
                                     {"after", SheetColumn::Kind::kNumber},
                                     {"first", SheetColumn::Kind::kTime},
                                     {"by", i == 0 || i == kHabits ? SheetColumn::Kind::kHidden
                                                                   : SheetColumn::Kind::kPrincipal},
                                     {"event", SheetColumn::Kind::kEvent}});
      // New things first, then what changed, then what is gone.
      for (size_t kind : {size_t{0}, size_t{2}, size_t{1}}) {
        std::vector<Row>& rows = rows_[i][kind];
        order(rows);
        if (rows.size() > kKept) rows.resize(kKept);
        for (Row& row : rows)
          part.rows.push_back({row.what, row.value, std::to_string(row.events[0]),
                               std::to_string(row.events[1]), row.first, row.principal,
                               row.event_id});
      }
      part.shown = i == kHabits ? 12 : 10;
      part.note = format_count(new_[i]) + " new, " + format_count(gone_[i]) + " gone";
    }
    return sheet;
  }

  std::array<uint64_t, 2> events_{}, failed_{};
  std::array<bool, 2> time_known_{};
  std::array<int64_t, 2> first_ms_{}, last_ms_{};
  std::array<std::array<std::vector<Row>, 3>, kDimensions.size()> rows_;  // new, gone, changed
  std::array<uint64_t, kDimensions.size()> new_{}, gone_{};
  std::unordered_set<std::string> told_;
  std::unordered_map<std::string, std::string> names_;  // of principals: short, whole
  std::unordered_set<std::string> namesakes_;           // short names that several have
};

Result<DiffResult> diff(const std::vector<DiffCounter*>& counters) {
  return DiffAnswer().answer(counters);
}

}  // namespace cairn::investigate
