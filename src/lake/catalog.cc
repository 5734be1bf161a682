#include "lake/catalog.h"

#include "base/text.h"
#include "lake/inside.h"
#include "sys/durable.h"
#include "sys/files.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>

namespace cairn::lake {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE lake (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE data_keys (id BLOB PRIMARY KEY, account TEXT NOT NULL, month TEXT NOT NULL,
  wrapped BLOB NOT NULL, created_ms INTEGER NOT NULL, UNIQUE (account, month)) WITHOUT ROWID;
CREATE TABLE loads (id INTEGER PRIMARY KEY, started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL,
  records INTEGER NOT NULL, stored INTEGER NOT NULL, duplicates INTEGER NOT NULL,
  resumed INTEGER NOT NULL, quarantined INTEGER NOT NULL, objects INTEGER NOT NULL,
  objects_skipped INTEGER NOT NULL, objects_partial INTEGER NOT NULL);
CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
  month TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, file_id BLOB NOT NULL, key_id BLOB NOT NULL,
  load_id INTEGER NOT NULL, days TEXT NOT NULL, lookup INTEGER NOT NULL, removed_ms INTEGER);
CREATE INDEX files_by_time ON files (account, first_ms);
CREATE TABLE sources (id INTEGER PRIMARY KEY, lookup BLOB NOT NULL UNIQUE, name BLOB NOT NULL,
  bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, kind TEXT NOT NULL, whole INTEGER NOT NULL,
  records INTEGER NOT NULL, stored INTEGER NOT NULL, duplicates INTEGER NOT NULL,
  quarantined INTEGER NOT NULL, load_id INTEGER NOT NULL, loaded_ms INTEGER NOT NULL,
  verdict TEXT, verified_ms INTEGER);
CREATE INDEX sources_by_hash ON sources (sha256);
CREATE TABLE quarantine (id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, kind TEXT NOT NULL,
  begin INTEGER NOT NULL, length INTEGER NOT NULL, source BLOB NOT NULL, reason BLOB NOT NULL,
  load_id INTEGER NOT NULL);
CREATE TABLE findings (id TEXT PRIMARY KEY, account TEXT NOT NULL, key_id BLOB NOT NULL,
  last_ms INTEGER NOT NULL, saved_ms INTEGER NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE holds (account TEXT PRIMARY KEY, reason BLOB NOT NULL, since_ms INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE actions (id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, action TEXT NOT NULL,
  detail BLOB NOT NULL);
PRAGMA user_version = 3;
)";

constexpr std::string_view kHeadMagic = "cairn lake head 1\n";
constexpr uint64_t kHeadBytes = 4096;
constexpr std::string_view kCatalogKey = "catalog key";

// Rows of the audit chain that are not actions.
constexpr std::string_view kFileAdded = "file added", kFileRemoved = "file removed";

/// What the chain keeps of a file: "NAME SHA256 ROWS".
std::string audit_detail(const CatalogFile& file) {
  return file.name + " " + crypto::to_hex(file.sha256) + " " + std::to_string(file.rows);
}

std::string key_context(std::string_view lake_id, std::string_view key_id, std::string_view account,
                        std::string_view month) {
  std::string text = "cairn lake " + crypto::to_hex(lake_id) + " key " + crypto::to_hex(key_id);
  return ((text += " ") += account) += " " + std::string(month);
}

}  // namespace

Catalog::Catalog(std::unique_ptr<store::Database> database, const std::string& path)
    : database_(std::move(database)), folder_(path.substr(0, path.rfind('/'))) {}

Result<std::unique_ptr<Catalog>> Catalog::create(const std::string& path, Protection protection,
                                                 std::string_view salt, KeyHolder* holder,
                                                 int64_t now_ms) {
  TRY_ASSIGN(auto database, store::Database::open(path, store::Access::kWrite));
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(database), path));
  TRY_ASSIGN(auto transaction, store::Transaction::begin(*catalog->database_));
  TRY_ASSIGN(int64_t version, catalog->database_->version());
  if (version != 0) return Error{ErrorCode::kInvalidInput, path + ": the lake is there already"};
  TRY(catalog->database_->execute(kSchema));
  TRY_ASSIGN(catalog->lake_id_, crypto::random_bytes(16));
  catalog->protection_ = protection;
  catalog->salt_ = salt;
  TRY(catalog->set_fact("id", catalog->lake_id_));
  TRY(catalog->set_fact("protection", to_string(protection)));
  TRY(catalog->set_fact("salt", salt));
  TRY(catalog->set_fact("version", "1"));
  TRY(catalog->set_fact("created_ms", std::to_string(now_ms)));
  if (protection != Protection::kPlain) {
    CAIRN_CHECK(holder != nullptr);
    TRY_ASSIGN(auto key, crypto::SecretKey::random());
    TRY_ASSIGN(catalog->wrapped_key_, holder->wrap(catalog->context(kCatalogKey), key));
    TRY(catalog->set_fact("catalog_key", catalog->wrapped_key_));
    catalog->key_ = std::move(key);
  }
  TRY(transaction.commit());
  TRY(catalog->write_head());
  return catalog;
}

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& path, store::Access access) {
  TRY_ASSIGN(auto database, store::Database::open(path, access));
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(database), path));
  TRY_ASSIGN(int64_t version, catalog->database_->version());
  if (version != kFormatVersion) {
    return Error{ErrorCode::kUnsupported, path + ": the lake's format is " +
                                              std::to_string(version) + ", this program reads " +
                                              std::to_string(kFormatVersion)};
  }
  TRY(catalog->load_facts());
  return catalog;
}

