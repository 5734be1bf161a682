#include "lake/care.h"

#include "base/text.h"
#include "lake/inside.h"
#include "lake/row_writer.h"
#include "sys/files.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace cairn::lake {

namespace {

constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;
constexpr size_t kReadBytes = 1u << 20;

std::string date_of(int64_t ms) { return format_date(Timestamp(Duration(ms))); }

/// A database that reads the given files of the lake.
struct Reading {
  std::shared_ptr<LakeMount> mount = std::make_shared<LakeMount>();
  std::unique_ptr<duck::Database> database;
  std::unique_ptr<duck::Connection> connection;
};

Result<Reading> read_files(Inside& lake, const std::vector<CatalogFile>& files) {
  Reading reading;
  TRY(add_entries(lake, files, *reading.mount));
  TRY_ASSIGN(reading.database, duck::Database::open({}));
  TRY(reading.database->mount(kMount, reading.mount));
  TRY_ASSIGN(reading.connection, reading.database->connect({}));
  return reading;
}

/// The first value of a query, as a number.
Result<uint64_t> count_of(duck::Connection& connection, const std::string& sql) {
  TRY_ASSIGN(auto answer, connection.query(sql));
  TRY_ASSIGN(size_t rows, answer->next());
  std::string text;
  if (rows > 0) answer->append_text(0, 0, text);
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

// --- status --------------------------------------------------------------------------------------

namespace {

/// Adds up the files of one account, which are in order of their first event.
AccountStatus sum_up(const std::vector<CatalogFile>& files, size_t begin, size_t end) {
  AccountStatus status;
  status.account = files[begin].account;
  std::set<int64_t> days;
  for (size_t i = begin; i < end; ++i) {
    const CatalogFile& file = files[i];
    ++status.files;
    status.rows += file.rows;
    status.bytes += file.bytes;
    if (file.last_ms == 0) continue;  // events without a time
    for (std::string_view day : split(file.days, ' ')) {
      int64_t number = 0;
      std::from_chars(day.data(), day.data() + day.size(), number);
      days.insert(number);
    }
    if (status.first == Timestamp{} || file.first_ms < status.first.time_since_epoch().count())
      status.first = Timestamp(Duration(file.first_ms));
    status.last = std::max(status.last, Timestamp(Duration(file.last_ms)));
  }
  status.days = days.size();
  for (auto day = days.begin(); day != days.end() && std::next(day) != days.end(); ++day) {
    int64_t next = *std::next(day);
    if (next == *day + 1) continue;
    std::string gap = date_of((*day + 1) * kDayMs);
    if (next > *day + 2) gap += " .. " + date_of((next - 1) * kDayMs);
    status.gaps.push_back(std::move(gap));
  }
  return status;
}

}  // namespace

Result<LakeStatus> status_of(Lake& lake) {
  Inside& inside = lake.inside();
  TRY_ASSIGN(auto view, inside.catalog->view());
  LakeStatus status;
  status.folder = inside.folder;
  status.protection = inside.catalog->protection();
  status.format = kFormatVersion;
  TRY_ASSIGN(status.version, inside.catalog->version());
  TRY_ASSIGN(std::vector<CatalogFile> files, inside.catalog->files());
  for (size_t begin = 0; begin < files.size();) {
    size_t end = begin;
    while (end < files.size() && files[end].account == files[begin].account) ++end;
    AccountStatus account = sum_up(files, begin, end);
    status.files += account.files;
    status.rows += account.rows;
    status.bytes += account.bytes;
    status.accounts.push_back(std::move(account));
    begin = end;
  }
  TRY_ASSIGN(status.holds, inside.catalog->holds());
  for (AccountStatus& account : status.accounts) {
    for (const auto& [name, reason] : status.holds) account.held |= name == account.account;
  }
  TRY(inside.catalog->visit_sources([&](const CatalogSource& source) -> Status {
    ++status.objects;
    status.objects_partial += source.whole ? 0 : 1;
    status.object_bytes += source.bytes;
    status.quarantined += source.quarantined;
    return {};
  }));
  TRY_ASSIGN(std::vector<CatalogLoad> loads, inside.catalog->loads());
  status.loads = loads.size();
  for (const CatalogLoad& load : loads) status.loads_interrupted += load.ended_ms == 0 ? 1 : 0;
  TRY_ASSIGN(std::vector<CatalogAction> actions, inside.catalog->actions());
  for (const CatalogAction& action : actions) {
    status.actions.push_back(format_time_short(Timestamp(Duration(action.time_ms))) + " " +
                             action.action + ": " + action.detail);
  }
  return status;
}

// --- check ---------------------------------------------------------------------------------------

namespace {

/// Reads a file to its end, as stored and as text.
Status check_bytes(Inside& inside, const CatalogFile& file) {
  TRY_ASSIGN(auto stored, DurableFile::open(inside.path_of(file.name)));
  TRY_ASSIGN(uint64_t size, stored->size_bytes());
  if (size != file.bytes)
    return Error{ErrorCode::kCorrupt,
                 "it has " + format_count(size) + " bytes instead of " + format_count(file.bytes)};
  crypto::Sha256 hash;
  std::string buffer(kReadBytes, '\0');
  for (uint64_t at = 0; at < size; at += kReadBytes) {
    std::span<char> part = std::span(buffer).first(std::min<uint64_t>(kReadBytes, size - at));
    TRY(stored->read_at(at, part));
    hash.add({part.data(), part.size()});
  }
  if (hash.finish() != file.sha256)
    return Error{ErrorCode::kCorrupt, "its bytes are not those that were written"};
  TRY_ASSIGN(auto text, inside.open_file(file));
  for (uint64_t at = 0; at < text->size_bytes(); at += kReadBytes) {
    TRY(text->read_at(
        at, std::span(buffer).first(std::min<uint64_t>(kReadBytes, text->size_bytes() - at))));
  }
  return {};
}

Status check_rows(Inside& inside, const CatalogFile& file) {
  TRY_ASSIGN(Reading reading, read_files(inside, {file}));
  TRY_ASSIGN(uint64_t rows,
             count_of(*reading.connection, "SELECT count(" + std::string(kFingerprintColumn) +
                                               ") FROM " + parquet_source({file.name})));
  if (rows != file.rows)
    return Error{ErrorCode::kCorrupt,
                 "it has " + format_count(rows) + " records instead of " + format_count(file.rows)};
  return {};
}

/// The sums: of each load, and of objects against loads.
Status check_sums(Inside& inside, CheckReport& report) {
  TRY_ASSIGN(std::vector<CatalogLoad> loads, inside.catalog->loads());
  for (const CatalogLoad& load : loads) {
    const LoadCounts& sum = load.counts;
    report.stored += sum.stored;
    if (sum.records != sum.stored + sum.duplicates + sum.resumed + sum.quarantined) {
      report.faults.push_back("load " + std::to_string(load.id) +
                              " does not balance: " + format_count(sum.records) + " records read");
    }
  }
  uint64_t of_objects = 0;
  TRY(inside.catalog->visit_sources([&](const CatalogSource& source) -> Status {
    of_objects += source.stored;
    if (source.whole && source.records != source.stored + source.duplicates + source.quarantined)
      report.faults.push_back(printable(source.name) + " does not balance");
    return {};
  }));
  if (of_objects != report.stored) {
    report.faults.push_back("objects gave " + format_count(of_objects) + " records, but loads " +
                            format_count(report.stored));
  }
  return {};
}

/// Is the catalog the one that the lake had last?
Status check_head(Inside& inside, bool repair, CheckReport& report) {
  std::string catalog = printable(std::string(kCatalogName)) + ": ";
  if (!inside.older.empty()) {
    report.faults.push_back(catalog + inside.older);
    if (repair)
      report.repairs.push_back(catalog + "taken as it is, with the files that it does not know");
    return {};
  }
  TRY_ASSIGN(auto head, Catalog::read_head(inside.folder));
  std::string fault;
  if (!head) {
    fault = std::string(kHeadName) + ": it is missing, so an older catalog would not be noticed";
  } else if (!head->audit.empty()) {
    TRY_ASSIGN(store::AuditCheck chain, inside.catalog->check_audit(head->audit));
    if (!chain.met_known) fault = catalog + "its audit chain is not the one that the lake had";
  }
  if (fault.empty()) return {};
  report.faults.push_back(fault);
  if (!repair) return {};
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  TRY(change.add_action("repair", fault, inside.now_ms()));
  TRY(change.commit());
  report.repairs.push_back(std::string(kHeadName) + ": written anew");
  return {};
}

}  // namespace

Result<CheckReport> check(Lake& lake, bool repair,
                          const std::function<void(uint64_t done, uint64_t all)>& progress) {
  Inside& inside = lake.inside();
  CAIRN_CHECK(!repair || inside.access == Access::kWrite);
  CheckReport report;
  TRY(inside.catalog->database().check());
  TRY(check_head(inside, repair, report));
  TRY_ASSIGN(std::vector<CatalogFile> files, inside.catalog->files());
  std::vector<CatalogFile> lost;
  uint64_t rows_in_catalog = 0, done = 0;
  for (const CatalogFile& file : files) {
    rows_in_catalog += file.rows;
    Status sound = check_bytes(inside, file);
    if (sound.ok()) sound = check_rows(inside, file);
    if (sound.ok()) {
      ++report.files;
      report.rows += file.rows;
      report.bytes += file.bytes;
    } else {
      report.faults.push_back(printable(file.name) + ": " + sound.error().message);
      lost.push_back(file);
    }
    if (progress) progress(++done, files.size());
  }
  TRY_ASSIGN(std::vector<std::string> strange, inside.strange_files());
  for (const std::string& name : strange)
    report.faults.push_back(printable(name) + ": the catalog knows no such file");
  // First of all, and in one transaction: until then the catalog is known to be an older one, and
  // nobody removes what it does not know.
  if (repair && !inside.older.empty())
    TRY(adopt_files(inside, std::exchange(strange, {}), lost, report));
  if (repair && !lost.empty()) {
    // Which objects gave the lost records is in the lost files only: whatever that load read is
    // read again, and what is still there is recognised.
    TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
    std::set<int64_t> loads;
    uint64_t rows = 0;
    for (const CatalogFile& file : lost) {
      TRY(change.remove_file(file.id, inside.now_ms()));
      loads.insert(file.load_id);
      rows += file.rows;
    }
    std::vector<CatalogSource> again;
    TRY(inside.catalog->visit_sources([&](const CatalogSource& source) -> Status {
      bool gave = loads.contains(source.load_id) || loads.contains(kSeveralLoads);
      if (gave && source.stored > 0) again.push_back(source);
      return {};
    }));
    TRY(change.forget_sources(again));
    TRY(change.count_removed(rows));
    std::string done_about = "taken out of the lake; " + plural(again.size(), "object") +
                             " of the same loads will be read again by the next cairn load";
    for (const CatalogFile& file : lost)
      report.repairs.push_back(printable(file.name) + ": " + done_about);
    TRY(change.add_action("repair", plural(lost.size(), "file") + " " + done_about,
                          inside.now_ms()));
    TRY(change.commit());
    TRY(inside.remove_given_up());
  }
  TRY_ASSIGN(report.removed, inside.catalog->removed_records());
  for (const std::string& name : strange) {
    if (!repair) break;
    TRY(inside.remove_from_disk(name));
    report.repairs.push_back(printable(name) + ": removed");
  }
  TRY(check_sums(inside, report));
  if (!repair && rows_in_catalog + report.removed != report.stored) {
    report.faults.push_back("loads stored " + format_count(report.stored) +
                            " records, but the lake's files hold " + format_count(rows_in_catalog) +
                            " and " + format_count(report.removed) + " were removed");
  }
  return report;
}

// --- removing ------------------------------------------------------------------------------------

namespace {

Result<std::set<std::string>> held_accounts(Inside& inside) {
  TRY_ASSIGN(auto holds, inside.catalog->holds());
  std::set<std::string> held;
  for (const auto& [account, reason] : holds) held.insert(account);
  return held;
}

/// Accounts of which findings were saved; needs no key.
Result<std::set<std::string>> accounts_with_findings(Inside& inside) {
  TRY_ASSIGN(auto accounts, inside.catalog->finding_accounts());
  return std::set<std::string>(accounts.begin(), accounts.end());
}

}  // namespace

Result<Removal> forget(Lake& lake, const std::string& account) {
  Inside& inside = lake.inside();
  CAIRN_CHECK(inside.access == Access::kWrite);
  if (inside.catalog->protection() == Protection::kPlain)
    return Error{ErrorCode::kUnsupported,
                 "the lake is not encrypted, so there are no keys to destroy; remove old records "
                 "with cairn lake retain"};
  TRY_ASSIGN(auto held, held_accounts(inside));
  if (held.contains(account))
    return Error{ErrorCode::kPermission,
                 "account " + printable(account) + " is held (cairn lake release ends that)"};
  Removal removal;
  TRY_ASSIGN(std::vector<CatalogFile> files, inside.catalog->files());
  std::erase_if(files, [&](const CatalogFile& file) { return file.account != account; });
  TRY_ASSIGN(auto months, inside.catalog->key_months());
  for (const auto& [name, month] : months) removal.keys += name == account ? 1u : 0u;
  if (files.empty() && removal.keys == 0)
    return Error{ErrorCode::kNotFound, "the lake has nothing of account " + printable(account)};
  {
    TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
    for (const CatalogFile& file : files) {
      TRY(change.remove_file(file.id, inside.now_ms()));
      removal.rows += file.rows;
      removal.bytes += file.bytes;
      ++removal.files;
    }
    TRY(change.destroy_keys(account));
    TRY(change.remove_findings(account, INT64_MAX));
    TRY(change.count_removed(removal.rows));
    TRY(change.add_action("forget",
                          "account " + account + ": " + plural(removal.keys, "key") +
                              " destroyed, " + plural(removal.rows, "record") + " in " +
                              plural(removal.files, "file") + " gone",
                          inside.now_ms()));
    TRY(change.commit());
  }
  // The wrapped keys leave the free pages and the write-ahead log too.
  TRY(inside.catalog->database().scour());
  // The proof, before the files go: none of them opens.
  for (const CatalogFile& file : files) {
    auto opened = inside.open_file(file);
    if (opened.ok()) return Error{ErrorCode::kCorrupt, printable(file.name) + " can still be read"};
    ++removal.unreadable;
  }
  for (const CatalogFile& file : files) TRY(inside.remove_from_disk(file.name));
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  for (const CatalogFile& file : files) TRY(change.forget_file(file.id));
  TRY(change.commit());
  return removal;
}

Result<Removal> retain(Lake& lake, Timestamp before, const std::string& account, bool dry_run) {
  Inside& inside = lake.inside();
  TRY_ASSIGN(auto held, held_accounts(inside));
  TRY_ASSIGN(std::vector<CatalogFile> files, inside.catalog->files());
  int64_t limit = before.time_since_epoch().count();
  Removal removal;
  std::set<std::string> left_alone;
  std::erase_if(files, [&](const CatalogFile& file) {
    if (!account.empty() && file.account != account) return true;
    // Events without a time are of no known age.
    if (file.last_ms >= limit || file.last_ms == 0) return true;
    if (!held.contains(file.account)) return false;
    left_alone.insert(file.account);
    return true;
  });
  removal.held.assign(left_alone.begin(), left_alone.end());
  for (const CatalogFile& file : files) {
    ++removal.files;
    removal.rows += file.rows;
    removal.bytes += file.bytes;
  }
  if (dry_run) return removal;
  CAIRN_CHECK(inside.access == Access::kWrite);
  {
    TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
    for (const CatalogFile& file : files) TRY(change.remove_file(file.id, inside.now_ms()));
    TRY(change.count_removed(removal.rows));
    TRY_ASSIGN(std::set<std::string> accounts, accounts_with_findings(inside));
    for (const std::string& one : accounts) {
      if ((account.empty() || account == one) && !held.contains(one))
        TRY(change.remove_findings(one, limit));
    }
    if (!files.empty()) {
      TRY(change.add_action("retain",
                            plural(removal.rows, "record") + " in " +
                                plural(removal.files, "file") + " from before " +
                                format_time_short(before) + " removed",
                            inside.now_ms()));
    }
    TRY(change.commit());
  }
  TRY(inside.remove_given_up());
  return removal;
}

Status hold(Lake& lake, const std::string& account, const std::string& reason) {
  Inside& inside = lake.inside();
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  TRY(change.set_hold(account, reason, inside.now_ms()));
  TRY(change.add_action("hold", "account " + account + ": " + reason, inside.now_ms()));
  return change.commit();
}

Status release(Lake& lake, const std::string& account) {
  Inside& inside = lake.inside();
  TRY_ASSIGN(auto held, held_accounts(inside));
  if (!held.contains(account))
    return Error{ErrorCode::kNotFound, "account " + printable(account) + " is not held"};
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  TRY(change.clear_hold(account));
  TRY(change.add_action("release", "account " + account, inside.now_ms()));
  return change.commit();
}

}  // namespace cairn::lake
