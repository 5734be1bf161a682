// Digests and their side-cars, whatever they hold: an answer or an error that names the place.

#include "integrity/digest.h"

#include "base/check.h"
#include "integrity/integrity.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto digest = cairn::integrity::parse_digest(text);
  if (digest.ok()) {
    // What was read is signed as it is written.
    std::string made = cairn::integrity::data_to_sign(digest.value(), std::string(32, 'x'));
    CAIRN_CHECK(made.starts_with(digest.value().end_text));
    for (const auto& log : digest.value().logs) CAIRN_CHECK(log.hash.size() == 32);
    CAIRN_CHECK(digest.value().start <= digest.value().end);
  } else {
    CAIRN_CHECK(!digest.error().message.empty());
  }
  auto side_car = cairn::integrity::parse_side_car(text);
  if (!side_car.ok()) CAIRN_CHECK(!side_car.error().message.empty());
  cairn::integrity::KeySet keys;
  if (auto added = keys.add(text); !added.ok()) CAIRN_CHECK(!added.error().message.empty());
  return 0;
}