Result<std::string> Catalog::fact(const char* name) {
  TRY_ASSIGN(auto select, database_->prepare("SELECT value FROM lake WHERE name = ?"));
  TRY_ASSIGN(bool found, select.bind(1, name).step());
  return found ? select.string(0) : std::string();
}

Status Catalog::set_fact(const char* name, std::string_view value) {
  TRY_ASSIGN(auto insert, database_->prepare("INSERT OR REPLACE INTO lake VALUES (?, ?)"));
  return insert.bind(1, name).bind_blob(2, value).run();
}

Status Catalog::load_facts() {
  TRY_ASSIGN(lake_id_, fact("id"));
  TRY_ASSIGN(salt_, fact("salt"));
  TRY_ASSIGN(wrapped_key_, fact("catalog_key"));
  TRY_ASSIGN(std::string protection, fact("protection"));
  for (Protection one : {Protection::kPlain, Protection::kKeyFile, Protection::kPassphrase}) {
    if (protection != to_string(one)) continue;
    protection_ = one;
    return {};
  }
  return Error{ErrorCode::kCorrupt, "the catalog does not say how the lake is protected"};
}

std::string Catalog::context(std::string_view what) const {
  return "cairn lake " + crypto::to_hex(lake_id_) + " " + std::string(what);
}

Status Catalog::unlock(KeyHolder& holder) {
  if (protection_ == Protection::kPlain) return {};
  TRY_ASSIGN(auto key, holder.unwrap(context(kCatalogKey), wrapped_key_));
  key_ = std::move(key);
  return {};
}

Result<std::string> Catalog::seal(std::string_view what, std::string_view text) const {
  if (protection_ == Protection::kPlain) return std::string(text);
  CAIRN_CHECK(key_.has_value());
  return crypto::seal(*key_, context(what), text);
}

Result<std::string> Catalog::unseal(std::string_view what, std::string_view sealed) const {
  if (protection_ == Protection::kPlain) return std::string(sealed);
  CAIRN_CHECK(key_.has_value());
  return crypto::open_sealed(*key_, context(what), sealed);
}

std::string Catalog::source_lookup(std::string_view name, uint64_t bytes,
                                   std::string_view sha256) const {
  std::string text = "source ";
  text += std::to_string(bytes);
  text += ' ';
  text += crypto::to_hex(sha256);
  text += ' ';
  text += name;
  return key_ ? crypto::hmac_sha256(*key_, text) : crypto::sha256(text);
}

