#pragma once

// A door of `template`: CloudFormation templates, YAML or JSON, as resources with their intrinsic
// functions worked out.
//
//   Diagnostics diagnostics;
//   Template stack = read_template(text, "stack.yaml", {.parameters = {{"Topic", arn}}},
//   diagnostics); for (const Resource& resource : stack.resources)
//     if (resource.created && resource.type == "AWS::CloudWatch::Alarm") {
//       std::string json = to_json(resource.properties);  // for JsonTree, and parse_alarm()
//     }
//
// Source: "Template reference" of the AWS CloudFormation user guide (template anatomy, intrinsic
// functions, pseudo parameters). Nothing is deployed: what only AWS knows when it has made a
// resource (a random suffix, an identifier) gets a stable name a person can read;
// docs/reference/template.md tells which.

#include "base/diagnostics.h"
#include "formats/yaml.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::templates {

/// What a template cannot know by itself.
struct Settings {
  /// Values of parameters by name; of exports that Fn::ImportValue asks for, by the export's name;
  /// of pseudo parameters ("AWS::Region"), which take the place of what stands below.
  std::map<std::string, std::string> parameters;
  std::string account = "123456789012";
  std::string region = "us-east-1";
  std::string stack_name = "cairn";
};

/// A parameter of a template with the value it has here.
struct Parameter {
  std::string name, type, value;  // value: hidden values (NoEcho) are here too
  std::string description;
  bool no_echo = false;
  bool is_default = false;  // nobody gave it a value
};

/// A resource with all functions worked out.
struct Resource {
  std::string logical_id, type;
  /// What it is called once it is made: AlarmName, TopicName, … of its properties, or
  /// STACK-LOGICAL_ID.
  std::string name;
  /// What Ref gives, as AWS does by type: a name for most, the ARN of a topic, the URL of a queue.
  std::string reference;
  /// The ARN, "" for types without one. Account and region are those of Settings.
  std::string arn;
  std::string condition;  // the condition it stands under, or ""
  bool created = true;    // false when the condition is false; the rest is worked out all the same
  /// A map; no function and no tag is left in it. Places are those of the template.
  YamlNode properties;
  std::vector<std::string> depends_on;  // logical ids: DependsOn and everything it refers to
  std::string file;
  size_t line = 0, column = 0;  // of its logical id
};

/// An output with the value it has here; those under a false condition are not there.
struct Output {
  std::string name, value, description, export_name;
};

/// A template that was read. A value.
struct Template {
  std::string file, description;
  std::vector<Parameter> parameters;
  std::vector<Resource> resources;  // in the order written
  std::vector<Output> outputs;

  const Resource* find(std::string_view logical_id) const;
};

inline constexpr size_t kResourcesLimit = 500;   // of a template, as AWS
inline constexpr size_t kTextLimit = 1u << 20;   // bytes of one text after its functions
inline constexpr size_t kWorkLimit = 32u << 20;  // bytes that all functions together may make
inline constexpr size_t kNestingLimit = 100;     // collections inside each other

/// Reads a template. `file` is its name in remarks; one that begins with `{` is read as JSON. Says
/// everything that is wrong in the diagnostics, located; goes on after errors, so that all of them
/// are told at once. With errors the result holds what could be read and must not be run.
///
/// Codes: template-syntax and yaml-… (the text), template-section, template-parameter,
/// template-condition, template-mapping, template-resource, template-output, template-function
/// (an unknown function, or wrong arguments), template-reference (no such name), template-cycle,
/// template-import, template-size, template-nesting, template-transform (warning),
/// template-unresolved (warning: a {{resolve:…}} that is left as it is), template-unused (note: a
/// given value that the template does not ask for).
Template read_template(std::string_view text, const std::string& file, const Settings& settings,
                       Diagnostics& diagnostics);

/// Returns a value as compact JSON: plain numbers and true, false, null as such, other scalars as
/// strings.
std::string to_json(const YamlNode& value);

}  // namespace cairn::templates
