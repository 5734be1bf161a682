#include "crypto/crypto.h"
#include "lake/inside.h"
#include "lake/lake.h"

namespace cairn::lake {

Status visit_audit(Lake& lake, const std::function<Status(const AuditEntry&)>& visit) {
  return lake.inside().catalog->visit_audit([&](const store::AuditRow& row) {
    return visit({row.number, Timestamp(Duration(row.time_ms)), row.action, row.detail,
                  crypto::to_hex(row.hash)});
  });
}

Result<AuditReport> check_audit(Lake& lake, const std::string& known_head) {
  std::string head;
  if (!known_head.empty()) {
    TRY_ASSIGN(head, crypto::from_hex(known_head));
    if (head.size() != crypto::kHashBytes)
      return Error{ErrorCode::kInvalidInput, "a head has 64 hexadecimal digits"};
  }
  TRY_ASSIGN(auto check, lake.inside().catalog->check_audit(head));
  if (check.fault.empty() && !lake.inside().older.empty())
    check.fault = "catalog.db: " + lake.inside().older;
  return AuditReport{check.rows, crypto::to_hex(check.head), check.fault};
}

}  // namespace cairn::lake
