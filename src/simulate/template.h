#pragma once

// Text with blanks. Everything the simulator says is such a text, compiled once and filled in a few
// hundred nanoseconds:
//
//   {"userName":"<user>","accessKeyId":"AKIA<upper:16>"}
//
//   <name>          a value: bound by the step, the script, the caller or the account; else a
//   default of the playbook.
//                   The same name gives the same value within one record.
//   <name|string>   the value as the inside of a JSON string; <name|url> percent-encoded
//   <hex:17>        fresh random characters; also upper, mixed, base64, digits
//   <uuid:>         a fresh random UUID
//   <number:1-500>  a fresh random number
//   <one:a,b,c>     a fresh choice
//   <times:3-9,name>  a value three to nine times, with commas between; its random blanks are fresh
//                   each time

#include "simulate/random.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::simulate {

/// The number of a named blank, given out by Names.
using Slot = uint16_t;

/// Gives every name one number, in order of first use.
class Names {
 public:
  Slot slot(std::string_view name);
  /// Returns the number of a name that has one.
  std::optional<Slot> find(std::string_view name) const;
  /// Returns the name, for messages.
  const std::string& name(Slot slot) const { return names_[slot]; }
  size_t size() const { return names_.size(); }

 private:
  std::map<std::string, Slot, std::less<>> slots_;
  std::vector<std::string> names_;
};

class Template;

/// What blanks are filled with; implemented by whoever knows the record that is being written.
class Filler {
 public:
  virtual ~Filler() = default;
  /// Returns the value of a named blank; it stays valid and the same until the record is finished.
  virtual std::string_view value(Slot slot) = 0;
  /// Returns the text that a named value is made of.
  virtual const Template& made_of(Slot slot) = 0;
  Random* random = nullptr;
};

/// A compiled text. A value; immutable after compile(), safe from any thread.
class Template {
 public:
  Template() = default;
  /// Compiles a text. A malformed blank is a fault of the playbook and ends the program.
  static Template compile(std::string_view text, Names& names);

  bool empty() const { return parts_.empty(); }
  /// True when one of its blanks is this name.
  bool asks_for(Slot slot) const;
  void append_to(std::string& out, Filler& filler) const;

 private:
  enum class Kind : uint8_t {
    kText,
    kValue,
    kValueInString,
    kValueInUrl,
    kHex,
    kUpper,
    kMixed,
    kBase64,
    kDigits,
    kUuid,
    kNumber,
    kOne,
    kTimes
  };
  struct Part {
    Kind kind = Kind::kText;
    Slot slot = 0;                     // also of kTimes
    int64_t low = 0, high = 0;         // kNumber, kTimes; low is the count of random characters
    std::string text;                  // kText
    std::vector<std::string> choices;  // kOne
  };
  static Part blank(std::string_view inside, Names& names);

  std::vector<Part> parts_;
};

}  // namespace cairn::simulate
