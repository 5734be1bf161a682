#pragma once

// A door of `template`: what CloudFormation takes for each type of resource, and what Cairn does
// with it. The table is content/templates/types.txt.

#include "base/diagnostics.h"
#include "template/template.h"

#include <string_view>

namespace cairn::templates {

/// What becomes of a resource here.
enum class Verdict : uint8_t {
  kRuns,     // Cairn runs it
  kChecked,  // its properties are held against the table; it does nothing here
  kIgnored,  // a type that Cairn does not know: not looked at
};
/// Returns "runs", "checked only" or "ignored".
std::string_view to_string(Verdict verdict);
Verdict verdict_of(std::string_view type);

/// Holds the properties of all resources against the table: those that are required, unknown, of
/// another type or none of the words allowed. `text` is that of the template. Unknown properties of
/// types that are only checked are warnings, since AWS adds new ones. When the diagnostics hold
/// errors of reading, what is missing is not said: it may be there once they are gone. Codes:
/// template-property, template-type (warning: a type of AWS that does not exist in the table by a
/// slip of the pen).
void check_properties(const Template& stack, std::string_view text, Diagnostics& diagnostics);

}  // namespace cairn::templates
