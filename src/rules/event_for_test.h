#pragma once

// Events for the tests of this room, made from JSON text the way the reader of `cloudtrail` fills
// them: paths go through objects and to any element of arrays; an array is a value itself (its
// text) and so are its elements; lazy subtrees are read when asked for.

#include "model/event.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::rules {

/// Reads a small JSON object (well-formed, `\"`, `\\` and `\n` escapes only) into an Event of a
/// frozen table.
class EventForTest : private SubtreeReader {
 public:
  EventForTest(const FieldTable& fields, std::string json)
      : fields_(fields), raw_(std::move(json)), event_(fields) {
    rest_ = raw_;
    value("");
    event_.begin(raw_, 0, this);
    EventForTest::read_subtree(event_, kNoSlot);
  }

  const Event& event() const { return event_; }

 private:
  struct Found {
    std::string path, text;
    FieldKind kind;
  };

  void read_subtree(Event& event, SlotId root) override {
    for (const Found& found : found_) {
      auto slot = fields_.find(found.path);
      bool here = slot && fields_.lazy_root(*slot) == root;
      if (here && found.kind != FieldKind::kMissing) event.add(*slot, {found.text, found.kind});
    }
  }

  char next() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
      rest_.remove_prefix(1);
    }
    return rest_.empty() ? '\0' : rest_.front();
  }
  void skip() { rest_.remove_prefix(1); }

  std::string string() {
    std::string out;
    for (skip(); rest_.front() != '"'; skip()) {
      if (rest_.front() == '\\') {
        skip();
        out += rest_.front() == 'n' ? '\n' : rest_.front();
      } else {
        out += rest_.front();
      }
    }
    skip();
    return out;
  }

  // Notes the value at `path`, with everything inside it, and returns its compact text.
  // Containers inside an array only lead further: kMissing.
  std::string value(const std::string& path, bool in_array = false) {
    size_t place = found_.size();
    found_.push_back({path, "", FieldKind::kNull});
    char first = next();
    std::string text;
    FieldKind kind = FieldKind::kNull;
    if (first == '{' || first == '[') {
      kind = first == '{' ? FieldKind::kObject : FieldKind::kArray;
      text = collection(path, first);
      if (in_array) kind = FieldKind::kMissing;
    } else if (first == '"') {
      std::string_view before = rest_;
      found_[place] = {path, string(), FieldKind::kString};
      return std::string(before.substr(0, before.size() - rest_.size()));
    } else {
      size_t size = std::min(rest_.find_first_of(",]} \n"), rest_.size());
      text = rest_.substr(0, size);
      rest_.remove_prefix(size);
      kind = text == "null"                      ? FieldKind::kNull
             : text == "true" || text == "false" ? FieldKind::kBool
                                                 : FieldKind::kNumber;
    }
    found_[place] = {path, kind == FieldKind::kNull ? "" : text, kind};
    return text;
  }

  std::string collection(const std::string& path, char open) {
    const char close = open == '{' ? '}' : ']';
    std::string text(1, open);
    for (skip(); next() != close;) {
      if (next() == ',') {
        skip();
        text += ',';
      }
      next();
      if (open == '{') {
        std::string key = string();
        next();
        skip();  // the colon
        text += "\"" + key + "\":";
        std::string inner = path;
        if (!path.empty()) inner += '.';
        text += value(inner + key);
      } else {
        text += value(path, true);
      }
    }
    skip();
    return text + close;
  }

  const FieldTable& fields_;
  std::string raw_;
  std::string_view rest_;
  std::vector<Found> found_;
  Event event_;
};

}  // namespace cairn::rules
