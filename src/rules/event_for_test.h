#pragma once

// Events for the tests of this room, made from JSON text.

#include "base/check.h"
#include "rules/json_event.h"

#include <string>

namespace cairn::rules {

class EventForTest {
 public:
  /// `json` is a well-formed object.
  EventForTest(const FieldTable& fields, std::string json) : inner_(fields) {
    CAIRN_CHECK(inner_.set(std::move(json)).ok());
  }
  const Event& event() const { return inner_.event(); }

 private:
  JsonEvent inner_;
};

}  // namespace cairn::rules
