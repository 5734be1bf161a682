#pragma once

// A record of what was done that cannot be changed unnoticed: a table whose rows are chained by
// their hashes. Each row's hash is over the row and the hash of the one before, so that editing,
// cutting out, adding or re-ordering rows breaks the chain; whoever kept an earlier head also
// notices that the end was cut, or that everything was written anew.
//
//   hash = SHA-256("cairn audit 1\n" previous-hash number time length(action) action length(detail)
//          detail), numbers as 8 bytes, the first row's previous hash 32 zero bytes
//
// One thread, like the database.

#include "base/result.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cairn::store {

struct AuditRow {
  int64_t number = 0;  // from 1, without holes
  int64_t time_ms = 0;
  std::string action, detail;  // what stands in detail is the caller's affair: it may be sealed
  std::string hash;            // 32 bytes
};

/// Makes the table when it is not there; says whether it made it.
Result<bool> prepare_audit(Database& database);
/// True when there is a table.
Result<bool> has_audit(Database& database);
/// Appends a row, in the caller's transaction, and returns its hash: the new head.
Result<std::string> append_audit(Database& database, int64_t time_ms, std::string_view action,
                                 std::string_view detail);
/// Returns the hash of the last row; "" when there is none.
Result<std::string> audit_head(Database& database);
/// Visits all rows in order, without checking them.
Status visit_audit(Database& database, const std::function<Status(const AuditRow&)>& visit);

/// What a check came to.
struct AuditCheck {
  uint64_t rows = 0;
  std::string head;        // 32 bytes; zeros of an empty table
  bool met_known = false;  // the head that is known was met on the way
  std::string fault;       // what is wrong, in words; "" when the chain is whole
};
/// Walks the chain. `known_head`: 32 bytes that were its head once, or "".
Result<AuditCheck> check_audit(Database& database, std::string_view known_head);

}  // namespace cairn::store
