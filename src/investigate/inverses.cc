// A row: six columns, a tab between them.
//
//   source  event  effect  thing  commands  remark
//
//   effect    created, changed, shared, deleted
//   thing     a template for the thing's name: "user {requestParameters.userName}"
//   commands  alternatives, " || " between them: the first whose fields all have values is taken;
//             in one, commands in order, " ;; " between them; "-" when it cannot be taken back
//   remark    the risk of the commands; for "-" why not. "a || b": b for the second alternative
//
// Templates:
//
//   {path}            the first value at a dotted path
//   {path|each}       all of them, each a word
//   {path|one}        the value, if there is exactly one
//   {path|json}       the value as JSON text
//   {path|members}    the same as the AWS CLI spells it: CloudTrail writes members small
//   {path|last}       what stands after its last "/"
//   {path|secret}     a secret's name, also of its ARN
//   {Event:path}      the same, of the last earlier record of this event on the same thing
//   [ … ]             left out when a field inside has no value
//   ?path=value       before an alternative: only when the field has this value (ignoring case)

#include "investigate/inverses.h"

#include "base/text.h"
#include "formats/json_writer.h"

#include <algorithm>
#include <map>
#include <optional>

namespace cairn::investigate {

namespace {

constexpr size_t kValuesTaken = 500;    // of one field
constexpr size_t kValueBytes = 60'000;  // longer ones are no argument of a command

enum class Form : uint8_t { kFirst, kEach, kOne, kJson, kMembers, kLast, kSecret };

struct Piece {
  std::string literal;  // when `path` is empty
  std::string path, earlier;
  Form form = Form::kFirst;
  size_t group = 0;
};
using Template = std::vector<Piece>;

struct Alternative {
  std::string condition_path, condition_value;
  std::vector<Template> commands;
};

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t at = text.find(separator);
    parts.push_back(trim(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

Result<Piece> parse_field(std::string_view inside) {
  Piece piece;
  if (size_t bar = inside.find('|'); bar != std::string_view::npos) {
    std::string_view form = inside.substr(bar + 1);
    if (form == "each") {
      piece.form = Form::kEach;
    } else if (form == "one") {
      piece.form = Form::kOne;
    } else if (form == "json") {
      piece.form = Form::kJson;
    } else if (form == "members") {
      piece.form = Form::kMembers;
    } else if (form == "last") {
      piece.form = Form::kLast;
    } else if (form == "secret") {
      piece.form = Form::kSecret;
    } else {
      return Error{ErrorCode::kInvalidInput, "no form |" + std::string(form)};
    }
    inside = inside.substr(0, bar);
  }
  if (size_t colon = inside.find(':'); colon != std::string_view::npos) {
    piece.earlier = inside.substr(0, colon);
    inside.remove_prefix(colon + 1);
  }
  if (inside.empty()) return Error{ErrorCode::kInvalidInput, "a field without a path"};
  piece.path = inside;
  return piece;
}

Result<Template> parse_template(std::string_view text) {
  Template out;
  size_t group = 0, groups = 0;
  std::string literal;
  auto flush = [&] {
    if (literal.empty()) return;
    Piece piece;
    piece.literal = std::move(literal);
    piece.group = group;
    out.push_back(std::move(piece));
    literal.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '{') {
      size_t end = text.find('}', i);
      if (end == std::string_view::npos) return Error{ErrorCode::kInvalidInput, "{ without }"};
      flush();
      TRY_ASSIGN(Piece piece, parse_field(text.substr(i + 1, end - i - 1)));
      piece.group = group;
      out.push_back(std::move(piece));
      i = end;
    } else if (c == '[') {
      if (group != 0) return Error{ErrorCode::kInvalidInput, "brackets do not nest"};
      flush();
      group = ++groups;
    } else if (c == ']') {
      if (group == 0) return Error{ErrorCode::kInvalidInput, "] without ["};
      flush();
      group = 0;
    } else {
      literal += c;
    }
  }
  if (group != 0) return Error{ErrorCode::kInvalidInput, "[ without ]"};
  flush();
  return out;
}

Result<Alternative> parse_alternative(std::string_view text) {
  Alternative alternative;
  if (text.starts_with('?')) {
    size_t equals = text.find('='), blank = text.find(' ');
    if (equals == std::string_view::npos || blank == std::string_view::npos || blank < equals)
      return Error{ErrorCode::kInvalidInput, "expected ?path=value and a command"};
    alternative.condition_path = text.substr(1, equals - 1);
    alternative.condition_value = text.substr(equals + 1, blank - equals - 1);
    text = trim(text.substr(blank));
  }
  for (std::string_view command : split_at(text, ";;")) {
    if (!command.starts_with("aws "))
      return Error{ErrorCode::kInvalidInput, "a command begins with \"aws \""};
    TRY_ASSIGN(Template parsed, parse_template(command));
    alternative.commands.push_back(std::move(parsed));
  }
  return alternative;
}

/// The command line tool reads such values from a file or the network.
bool is_reference(std::string_view value, std::string_view before) {
  if (value.starts_with("file://") || value.starts_with("fileb://")) return true;
  bool link = value.starts_with("http://") || value.starts_with("https://");
  return link && !before.ends_with("--queue-url ");
}

using Earlier = std::function<const RecordTree*(std::string_view)>;

/// "arn:aws:secretsmanager:…:secret:NAME-aB3dE9" ends in six characters that are not the name's.
std::string secret_name(std::string_view text) {
  constexpr size_t kRandom = 7;
  size_t at = text.find(":secret:");
  if (!text.starts_with("arn:") || at == std::string_view::npos) return std::string(text);
  text.remove_prefix(at + 8);
  bool whole = text.size() > kRandom && text[text.size() - kRandom] == '-';
  return std::string(whole ? text.substr(0, text.size() - kRandom) : text);
}

void write_members(const JsonTree& tree, uint32_t node, JsonWriter& json) {
  const JsonTree::Node& here = tree[node];
  bool is_object = here.kind == JsonTree::Kind::kObject;
  if (here.is_string()) {
    json.value(here.text);
  } else if (here.is_scalar()) {
    json.raw(here.text);
  } else {
    is_object ? json.begin_object() : json.begin_array();
    for (uint32_t child = node + 1; child < here.next; child = tree[child].next) {
      std::string key(tree[child].key);
      if (is_object && key == "xmlns") continue;  // of S3's documents
      if (is_object && !key.empty() && key[0] >= 'a' && key[0] <= 'z')
        key[0] = static_cast<char>(key[0] - 'a' + 'A');
      if (is_object) json.key(key);
      write_members(tree, child, json);
    }
    is_object ? json.end_object() : json.end_array();
  }
}

/// {"readWriteType": "All"} as {"ReadWriteType":"All"}; "" when it is no JSON.
std::string with_capital_members(std::string_view text) {
  JsonTree tree;
  if (!tree.parse(text).ok()) return {};
  JsonWriter json;
  write_members(tree, 0, json);
  return std::move(json).take();
}

std::vector<std::string> values_of(const Piece& piece, const RecordTree& record,
                                   const Earlier& earlier) {
  const RecordTree* from = &record;
  if (!piece.earlier.empty()) from = earlier ? earlier(piece.earlier) : nullptr;
  if (from == nullptr) return {};
  bool as_text = piece.form == Form::kJson || piece.form == Form::kMembers;
  std::vector<std::string> values = from->values(piece.path, as_text);
  if (piece.form == Form::kMembers)
    for (std::string& value : values) value = with_capital_members(value);
  std::erase_if(values, [](const std::string& value) { return value.empty(); });
  if (piece.form == Form::kOne && values.size() != 1) return {};
  if (piece.form != Form::kEach && values.size() > 1) values.resize(1);
  if (piece.form == Form::kLast && !values.empty()) {
    std::string_view whole = values.front();
    size_t slash = whole.rfind('/');
    if (slash != std::string_view::npos) values.front() = std::string(whole.substr(slash + 1));
  }
  if (piece.form == Form::kSecret && !values.empty()) values.front() = secret_name(values.front());
  return values;
}

/// Writes a command; nothing when a field outside brackets has no fitting value.
std::optional<std::string> fill_command(const Template& pieces, const RecordTree& record,
                                        const Earlier& earlier) {
  std::string out;
  size_t group = 0, begin = 0;
  bool dropped = false;
  for (const Piece& piece : pieces) {
    if (piece.group != group) {
      group = piece.group;
      begin = out.size();
      dropped = false;
    }
    if (dropped) continue;
    if (piece.path.empty()) {
      out += piece.literal;
      continue;
    }
    std::vector<std::string> values = values_of(piece, record, earlier);
    bool fits = !values.empty() && values.size() <= kValuesTaken &&
                std::none_of(values.begin(), values.end(), [&](const std::string& value) {
                  return value.size() > kValueBytes || is_reference(value, out) ||
                         value.find('\0') != std::string::npos;
                });
    if (!fits) {
      if (piece.group == 0) return std::nullopt;
      out.resize(begin);
      dropped = true;
      continue;
    }
    for (size_t i = 0; i < values.size(); ++i) {
      // A value that begins like an option is bound to its own.
      if (values[i].starts_with('-') && out.ends_with(' ')) {
        if (values.size() > 1) return std::nullopt;
        out.back() = '=';
      }
      if (i > 0) out += ' ';
      out += shell_word(values[i]);
    }
  }
  return out;
}

bool is_global(std::string_view command) {
  for (std::string_view service :
       {"aws iam ", "aws organizations ", "aws route53 ", "aws cloudfront ", "aws account "})
    if (command.starts_with(service)) return true;
  return false;
}

std::string source_key(std::string_view source) {
  constexpr std::string_view kDomain = ".amazonaws.com";
  if (source.ends_with(kDomain)) source.remove_suffix(kDomain.size());
  return to_lower(source);
}

/// Without the version that Lambda puts behind: "AddPermission20150331v2".
std::string_view unversioned(std::string_view name) {
  size_t end = name.size();
  if (size_t v = name.rfind('v');
      v != std::string_view::npos && v + 1 < end &&
      name.find_first_not_of("0123456789", v + 1) == std::string_view::npos)
    end = v;
  size_t digits = end;
  while (digits > 0 && is_digit(name[digits - 1])) --digits;
  return end - digits == 8 ? name.substr(0, digits) : name;
}

std::optional<Effect> parse_effect(std::string_view text) {
  for (Effect effect : {Effect::kCreated, Effect::kChanged, Effect::kShared, Effect::kDeleted})
    if (name_of(effect) == text) return effect;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Effect effect) {
  constexpr std::string_view kNames[] = {"created", "changed", "shared", "deleted"};
  return kNames[static_cast<size_t>(effect)];
}

std::string shell_word(std::string_view text) {
  auto plain = [](char c) {
    return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
           std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  // What a terminal would not show as it is, is written as an escape.
  bool odd = printable(text) != text;
  std::string out = odd ? "$'" : "'";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (odd && (byte < 0x20 || byte >= 0x7F)) {
      constexpr char kDigits[] = "0123456789abcdef";
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else if (odd && (c == '\'' || c == '\\')) {
      out += '\\';
      out += c;
    } else if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

bool RecordTree::parse(std::string_view record) {
  text_ = record;
  return tree_.parse(text_).ok();
}

std::vector<std::string> RecordTree::values(std::string_view path, bool whole) const {
  std::vector<std::string> out;
  if (!tree_.nodes().empty()) collect(0, path, whole, out);
  return out;
}

void RecordTree::collect(uint32_t node, std::string_view path, bool whole,
                         std::vector<std::string>& out) const {
  const JsonTree::Node& here = tree_[node];
  if (path.empty() && (here.is_scalar() || whole)) {
    if (here.kind == JsonTree::Kind::kNull) return;
    if (here.is_scalar()) {
      out.emplace_back(here.text);
      return;
    }
    // A whole value ends where the text between it and the next one ends.
    size_t end = here.offset;
    size_t depth = 0;
    bool quoted = false;
    for (; end < text_.size(); ++end) {
      char c = text_[end];
      if (quoted) {
        if (c == '\\') ++end;
        quoted = c != '"';
        continue;
      }
      quoted = c == '"';
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    out.push_back(text_.substr(here.offset, end + 1 - here.offset));
    return;
  }
  if (here.kind == JsonTree::Kind::kArray) {
    for (uint32_t child = node + 1; child < here.next; child = tree_[child].next)
      collect(child, path, whole, out);
    return;
  }
  if (here.kind != JsonTree::Kind::kObject || path.empty()) return;
  size_t dot = path.find('.');
  std::string_view key = path.substr(0, dot);
  std::string_view rest = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  uint32_t child = tree_.find(node, key);
  if (child != 0) collect(child, rest, whole, out);
}

struct InverseTable::Row {
  std::string source, name;
  Effect effect = Effect::kChanged;
  Template thing;
  std::vector<Alternative> alternatives;
  std::vector<std::string> remarks;
  std::vector<std::string> earlier;
};

struct InverseTable::Table {
  std::map<std::pair<std::string, std::string>, Row> rows;
};

InverseTable::InverseTable() : table_(std::make_unique<Table>()) {}
InverseTable::InverseTable(InverseTable&&) noexcept = default;
InverseTable::~InverseTable() = default;

Result<InverseTable> InverseTable::parse(std::string_view text) {
  InverseTable table;
  auto parse_row = [&](std::string_view line) -> Status {
    std::vector<std::string_view> columns = split(line, '\t');
    if (columns.size() != 6)
      return Error{ErrorCode::kInvalidInput,
                   "expected 6 columns, got " + std::to_string(columns.size())};
    Row row;
    row.source = source_key(trim(columns[0]));
    row.name = trim(columns[1]);
    auto effect = parse_effect(trim(columns[2]));
    if (!effect) return Error{ErrorCode::kInvalidInput, "no effect " + std::string(columns[2])};
    row.effect = *effect;
    TRY_ASSIGN(row.thing, parse_template(trim(columns[3])));
    if (trim(columns[4]) != "-") {
      for (std::string_view alternative : split_at(columns[4], "||")) {
        TRY_ASSIGN(Alternative parsed, parse_alternative(alternative));
        for (const Template& command : parsed.commands)
          for (const Piece& piece : command)
            if (!piece.earlier.empty()) row.earlier.push_back(piece.earlier);
        row.alternatives.push_back(std::move(parsed));
      }
    }
    for (std::string_view remark : split_at(columns[5], "||")) row.remarks.emplace_back(remark);
    auto key = std::make_pair(row.source, row.name);
    if (!table.table_->rows.emplace(std::move(key), std::move(row)).second)
      return Error{ErrorCode::kInvalidInput, "a second row for the same call"};
    return {};
  };
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty() || line.starts_with('#')) continue;
    Status status = parse_row(line);
    if (!status.ok()) return Error(status.error()).with_context("line " + std::to_string(number));
  }
  return table;
}

const InverseTable::Row* InverseTable::find(std::string_view source, std::string_view name) const {
  auto found =
      table_->rows.find(std::make_pair(source_key(source), std::string(unversioned(name))));
  return found == table_->rows.end() ? nullptr : &found->second;
}

Effect InverseTable::effect_of(const Row& row) { return row.effect; }

const std::vector<std::string>& InverseTable::earlier_events(const Row& row) { return row.earlier; }

size_t InverseTable::size() const { return table_->rows.size(); }

/// The literal parts with one value each, or, where a field has several (each), one text for each.
std::vector<std::string> InverseTable::things_of(const Row& row, const RecordTree& record) {
  std::vector<std::string> things = {""};
  for (const Piece& piece : row.thing) {
    if (piece.path.empty()) {
      for (std::string& thing : things) thing += piece.literal;
      continue;
    }
    std::vector<std::string> values = values_of(piece, record, {});
    if (values.empty()) return {};
    if (values.size() > kValuesTaken) values.resize(kValuesTaken);
    std::vector<std::string> grown;
    for (const std::string& thing : things)
      for (const std::string& value : values) grown.push_back(thing + value);
    if (grown.size() > kValuesTaken) grown.resize(kValuesTaken);
    things = std::move(grown);
  }
  return things;
}

Inverse InverseTable::invert(const Row& row, const RecordTree& record, std::string_view region,
                             const Earlier& earlier) {
  Inverse inverse;
  auto remark = [&](size_t alternative) {
    if (row.remarks.empty()) return std::string();
    return row.remarks[std::min(alternative, row.remarks.size() - 1)];
  };
  if (row.alternatives.empty()) {
    inverse.remark = remark(0);
    return inverse;
  }
  for (size_t i = 0; i < row.alternatives.size(); ++i) {
    const Alternative& alternative = row.alternatives[i];
    if (!alternative.condition_path.empty()) {
      std::vector<std::string> values = record.values(alternative.condition_path, false);
      if (values.empty() || !equals_ignore_case(values.front(), alternative.condition_value))
        continue;
    }
    std::vector<std::string> commands;
    for (const Template& pieces : alternative.commands) {
      auto command = fill_command(pieces, record, earlier);
      if (!command) break;
      if (!region.empty() && !is_global(*command)) *command += " --region " + shell_word(region);
      commands.push_back(std::move(*command));
    }
    if (commands.size() != alternative.commands.size()) continue;
    inverse.commands = std::move(commands);
    inverse.remark = remark(i);
    return inverse;
  }
  inverse.remark = "the record does not hold what the inverse call needs";
  bool asks_earlier = !row.earlier.empty();
  if (asks_earlier) {
    inverse.remark += ", and these logs hold no earlier ";
    std::vector<std::string> names = row.earlier;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    inverse.remark += join(names, " or ") + " of the same thing";
  }
  return inverse;
}

}  // namespace cairn::investigate
