#include "model/column_type.h"

#include <algorithm>
#include <cstring>

namespace cairn {

ColumnType ColumnType::list(ColumnType element) {
  return {ColumnKind::kList, {}, {std::move(element)}};
}

ColumnType ColumnType::map(ColumnType key, ColumnType value) {
  return {ColumnKind::kMap, {}, {std::move(key), std::move(value)}};
}

ColumnType ColumnType::structure(std::vector<Member> members) {
  ColumnType type{ColumnKind::kStruct, {}, {}};
  for (Member& member : members) {
    type.names.push_back(std::move(member.name));
    type.members.push_back(std::move(member.type));
  }
  return type;
}

std::string to_sql(const ColumnType& type) {
  switch (type.kind) {
    case ColumnKind::kText:
      return "VARCHAR";
    case ColumnKind::kBoolean:
      return "BOOLEAN";
    case ColumnKind::kInteger:
      return "BIGINT";
    case ColumnKind::kDouble:
      return "DOUBLE";
    case ColumnKind::kTimestamp:
      return "TIMESTAMP";
    case ColumnKind::kList:
      return to_sql(type.members[0]) + "[]";
    case ColumnKind::kMap:
      return "MAP(" + to_sql(type.members[0]) + ", " + to_sql(type.members[1]) + ")";
    case ColumnKind::kStruct:
      break;
  }
  std::string text = "STRUCT(";
  for (size_t i = 0; i < type.names.size(); ++i)
    text += (i == 0 ? "\"" : ", \"") + type.names[i] + "\" " + to_sql(type.members[i]);
  return text + ")";
}

void BatchColumn::clear() {
  valid.clear();
  texts.clear();
  integers.clear();
  doubles.clear();
  lengths.clear();
  for (BatchColumn& member : members) member.clear();
}

void Batch::clear() {
  rows = 0;
  for (BatchColumn& column : columns) column.clear();
  texts.reuse();
}

std::string_view TextArena::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > room_ - used_) next_block(text.size());
  char* place = blocks_[begun_ - 1].bytes.get() + used_;
  std::memcpy(place, text.data(), text.size());
  used_ += text.size();
  return {place, text.size()};
}

void TextArena::next_block(size_t least) {
  if (begun_ == blocks_.size() || blocks_[begun_].room < least) {
    size_t room = std::max(kBlockBytes, least);
    blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(begun_),
                   {std::make_unique_for_overwrite<char[]>(room), room});
  }
  room_ = blocks_[begun_++].room;
  used_ = 0;
  size_bytes_ += room_;
}

void TextArena::clear() {
  blocks_.clear();
  reuse();
}

void TextArena::reuse() { begun_ = used_ = room_ = size_bytes_ = 0; }

}  // namespace cairn
