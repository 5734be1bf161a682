#include "template/template.h"

// Reading goes: text → tree with long forms (document) → parameters → conditions and resources,
// each when it is first asked for. A resource's name may be made of other resources' names, so
// names come before properties; what a resource refers to is noted on the way, and circles among
// these are found at the end, as CloudFormation does.

#include "base/text.h"
#include "formats/json_writer.h"
#include "template/document.h"
#include "template/functions.h"
#include "template/names.h"
#include "template/parameters.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

namespace cairn::templates {

namespace {

constexpr size_t kChainLimit = 50;  // names made of names, conditions of conditions

bool is_logical_id(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
  });
}

std::string quote(std::string_view name) { return "\"" + printable(name) + "\""; }

class Reader : public Names {
 public:
  Reader(std::string_view text, const std::string& file, const Settings& settings,
         Diagnostics& diagnostics)
      : settings_(with_pseudo_parameters(settings)),
        remarks_(text, file, diagnostics),
        functions_(*this, settings_, remarks_) {
    result_.file = file;
    root_ = read_document(text, remarks_, diagnostics);
  }

  Template read() {
    if (!root_) return std::move(result_);
    check_sections();
    check_mappings();
    result_.parameters = read_parameters(section("Parameters"), settings_, remarks_);
    read_conditions();
    declare_resources();
    for (size_t i = 0; i < result_.resources.size(); ++i) read_resource(i);
    current_ = nullptr;
    read_outputs();
    find_cycles();
    if (too_deep_ != nullptr)
      remarks_.error("template-nesting", *too_deep_,
                     "more than " + format_count(kChainLimit) + " names are made of each other");
    note_unused();
    return std::move(result_);
  }

  // What functions ask for.

  std::optional<YamlNode> reference(const std::string& name, const YamlNode& at) override {
    for (const Parameter& parameter : result_.parameters) {
      if (parameter.name == name) return parameter_value(parameter, at);
    }
    if (section("Parameters").find(name) != nullptr) return std::nullopt;  // it is wrong itself
    if (name == "AWS::NotificationARNs") {
      auto given = settings_.parameters.find(name);
      return list_of(given == settings_.parameters.end() ? "" : given->second, at);
    }
    if (auto pseudo = pseudo_parameter(name, settings_)) return scalar(*pseudo, at);
    const Resource* resource = wanted_resource(name, at);
    return resource == nullptr ? std::nullopt : std::optional(scalar(resource->reference, at));
  }

  std::optional<std::string> attribute(const std::string& name, const std::string& attribute,
                                       const YamlNode& at) override {
    const Resource* resource = wanted_resource(name, at);
    if (resource == nullptr) return std::nullopt;
    return attribute_of(*resource, attribute, settings_);
  }