Result<uint64_t> Catalog::version() {
  TRY_ASSIGN(std::string text, fact("version"));
  return static_cast<uint64_t>(std::strtoull(text.c_str(), nullptr, 10));
}

Result<Catalog::Head> Catalog::head() {
  Head head;
  TRY_ASSIGN(head.version, version());
  TRY_ASSIGN(head.audit, store::audit_head(*database_));
  return head;
}

Status Catalog::write_head() {
  TRY_ASSIGN(Head now, head());
  return write_durable_file(folder_ + "/" + kHeadName, std::string(kHeadMagic) +
                                                           std::to_string(now.version) + " " +
                                                           crypto::to_hex(now.audit) + "\n");
}

Result<std::optional<Catalog::Head>> Catalog::read_head(const std::string& folder) {
  std::string path = folder + "/" + kHeadName;
  auto text = read_file(*real_files(), path, kHeadBytes);
  if (!text.ok() && text.error().code == ErrorCode::kNotFound) return std::optional<Head>();
  TRY(text);
  std::string_view rest = text.value();
  Head head;
  bool good = rest.starts_with(kHeadMagic) && rest.ends_with('\n');
  if (good) {
    rest = rest.substr(kHeadMagic.size(), rest.size() - kHeadMagic.size() - 1);
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), head.version);
    size_t digits = static_cast<size_t>(end - rest.data());
    good = error == std::errc() && digits < rest.size() && rest[digits] == ' ';
    if (good) {
      auto audit = crypto::from_hex(rest.substr(digits + 1));
      good = audit.ok();
      if (good) head.audit = std::move(audit).value();
    }
  }
  if (!good) return Error{ErrorCode::kCorrupt, printable(path) + ": it is damaged"};
  return std::optional<Head>(std::move(head));
}

Result<uint64_t> Catalog::removed_records() {
  TRY_ASSIGN(std::string text, fact("removed_records"));
  return static_cast<uint64_t>(std::strtoull(text.c_str(), nullptr, 10));
}

Result<std::vector<CatalogFile>> Catalog::files_where(const char* condition) {
  TRY_ASSIGN(auto select,
             database_->prepare(std::string("SELECT id, name, account, month, first_ms, last_ms, "
                                            "rows, bytes, sha256, file_id, key_id, load_id, days, "
                                            "lookup FROM files WHERE ") +
                                condition + " ORDER BY account, first_ms, name"));
  std::vector<CatalogFile> files;
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return files;
    files.push_back({select.integer(0), select.string(1), select.string(2), select.string(3),
                     select.integer(4), select.integer(5), select.count(6), select.count(7),
                     select.string(8), select.string(9), select.string(10), select.integer(11),
                     select.string(12), select.integer(13) != 0});
  }
}

Result<std::vector<CatalogFile>> Catalog::files() { return files_where("removed_ms IS NULL"); }
Result<std::vector<CatalogFile>> Catalog::removed_files() {
  return files_where("removed_ms IS NOT NULL");
}

namespace {

constexpr const char* kSourceColumns =
    "SELECT id, name, bytes, sha256, kind, whole, records, stored, duplicates, quarantined, "
    "load_id, loaded_ms, verdict, verified_ms FROM sources ";

/// All but the name, which is sealed.
CatalogSource read_source(const store::Statement& row) {
  return {row.integer(0),  "",
          row.count(2),    row.string(3),
          row.string(4),   row.integer(5) != 0,
          row.count(6),    row.count(7),
          row.count(8),    row.count(9),
          row.integer(10), row.integer(11),
          row.string(12),  row.integer(13)};
}

}  // namespace

Status Catalog::visit_sources(const std::function<Status(const CatalogSource&)>& visit) {
  TRY_ASSIGN(auto select, database_->prepare(std::string(kSourceColumns) + "ORDER BY id"));
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return {};
    CatalogSource source = read_source(select);
    TRY_ASSIGN(source.name, unseal("source", select.text(1)));
    TRY(visit(source));
  }
}

