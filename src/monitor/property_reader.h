#pragma once

// Properties of CloudFormation resources: numbers may be texts, texts may be numbers, and null is
// not there.

#include "base/result.h"
#include "formats/json_tree.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::monitor {

/// Reads members of one object. Errors name the property.
class PropertyReader {
 public:
  PropertyReader(const JsonTree& tree, uint32_t node) : tree_(tree), node_(node) {}

  static Error wrong(std::string_view name, const std::string& what) {
    return {ErrorCode::kInvalidInput, std::string(name) + " " + what};
  }

  /// Fails when it is no object; `what` names it.
  Status check_object(const char* what) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// The member's node; 0 when there is none.
  uint32_t node(std::string_view name) const;
  const JsonTree::Node* find(std::string_view name) const;

  Result<std::string> text(std::string_view name) const;
  Result<std::string> text_or(std::string_view name, std::string_view otherwise) const;
  Result<double> number(std::string_view name) const;
  Result<uint32_t> whole(std::string_view name) const;  // from 1 on
  Result<bool> truth_or(std::string_view name, bool otherwise) const;
  /// The node of an array, of an object.
  Result<uint32_t> array(std::string_view name) const;
  Result<uint32_t> object(std::string_view name) const;

 private:
  const JsonTree& tree_;
  uint32_t node_;
};

}  // namespace cairn::monitor
