#include "detect/candidates.h"

namespace cairn::detect {

Status Candidates::read(EventPlace event, std::string& bare) {
  if (event.source() == sorters_.size()) {
    bare = PackReader(state_.substr(event.position())).text();
    return Status::success();
  }
  TRY(read_match(event, payload_));
  read_rules(payload_, rules_).pack(bare);
  return Status::success();
}

}  // namespace cairn::detect