Status Catalog::visit_quarantine(const std::function<Status(const CatalogQuarantine&)>& visit) {
  TRY_ASSIGN(auto select, database_->prepare("SELECT kind, begin, length, source, reason, load_id "
                                             "FROM quarantine ORDER BY id"));
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return {};
    CatalogQuarantine entry{"", select.string(0), select.count(1), select.count(2),
                            "", select.integer(5)};
    TRY_ASSIGN(entry.source, unseal("quarantine source", select.text(3)));
    TRY_ASSIGN(entry.reason, unseal("quarantine reason", select.text(4)));
    TRY(visit(entry));
  }
}

Status Catalog::visit_findings(KeyHolder* holder,
                               const std::function<Status(const CatalogFinding&)>& visit) {
  TRY_ASSIGN(auto select,
             database_->prepare("SELECT id, account, key_id, last_ms, saved_ms, content FROM "
                                "findings ORDER BY last_ms, id"));
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return {};
    CatalogFinding finding{select.string(0), select.string(1), select.integer(3), select.integer(4),
                           select.string(5)};
    if (protection_ != Protection::kPlain) {
      TRY_ASSIGN(auto key, data_key(select.text(2), holder));
      TRY_ASSIGN(finding.content,
                 crypto::open_sealed(key, context("finding " + finding.id), finding.content));
    }
    TRY(visit(finding));
  }
}

Result<std::vector<std::string>> Catalog::finding_accounts() {
  TRY_ASSIGN(auto select, database_->prepare("SELECT DISTINCT account FROM findings"));
  std::vector<std::string> accounts;
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return accounts;
    accounts.push_back(select.string(0));
  }
}

Result<bool> Catalog::keeps_raw() {
  TRY_ASSIGN(std::string text, fact("without_raw"));
  return text.empty();
}

Result<std::vector<CatalogLoad>> Catalog::loads() {
  TRY_ASSIGN(auto select,
             database_->prepare("SELECT id, started_ms, ended_ms, records, stored, duplicates, "
                                "resumed, quarantined, objects, objects_skipped, objects_partial "
                                "FROM loads ORDER BY id"));
  std::vector<CatalogLoad> loads;
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return loads;
    loads.push_back({select.integer(0),
                     select.integer(1),
                     select.integer(2),
                     {select.count(3), select.count(4), select.count(5), select.count(6),
                      select.count(7), select.count(8), select.count(9), select.count(10)}});
  }
}

Result<std::vector<std::pair<std::string, std::string>>> Catalog::holds() {
  TRY_ASSIGN(auto select, database_->prepare("SELECT account, reason FROM holds ORDER BY account"));
  std::vector<std::pair<std::string, std::string>> holds;
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return holds;
    TRY_ASSIGN(std::string reason, unseal("hold", select.text(1)));
    holds.emplace_back(select.string(0), std::move(reason));
  }
}

Result<std::vector<CatalogAction>> Catalog::actions() {
  TRY_ASSIGN(auto select,
             database_->prepare("SELECT time_ms, action, detail FROM actions ORDER BY id"));
  std::vector<CatalogAction> actions;
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return actions;
    TRY_ASSIGN(std::string detail, unseal("action", select.text(2)));
    actions.push_back({select.integer(0), select.string(1), std::move(detail)});
  }
}

Result<std::vector<std::pair<std::string, std::string>>> Catalog::key_months() {
  TRY_ASSIGN(auto select,
             database_->prepare("SELECT account, month FROM data_keys ORDER BY account, month"));
  std::vector<std::pair<std::string, std::string>> months;
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return months;
    months.emplace_back(select.string(0), select.string(1));
  }
}

Result<std::optional<CatalogSource>> Catalog::find_source(std::string_view name, uint64_t bytes,
                                                          std::string_view sha256) {
  TRY_ASSIGN(auto select, database_->prepare(std::string(kSourceColumns) + "WHERE lookup = ?"));
  TRY_ASSIGN(bool found, select.bind_blob(1, source_lookup(name, bytes, sha256)).step());
  if (!found) return std::optional<CatalogSource>();
  CatalogSource source = read_source(select);
  source.name = name;
  return std::optional<CatalogSource>(std::move(source));
}

