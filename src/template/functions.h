#pragma once

// Works out intrinsic functions. What a template's names mean is asked of the reader of the
// template, through Names.

#include "template/remarks.h"
#include "template/template.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::templates {

/// What the names in a template stand for.
class Names {
 public:
  virtual ~Names() = default;
  /// What `Ref name` gives; the caller says what is wrong when it is nothing. A list has kSequence.
  virtual std::optional<YamlNode> reference(const std::string& name, const YamlNode& at) = 0;
  virtual std::optional<std::string> attribute(const std::string& name,
                                               const std::string& attribute,
                                               const YamlNode& at) = 0;
  /// The truth of a condition by name.
  virtual std::optional<bool> condition(const std::string& name, const YamlNode& at) = 0;
  /// The value in Mappings; null when there is none.
  virtual const YamlNode* mapping(const std::string& map, const std::string& top,
                                  const std::string& second) = 0;
};

/// Evaluates nodes in which functions are in their long form.
class Functions {
 public:
  Functions(Names& names, const Settings& settings, Remarks& remarks)
      : names_(names), settings_(settings), remarks_(remarks) {}

  /// Returns the value without functions: nothing when it is AWS::NoValue, or wrong (which is
  /// said).
  std::optional<YamlNode> evaluate(const YamlNode& node);
  /// Evaluates a condition function.
  std::optional<bool> decide(const YamlNode& node);
  /// The exports that were asked for.
  const std::set<std::string>& imports() const { return imports_; }

 private:
  using Argument = const YamlNode&;

  std::optional<YamlNode> call(const YamlNode& name, Argument argument);
  std::optional<YamlNode> ref(const YamlNode& name, Argument argument);
  std::optional<YamlNode> get_attribute(const YamlNode& name, Argument argument);
  std::optional<YamlNode> substitute(const YamlNode& name, Argument argument);
  std::optional<YamlNode> join(const YamlNode& name, Argument argument);
  std::optional<YamlNode> split(const YamlNode& name, Argument argument);
  std::optional<YamlNode> select(const YamlNode& name, Argument argument);
  std::optional<YamlNode> find_in_map(const YamlNode& name, Argument argument);
  std::optional<YamlNode> choose(const YamlNode& name, Argument argument);
  std::optional<YamlNode> import_value(const YamlNode& name, Argument argument);
  std::optional<YamlNode> base64(const YamlNode& name, Argument argument);
  std::optional<YamlNode> cidr(const YamlNode& name, Argument argument);
  std::optional<YamlNode> zones(const YamlNode& name, Argument argument);
  std::optional<YamlNode> length(const YamlNode& name, Argument argument);
  std::optional<YamlNode> json_text(const YamlNode& name, Argument argument);

  using Replacements = std::map<std::string, std::string>;
  std::optional<Replacements> replacements(Argument map);
  std::optional<std::string> replaced(const std::string& variable, const Replacements& given,
                                      const YamlNode& at);
  /// The parts of a list argument, worked out; nothing unless there are as many as that.
  std::optional<std::vector<YamlNode>> parts(const YamlNode& name, Argument argument, size_t least,
                                             size_t most, const char* shape);
  std::optional<std::string> text(const YamlNode& name, Argument argument, const char* what);
  std::optional<YamlNode> text_node(const YamlNode& at, std::string text);
  std::nullopt_t wrong(const YamlNode& at, std::string message, std::string hint = "");
  bool spend(const YamlNode& at, size_t bytes);
  std::optional<YamlNode> evaluate_here(const YamlNode& node);
  std::optional<bool> decide_here(const YamlNode& node);
  /// Counts calls inside each other: functions lead through names to other functions.
  template <typename Work>
  auto deeper(const YamlNode& at, Work work) -> decltype(work());

  Names& names_;
  const Settings& settings_;
  Remarks& remarks_;
  std::set<std::string> imports_;
  size_t work_ = 0, depth_ = 0;
  bool too_deep_ = false;  // it was said
};

}  // namespace cairn::templates
