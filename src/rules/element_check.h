#pragma once

// Conditions on one object inside an event, or on one element of a list of objects: all of them
// must hold for the same one.

#include "formats/json_tree.h"
#include "rules/predicate.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

class PredicateCheck;
struct CheckScratch;

/// An expression whose fields begin at an object. Immutable; may be shared by threads.
class ElementCheck {
 public:
  explicit ElementCheck(const Expression& expression);
  ~ElementCheck();

  /// Tells whether the document, an object, satisfies the expression, or when it is a list, one of
  /// the objects in it.
  bool holds(const JsonTree& document, CheckScratch& scratch) const;

 private:
  struct Part;
  bool any_object(const JsonTree& tree, uint32_t node, CheckScratch& scratch) const;
  bool holds(const Part& part, const JsonTree& tree, uint32_t object, CheckScratch& scratch) const;
  bool asks(const Part& part, const JsonTree& tree, uint32_t object, CheckScratch& scratch) const;

  std::unique_ptr<Part> root_;
};

/// Tells whether a range of ports covers one: its ends included; -1 at both ends is every port.
bool covers_port(std::string_view from, std::string_view to, std::string_view port);

}  // namespace cairn::rules
