#pragma once

// A record without what the columns of its row hold: how the lake stores `raw`, byte for byte and
// not twice. Where the record's text has a column's value word for word, the folded text has a
// mark that names the column; everything else stays as it is. Records of one shape fold to the same
// text, which then takes next to nothing.
//
//   {"eventName":"GetUser","eventID":"0a1b…"}   ->   {"eventName":"\x01" "A","eventID":"\x01" "F"}
//
// The format is in docs/lake-format.md ("The record").

#include "base/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cloudtrail {

/// The values that marks stand for, as SQL over the stored columns, in the order of their numbers.
/// Part of the lake's format: never reordered, only appended to.
const std::vector<std::string>& folded_values();

/// Of the record's resources, so many ARNs are values.
inline constexpr size_t kFoldedResources = 2;

/// Folds records, one after the other. Not for several threads at once.
class RecordFolder {
 public:
  void begin(std::string_view raw) {
    raw_ = raw;
    pieces_.clear();
  }
  /// Says that value `number` of the row is `text`. A text that does not lie in the record is left.
  void note(size_t number, std::string_view text);
  /// Returns the folded text; valid until the next call.
  std::string_view finish();

 private:
  struct Piece {
    size_t begin, size, number;
  };
  std::string_view raw_;
  std::vector<Piece> pieces_;
  std::string text_;
};

/// Appends the record that `folded` stands for. `values` are those of folded_values() in the same
/// row; a NULL one has no data. kCorrupt when a mark names a value that is not there.
Status unfold_record(std::string_view folded, std::span<const std::string_view> values,
                     std::string& out);

}  // namespace cairn::cloudtrail