Result<crypto::SecretKey> Catalog::data_key(std::string_view key_id, KeyHolder* holder) {
  if (auto known = data_keys_.find(key_id); known != data_keys_.end()) return known->second.copy();
  TRY_ASSIGN(auto select,
             database_->prepare("SELECT account, month, wrapped FROM data_keys WHERE id = ?"));
  TRY_ASSIGN(bool found, select.bind_blob(1, key_id).step());
  if (!found || holder == nullptr)
    return Error{ErrorCode::kNotFound, "the key of this file was destroyed"};
  TRY_ASSIGN(auto key, holder->unwrap(key_context(lake_id_, key_id, select.text(0), select.text(1)),
                                      select.text(2)));
  data_keys_.emplace(key_id, key.copy());
  return key;
}

Result<Catalog::Change> Catalog::change(int64_t now_ms) {
  TRY_ASSIGN(auto transaction, store::Transaction::begin(*database_));
  Change change(*this, std::move(transaction), now_ms);
  TRY_ASSIGN(bool is_new, store::prepare_audit(*database_));
  if (!is_new) return change;
  // A lake that is older than the chain: what is in it now is where the chain begins.
  TRY_ASSIGN(auto known, files());
  for (const CatalogFile& file : known) TRY(change.note(kFileAdded, audit_detail(file)));
  return change;
}

Status Catalog::Change::note(std::string_view action, std::string_view detail) {
  TRY(store::append_audit(*catalog_.database_, now_ms_, action, detail));
  return {};
}

Result<std::string> Catalog::Change::name_of_file(int64_t id) {
  TRY_ASSIGN(auto select, catalog_.database_->prepare("SELECT name FROM files WHERE id = ?"));
  TRY_ASSIGN(bool found, select.bind(1, id).step());
  return found ? select.string(0) : std::string();
}

Status Catalog::visit_audit(const std::function<Status(const store::AuditRow&)>& visit) {
  TRY_ASSIGN(bool there, store::has_audit(*database_));
  if (!there) return {};
  return store::visit_audit(*database_, [&](const store::AuditRow& row) -> Status {
    store::AuditRow readable = row;
    // Actions are sealed; files and loads are not. One that cannot be opened was tampered with.
    if (!row.action.starts_with("file ") && !row.action.starts_with("load ")) {
      auto detail = unseal("action", row.detail);
      readable.detail = detail.ok() ? detail.value() : "(cannot be opened)";
    }
    return visit(readable);
  });
}

Result<store::AuditCheck> Catalog::check_audit(std::string_view known_head) {
  TRY_ASSIGN(bool there, store::has_audit(*database_));
  if (!there) {
    store::AuditCheck none;
    none.head.assign(crypto::kHashBytes, '\0');
    TRY_ASSIGN(int64_t loads, database_->integer("SELECT count(*) FROM loads"));
    if (loads > 0 || !known_head.empty()) none.fault = "there is no audit chain";
    return none;
  }
  TRY_ASSIGN(auto check, store::check_audit(*database_, known_head));
  if (!check.fault.empty()) return check;
  std::map<std::string, std::string> expected;  // by name
  TRY(store::visit_audit(*database_, [&](const store::AuditRow& row) -> Status {
    std::string name = row.detail.substr(0, row.detail.find(' '));
    if (row.action == kFileAdded) expected[name] = row.detail;
    if (row.action == kFileRemoved) expected.erase(name);
    return {};
  }));
  TRY_ASSIGN(auto known, files());
  for (const CatalogFile& file : known) {
    auto found = expected.find(file.name);
    if (found == expected.end() || found->second != audit_detail(file)) {
      check.fault = "the catalog's row of " + file.name + " is not what the chain says";
      return check;
    }
    expected.erase(found);
  }
  if (!expected.empty())
    check.fault = expected.begin()->first + " is in the chain, but no longer in the catalog";
  return check;
}

