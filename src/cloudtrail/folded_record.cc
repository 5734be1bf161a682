#include "cloudtrail/folded_record.h"

#include "model/cloudtrail_table.h"

#include <algorithm>

namespace cairn::cloudtrail {

namespace {

constexpr char kMark = '\x01';   // and a byte: the value's number
constexpr char kWhole = '\x02';  // first of all: what follows is the record itself
constexpr char kFirstNumber = '0';
constexpr size_t kMostValues = 0x7f - kFirstNumber;

void add_values(const StoredColumn& column, const std::string& name,
                std::vector<std::string>& values) {
  if (column.source != ColumnSource::kField) return;
  if (column.type.kind == ColumnKind::kText) values.push_back(name);
  if (column.type.kind != ColumnKind::kStruct) return;
  for (const StoredColumn& member : column.members)
    add_values(member, name + "." + member.name, values);
}

}  // namespace

const std::vector<std::string>& folded_values() {
  static const std::vector<std::string> kValues = [] {
    std::vector<std::string> values;
    for (const StoredColumn& column : cloudtrail_stored_columns())
      add_values(column, column.name, values);
    for (size_t i = 1; i <= kFoldedResources; ++i)
      values.push_back("resources[" + std::to_string(i) + "].arn");
    return values;
  }();
  return kValues;
}

void RecordFolder::note(size_t number, std::string_view text) {
  // Shorter ones are no shorter as a mark.
  if (text.size() < 3 || number >= kMostValues) return;
  std::less<const char*> before;
  if (before(text.data(), raw_.data()) ||
      before(raw_.data() + raw_.size(), text.data() + text.size()))
    return;
  pieces_.push_back({static_cast<size_t>(text.data() - raw_.data()), text.size(), number});
}

std::string_view RecordFolder::finish() {
  text_.clear();
  if (raw_.empty() || raw_.front() == kWhole || raw_.find(kMark) != std::string_view::npos) {
    text_ += kWhole;
    text_ += raw_;
    return text_;
  }
  std::sort(pieces_.begin(), pieces_.end(),
            [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  size_t at = 0;
  for (const Piece& piece : pieces_) {
    if (piece.begin < at) continue;  // inside one that was folded already
    text_.append(raw_, at, piece.begin - at);
    text_ += kMark;
    text_ += static_cast<char>(kFirstNumber + static_cast<char>(piece.number));
    at = piece.begin + piece.size;
  }
  text_.append(raw_, at);
  return text_;
}

Status unfold_record(std::string_view folded, std::span<const std::string_view> values,
                     std::string& out) {
  if (folded.starts_with(kWhole)) {
    out += folded.substr(1);
    return {};
  }
  for (size_t at = 0;;) {
    size_t mark = std::min(folded.find(kMark, at), folded.size());
    out.append(folded, at, mark - at);
    if (mark == folded.size()) return {};
    size_t number = mark + 1 < folded.size() ? static_cast<size_t>(folded[mark + 1] - kFirstNumber)
                                             : kMostValues;
    if (number >= values.size() || values[number].data() == nullptr)
      return Error{ErrorCode::kCorrupt, "a stored record names a value that its row does not have"};
    out += values[number];
    at = mark + 2;
  }
}

}  // namespace cairn::cloudtrail
