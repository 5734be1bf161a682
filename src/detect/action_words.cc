// The words table: one row per API call, tab-separated,
//
//   eventSource  eventName  target  words
//
// eventSource may be written without ".amazonaws.com"; "*" stands for any service; a trailing * in
// eventName matches a prefix (versioned Lambda names). Exact rows win over prefixes, longer
// prefixes over shorter ones, named services over "*". Target and words are templates:
//
//   {path}        the field's first value       {path1;path2}  the first of these that has a value
//   {path|last}   the part after the last "/", without one after the last ":"
//   {path|list}   all different values, joined with ", ": five, then how many more
//   {p1;p2|all}   the same over all these paths
//   {from..to}    the values of two paths in pairs, as a list of ranges: "22, 8000-8080"
//   [ … ]         left out when a field inside has no value
//
// A template of which a field outside brackets has no value says nothing, and the plain fallback is
// used: half a sentence in a report reads like a fact. Lines that are empty or start with # are
// passed over.

#include "base/text.h"
#include "detect/detect.h"
#include "detect/flat_map.h"
#include "detect/match_record.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace cairn::detect {

namespace {

constexpr size_t kValueBytes = 300;  // of one field in a phrase
constexpr size_t kListedItems = 5;   // of a list
constexpr size_t kPhraseBytes = 1000;

enum class Form : uint8_t { kWhole, kLast, kList, kAll, kRanges };

struct Segment {
  std::string literal;        // when `slots` is empty
  std::vector<SlotId> slots;  // alternatives; for kAll all of them
  std::vector<SlotId> ends;   // kRanges: of each alternative
  Form form = Form::kWhole;
  size_t group = 0;  // 0 = outside brackets, else the number of its pair
};

using Template = std::vector<Segment>;

struct Wording {
  Template target, words;
};

/// Returns the key of a service: lower case, without the domain that nearly all sources share.
std::string source_key(std::string_view source) {
  constexpr std::string_view kDomain = ".amazonaws.com";
  std::string key = to_lower(source);
  if (key.ends_with(kDomain)) key.resize(key.size() - kDomain.size());
  return key;
}

std::string_view last_part(std::string_view text) {
  while (text.size() > 1 && text.back() == '/') text.remove_suffix(1);
  size_t cut = text.rfind('/');
  if (cut == std::string_view::npos) cut = text.rfind(':');
  return cut == std::string_view::npos ? text : text.substr(cut + 1);
}

/// True for a value that reads as a word; a path to an array has the array's JSON as a value, too,
/// beside its elements.
bool is_plain(const FieldValue& value) {
  return !value.text.empty() && value.kind != FieldKind::kArray && value.kind != FieldKind::kObject;
}

/// Different texts joined with ", ": a few, then how many more.
class ShortList {
 public:
  void add(std::string_view text) {
    text = cut_bytes(text, kValueBytes);
    if (!seen_.emplace(text).second || seen_.size() > kListedItems) return;
    if (!text_.empty()) text_ += ", ";
    text_ += text;
  }
  void add_all(const Event& event, SlotId slot) {
    for (const FieldValue& value : event.all(slot))
      if (is_plain(value)) add(value.text);
  }
  std::string take() && {
    if (seen_.size() > kListedItems)
      text_ += " and " + std::to_string(seen_.size() - kListedItems) + " more";
    return std::move(text_);
  }

