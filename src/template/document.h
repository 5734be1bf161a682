#pragma once

// The text of a template, YAML or JSON, as one tree in which every function is in its long form.

#include "template/remarks.h"

#include <optional>
#include <string_view>

namespace cairn::templates {

/// Reads a text as a map; says what is wrong with it otherwise. Short forms (`!GetAtt A.Arn`)
/// become long ones (`{"Fn::GetAtt": ["A", "Arn"]}`), so that the tree has no tags.
std::optional<YamlNode> read_document(std::string_view text, Remarks& remarks,
                                      Diagnostics& diagnostics);

/// The name of the function that a node calls ("Ref", "Fn::Sub"), and its argument. A function is a
/// map with this one member.
const std::pair<YamlNode, YamlNode>* function_call(const YamlNode& node);

}  // namespace cairn::templates
