#include "lake/parquet_footer.h"

namespace cairn::lake {

namespace {

// Types of Thrift's compact protocol.
enum Type : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kInteger16 = 4,
  kInteger32 = 5,
  kInteger64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

// Numbers of fields in parquet.thrift.
constexpr int64_t kFileSchema = 2, kFileRows = 3, kFileGroups = 4;
constexpr int64_t kGroupColumns = 1, kGroupRows = 3, kGroupOffset = 5, kGroupOrdinal = 7;
constexpr int64_t kColumnOffset = 2, kColumnFacts = 3, kColumnOffsetIndex = 4, kColumnIndex = 6;
constexpr int64_t kDataOffset = 9, kIndexOffset = 10, kDictionaryOffset = 11, kBloomOffset = 14;

constexpr int kDeepest = 16;
constexpr size_t kTailBytes = 8;  // length and magic bytes
constexpr uint64_t kMostFooterBytes = 256u << 20;

Error broken() { return Error{ErrorCode::kCorrupt, "its Parquet footer is damaged"}; }

uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

void put_varint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

struct FieldHeader {
  int64_t id = 0;
  uint8_t type = kStop;
};

struct ListHeader {
  uint8_t type = 0;
  uint64_t size = 0;
};

void put_field(FieldHeader field, int64_t& last, std::string& out) {
  int64_t step = field.id - last;
  if (step > 0 && step <= 15) {
    out += static_cast<char>(static_cast<uint64_t>(step) << 4 | field.type);
  } else {
    out += static_cast<char>(field.type);
    put_varint(zigzag(field.id), out);
  }
  last = field.id;
}

void put_list(ListHeader list, std::string& out) {
  if (list.size < 15) {
    out += static_cast<char>(list.size << 4 | list.type);
  } else {
    out += static_cast<char>(0xf0 | list.type);
    put_varint(list.size, out);
  }
}

/// Steps through a value. After an error all further steps fail, so one look at the end is enough.
class Cursor {
 public:
  Cursor(std::string_view bytes, size_t at) : bytes_(bytes), at_(at) {}

  size_t at() const { return at_; }
  bool good() const { return good_; }

  uint8_t byte() {
    if (!good_ || at_ >= bytes_.size()) return fail();
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      uint8_t one = byte();
      value |= static_cast<uint64_t>(one & 0x7f) << shift;
      if ((one & 0x80) == 0) return value;
    }
    return fail();
  }
  int64_t integer() { return unzigzag(varint()); }
  FieldHeader field(int64_t last) {
    uint8_t head = byte();
    FieldHeader field;
    field.type = head & 0x0f;
    if (field.type == kStop) return field;
    int64_t step = head >> 4;
    field.id = step != 0 ? last + step : integer();
    return good_ ? field : FieldHeader{};
  }
  ListHeader list() {
    uint8_t head = byte();
    ListHeader list{static_cast<uint8_t>(head & 0x0f), static_cast<uint64_t>(head >> 4)};
    if (list.size == 15) list.size = varint();
    if (list.size > bytes_.size() - at_) fail();  // an element takes a byte at least
    return good_ ? list : ListHeader{};
  }
  void skip(uint8_t type, int depth = 0) {
    if (depth > kDeepest) fail();
    if (!good_) return;
    switch (type) {
      case kTrue:
      case kFalse:
        return;  // the type says it
      case kByte:
        byte();
        return;
      case kInteger16:
      case kInteger32:
      case kInteger64:
        varint();
        return;
      case kDouble:
        forward(8);
        return;
      case kBinary:
        forward(varint());
        return;
      case kList:
      case kSet: {
        ListHeader head = list();
        for (uint64_t i = 0; good_ && i < head.size; ++i) skip_element(head.type, depth);
        return;
      }
      case kMap: {
        uint64_t size = varint();
        if (size == 0) return;
        uint8_t types = byte();
        for (uint64_t i = 0; good_ && i < size; ++i) {
          skip_element(types >> 4, depth);
          skip_element(types & 0x0f, depth);
        }
        return;
      }
      case kStruct: {
        int64_t last = 0;
        for (FieldHeader head = field(last); head.type != kStop; head = field(last)) {
          skip(head.type, depth + 1);
          last = head.id;
        }
        return;
      }
      default:
        fail();
    }
  }

