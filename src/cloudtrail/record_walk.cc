#include "cloudtrail/record_walk.h"

#include "base/text.h"
#include "cloudtrail/json_text.h"

#include <array>
#include <cstring>

namespace cairn::cloudtrail {

namespace {

// With one of these the object is taken for a record already, and later keys such as "message" or
// "detail" are just its fields.
constexpr uint32_t kRecordKeys =
    kEventNameKey | kEventSourceKey | kEventVersionKey | kInsightKey | kIdentityMark;

constexpr size_t kEscapeSearchBytes = 2048;
constexpr std::string_view kTooDeep = "nested deeper than the limit (nesting)";

constexpr std::array<int8_t, 256> make_depth_steps() {
  std::array<int8_t, 256> steps{};
  steps['{'] = steps['['] = 1;
  steps['}'] = steps[']'] = -1;
  return steps;
}
constexpr std::array<int8_t, 256> kDepthSteps = make_depth_steps();

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  bool digit = true;
  for (char c : text) {
    digit = is_digit(c);
    if (!digit && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') return false;
  }
  return digit;
}

/// "1", "1.08", "2.1": whole numbers around a point. Returns the major version, or -1.
int major_version(std::string_view text) {
  size_t point = text.find('.');
  std::string_view major = text.substr(0, point);
  if (major.empty() || major.size() > 3) return -1;
  int value = 0;
  for (char c : major) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  if (point == std::string_view::npos) return value;
  std::string_view minor = text.substr(point + 1);
  return minor.empty() || minor.find_first_not_of("0123456789") != std::string_view::npos ? -1
                                                                                          : value;
}

}  // namespace

RecordWalk::RecordWalk(const FieldTable& fields, const FieldTrie& trie,
                       const StandardFields& standard, size_t nesting)
    : trie_(trie), standard_(standard), nesting_(nesting), event_(fields), kept_(fields.size()) {}

void RecordWalk::use(std::string_view text, const StructuralIndex& index) {
  text_ = text;
  positions_ = index.positions();
  size_ = index.size();
  clean_begin_ = clean_end_ = 0;
}

uint32_t RecordWalk::fail(uint32_t token, std::string_view reason) {
  fault_token_ = token;
  fault_reason_ = reason;
  return kFault;
}

std::string_view RecordWalk::unescaped(std::string_view literal) {
  char* out = arena_.take(literal.size());
  size_t size = unescape_json(literal, out);
  arena_.give_back(literal.size() - size);
  return {out, size};
}

/// The value of a string token: a view of the text when it holds no escape.
inline std::string_view RecordWalk::string_text(uint32_t token) {
  std::string_view literal = token_text(token);
  // Without its quotes; that there is a closing one, the index guarantees.
  size_t begin = positions_[token] + 1, end = begin + literal.size() - 2;
  literal = {literal.data() + 1, literal.size() - 2};
  if (begin >= clean_begin_ && end <= clean_end_) return literal;
  // One search serves the strings that follow; it does not go far, because the next one may be in
  // another record.
  size_t stretch = std::max(literal.size(), kEscapeSearchBytes);
  std::string_view ahead = text_.substr(begin, stretch);
  clean_begin_ = begin;
  clean_end_ = begin + std::min(ahead.find('\\'), ahead.size());
  return end <= clean_end_ ? literal : unescaped(literal);
}

/// Finds the node of a key. Keys with escapes are so rare that they are only thought of when a key
/// is not known.
inline const FieldTrie::Node* RecordWalk::find_key(const FieldTrie::KeyTable& keys,
                                                   uint32_t token) {
  std::string_view literal = token_text(token);
  literal = {literal.data() + 1, literal.size() - 2};
  const FieldTrie::Node* node = keys.find(literal);
  if (node == nullptr && literal.find('\\') != std::string_view::npos)
    return keys.find(unescaped(literal));
  return node;
}

FieldValue RecordWalk::scalar(uint32_t token) {
  std::string_view text = token_text(token);
  switch (text.front()) {
    case 't':
      return text == "true" ? FieldValue{text, FieldKind::kBool} : FieldValue{};
    case 'f':
      return text == "false" ? FieldValue{text, FieldKind::kBool} : FieldValue{};
    case 'n':
      return text == "null" ? FieldValue{"", FieldKind::kNull} : FieldValue{};
    default:
      return is_number(text) ? FieldValue{text, FieldKind::kNumber} : FieldValue{};
  }
}

/// The JSON of an object or array without blanks between its tokens.
std::string_view RecordWalk::compact_text(uint32_t token, uint32_t next) {
  size_t begin = positions_[token], end = positions_[next - 1] + 1;
  std::string_view text = text_.substr(begin, end - begin);
  bool blanks = false;
  for (uint32_t i = token + 1; i < next; ++i)
    blanks |= is_json_blank(text_.data()[positions_[i] - 1]);
  if (!blanks) return text;
  char* out = arena_.take(text.size());
  size_t size = 0;
  for (uint32_t i = token; i < next; ++i) {
    std::string_view piece = i + 1 < next ? token_text(i) : text_.substr(positions_[i], 1);
    std::memcpy(out + size, piece.data(), piece.size());
    size += piece.size();
  }
  arena_.give_back(text.size() - size);
  return {out, size};
}

/// Counts brackets from an opening one to its partner; returns the token behind it.
uint32_t RecordWalk::skip_container(uint32_t token) {
  char partner = at(token) == '{' ? '}' : ']';
  size_t depth = 1;
  for (uint32_t i = token + 1; i < size_; ++i) {
    char c = at(i);
    depth +=
        static_cast<size_t>(static_cast<ptrdiff_t>(kDepthSteps[static_cast<unsigned char>(c)]));
    if (depth - 1 >= nesting_) {  // zero, or too deep
      if (depth != 0) return fail(i, kTooDeep);
      return c == partner ? i + 1 : fail(i, "brackets do not match");
    }
  }
  return fail(size_, "the text ends inside");
}

/// The same for a subtree whose text is wanted: whether there are blanks between its tokens is seen
/// on the way.
uint32_t RecordWalk::keep_container(uint32_t token, SlotId slot) {
  char partner = at(token) == '{' ? '}' : ']';
  FieldKind kind = partner == '}' ? FieldKind::kObject : FieldKind::kArray;
  const char* text = text_.data();
  size_t depth = 1;
  bool blanks = false;
  for (uint32_t i = token + 1; i < size_; ++i) {
    const char* p = text + positions_[i];
    blanks |= static_cast<unsigned char>(p[-1]) <= ' ';  // compact_text() looks closer
    depth +=
        static_cast<size_t>(static_cast<ptrdiff_t>(kDepthSteps[static_cast<unsigned char>(*p)]));
    if (depth - 1 < nesting_) continue;
    if (depth != 0) return fail(i, kTooDeep);
    if (*p != partner) return fail(i, "brackets do not match");
    const char* begin = text + positions_[token];
    std::string_view whole{begin, static_cast<size_t>(p + 1 - begin)};
    event_.add(slot, {blanks ? compact_text(token, i + 1) : whole, kind});
    return i + 1;
  }
  return fail(size_, "the text ends inside");
}

std::optional<uint32_t> RecordWalk::skip_value(uint32_t token) {
  if (token >= size_) return std::nullopt;
  char c = at(token);
  uint32_t next = c == '{' || c == '[' ? skip_container(token) : token + 1;
  if (next == kFault) return std::nullopt;
  return next;
}

/// Reads a value into the slots of a node and of those below it; returns the token behind the
/// value.
uint32_t RecordWalk::read_value(const FieldTrie::Node& node, uint32_t token, size_t depth) {
  if (depth >= nesting_) return fail(token, kTooDeep);
  switch (at(token)) {
    case '"':
      if (node.slot != kNoSlot) event_.add(node.slot, {string_text(token), FieldKind::kString});
      return token + 1;
    case '{': {
      if (node.keys.empty())
        return node.slot == kNoSlot ? skip_container(token) : keep_container(token, node.slot);
      uint32_t next = read_members(node, token, depth);
      if (next != kFault && node.slot != kNoSlot) {
        event_.add(node.slot, {compact_text(token, next), FieldKind::kObject});
      }
      return next;
    }
    case '[': {
      if (node.slot != kNoSlot && keep_container(token, node.slot) == kFault) return kFault;
      return read_elements(node, token, depth);
    }
    case '}':
    case ']':
    case ',':
    case ':':
      return fail(token, "expected a value");
    default: {
      if (token >= size_) return fail(token, "the text ends inside");
      FieldValue value = scalar(token);
      if (!value.present()) return fail(token, "expected a value");
      if (node.slot != kNoSlot) event_.add(node.slot, value);
      return token + 1;
    }
  }
}

/// Any element counts: scalars are further values of the array's own slot, objects lead to the
/// slots below.
uint32_t RecordWalk::read_elements(const FieldTrie::Node& node, uint32_t token, size_t depth) {
  uint32_t i = token + 1;
  if (at(i) == ']') return i + 1;
  for (;;) {
    char c = at(i);
    if (c == '{') {
      i = node.keys.empty() ? skip_container(i) : read_members(node, i, depth + 1);
    } else if (c == '[') {
      i = depth + 1 >= nesting_ ? fail(i, kTooDeep) : read_elements(node, i, depth + 1);
    } else {
      i = read_value(node, i, depth + 1);
    }
    if (i == kFault) return kFault;
    c = at(i);
    if (c == ']') return i + 1;
    if (c != ',') return fail(i, "expected a comma or the end of the array");
    ++i;
  }
}

uint32_t RecordWalk::read_member(const FieldTrie::Node* node, uint32_t value, size_t depth) {
  if (node != nullptr) return read_value(*node, value, depth);
  char c = at(value);
  if (c == '{' || c == '[') return skip_container(value);
  if (c == '"') return value + 1;
  if (value >= size_) return fail(value, "the text ends inside");
  return scalar(value).present() ? value + 1 : fail(value, "expected a value");
}

uint32_t RecordWalk::read_members(const FieldTrie::Node& node, uint32_t token, size_t depth) {
  uint32_t i = token + 1;
  if (at(i) == '}') return i + 1;
  for (;;) {
    if (at(i) != '"') return fail(i, "expected a key");
    if (at(i + 1) != ':') return fail(i + 1, "expected a colon after the key");
    const FieldTrie::Node* member = find_key(node.keys, i);
    i = read_member(member, i + 2, depth + 1);
    if (i == kFault) return kFault;
    char c = at(i);
    if (c == '}') return i + 1;
    if (c != ',') return fail(i, "expected a comma or the end of the object");
    ++i;
  }
}

bool RecordWalk::opens_envelope(uint32_t marks, uint32_t value) const {
  char c = at(value);
  if ((marks & kListKey) != 0) return c == '[';
  if ((marks & kWrapKey) != 0) return c == '{';
  if (c != '"') return false;
  if ((marks & kLookupKey) != 0) return true;
  std::string_view literal = token_text(value).substr(1);
  return trim(literal.substr(0, 64)).starts_with('{');
}

bool RecordWalk::is_identity() {
  if (event_.get(standard_.identity).kind != FieldKind::kObject &&
      event_.get(standard_.identity).present())
    return false;
  for (SlotId slot :
       {standard_.identity_type, standard_.identity_principal_id, standard_.identity_arn,
        standard_.identity_account, standard_.identity_invoked_by, standard_.identity_access_key}) {
    if (event_.get(slot).present()) return true;
  }
  return false;
}

/// "Record contents" (AWS documentation, 2025) has no one key that every record carries: Insight
/// records have no name, old ones no type, hand-edited ones anything. S3, SQS, Kinesis and DynamoDB
/// notifications reuse some of the names.
bool RecordWalk::is_record(uint32_t marks) {
  if ((marks & kObjectStoreKey) != 0 || event_.text(standard_.event_source).starts_with("aws:"))
    return false;
  if ((marks & kEventNameKey) != 0 && (marks & kEventSourceKey) != 0) return true;
  if ((marks & kInsightKey) != 0) return true;
  if ((marks & kEventTypeKey) != 0 && event_.text(standard_.event_type).starts_with("Aws"))
    return true;
  if ((marks & kEventVersionKey) != 0) {
    int major = major_version(event_.text(standard_.event_version));
    if (major == 0 || major == 1) return true;
  }
  return is_identity();
}

void RecordWalk::settle_time(uint32_t timestamp) {
  if (auto time = parse_event_time(event_.text(standard_.event_time))) {
    event_.set_time(*time);
  } else if (timestamp != 0 && at(timestamp) == '"') {
    if (auto stamped = parse_event_time(string_text(timestamp))) event_.set_time(*stamped);
  }
}

RecordWalk::Outcome RecordWalk::walk(uint32_t token, uint64_t offset) {
  Outcome outcome;
  arena_.reset();
  ++record_;
  size_t begin = positions_[token];
  event_.begin({}, offset + begin, this);
  uint32_t timestamp = 0;
  uint32_t i = token + 1;
  auto give_up = [&](uint32_t fault, std::string_view reason) {
    outcome.verdict = fault >= size_ ? Verdict::kIncomplete : Verdict::kBroken;
    outcome.reason = reason;
    outcome.fault = positions_[std::min(fault, size_)];
    return outcome;
  };
  if (at(i) != '}') {
    for (;;) {
      if (at(i) != '"') return give_up(i, "expected a key");
      if (at(i + 1) != ':') return give_up(i + 1, "expected a colon after the key");
      uint32_t value = i + 2;
      const FieldTrie::Node* node = find_key(trie_.root().keys, i);
      if (node != nullptr) {
        constexpr uint32_t kEnvelopeKeys = kListKey | kWrapKey | kTextKey | kLookupKey;
        if ((node->marks & kEnvelopeKeys) != 0 && (outcome.marks & kRecordKeys) == 0 &&
            opens_envelope(node->marks, value)) {
          outcome.verdict = Verdict::kEnvelope;
          outcome.key = positions_[i];
          return outcome;
        }
        outcome.marks |= node->marks;
        if ((node->marks & kControlKey) != 0 && token_text(value) != "\"CONTROL_MESSAGE\"")
          outcome.marks &= ~kControlKey;
        if ((node->marks & kTimestampKey) != 0) timestamp = value;
      }
      if (node != nullptr && node->lazy) {
        // An array's plain elements are values of the key itself, so it cannot wait: only objects
        // are lazy.
        if (at(value) == '{') {
          i = keep_container(value, node->slot);
          if (kept_[node->slot].record != record_) kept_[node->slot] = {record_, value};
        } else {
          i = read_value(*node, value, 1);
        }
      } else if (node != nullptr && node->slot != kNoSlot && at(value) == '"') {
        event_.add(node->slot, {string_text(value), FieldKind::kString});
        i = value + 1;
      } else {
        i = read_member(node, value, 1);
      }
      if (i == kFault) return give_up(fault_token_, fault_reason_);
      char c = at(i);
      if (c == '}') break;
      if (c != ',') return give_up(i, "expected a comma or the end of the object");
      ++i;
    }
  }
  outcome.end = positions_[i] + size_t{1};
  outcome.next_token = i + 1;
  event_.set_raw(text_.substr(begin, outcome.end - begin));
  if (!is_record(outcome.marks)) {
    outcome.verdict = Verdict::kOther;
    return outcome;
  }
  settle_time(timestamp);
  outcome.verdict = Verdict::kEvent;
  return outcome;
}

void RecordWalk::read_subtree(Event&, SlotId root) {
  const FieldTrie::Node* node = trie_.subtree(root);
  if (node == nullptr || kept_[root].record != record_) return;
  // The brackets were counted already. What else may be wrong inside ends the reading there; the
  // record was delivered and stays.
  read_members(*node, kept_[root].token, 1);
}

}  // namespace cairn::cloudtrail
