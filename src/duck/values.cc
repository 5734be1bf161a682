#include "duck/values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace cairn::duck {

namespace {

using duckdb::LogicalTypeId;
using duckdb::Value;

/// The room may not use `formats` and needs only strings.
void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", byte);
      out += escape.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

bool is_nested(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::STRUCT:
    case LogicalTypeId::LIST:
    case LogicalTypeId::ARRAY:
    case LogicalTypeId::MAP:
      return true;
    default:
      return false;
  }
}

void append_list(const duckdb::vector<Value>& values, std::string& out) {
  out += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    append_value_json(values[i], out);
  }
  out += ']';
}

void append_struct(const Value& value, std::string& out) {
  const auto& members = duckdb::StructValue::GetChildren(value);
  if (duckdb::StructType::IsUnnamed(value.type())) return append_list(members, out);
  out += '{';
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(duckdb::StructType::GetChildName(value.type(), i), out);
    out += ':';
    append_value_json(members[i], out);
  }
  out += '}';
}

/// A map's entries are structs of key and value; JSON's keys are always texts.
void append_map(const Value& value, std::string& out) {
  out += '{';
  bool first = true;
  for (const Value& entry : duckdb::MapValue::GetChildren(value)) {
    if (!first) out += ',';
    first = false;
    const auto& pair = duckdb::StructValue::GetChildren(entry);
    std::string key;
    append_value_text(pair[0], key);
    append_json_string(key, out);
    out += ':';
    append_value_json(pair[1], out);
  }
  out += '}';
}

/// JSON readers keep whole numbers exactly up to 2^53.
bool exact_in_json(const Value& value) {
  constexpr int64_t kLimit = int64_t{1} << 53;
  switch (value.type().id()) {
    case LogicalTypeId::BIGINT: {
      auto number = value.GetValueUnsafe<int64_t>();
      return number <= kLimit && number >= -kLimit;
    }
    case LogicalTypeId::UBIGINT:
      return value.GetValueUnsafe<uint64_t>() <= static_cast<uint64_t>(kLimit);
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
      return value.ToString().size() <= 15;
    case LogicalTypeId::DOUBLE:
      return std::isfinite(value.GetValueUnsafe<double>());
    case LogicalTypeId::FLOAT:
      return std::isfinite(value.GetValueUnsafe<float>());
    default:
      return is_number(value.type());
  }
}

ErrorCode code_of(duckdb::ExceptionType type) {
  using duckdb::ExceptionType;
  switch (type) {
    case ExceptionType::INTERRUPT:
      return ErrorCode::kCancelled;
    case ExceptionType::OUT_OF_MEMORY:
      return ErrorCode::kExhausted;
    case ExceptionType::IO:
    case ExceptionType::NETWORK:
    case ExceptionType::HTTP:
      return ErrorCode::kUnavailable;
    case ExceptionType::PERMISSION:
      return ErrorCode::kPermission;
    case ExceptionType::NOT_IMPLEMENTED:
      return ErrorCode::kUnsupported;
    case ExceptionType::INTERNAL:
    case ExceptionType::FATAL:
    case ExceptionType::SERIALIZATION:
      return ErrorCode::kCorrupt;
    default:
      return ErrorCode::kInvalidInput;
  }
}

}  // namespace

void append_value_text(const Value& value, std::string& out) {
  if (value.IsNull()) return;
  if (is_nested(value.type())) return append_value_json(value, out);
  out += value.ToString();
}

void append_value_json(const Value& value, std::string& out) {
  if (value.IsNull()) {
    out += "null";
    return;
  }
  switch (value.type().id()) {
    case LogicalTypeId::STRUCT:
      return append_struct(value, out);
    case LogicalTypeId::LIST:
      return append_list(duckdb::ListValue::GetChildren(value), out);
    case LogicalTypeId::ARRAY:
      return append_list(duckdb::ArrayValue::GetChildren(value), out);
    case LogicalTypeId::MAP:
      return append_map(value, out);
    case LogicalTypeId::BOOLEAN:
      out += value.GetValueUnsafe<bool>() ? "true" : "false";
      return;
    case LogicalTypeId::VARCHAR:
      // A column of type JSON holds JSON already.
      if (value.type().IsJSONType()) {
        out += duckdb::StringValue::Get(value);
      } else {
        append_json_string(duckdb::StringValue::Get(value), out);
      }
      return;
    default:
      break;
  }
  if (exact_in_json(value)) {
    out += value.ToString();
  } else {
    append_json_string(value.ToString(), out);
  }
}

bool is_number(const duckdb::LogicalType& type) { return type.IsNumeric(); }

Error to_error(duckdb::ErrorData& error) {
  std::string message = error.RawMessage();
  if (message.empty()) message = error.Message();
  // DuckDB's own faults come with a stack trace, which tells its users nothing.
  message.resize(std::min(message.find("\n\nStack Trace"), message.size()));
  // After running out of memory, DuckDB tells how to set what is locked here.
  if (error.Type() == duckdb::ExceptionType::OUT_OF_MEMORY)
    message =
        "the query needs more memory than it may use: " + message.substr(0, message.find('\n'));
  while (message.ends_with('\n')) message.pop_back();
  return Error{code_of(error.Type()), std::move(message)};
}

Error to_error(const std::exception& exception) {
  duckdb::ErrorData error(exception);
  return to_error(error);
}

}  // namespace cairn::duck
