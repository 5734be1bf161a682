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

std::string_view TextArena::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > room_ - used_) {
    room_ = std::max(kBlockBytes, text.size());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(room_));
    used_ = 0;
    size_bytes_ += room_;
  }
  char* place = blocks_.back().get() + used_;
  std::memcpy(place, text.data(), text.size());
  used_ += text.size();
  return {place, text.size()};
}

void TextArena::clear() {
  blocks_.clear();
  used_ = room_ = size_bytes_ = 0;
}

}  // namespace cairn
