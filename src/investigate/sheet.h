#pragma once

// An answer as parts with names: a terminal shows them as a page, a program reads them as JSON.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cairn::investigate {

struct SheetColumn {
  enum class Kind : uint8_t {
    kText,
    kTime,       // RFC 3339; a page writes it shorter
    kNumber,     // decimal digits
    kPrincipal,  // a principal's key; a page shortens it
    kEvent,      // an eventID; a page writes its beginning
    kHidden,     // for programs only
  };
  std::string name;
  Kind kind = Kind::kText;
};

/// Lines of text (no columns), or rows. All text is untrusted.
struct SheetPart {
  std::string name;   // member in JSON
  std::string label;  // on the page, in capitals
  std::vector<std::string> lines;
  bool verbatim = false;  // lines to copy: a page neither wraps nor cuts them
  bool list = false;      // JSON has an array of the lines even when there is one
  std::vector<SheetColumn> columns;
  std::vector<std::vector<std::string>> rows;  // a text for each column; "" is no value
  uint64_t total = 0;                          // rows there are, when more than are kept
  size_t shown = 10;                           // rows on a page; 0: for programs only
  std::string note;                            // under it, on a page
};

struct Sheet {
  std::string title;
  std::vector<SheetPart> parts;
  // Short names that several principals have, also such as no part names.
  std::vector<std::string> namesakes;

  /// Adds a part of one line.
  void say(std::string name, std::string label, std::string text) {
    SheetPart part;
    part.name = std::move(name);
    part.label = std::move(label);
    part.lines.push_back(std::move(text));
    parts.push_back(std::move(part));
  }
  /// Adds an empty part with columns.
  SheetPart& table(std::string name, std::string label, std::vector<SheetColumn> columns) {
    SheetPart& part = parts.emplace_back();
    part.name = std::move(name);
    part.label = std::move(label);
    part.columns = std::move(columns);
    return part;
  }
};

}  // namespace cairn::investigate
