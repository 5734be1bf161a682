#pragma once

// An Event of any JSON object, CloudTrail record or not, as the reader of `cloudtrail` would fill
// it: for trying rules on an event by hand, and for tests. The reader is many times faster.

#include "base/result.h"
#include "formats/json_tree.h"
#include "model/event.h"

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::rules {

/// Reused from text to text; what event() hands out is valid until the next set(). One thread.
class JsonEvent : private SubtreeReader {
 public:
  /// The table must be frozen and outlive it.
  explicit JsonEvent(const FieldTable& fields) : fields_(fields), event_(fields) {}

  /// Reads a JSON object. Paths go through objects and to any element of arrays; an array is a
  /// value itself (its text) and so are its elements. Fails with kInvalidInput when the text is
  /// no JSON object.
  Status set(std::string text);
  const Event& event() const { return event_; }

 private:
  void read_subtree(Event& event, SlotId root) override;
  void collect(uint32_t node, std::string& path, bool in_array);
  std::string_view compact_text(const JsonTree::Node& node);

  const FieldTable& fields_;
  std::string text_;
  JsonTree tree_;
  std::vector<std::pair<SlotId, FieldValue>> found_;
  std::deque<std::string> compact_;
  Event event_;
};

}  // namespace cairn::rules
