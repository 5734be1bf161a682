#include "cloudtrail/structural_index.h"

#include "base/check.h"

#include <simdjson.h>

#include <algorithm>

namespace cairn::cloudtrail {

namespace {

constexpr size_t kSmallestCapacity = 64u << 10;
constexpr uint32_t kNothing[3] = {0, 0, 0};

}  // namespace

struct StructuralIndex::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation;
};

StructuralIndex::StructuralIndex() : parser_(std::make_unique<Parser>()), positions_(kNothing) {}
StructuralIndex::~StructuralIndex() = default;

StructuralIndex::Outcome StructuralIndex::build(std::string_view text) {
  positions_ = kNothing;
  size_ = 0;
  if (text.empty()) return Outcome::kNoTokens;
  auto& parser = parser_->implementation;
  if (parser == nullptr || parser->capacity() < text.size()) {
    size_t capacity = std::max(kSmallestCapacity, text.size() + text.size() / 4);
    // The depth only matters to simdjson's second stage, which is not used.
    CAIRN_CHECK(simdjson::get_active_implementation()->create_dom_parser_implementation(
                    capacity, 1, parser) == simdjson::SUCCESS);
  }
  simdjson::error_code error = parser->stage1(reinterpret_cast<const uint8_t*>(text.data()),
                                              text.size(), simdjson::stage1_mode::regular);
  switch (error) {
    case simdjson::SUCCESS:
      positions_ = parser->structural_indexes.get();
      size_ = parser->n_structural_indexes;
      return Outcome::kDone;
    case simdjson::UNCLOSED_STRING:
      return Outcome::kUnclosedString;
    case simdjson::UNESCAPED_CHARS:
      return Outcome::kControlCharacter;
    case simdjson::EMPTY:
      return Outcome::kNoTokens;
    default:
      return Outcome::kInvalidUtf8;
  }
}

std::string_view to_string(StructuralIndex::Outcome outcome) {
  switch (outcome) {
    case StructuralIndex::Outcome::kDone:
      return "no fault";
    case StructuralIndex::Outcome::kUnclosedString:
      return "a string does not end";
    case StructuralIndex::Outcome::kControlCharacter:
      return "a raw control character inside a string";
    case StructuralIndex::Outcome::kInvalidUtf8:
      return "invalid UTF-8";
    case StructuralIndex::Outcome::kNoTokens:
      return "nothing but blanks";
  }
  return "";
}

}  // namespace cairn::cloudtrail