Result<DataKey> Catalog::Change::key_for(std::string_view account, std::string_view month,
                                         KeyHolder* holder, int64_t now_ms) {
  DataKey made;
  if (catalog_.protection_ == Protection::kPlain) return made;
  CAIRN_CHECK(holder != nullptr);
  made.account = account;
  made.month = month;
  TRY_ASSIGN(auto select, catalog_.database_->prepare(
                              "SELECT id FROM data_keys WHERE account = ? AND month = ?"));
  TRY_ASSIGN(bool found, select.bind(1, account).bind(2, month).step());
  if (found) {
    made.id = select.string(0);
    TRY_ASSIGN(made.key, catalog_.data_key(made.id, holder));
    return made;
  }
  TRY_ASSIGN(made.id, crypto::random_bytes(16));
  TRY_ASSIGN(made.key, crypto::SecretKey::random());
  TRY_ASSIGN(std::string wrapped,
             holder->wrap(key_context(catalog_.lake_id_, made.id, account, month), made.key));
  TRY_ASSIGN(auto insert,
             catalog_.database_->prepare("INSERT INTO data_keys VALUES (?, ?, ?, ?, ?)"));
  TRY(insert.bind_blob(1, made.id)
          .bind(2, account)
          .bind(3, month)
          .bind_blob(4, wrapped)
          .bind(5, now_ms)
          .run());
  return made;
}

Result<int64_t> Catalog::Change::begin_load(int64_t now_ms) {
  TRY_ASSIGN(auto insert, catalog_.database_->prepare(
                              "INSERT INTO loads VALUES (NULL, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0)"));
  TRY(insert.bind(1, now_ms).run());
  TRY_ASSIGN(int64_t id, catalog_.database_->integer("SELECT last_insert_rowid()"));
  TRY(note("load begun", std::to_string(id)));
  return id;
}

Status Catalog::Change::put_load(const CatalogLoad& load) {
  TRY_ASSIGN(auto update,
             catalog_.database_->prepare(
                 "UPDATE loads SET ended_ms = ?, records = ?, stored = ?, duplicates = ?, "
                 "resumed = ?, quarantined = ?, objects = ?, objects_skipped = ?, "
                 "objects_partial = ? WHERE id = ?"));
  const LoadCounts& counts = load.counts;
  if (load.ended_ms != 0)
    TRY(note("load ended",
             std::to_string(load.id) + " " + std::to_string(counts.stored) + " stored"));
  return update.bind(1, load.ended_ms)
      .bind(2, counts.records)
      .bind(3, counts.stored)
      .bind(4, counts.duplicates)
      .bind(5, counts.resumed)
      .bind(6, counts.quarantined)
      .bind(7, counts.objects)
      .bind(8, counts.objects_skipped)
      .bind(9, counts.objects_partial)
      .bind(10, load.id)
      .run();
}

