#pragma once

// The Parameters section: declarations held against the values given.

#include "template/remarks.h"
#include "template/template.h"

#include <vector>

namespace cairn::templates {

/// Returns the parameters with their values; those without one are an error and are not there.
std::vector<Parameter> read_parameters(const YamlNode& section, const Settings& settings,
                                       Remarks& remarks);

/// True when Ref gives a list for a parameter of this type.
bool is_list_type(std::string_view type);

}  // namespace cairn::templates
