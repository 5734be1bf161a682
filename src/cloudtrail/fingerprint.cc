// The content fingerprint: what two deliveries of one event share, whatever container, key order or
// spacing they came in.
//
// The values of the standard top-level slots are laid one after another, each behind its kind and
// its length, and hashed at once; long ones are hashed by themselves first, so that only short ones
// are copied. Objects count by their compact text.

#include "base/hash.h"
#include "cloudtrail/cloudtrail.h"

#include <array>
#include <cstring>

namespace cairn::cloudtrail {

namespace {

constexpr size_t kShort = 64;

}  // namespace

uint64_t content_fingerprint(const Event& event, const StandardFields& standard) {
  const std::array slots{
      standard.event_id,
      standard.event_time,
      standard.event_source,
      standard.event_name,
      standard.region,
      standard.source_ip,
      standard.user_agent,
      standard.error_code,
      standard.error_message,
      standard.request_id,
      standard.event_type,
      standard.recipient_account,
      standard.shared_event_id,
      standard.vpc_endpoint_id,
      standard.identity,
      standard.request_parameters,
      standard.response_elements,
      standard.additional_event_data,
      standard.service_event_details,
      standard.resources,
  };
  std::array<char, slots.size() * (kShort + 5)> buffer;
  char* out = buffer.data();
  for (SlotId slot : slots) {
    FieldValue value = event.get(slot);
    auto size = static_cast<uint32_t>(value.text.size());
    *out++ = static_cast<char>(value.kind);
    if (size == 0) continue;
    std::memcpy(out, &size, sizeof size);
    out += sizeof size;
    if (size <= kShort) {
      std::memcpy(out, value.text.data(), size);
      out += size;
    } else {
      uint64_t hash = hash64(value.text);
      std::memcpy(out, &hash, sizeof hash);
      out += sizeof hash;
    }
  }
  return hash64({buffer.data(), static_cast<size_t>(out - buffer.data())});
}

}  // namespace cairn::cloudtrail
