#pragma once

// What a rule's ATT&CK techniques mean in a sentence: "because logging was cut, then …".

#include "model/rule_info.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::incident {

/// What a deed is good for in an attack. Several stages together are worse than each alone.
enum class Stage : uint8_t {
  kEntry,     // got in: a sign-in, a stolen credential
  kExplore,   // looked around
  kSecrets,   // took credentials and secrets
  kFoothold,  // made credentials, widened rights
  kHiding,    // cut logging, switched off protection
  kControl,   // ran code, entered machines
  kTaking,    // collected and copied out data
  kHarm,      // destroyed, encrypted, mined
  kOther
};
inline constexpr size_t kStages = 9;

struct Deed {
  Stage stage = Stage::kOther;
  std::string done;   // "logging was cut"
  std::string tried;  // "somebody tried to cut logging"
};

/// What a rule tells of. Without a technique that says it, the rule's title.
Deed deed_of(const RuleInfo& rule);

/// "Root signed in" → "root signed in"; abbreviations stay: "MFA was removed".
std::string lower_first(std::string_view sentence);
std::string upper_first(std::string_view sentence);

}  // namespace cairn::incident
