#include "store/audit_chain.h"

#include "crypto/crypto.h"

namespace cairn::store {

namespace {

constexpr const char* kSelect =
    "SELECT number, time_ms, action, detail, hash FROM audit ORDER BY number";

void add_number(crypto::Sha256& hash, uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<unsigned char>(number >> shift));
  hash.add(bytes);
}

std::string hash_of(std::string_view previous, const AuditRow& row) {
  crypto::Sha256 hash;
  hash.add("cairn audit 1\n");
  hash.add(previous);
  add_number(hash, static_cast<uint64_t>(row.number));
  add_number(hash, static_cast<uint64_t>(row.time_ms));
  add_number(hash, row.action.size());
  hash.add(row.action);
  add_number(hash, row.detail.size());
  hash.add(row.detail);
  return hash.finish();
}

AuditRow row_of(const Statement& select) {
  return {select.integer(0), select.integer(1), select.string(2), select.string(3),
          select.string(4)};
}

}  // namespace

Result<bool> has_audit(Database& database) {
  TRY_ASSIGN(int64_t there, database.integer("SELECT count(*) FROM sqlite_master WHERE type = "
                                             "'table' AND name = 'audit'"));
  return there > 0;
}

Result<bool> prepare_audit(Database& database) {
  TRY_ASSIGN(bool there, has_audit(database));
  if (there) return false;
  TRY(
      database.execute("CREATE TABLE audit (number INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, "
                       "action TEXT NOT NULL, detail BLOB NOT NULL, hash BLOB NOT NULL)"));
  return true;
}

Result<std::string> audit_head(Database& database) {
  TRY_ASSIGN(bool there, has_audit(database));
  if (!there) return std::string();
  TRY_ASSIGN(auto last, database.prepare("SELECT hash FROM audit ORDER BY number DESC LIMIT 1"));
  TRY_ASSIGN(bool found, last.step());
  return found ? last.string(0) : std::string();
}

Result<std::string> append_audit(Database& database, int64_t time_ms, std::string_view action,
                                 std::string_view detail) {
  AuditRow row;
  std::string previous(crypto::kHashBytes, '\0');
  {
    TRY_ASSIGN(auto last,
               database.prepare("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"));
    TRY_ASSIGN(bool found, last.step());
    if (found) {
      row.number = last.integer(0);
      previous = last.string(1);
    }
  }
  ++row.number;
  row.time_ms = time_ms;
  row.action = action;
  row.detail = detail;
  row.hash = hash_of(previous, row);
  TRY_ASSIGN(auto insert, database.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?)"));
  TRY(insert.bind(1, row.number)
          .bind(2, time_ms)
          .bind(3, action)
          .bind_blob(4, detail)
          .bind_blob(5, row.hash)
          .run());
  return row.hash;
}

Status visit_audit(Database& database, const std::function<Status(const AuditRow&)>& visit) {
  TRY_ASSIGN(auto select, database.prepare(kSelect));
  for (;;) {
    TRY_ASSIGN(bool more, select.step());
    if (!more) return {};
    TRY(visit(row_of(select)));
  }
}

Result<AuditCheck> check_audit(Database& database, std::string_view known_head) {
  AuditCheck check;
  check.head.assign(crypto::kHashBytes, '\0');
  check.met_known = known_head.empty();
  TRY(visit_audit(database, [&](const AuditRow& row) -> Status {
    if (!check.fault.empty()) return {};
    int64_t expected = static_cast<int64_t>(check.rows) + 1;
    if (row.number != expected) {
      check.fault = "row " + std::to_string(expected) + " is not there";
    } else if (row.hash != hash_of(check.head, row)) {
      check.fault = "row " + std::to_string(row.number) +
                    " is not what was written, or does not follow the row before it";
    } else {
      ++check.rows;
      check.head = row.hash;
      check.met_known |= row.hash == known_head;
    }
    return {};
  }));
  if (check.fault.empty() && !check.met_known)
    check.fault =
        "the head that is known does not occur: rows were cut from its end, or all were "
        "written anew";
  return check;
}

}  // namespace cairn::store
