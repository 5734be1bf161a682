#include "lake/file_choice.h"

#include "base/text.h"
#include "lake/loader.h"
#include "lake/lookup_index.h"
#include "lake/parquet_footer.h"
#include "model/cloudtrail_table.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace cairn::lake {

namespace {

using duck::Condition;
using Kind = Condition::Kind;

constexpr size_t kAccountDigits = 12;
constexpr size_t kDateBytes = 10;  // of "2024-06-03"
// A text compared as text may have a time zone of its own.
constexpr Duration kZoneSlack = std::chrono::hours(48);

/// What the columns that are known here are for.
enum class Subject : uint8_t { kOther, kTimeText, kInstant, kAccount, kLookup };

struct Known {
  Subject subject = Subject::kOther;
  LookupKind lookup = LookupKind::kEventId;
};

Known known_of(const Condition& condition) {
  static const std::vector<TableColumn> kColumns = cloudtrail_table_columns();
  if (condition.column >= kColumns.size()) return {};
  const std::string& name = kColumns[condition.column].name;
  if (!condition.member.empty()) {
    bool key = name == "useridentity" && condition.member.size() == 1 &&
               condition.member[0] == "accesskeyid";
    return key ? Known{Subject::kLookup, LookupKind::kAccessKey} : Known{};
  }
  if (name == "eventtime") return {Subject::kTimeText, {}};
  if (name == "eventtime_ts") return {Subject::kInstant, {}};
  if (condition.as_time) return {};
  if (name == "recipientaccountid") return {Subject::kAccount, {}};
  if (name == "eventid") return {Subject::kLookup, LookupKind::kEventId};
  if (name == "sourceipaddress") return {Subject::kLookup, LookupKind::kAddress};
  return {};
}

/// The span of instants that a comparison's value may stand for.
struct Span {
  Timestamp first{}, last{};
};

std::optional<Span> span_of(const Condition& condition, const Known& known,
                            const std::string& value) {
  if (condition.as_time || known.subject == Subject::kInstant) {
    int64_t microseconds = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), microseconds);
    if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
    Timestamp at(std::chrono::floor<Duration>(std::chrono::microseconds(microseconds)));
    // A column that is read as an instant by the database is read as one of another zone, perhaps.
    if (condition.as_time && known.subject == Subject::kTimeText)
      return Span{at - kZoneSlack, at + kZoneSlack};
    return Span{at, at + Duration(1)};
  }
  if (value.size() < kDateBytes) return std::nullopt;
  auto day = parse_event_time(value.substr(0, kDateBytes) + "T00:00:00Z");
  if (!day) return std::nullopt;
  return Span{*day - kZoneSlack, *day + kZoneSlack};
}

/// What the catalog says of one comparison: false when no row of the file can fulfil it.
bool catalog_admits(const Condition& condition, const CatalogFile& file) {
  Known known = known_of(condition);
  if (known.subject == Subject::kAccount && condition.kind == Kind::kEqual) {
    // An event without this field is in the folder of its identity's account; one with it is in
    // its own, if that is an account's number.
    return std::any_of(
        condition.values.begin(), condition.values.end(), [&](const std::string& value) {
          bool number =
              value.size() == kAccountDigits && std::all_of(value.begin(), value.end(), is_digit);
          return !number || value == file.account;
        });
  }
  if (known.subject != Subject::kTimeText && known.subject != Subject::kInstant) return true;
  if (file.first_ms == 0) return true;  // events without a time
  Timestamp first{Duration(file.first_ms)}, last{Duration(file.last_ms)};
  auto fits = [&](const std::string& value) {
    auto span = span_of(condition, known, value);
    if (!span) return true;
    switch (condition.kind) {
      case Kind::kEqual:
        return first <= span->last && last >= span->first;
      case Kind::kLess:
      case Kind::kLessEqual:
        return first <= span->last;
      case Kind::kGreater:
      case Kind::kGreaterEqual:
        return last >= span->first;
      default:
        return true;
    }
  };
  return condition.values.empty() ||
         std::any_of(condition.values.begin(), condition.values.end(), fits);
}

bool is_lookup(const Condition& condition) {
  return condition.kind == Kind::kEqual && known_of(condition).subject == Subject::kLookup;
}

/// True when an index can say more than "perhaps" of the condition.
bool asks_index(const Condition& condition) {
  if (condition.kind == Kind::kAll)
    return std::any_of(condition.parts.begin(), condition.parts.end(), asks_index);
  if (condition.kind == Kind::kAny)
    return std::all_of(condition.parts.begin(), condition.parts.end(), asks_index);
  return is_lookup(condition);
}

/// False when no row of the file can fulfil the condition; with an index, of one group of it.
bool admits(const Condition& condition, const CatalogFile& file, const LookupIndex* index,
            size_t group) {
  auto part_admits = [&](const Condition& part) { return admits(part, file, index, group); };
  if (condition.kind == Kind::kAll)
    return std::all_of(condition.parts.begin(), condition.parts.end(), part_admits);
  if (condition.kind == Kind::kAny)
    return std::any_of(condition.parts.begin(), condition.parts.end(), part_admits);
  if (!is_lookup(condition)) return catalog_admits(condition, file);
  if (index == nullptr) return true;
  LookupKind kind = known_of(condition).lookup;
  return std::any_of(
      condition.values.begin(), condition.values.end(),
      [&](const std::string& value) { return index->may_hold(group, lookup_hash(kind, value)); });
}

}  // namespace

Result<std::vector<std::string>> FileChoice::choose(const Condition& condition) const {
  std::vector<std::string> names;
  bool with_index = asks_index(condition);
  for (const CatalogFile& file : files_) {
    if (!admits(condition, file, nullptr, 0)) continue;
    std::string name = kMount + file.name;
    if (!with_index || !file.lookup) {
      names.push_back(std::move(name));
      continue;
    }
    TRY_ASSIGN(auto input, mount_.open(file.name));
    TRY_ASSIGN(uint64_t footer, ParquetFooter::offset_in(*input));
    TRY_ASSIGN(auto index, LookupIndex::read(*input, footer));
    if (!index) {
      names.push_back(std::move(name));
      continue;
    }
    std::vector<size_t> groups;
    for (size_t group = 0; group < index->groups(); ++group) {
      if (admits(condition, file, &*index, group)) groups.push_back(group);
    }
    if (groups.size() == index->groups()) {
      names.push_back(std::move(name));
    } else if (!groups.empty()) {
      names.push_back(name_of_groups(name, groups));
    }
  }
  return names;
}

}  // namespace cairn::lake
