#pragma once

// Events made by hand for the tests of this room: paths and texts instead of JSON, so that no
// reader is needed.

#include "model/event.h"
#include "model/standard_fields.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cairn::detect {

/// A field table with the standard fields, open for more until the first event is made.
struct TestFields {
  FieldTable table;
  StandardFields standard = StandardFields::intern_into(table);
};

/// One event: path → text; a path may have several values. Text that starts with [ is an array, all
/// else a string.
using TestRecord = std::multimap<std::string, std::string>;

/// Owns an Event and fills it from records.
class TestEvent {
 public:
  explicit TestEvent(FieldTable& fields) : fields_(fields) {
    fields.freeze();
    event_ = std::make_unique<Event>(fields);
  }

  /// Makes `record` the current event; texts live as long as this object or the next call.
  const Event& set(const TestRecord& record, uint64_t offset = 0) {
    record_ = record;
    event_->begin("{}", offset, nullptr);
    for (const auto& [path, text] : record_) {
      auto slot = fields_.find(path);
      if (slot) event_->add(*slot, {text, text[0] == '[' ? FieldKind::kArray : FieldKind::kString});
    }
    auto time = record_.find("eventTime");
    if (time != record_.end()) {
      if (auto parsed = parse_event_time(time->second)) event_->set_time(*parsed);
    }
    return *event_;
  }

 private:
  FieldTable& fields_;
  TestRecord record_;
  std::unique_ptr<Event> event_;
};

}  // namespace cairn::detect
