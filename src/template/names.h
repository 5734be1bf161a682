#pragma once

// What resources are called, and what Ref and GetAtt give for them.

#include "template/template.h"

#include <optional>
#include <string>
#include <string_view>

namespace cairn::templates {

/// Returns the property that names resources of a type ("AlarmName"), or "".
std::string_view name_property(std::string_view type);

/// Sets `reference` and `arn` of a resource from its type and name; the name first, when the
/// template gives none (`given` is "").
void name_resource(Resource& resource, const std::string& given, const Settings& settings);

/// What GetAtt gives. Attributes that this does not know become NAME.ATTRIBUTE.
std::string attribute_of(const Resource& resource, std::string_view attribute,
                         const Settings& settings);

/// Returns "aws", "aws-cn" or "aws-us-gov", by region.
std::string_view partition_of(std::string_view region);
/// Returns the value of a pseudo parameter but AWS::NoValue and AWS::NotificationARNs, nothing when
/// there is none of this name.
std::optional<std::string> pseudo_parameter(std::string_view name, const Settings& settings);
/// Whether it is a pseudo parameter that can be given a value.
bool is_pseudo_parameter(std::string_view name);

}  // namespace cairn::templates