 private:
  uint8_t fail() {
    good_ = false;
    return 0;
  }
  void forward(uint64_t count) {
    if (!good_ || count > bytes_.size() - at_) {
      fail();
    } else {
      at_ += count;
    }
  }
  /// In a list a boolean takes a byte of its own.
  void skip_element(uint8_t type, int depth) {
    if (type == kTrue || type == kFalse) {
      byte();
    } else {
      skip(type, depth + 1);
    }
  }

  std::string_view bytes_;
  size_t at_;
  bool good_ = true;
};

/// Copies a struct, moving what are positions.
class Mover {
 public:
  Mover(std::string_view bytes, size_t begin, int64_t shift, std::string& out)
      : bytes_(bytes), in_(bytes, begin), shift_(shift), out_(out) {}

  bool copy_group() {
    auto special = [this](FieldHeader field) {
      if (field.id == kGroupOffset) return move(field);
      if (field.id != kGroupColumns || field.type != kList) return false;
      ListHeader list = in_.list();
      sound_ = sound_ && list.type == kStruct;
      put_list(list, out_);
      for (uint64_t i = 0; in_.good() && sound_ && i < list.size; ++i) copy_column();
      return true;
    };
    copy_struct(special, kGroupOrdinal);  // another file, another number
    return in_.good() && sound_;
  }

 private:
  void copy_column() {
    copy_struct([this](FieldHeader field) {
      if (field.id == kColumnOffset || field.id == kColumnOffsetIndex || field.id == kColumnIndex)
        return move(field);
      if (field.id != kColumnFacts || field.type != kStruct) return false;
      copy_struct([this](FieldHeader fact) {
        bool position = fact.id == kDataOffset || fact.id == kIndexOffset ||
                        fact.id == kDictionaryOffset || fact.id == kBloomOffset;
        return position && move(fact);
      });
      return true;
    });
  }

  /// `special` writes a field's value, or says that it is to be copied as it is.
  template <typename Special>
  void copy_struct(Special special, int64_t left_out = 0) {
    int64_t last_in = 0, last_out = 0;
    for (FieldHeader field = in_.field(last_in); field.type != kStop; field = in_.field(last_in)) {
      last_in = field.id;
      if (field.id == left_out) {
        in_.skip(field.type);
        continue;
      }
      put_field(field, last_out, out_);
      size_t begin = in_.at();
      if (!special(field)) {
        in_.skip(field.type);
        if (in_.good()) out_ += bytes_.substr(begin, in_.at() - begin);
      }
      if (!in_.good()) return;
    }
    out_ += static_cast<char>(kStop);
  }

  bool move(FieldHeader field) {
    if (field.type != kInteger64) return false;
    int64_t position = in_.integer();
    put_varint(zigzag(position > 0 ? position + shift_ : position), out_);
    return true;
  }

  std::string_view bytes_;
  Cursor in_;
  int64_t shift_;
  std::string& out_;
  bool sound_ = true;
};

/// The number of rows of a group, which begins where the cursor is; the cursor goes to its end.
uint64_t rows_of_group(Cursor& in) {
  uint64_t rows = 0;
  int64_t last = 0;
  for (FieldHeader field = in.field(last); field.type != kStop; field = in.field(last)) {
    last = field.id;
    if (field.id == kGroupRows && field.type == kInteger64) {
      rows = static_cast<uint64_t>(in.integer());
    } else {
      in.skip(field.type);
    }
  }
  return rows;
}

}  // namespace