Status Catalog::Change::add_file(const CatalogFile& file) {
  TRY(note(kFileAdded, audit_detail(file)));
  TRY_ASSIGN(auto insert, catalog_.database_->prepare("INSERT INTO files VALUES "
                                                      "(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                                      "?, NULL)"));
  return insert.bind(1, file.name)
      .bind(2, file.account)
      .bind(3, file.month)
      .bind(4, file.first_ms)
      .bind(5, file.last_ms)
      .bind(6, file.rows)
      .bind(7, file.bytes)
      .bind_blob(8, file.sha256)
      .bind_blob(9, file.file_id)
      .bind_blob(10, file.key_id)
      .bind(11, file.load_id)
      .bind(12, file.days)
      .bind(13, file.lookup ? 1 : 0)
      .run();
}

Status Catalog::Change::remove_file(int64_t id, int64_t now_ms) {
  TRY_ASSIGN(std::string name, name_of_file(id));
  TRY(note(kFileRemoved, name));
  TRY_ASSIGN(auto update,
             catalog_.database_->prepare("UPDATE files SET removed_ms = ? WHERE id = ?"));
  return update.bind(1, now_ms).bind(2, id).run();
}

Status Catalog::Change::forget_file(int64_t id) {
  TRY_ASSIGN(auto remove, catalog_.database_->prepare("DELETE FROM files WHERE id = ?"));
  return remove.bind(1, id).run();
}

Status Catalog::Change::put_source(CatalogSource& source) {
  TRY_ASSIGN(std::string name, catalog_.seal("source", source.name));
  TRY_ASSIGN(auto put,
             catalog_.database_->prepare(
                 "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL) "
                 "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, "
                 "whole = excluded.whole, records = excluded.records, "
                 "stored = excluded.stored, duplicates = excluded.duplicates, "
                 "quarantined = excluded.quarantined, load_id = excluded.load_id, "
                 "loaded_ms = excluded.loaded_ms"));
  // Without a hash no two readings are known to be of the same content.
  std::string lookup = catalog_.source_lookup(source.name, source.bytes, source.sha256);
  if (source.sha256.empty()) {
    TRY_ASSIGN(lookup, crypto::random_bytes(crypto::kHashBytes));
  }
  if (source.id == 0) {
    put.bind_null(1);
  } else {
    put.bind(1, source.id);
  }
  TRY(put.bind_blob(2, lookup)
          .bind_blob(3, name)
          .bind(4, source.bytes)
          .bind_blob(5, source.sha256)
          .bind(6, source.kind)
          .bind(7, source.whole ? 1 : 0)
          .bind(8, source.records)
          .bind(9, source.stored)
          .bind(10, source.duplicates)
          .bind(11, source.quarantined)
          .bind(12, source.load_id)
          .bind(13, source.loaded_ms)
          .run());
  if (source.id == 0) {
    TRY_ASSIGN(source.id, catalog_.database_->integer("SELECT last_insert_rowid()"));
  }
  return {};
}

Status Catalog::Change::forget_sources(const std::vector<CatalogSource>& sources) {
  // Their numbers stay, so that the sums of loads stay true; what changes is that nobody finds
  // them.
  TRY_ASSIGN(auto update, catalog_.database_->prepare(
                              "UPDATE sources SET lookup = randomblob(32) WHERE id = ?"));
  for (const CatalogSource& source : sources) TRY(update.bind(1, source.id).run());
  return {};
}

Status Catalog::Change::put_finding(const CatalogFinding& finding, const DataKey& key) {
  std::string content = finding.content;
  if (catalog_.protection_ != Protection::kPlain) {
    TRY_ASSIGN(content, crypto::seal(key.key, catalog_.context("finding " + finding.id), content));
  }
  TRY_ASSIGN(auto put, catalog_.database_->prepare(
                           "INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?, ?)"));
  return put.bind(1, finding.id)
      .bind(2, finding.account)
      .bind_blob(3, key.id)
      .bind(4, finding.last_ms)
      .bind(5, finding.saved_ms)
      .bind_blob(6, content)
      .run();
}

Status Catalog::Change::remove_findings(std::string_view account, int64_t before_ms) {
  TRY_ASSIGN(auto remove,
             catalog_.database_->prepare("DELETE FROM findings WHERE account = ? AND last_ms < ?"));
  return remove.bind(1, account).bind(2, before_ms).run();
}

Status Catalog::Change::set_verdict(int64_t source_id, std::string_view verdict, int64_t now_ms) {
  TRY_ASSIGN(auto update, catalog_.database_->prepare(
                              "UPDATE sources SET verdict = ?, verified_ms = ? WHERE id = ?"));
  return update.bind(1, verdict).bind(2, now_ms).bind(3, source_id).run();
}

Status Catalog::Change::leave_raw_out() { return catalog_.set_fact("without_raw", "1"); }

Status Catalog::Change::count_removed(uint64_t records) {
  TRY_ASSIGN(uint64_t before, catalog_.removed_records());
  return catalog_.set_fact("removed_records", std::to_string(before + records));
}

Status Catalog::Change::add_quarantine(int64_t source_id, const CatalogQuarantine& entry) {
  TRY_ASSIGN(std::string name, catalog_.seal("quarantine source", entry.source));
  TRY_ASSIGN(std::string reason, catalog_.seal("quarantine reason", entry.reason));
  TRY_ASSIGN(auto insert, catalog_.database_->prepare(
                              "INSERT INTO quarantine VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"));
  return insert.bind(1, source_id)
      .bind(2, entry.kind)
      .bind(3, entry.offset)
      .bind(4, entry.length)
      .bind_blob(5, name)
      .bind_blob(6, reason)
      .bind(7, entry.load_id)
      .run();
}

Status Catalog::Change::set_hold(std::string_view account, std::string_view reason,
                                 int64_t now_ms) {
  TRY_ASSIGN(std::string sealed, catalog_.seal("hold", reason));
  TRY_ASSIGN(auto insert,
             catalog_.database_->prepare("INSERT OR REPLACE INTO holds VALUES (?, ?, ?)"));
  return insert.bind(1, account).bind_blob(2, sealed).bind(3, now_ms).run();
}

Status Catalog::Change::clear_hold(std::string_view account) {
  TRY_ASSIGN(auto remove, catalog_.database_->prepare("DELETE FROM holds WHERE account = ?"));
  return remove.bind(1, account).run();
}

Status Catalog::Change::destroy_keys(std::string_view account) {
  TRY_ASSIGN(auto remove, catalog_.database_->prepare("DELETE FROM data_keys WHERE account = ?"));
  catalog_.data_keys_.clear();
  return remove.bind(1, account).run();
}

Status Catalog::Change::add_action(std::string_view action, std::string_view detail,
                                   int64_t now_ms) {
  TRY_ASSIGN(std::string sealed, catalog_.seal("action", detail));
  TRY(note(action, sealed));
  TRY_ASSIGN(auto insert,
             catalog_.database_->prepare("INSERT INTO actions VALUES (NULL, ?, ?, ?)"));
  return insert.bind(1, now_ms).bind(2, action).bind_blob(3, sealed).run();
}

Status Catalog::Change::rewrap(KeyHolder& from, KeyHolder& to, Protection protection,
                               std::string_view salt) {
  CAIRN_CHECK(catalog_.protection_ != Protection::kPlain && protection != Protection::kPlain);
  struct Wrapped {
    std::string id, wrapped;
  };
  std::vector<Wrapped> keys;
  {
    TRY_ASSIGN(auto select,
               catalog_.database_->prepare("SELECT id, account, month, wrapped FROM data_keys"));
    for (;;) {
      TRY_ASSIGN(bool more, select.step());
      if (!more) break;
      std::string context =
          key_context(catalog_.lake_id_, select.text(0), select.text(1), select.text(2));
      TRY_ASSIGN(auto key, from.unwrap(context, select.text(3)));
      TRY_ASSIGN(std::string wrapped, to.wrap(context, key));
      keys.push_back({select.string(0), std::move(wrapped)});
    }
  }
  TRY_ASSIGN(auto update,
             catalog_.database_->prepare("UPDATE data_keys SET wrapped = ? WHERE id = ?"));
  for (const Wrapped& key : keys) TRY(update.bind_blob(1, key.wrapped).bind_blob(2, key.id).run());
  TRY_ASSIGN(auto catalog_key, from.unwrap(catalog_.context(kCatalogKey), catalog_.wrapped_key_));
  TRY_ASSIGN(std::string wrapped, to.wrap(catalog_.context(kCatalogKey), catalog_key));
  TRY(catalog_.set_fact("catalog_key", wrapped));
  TRY(catalog_.set_fact("protection", to_string(protection)));
  return catalog_.set_fact("salt", salt);
}

Status Catalog::Change::raise_version(uint64_t above) {
  TRY_ASSIGN(uint64_t version, catalog_.version());
  return catalog_.set_fact("version", std::to_string(std::max(version, above)));
}

Status Catalog::Change::commit() {
  TRY_ASSIGN(uint64_t version, catalog_.version());
  TRY(catalog_.set_fact("version", std::to_string(version + 1)));
  TRY(transaction_.commit());
  TRY(catalog_.load_facts());
  // Ended before this, the next change writes it: a head that lags behind accuses nobody.
  return catalog_.write_head();
}

}  // namespace cairn::lake