  std::optional<bool> condition(const std::string& name, const YamlNode& at) override {
    auto found = conditions_.find(name);
    if (found == conditions_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, ignored] : conditions_) names.push_back(known);
      remarks_.error("template-reference", at, "there is no condition " + quote(name),
                     did_you_mean(name, names));
      return std::nullopt;
    }
    Condition& condition = found->second;
    if (condition.done) return condition.truth;
    if (condition.busy || chain_ >= kChainLimit) {
      remarks_.error("template-cycle", at,
                     condition.busy ? "condition " + quote(name) + " depends on itself"
                                    : "conditions depend on each other too deep");
      condition.done = true;
      return std::nullopt;
    }
    condition.busy = true;
    ++chain_;
    condition.truth = functions_.decide(*condition.node);
    --chain_;
    condition.done = true;
    return condition.truth;
  }

  const YamlNode* mapping(const std::string& map, const std::string& top,
                          const std::string& second) override {
    const YamlNode* node = section("Mappings").find(map);
    if (node != nullptr) node = node->find(top);
    return node == nullptr ? nullptr : node->find(second);
  }

 private:
  struct Condition {
    const YamlNode* node = nullptr;
    std::optional<bool> truth;
    bool busy = false, done = false;
  };
  struct Source {
    const YamlNode* key = nullptr;
    const YamlNode* node = nullptr;
    bool named = false, busy = false;
  };

  static Settings with_pseudo_parameters(Settings settings) {
    auto take = [&](const char* name, std::string& target) {
      auto given = settings.parameters.find(name);
      if (given != settings.parameters.end()) target = given->second;
    };
    take("AWS::AccountId", settings.account);
    take("AWS::Region", settings.region);
    take("AWS::StackName", settings.stack_name);
    return settings;
  }

  static YamlNode scalar(std::string text, const YamlNode& at) {
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.text = std::move(text);
    node.quoted = true;
    node.line = at.line;
    node.column = at.column;
    return node;
  }

  static YamlNode parameter_value(const Parameter& parameter, const YamlNode& at) {
    return is_list_type(parameter.type) ? list_of(parameter.value, at)
                                        : scalar(parameter.value, at);
  }

  // "a, b" as a list.
  static YamlNode list_of(const std::string& text, const YamlNode& at) {
    YamlNode list;
    list.kind = YamlNode::Kind::kSequence;
    list.line = at.line;
    list.column = at.column;
    if (text.empty()) return list;
    for (std::string_view part : split(text, ','))
      list.items.push_back(scalar(std::string(trim(part)), at));
    return list;
  }

  const YamlNode& section(std::string_view name) const {
    static const YamlNode kNone;
    const YamlNode* found = root_->find(name);
    return found != nullptr && found->is_map() ? *found : kNone;
  }

  void check_sections() {
    const std::vector<std::string_view> maps = {"Parameters", "Mappings", "Conditions",
                                                "Resources",  "Outputs",  "Metadata",
                                                "Rules",      "Globals",  "Hooks"};
    std::vector<std::string_view> known = maps;
    known.insert(known.end(), {"AWSTemplateFormatVersion", "Description", "Transform"});
    for (const auto& [key, value] : root_->members) {
      if (std::find(known.begin(), known.end(), key.text) == known.end())
        remarks_.error("template-section", key, "templates have no section " + quote(key.text),
                       did_you_mean(key.text, known));
      bool is_map = std::find(maps.begin(), maps.end(), key.text) != maps.end();
      if (is_map && !value.is_map())
        remarks_.error("template-section", key, key.text + " must be a map");
    }
    if (const YamlNode* version = root_->find("AWSTemplateFormatVersion");
        version != nullptr && version->text != "2010-09-09")
      remarks_.error("template-section", *version, "the only version is 2010-09-09");
    if (const YamlNode* text = root_->find("Description"); text != nullptr)
      result_.description = text->text;
    if (const YamlNode* transform = root_->find("Transform"); transform != nullptr)
      remarks_.warning("template-transform", *transform,
                       "macros run in AWS only: the template is read as it is written");
    if (section("Resources").members.empty())
      remarks_.error("template-section", *root_, "a template needs at least one of Resources");
  }

  // AWS: "You can't include parameters, pseudo parameters, or intrinsic functions in the Mappings
  // section."
  void check_mappings() {
    for (auto& [key, node] : root_->members) {
      if (key.text == "Mappings") refuse_functions(node);
    }
  }

  void refuse_functions(YamlNode& node) {
    if (const auto* call = function_call(node); call != nullptr) {
      remarks_.error("template-mapping", call->first,
                     "Mappings hold values only, not " + quote(call->first.text),
                     "ask for a name in the mapping where Fn::FindInMap stands");
      node = scalar("", node);
      return;
    }
    for (YamlNode& item : node.items) refuse_functions(item);
    for (auto& [key, value] : node.members) refuse_functions(value);
  }

  void read_conditions() {
    for (const auto& [key, node] : section("Conditions").members)
      conditions_[key.text].node = &node;
    for (const auto& [key, node] : section("Conditions").members) (void)condition(key.text, key);
  }

  void declare_resources() {
    const YamlNode& written = section("Resources");
    if (written.members.size() > kResourcesLimit)
      remarks_.error("template-size", written,
                     "a template has at most " + format_count(kResourcesLimit) + " resources");
    for (const auto& [key, node] : written.members) {
      if (sources_.size() == kResourcesLimit) break;
      if (!is_logical_id(key.text)) {
        remarks_.error("template-resource", key,
                       "logical ids are letters and digits, not " + quote(key.text));
        continue;
      }
      if (!node.is_map()) {
        remarks_.error("template-resource", key, "resource " + quote(key.text) + " must be a map");
        continue;
      }
      Resource resource;
      resource.logical_id = key.text;
      resource.file = result_.file;
      resource.line = key.line;
      resource.column = key.column;
      const YamlNode* type = node.find("Type");
      if (type != nullptr) resource.type = type->text;
      if (resource.type.empty())
        remarks_.error("template-resource", key, "resource " + quote(key.text) + " has no Type");
      resource.created = is_created(resource, node);
      index_[key.text] = sources_.size();
      sources_.push_back({&key, &node, false, false});
      result_.resources.push_back(std::move(resource));
    }
  }

  bool is_created(Resource& resource, const YamlNode& node) {
    const YamlNode* named = node.find("Condition");
    if (named == nullptr) return true;
    if (!named->is_scalar()) {
      remarks_.error("template-resource", *named, "Condition takes the name of a condition");
      return false;
    }
    resource.condition = named->text;
    return condition(named->text, *named).value_or(false);
  }

  // A resource that another one, or an output, asks for by its logical id.
  const Resource* wanted_resource(const std::string& name, const YamlNode& at) {
    auto found = index_.find(name);
    if (found == index_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, ignored] : index_) names.push_back(known);
      for (const Parameter& parameter : result_.parameters) names.push_back(parameter.name);
      remarks_.error("template-reference", at, "there is no parameter or resource " + quote(name),
                     did_you_mean(name, names));
      return nullptr;
    }
    const Resource& resource = result_.resources[found->second];
    if (current_ != nullptr) edges_[current_->logical_id].emplace(name, &at);
    bool asker_created = current_ == nullptr || current_->created;
    if (!resource.created && asker_created) {
      remarks_.error(
          "template-reference", at,
          quote(name) + " is not created: its condition " + quote(resource.condition) + " is false",
          "ask for it inside Fn::If with the same condition");
      return nullptr;
    }
    return find_name(found->second) ? &resource : nullptr;
  }

  // Works the name of a resource out; false when names go round in a circle.
  bool find_name(size_t index) {
    Source& source = sources_[index];
    Resource& resource = result_.resources[index];
    if (source.named) return true;
    if (source.busy) return false;  // find_cycles() says it
    if (chain_ >= kChainLimit) {
      too_deep_ = source.key;
      return false;
    }
    source.busy = true;
    ++chain_;
    const Resource* asker = std::exchange(current_, &resource);
    std::string given;
    const YamlNode* properties = source.node->find("Properties");
    const YamlNode* property =
        properties == nullptr ? nullptr : properties->find(name_property(resource.type));
    if (property != nullptr) {
      Remarks::Silence silence(remarks_);  // read_resource() says what is wrong
      auto value = functions_.evaluate(*property);
      if (value && value->is_scalar()) given = value->text;
    }
    name_resource(resource, given, settings_);
    current_ = asker;
    --chain_;
    source.busy = false;
    source.named = true;
    return true;
  }

  void read_resource(size_t index) {
    const Source& source = sources_[index];
    Resource& resource = result_.resources[index];
    check_attributes(*source.node);
    (void)find_name(index);
    current_ = &resource;
    resource.properties.kind = YamlNode::Kind::kMap;
    resource.properties.line = resource.line;
    resource.properties.column = resource.column;
    const YamlNode* properties = source.node->find("Properties");
    if (properties != nullptr && !properties->is_null()) {
      auto value = functions_.evaluate(*properties);
      if (value && value->is_map()) {
        resource.properties = std::move(*value);
      } else if (value) {
        remarks_.error("template-resource", *properties, "Properties must be a map");
      }
    }
    read_depends_on(*source.node);
    for (const auto& [name, at] : edges_[resource.logical_id]) resource.depends_on.push_back(name);
  }

  void check_attributes(const YamlNode& node) {
    const std::vector<std::string_view> known = {
        "Type",           "Properties",          "Condition",      "DependsOn",   "Metadata",
        "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy"};
    for (const auto& [key, value] : node.members) {
      if (std::find(known.begin(), known.end(), key.text) == known.end())
        remarks_.error("template-resource", key, "resources have no " + quote(key.text),
                       did_you_mean(key.text, known));
    }
  }

  void read_depends_on(const YamlNode& node) {
    const YamlNode* written = node.find("DependsOn");
    if (written == nullptr) return;
    std::vector<YamlNode> names = written->items;
    if (written->is_scalar()) names = {*written};
    for (const YamlNode& name : names) {
      if (index_.contains(name.text)) {
        edges_[current_->logical_id].emplace(name.text, written);
      } else {
        remarks_.error("template-reference", *written,
                       "DependsOn: there is no resource " + quote(name.text));
      }
    }
  }

  void read_outputs() {
    for (const auto& [key, node] : section("Outputs").members) {
      const YamlNode* value = node.find("Value");
      if (value == nullptr) {
        remarks_.error("template-output", key, "output " + quote(key.text) + " has no Value");
        continue;
      }
      const YamlNode* condition_name = node.find("Condition");
      if (condition_name != nullptr &&
          !condition(condition_name->text, *condition_name).value_or(false))
        continue;
      Output output;
      output.name = key.text;
      if (auto read = functions_.evaluate(*value)) {
        if (read->is_scalar()) {
          output.value = read->text;
        } else {
          remarks_.error("template-output", *value,
                         "the Value of output " + quote(key.text) + " must be a text");
        }
      }
      if (const YamlNode* text = node.find("Description"); text != nullptr)
        output.description = text->text;
      const YamlNode* exported = node.find("Export");
      const YamlNode* name = exported == nullptr ? nullptr : exported->find("Name");
      if (name != nullptr) {
        if (auto read = functions_.evaluate(*name); read && read->is_scalar())
          output.export_name = read->text;
      }
      result_.outputs.push_back(std::move(output));
    }
  }

  // Resources that refer to each other in a circle: depth first, each circle said once.
  void find_cycles() {
    std::map<std::string, int> state;  // 1 open, 2 done
    std::vector<std::string> path;
    std::function<void(const std::string&)> visit = [&](const std::string& name) {
      state[name] = 1;
      path.push_back(name);
      for (const auto& [next, at] : edges_[name]) {
        if (state[next] == 0) visit(next);
        if (state[next] != 1) continue;
        std::string circle;
        for (auto i = std::find(path.begin(), path.end(), next); i != path.end(); ++i)
          circle += *i + " → ";
        remarks_.error("template-cycle", *at,
                       "resources depend on each other in a circle: " + circle + next);
        state[next] = 2;
      }
      path.pop_back();
      state[name] = 2;
    };
    for (const Resource& resource : result_.resources) {
      if (state[resource.logical_id] == 0) visit(resource.logical_id);
    }
  }

  void note_unused() {
    for (const auto& [name, value] : settings_.parameters) {
      bool known = is_pseudo_parameter(name) || functions_.imports().contains(name) ||
                   section("Parameters").find(name) != nullptr;
      std::vector<std::string_view> names;
      for (const Parameter& parameter : result_.parameters) names.push_back(parameter.name);
      if (!known)
        remarks_.note("template-unused", YamlNode(), "the template has no parameter " + quote(name),
                      did_you_mean(name, names));
    }
  }

  Settings settings_;
  Remarks remarks_;
  Functions functions_;
  std::optional<YamlNode> root_;
  Template result_;
  std::map<std::string, Condition> conditions_;
  std::vector<Source> sources_;  // as result_.resources
  std::map<std::string, size_t> index_;
  std::map<std::string, std::map<std::string, const YamlNode*>> edges_;  // who asks for whom, where
  const Resource* current_ = nullptr;
  size_t chain_ = 0;
  const YamlNode* too_deep_ = nullptr;
};