 private:
  std::unordered_set<std::string> seen_;
  std::string text_;
};

/// "22", "8000-8080"; AWS's -1 stands for any port.
std::string range_text(std::string_view from, std::string_view to) {
  if (from == "-1") return "any";
  std::string text(cut_bytes(from, kValueBytes));
  if (from != to) text += "-" + std::string(cut_bytes(to, kValueBytes));
  return text;
}

/// Empty when the two paths do not have their values in pairs.
std::string ranges_of(const Event& event, SlotId from, SlotId to) {
  std::vector<std::string_view> begins, ends;
  for (const FieldValue& value : event.all(from))
    if (is_plain(value)) begins.push_back(value.text);
  for (const FieldValue& value : event.all(to))
    if (is_plain(value)) ends.push_back(value.text);
  if (begins.size() != ends.size()) return {};
  ShortList list;
  for (size_t i = 0; i < begins.size(); ++i) list.add(range_text(begins[i], ends[i]));
  return std::move(list).take();
}

/// Appends the words for a field; returns false when it has no value.
bool append_value(const Event& event, SlotId slot, Form form, std::string& out) {
  if (form == Form::kList) {
    ShortList list;
    list.add_all(event, slot);
    if (std::string text = std::move(list).take(); !text.empty()) {
      out += text;
      return true;
    }
  } else {
    for (const FieldValue& value : event.all(slot)) {
      if (!is_plain(value)) continue;
      out += cut_bytes(form == Form::kLast ? last_part(value.text) : value.text, kValueBytes);
      return true;
    }
  }
  std::string_view json = event.text(slot);  // nothing plainer is left to show
  if (json.empty() || json == "[]" || json == "{}") return false;
  out += cut_bytes(json, kValueBytes);
  return true;
}

bool append_value(const Event& event, const Segment& segment, std::string& out) {
  if (segment.form == Form::kAll) {
    ShortList list;
    for (SlotId slot : segment.slots) list.add_all(event, slot);
    std::string text = std::move(list).take();
    out += text;
    return !text.empty();
  }
  for (size_t i = 0; i < segment.slots.size(); ++i) {
    if (segment.form != Form::kRanges) {
      if (append_value(event, segment.slots[i], segment.form, out)) return true;
      continue;
    }
    std::string text = ranges_of(event, segment.slots[i], segment.ends[i]);
    out += text;
    if (!text.empty()) return true;
  }
  return false;
}

/// Writes a phrase; "" when a field outside brackets has no value. Brackets whose field has none
/// are left out whole.
void fill(const Template& segments, const Event& event, std::string& out) {
  out.clear();
  size_t group = 0, group_begin = 0;
  bool dropped = false;  // of the current group
  for (const Segment& segment : segments) {
    if (segment.group != group) {
      group = segment.group;
      group_begin = out.size();
      dropped = false;
    }
    if (dropped) continue;
    if (segment.slots.empty()) {
      out += segment.literal;
      continue;
    }
    if (append_value(event, segment, out)) continue;
    if (segment.group == 0) return out.clear();
    dropped = true;
    out.resize(group_begin);
  }
  if (out.size() > kPhraseBytes) out.resize(cut_bytes(out, kPhraseBytes).size());
}

/// Parses one template; the message of an error has no position of its own.
class TemplateParser {
 public:
  TemplateParser(std::string_view text, FieldTable& fields) : text_(text), fields_(fields) {}

  Result<Template> parse() {
    for (at_ = 0; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '{') {
        TRY(field());
      } else if (c == '[') {
        if (group_ != 0) return bad("brackets do not nest");
        flush();
        group_ = ++groups_;
      } else if (c == ']') {
        if (group_ == 0) return bad("] without [");
        flush();
        group_ = 0;
      } else if (c == '}') {
        return bad("} without {");
      } else {
        literal_ += c;
      }
    }
    if (group_ != 0) return bad("[ without ]");
    flush();
    return std::move(out_);
  }

 private:
  Error bad(std::string_view what) const {
    return Error{ErrorCode::kInvalidInput,
                 std::string(what) + " in template \"" + std::string(text_) + "\""};
  }

  void flush() {
    if (!literal_.empty()) out_.push_back({std::move(literal_), {}, {}, Form::kWhole, group_});
    literal_.clear();
  }

  Status field() {
    size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) return bad("{ without }");
    std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    flush();
    Segment segment;
    segment.group = group_;
    size_t bar = inside.find('|');
    if (bar != std::string_view::npos) {
      std::string_view form = inside.substr(bar + 1);
      if (form != "last" && form != "list" && form != "all")
        return bad("expected |last, |list or |all");
      segment.form = form == "last" ? Form::kLast : form == "list" ? Form::kList : Form::kAll;
      inside = inside.substr(0, bar);
    }
    size_t dots = inside.find("..");
    if (dots != std::string_view::npos) {
      if (bar != std::string_view::npos) return bad("a range has no |form");
      segment.form = Form::kRanges;
      TRY(paths(inside.substr(dots + 2), segment.ends));
      inside = inside.substr(0, dots);
    }
    TRY(paths(inside, segment.slots));
    if (dots != std::string_view::npos && segment.slots.size() != segment.ends.size())
      return bad("expected as many paths after .. as before");
    out_.push_back(std::move(segment));
    at_ = end;
    return Status::success();
  }

  Status paths(std::string_view list, std::vector<SlotId>& slots) {
    for (std::string_view path : split(list, ';')) {
      if (path.empty() || path.find_first_of(" {[]|") != std::string_view::npos)
        return bad("expected a field path");
      slots.push_back(fields_.intern(path));
    }
    return Status::success();
  }

  std::string_view text_;
  FieldTable& fields_;
  size_t at_ = 0;
  size_t group_ = 0, groups_ = 0;
  std::string literal_;
  Template out_;
};

}  // namespace

struct ActionWords::Table {
  struct Source {
    std::unordered_map<std::string, size_t> names;         // lower case → row
    std::vector<std::pair<std::string, size_t>> prefixes;  // lower case, longest first
  };
  std::unordered_map<std::string, Source> sources;  // by source_key(), "*" for any
  std::vector<Wording> rows;
  SlotId resource_arn = kNoSlot;