Result<ParquetFooter> ParquetFooter::parse(std::string bytes) {
  ParquetFooter footer;
  footer.bytes_ = std::move(bytes);
  Cursor in(footer.bytes_, 0);
  int64_t last = 0;
  bool has_groups = false;
  for (FieldHeader field = in.field(last); field.type != kStop; field = in.field(last)) {
    last = field.id;
    size_t begin = in.at();
    if (field.id == kFileGroups) {
      if (field.type != kList || has_groups) return broken();
      has_groups = true;
      ListHeader list = in.list();
      if (list.type != kStruct && list.size > 0) return broken();
      for (uint64_t i = 0; in.good() && i < list.size; ++i) {
        size_t group = in.at();
        uint64_t rows = rows_of_group(in);
        footer.groups_.push_back({group, in.at(), rows});
      }
    } else {
      in.skip(field.type);
    }
    if (!in.good()) return broken();
    footer.fields_.push_back({field.id, field.type, begin, in.at()});
  }
  if (!in.good() || !has_groups || in.at() != footer.bytes_.size()) return broken();
  return footer;
}

Result<uint64_t> ParquetFooter::offset_in(const duck::MountedInput& file) {
  uint64_t size = file.size_bytes();
  if (size < kParquetMagic.size() + kTailBytes) return broken();
  std::string tail(kTailBytes, '\0');
  TRY(file.read_at(size - kTailBytes, tail));
  uint64_t length = 0;
  for (size_t i = 0; i < 4; ++i)
    length |= static_cast<uint64_t>(static_cast<uint8_t>(tail[i])) << (8 * i);
  if (!tail.ends_with(kParquetMagic) || length > kMostFooterBytes ||
      length > size - kTailBytes - kParquetMagic.size())
    return broken();
  return size - kTailBytes - length;
}

Result<ParquetFooter> ParquetFooter::read(const duck::MountedInput& file) {
  TRY_ASSIGN(uint64_t offset, offset_in(file));
  std::string bytes(file.size_bytes() - kTailBytes - offset, '\0');
  TRY(file.read_at(offset, bytes));
  TRY_ASSIGN(ParquetFooter footer, parse(std::move(bytes)));
  footer.offset_ = offset;
  return footer;
}

uint64_t ParquetFooter::rows() const {
  uint64_t sum = 0;
  for (const Group& group : groups_) sum += group.rows;
  return sum;
}

bool ParquetFooter::same_columns(const ParquetFooter& other) const {
  auto schema = [](const ParquetFooter& footer) {
    for (const Field& field : footer.fields_) {
      if (field.id == kFileSchema)
        return std::string_view(footer.bytes_).substr(field.begin, field.end - field.begin);
    }
    return std::string_view();
  };
  return schema(*this) == schema(other);
}

Status FooterWriter::add(const ParquetFooter& footer, size_t group, int64_t shift) {
  const ParquetFooter::Group& from = footer.groups_[group];
  Mover mover(footer.bytes_, from.begin, shift, groups_);
  if (!mover.copy_group()) return broken();
  ++count_;
  rows_ += from.rows;
  return {};
}

std::string FooterWriter::finish() const {
  std::string out;
  int64_t last = 0;
  for (const ParquetFooter::Field& field : like_.fields_) {
    put_field({field.id, field.type}, last, out);
    if (field.id == kFileRows) {
      put_varint(zigzag(static_cast<int64_t>(rows_)), out);
    } else if (field.id == kFileGroups) {
      put_list({kStruct, count_}, out);
      out += groups_;
    } else {
      out += std::string_view(like_.bytes_).substr(field.begin, field.end - field.begin);
    }
  }
  out += static_cast<char>(kStop);
  auto length = static_cast<uint32_t>(out.size());
  for (int i = 0; i < 4; ++i) out += static_cast<char>(length >> (8 * i));
  return out += kParquetMagic;
}

}  // namespace cairn::lake