// By the grammar of JSON: 012345678901 is an account, not a number.
bool is_json_number(std::string_view text) {
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !is_digit(digits[0]) || digits.back() == '.') return false;
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) return false;
  double value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size() &&
         text.find("e.") == std::string_view::npos && text.find(".e") == std::string_view::npos &&
         text.find(".E") == std::string_view::npos;
}

void write(JsonWriter& json, const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      json.null();
      return;
    case YamlNode::Kind::kSequence:
      json.begin_array();
      for (const YamlNode& item : node.items) write(json, item);
      json.end_array();
      return;
    case YamlNode::Kind::kMap:
      json.begin_object();
      for (const auto& [key, value] : node.members) {
        json.key(key.text);
        write(json, value);
      }
      json.end_object();
      return;
    case YamlNode::Kind::kScalar:
      break;
  }
  std::string lower = node.quoted || node.text.size() > 5 ? "" : to_lower(node.text);
  if (lower == "true" || lower == "false") {
    json.raw(lower);
  } else if (!node.quoted && is_json_number(node.text)) {
    json.raw(node.text);
  } else {
    json.value(node.text);
  }
}

}  // namespace

const Resource* Template::find(std::string_view logical_id) const {
  auto found = std::find_if(resources.begin(), resources.end(), [&](const Resource& resource) {
    return resource.logical_id == logical_id;
  });
  return found == resources.end() ? nullptr : &*found;
}

Template read_template(std::string_view text, const std::string& file, const Settings& settings,
                       Diagnostics& diagnostics) {
  return Reader(text, file, settings, diagnostics).read();
}

std::string to_json(const YamlNode& value) {
  JsonWriter json;
  write(json, value);
  return std::move(json).take();
}

}  // namespace cairn::templates