  const Wording* find_in(const std::string& source, const std::string& name) const {
    auto found = sources.find(source);
    if (found == sources.end()) return nullptr;
    auto exact = found->second.names.find(name);
    if (exact != found->second.names.end()) return &rows[exact->second];
    for (const auto& [prefix, row] : found->second.prefixes) {
      if (name.compare(0, prefix.size(), prefix) == 0) return &rows[row];
    }
    return nullptr;
  }

  /// The row of a call, of any service's when its own has none; null when there is none.
  const Wording* find(std::string_view source, std::string_view event_name) const {
    std::string name = to_lower(event_name);
    const Wording* row = find_in(source_key(source), name);
    return row != nullptr ? row : find_in("*", name);
  }

  void describe(const Event& event, const StandardFields& f, const Wording* row,
                Phrase& phrase) const;

  Status add_line(std::string_view line, FieldTable& fields) {
    std::vector<std::string_view> columns = split(line, '\t');
    if (columns.size() != 4)
      return Error{ErrorCode::kInvalidInput,
                   "expected 4 columns (source, name, target, words), got " +
                       std::to_string(columns.size())};
    std::string name = to_lower(trim(columns[1]));
    if (name.empty() || trim(columns[0]).empty())
      return Error{ErrorCode::kInvalidInput, "source and name must not be empty"};
    TRY_ASSIGN(Template target, TemplateParser(trim(columns[2]), fields).parse());
    TRY_ASSIGN(Template words, TemplateParser(trim(columns[3]), fields).parse());
    rows.push_back({std::move(target), std::move(words)});
    Source& source = sources[source_key(trim(columns[0]))];
    bool is_new = true;
    if (name.back() == '*') {
      name.pop_back();
      for (const auto& [prefix, row] : source.prefixes) is_new = is_new && prefix != name;
      source.prefixes.emplace_back(name, rows.size() - 1);
    } else {
      is_new = source.names.emplace(name, rows.size() - 1).second;
    }
    if (!is_new) return Error{ErrorCode::kInvalidInput, "a second row for the same call"};
    return Status::success();
  }
};

ActionWords::ActionWords() : table_(std::make_unique<Table>()) {}
ActionWords::ActionWords(ActionWords&&) noexcept = default;
ActionWords& ActionWords::operator=(ActionWords&&) noexcept = default;
ActionWords::~ActionWords() = default;

Result<ActionWords> ActionWords::parse(std::string_view text, FieldTable& fields) {
  ActionWords words;
  Table& table = *words.table_;
  table.resource_arn = fields.intern("resources.ARN");
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty() || trim(line).front() == '#') continue;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    Status added = table.add_line(line, fields);
    if (!added.ok()) return Error(added.error()).with_context("line " + std::to_string(number));
  }
  for (auto& [name, source] : table.sources) {
    std::sort(source.prefixes.begin(), source.prefixes.end(), [](const auto& a, const auto& b) {
      return a.first.size() != b.first.size() ? a.first.size() > b.first.size() : a.first < b.first;
    });
  }
  return words;
}

struct ActionWords::Memory::Rows {
  static constexpr size_t kRemembered = 16'384;
  FlatMap<const Wording*> by_type;
};

ActionWords::Memory::Memory() : rows_(std::make_unique<Rows>()) {}
ActionWords::Memory::Memory(Memory&&) noexcept = default;
ActionWords::Memory::~Memory() = default;

void ActionWords::describe(const Event& event, const StandardFields& f, uint64_t type,
                           Memory& memory, Phrase& phrase) const {
  FlatMap<const Wording*>& known = memory.rows_->by_type;
  if (known.size() > Memory::Rows::kRemembered) known.clear();
  auto [row, is_new] = known.find_or_add(type);
  if (is_new) *row = table_->find(event.text(f.event_source), event.text(f.event_name));
  table_->describe(event, f, *row, phrase);
}

ActionWords::Phrase ActionWords::describe(const Event& event, const StandardFields& f) const {
  Phrase phrase;
  table_->describe(event, f, table_->find(event.text(f.event_source), event.text(f.event_name)),
                   phrase);
  return phrase;
}

void ActionWords::Table::describe(const Event& event, const StandardFields& f, const Wording* row,
                                  Phrase& phrase) const {
  phrase.target.clear();
  phrase.words.clear();
  if (row != nullptr) {
    fill(row->target, event, phrase.target);
    fill(row->words, event, phrase.words);
  }
  if (phrase.target.empty()) phrase.target = cut_bytes(event.text(resource_arn), kValueBytes);
  if (!phrase.words.empty()) return;
  std::string_view called = event.text(f.event_name);
  if (called.empty()) called = event.text(f.insight_name);
  if (called.empty()) {
    phrase.words = "an event without a name";
    return;
  }
  phrase.words = event.text(f.event_type) == "AwsServiceEvent" ? "service event " : "called ";
  phrase.words += cut_bytes(called, kValueBytes);
}

}  // namespace cairn::detect
