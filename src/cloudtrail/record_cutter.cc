#include "cloudtrail/record_cutter.h"

#include "base/text.h"
#include "cloudtrail/json_text.h"
#include "cloudtrail/other_content.h"
#include "cloudtrail/record_split.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn::cloudtrail {

namespace {

constexpr size_t kFrameLimit =
    16;  // containers in containers; deeper ones lose their outermost frame
constexpr size_t kHeadBytes = 1024;       // kept to name what an input is
constexpr size_t kLinePrefixLimit = 256;  // "2023-07-10T11:42:00.000Z stream " before a record
constexpr size_t kCutSearchBytes = 64u << 10;
constexpr size_t kFirstKeyLimit = 64;
constexpr size_t kEvidenceBytes = 4096;
constexpr size_t kEnvelopeHeadBytes = 64u << 10;
constexpr size_t kSlowFactor = 16;  // times the window that the slow path may look at
constexpr size_t kOpenCandidateTail = 1u << 20;
constexpr std::string_view kOverlong = "a record longer than the limit (record_bytes)";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string with_position(std::string_view reason, uint64_t offset) {
  return std::string(reason) + " at byte " + std::to_string(offset);
}

}  // namespace

void RecordCutter::start(std::string_view name, EventSink& sink, SourceReport& report) {
  name_ = name;
  sink_ = &sink;
  report_ = &report;
  frames_.clear();
  stretch_.reset();
  pending_.clear();
  pending_count_ = listed_ = others_ = top_events_ = 0;
  evidence_ = stopped_ = container_seen_ = unframed_ = line_break_ = visible_ = container_failed_ =
      damaged_ = false;
  other_shape_.clear();
  container_shape_.clear();
  head_.clear();
}

// ---- Quarantine

void RecordCutter::show_evidence() {
  if (evidence_) return;
  evidence_ = true;
  report_->quarantined += pending_count_;
  for (QuarantineEntry& entry : pending_) {
    ++listed_;
    sink_->on_quarantine(std::move(entry));
  }
  pending_.clear();
}

/// Counts an entry and lists it, as long as the list is short.
void RecordCutter::quarantine(QuarantineEntry entry) {
  entry.file = name_;
  bool repaired = entry.kind == QuarantineEntry::Kind::kRepaired;
  if (!evidence_ && !repaired && !container_failed_) {
    ++pending_count_;
    if (pending_.size() < limits_.quarantine_entries) pending_.push_back(std::move(entry));
    return;
  }
  ++(repaired ? report_->repaired : report_->quarantined);
  if (listed_ >= limits_.quarantine_entries) return;
  ++listed_;
  sink_->on_quarantine(std::move(entry));
}

void RecordCutter::open_stretch(size_t at, QuarantineEntry::Kind kind, std::string_view reason,
                                size_t fault) {
  stretch_ = Stretch{offset_ + at, offset_ + at + 1, kind, with_position(reason, offset_ + fault)};
  damaged_ = true;
  if (frames_.empty()) unframed_ = true;
  if (evidence_) return;
  if (kind == QuarantineEntry::Kind::kLimit && container_seen_) return show_evidence();
  std::string_view beginning = window().substr(at, kEvidenceBytes);
  for (std::string_view key :
       {"\"eventVersion\"", "\"eventSource\"", "\"userIdentity\"", "\"CloudTrailEvent\""}) {
    if (beginning.find(key) != std::string_view::npos) return show_evidence();
  }
}

void RecordCutter::extend_stretch(size_t from, size_t to) {
  while (to > from && (is_json_blank(text_[to - 1]) || text_[to - 1] == ',')) --to;
  if (to > from) stretch_->end = std::max(stretch_->end, offset_ + to);
}

void RecordCutter::close_stretch(uint64_t end) {
  QuarantineEntry entry;
  entry.kind = stretch_->kind;
  entry.offset = stretch_->offset;
  entry.length = end - stretch_->offset;
  entry.reason = std::move(stretch_->reason);
  if (entry.kind != QuarantineEntry::Kind::kRecord) report_->partial = true;
  stretch_.reset();
  quarantine(std::move(entry));
}

void RecordCutter::container_failed(QuarantineEntry::Kind kind, std::string reason) {
  report_->partial = true;
  container_failed_ = true;
  QuarantineEntry entry;
  entry.kind = kind;
  entry.offset = offset_ + size_;
  entry.reason = std::move(reason);
  if (stretch_) {
    entry.offset = stretch_->offset;
    entry.length = offset_ + size_ - stretch_->offset;
    stretch_.reset();
  }
  // Listed even when nothing in it could be told to be CloudTrail.
  quarantine(std::move(entry));
}

// ---- Records

void RecordCutter::deliver(std::string_view shape) {
  show_evidence();
  if (report_->shape.empty()) report_->shape = shape;
  if (frames_.empty()) ++top_events_;
  ++report_->events;
  sink_->on_event(walk_.event());
}

/// An object that is no CloudTrail record: an item of the list only among records that are.
void RecordCutter::pass_over(uint32_t marks) {
  if (other_shape_.empty())
    other_shape_ = (marks & kObjectStoreKey) != 0 ? "S3 event notification" : "JSON";
  refuse(walk_.event().offset(), walk_.event().raw().size(), "not a CloudTrail record");
}

void RecordCutter::refuse(uint64_t offset, uint64_t length, std::string_view reason) {
  if (!frames_.empty() && frames_.back().control) return;
  ++others_;
  quarantine({QuarantineEntry::Kind::kRecord, "", offset, length, std::string(reason)});
}

void RecordCutter::push(Frame frame) {
  if (frames_.size() == kFrameLimit) frames_.erase(frames_.begin());
  bool control = !frames_.empty() && frames_.back().control;
  frame.control = frame.control || control;
  frames_.push_back(frame);
}

RecordCutter::Step RecordCutter::take_outcome(const RecordWalk::Outcome& outcome, size_t begin,
                                              size_t& at, std::string_view shape) {
  switch (outcome.verdict) {
    case RecordWalk::Verdict::kEnvelope:
      push({.list = false, .control = (outcome.marks & kControlKey) != 0, .shape = shape});
      at = outcome.key;
      return Step::kOn;
    case RecordWalk::Verdict::kEvent:
      if (outcome.end - begin > limits_.record_bytes) {
        open_stretch(begin, QuarantineEntry::Kind::kLimit, kOverlong, begin);
        close_stretch(offset_ + outcome.end);
      } else {
        deliver(shape);
      }
      break;
    default:
      if (!leaves_alone(outcome.marks)) pass_over(outcome.marks);
      break;
  }
  at = outcome.end;
  return Step::kOn;
}

/// Digests and Config files are told by their keys, and not read any further.
bool RecordCutter::leaves_alone(uint32_t marks) {
  if (!frames_.empty() || evidence_ || (marks & (kDigestKey | kConfigKey)) == 0) return false;
  report_->kind = (marks & kDigestKey) != 0 ? SourceKind::kDigest : SourceKind::kConfig;
  stopped_ = true;
  return true;
}

/// Moves the cursor to the token that begins at a byte; false when none does.
bool RecordCutter::find_token(size_t at) {
  if (!indexed_) return false;
  const uint32_t* positions = index_.positions();
  uint32_t count = index_.size();
  for (int near = 0; near < 8 && cursor_ < count && positions[cursor_] < at; ++near) ++cursor_;
  if (cursor_ >= count || positions[cursor_] != at) {
    cursor_ = static_cast<uint32_t>(std::lower_bound(positions, positions + count, at) - positions);
  }
  return cursor_ < count && positions[cursor_] == at;
}

void RecordCutter::walk_window() {
  if (walk_uses_window_) return;
  walk_.use({text_, indexed_size_}, index_);
  walk_uses_window_ = true;
}

RecordCutter::Step RecordCutter::take_object(size_t& at, std::string_view shape) {
  if (!find_token(at)) return take_refused_object(at, shape);
  walk_window();
  RecordWalk::Outcome outcome = walk_.walk(cursor_, offset_);
  if (outcome.verdict == RecordWalk::Verdict::kIncomplete ||
      outcome.verdict == RecordWalk::Verdict::kBroken) {
    if (leaves_alone(outcome.marks)) return Step::kOn;
    bool fits = size_ - at < limits_.record_bytes;
    if (outcome.verdict == RecordWalk::Verdict::kIncomplete && !last_ && fits) return Step::kHold;
    return take_refused_object(at, shape);
  }
  cursor_ = outcome.next_token;
  return take_outcome(outcome, at, at, shape);
}

/// Indexes and walks one object without its surroundings. The outcome's positions are bytes of the
/// window.
RecordWalk::Outcome RecordCutter::walk_alone(size_t begin, size_t end, bool& repaired) {
  walk_uses_window_ = false;
  std::string_view object = window().substr(begin, end - begin);
  StructuralIndex::Outcome indexed = alone_index_.build(object);
  repaired = false;
  if (indexed == StructuralIndex::Outcome::kInvalidUtf8) {
    repaired_ = repair_utf8(object);
    object = repaired_;
    repaired = true;
    indexed = alone_index_.build(object);
  }
  RecordWalk::Outcome outcome;
  if (indexed != StructuralIndex::Outcome::kDone) {
    outcome.reason = to_string(indexed);
    outcome.fault = begin + control_character_in_string(object);
    return outcome;
  }
  walk_.use(object, alone_index_);
  outcome = walk_.walk(0, offset_ + begin);
  outcome.key += begin;
  outcome.fault = std::min(outcome.fault + begin, end);
  outcome.end = end;
  return outcome;
}

/// For an envelope whose end need not be in sight: the place of the key whose value holds the
/// records.
std::optional<size_t> RecordCutter::envelope_key(size_t begin) const {
  std::string_view text = window().substr(0, begin + kEnvelopeHeadBytes);
  size_t at = begin + 1;
  auto skip_blanks = [&] {
    while (at < text.size() && is_json_blank(text[at])) ++at;
    return at < text.size();
  };
  for (;;) {
    if (!skip_blanks() || text[at] != '"') return std::nullopt;
    size_t key = at, close = end_of_string(text, at);
    if (close == std::string_view::npos) return std::nullopt;
    std::string_view name = text.substr(key + 1, close - key - 1);
    at = close + 1;
    if (!skip_blanks() || text[at] != ':') return std::nullopt;
    ++at;
    if (!skip_blanks()) return std::nullopt;
    const FieldTrie::Node* node = trie_.root().keys.find(name);
    uint32_t marks = node != nullptr ? node->marks : 0;
    if ((marks & kListKey) != 0 && text[at] == '[') return key;
    if ((marks & kWrapKey) != 0 && text[at] == '{') return key;
    if ((marks & kLookupKey) != 0 && text[at] == '"') return key;
    if ((marks & kTextKey) != 0 && text.substr(at).starts_with("\"{")) return key;
    if ((marks & ~kCommonKey) != 0 || text[at] == '{' || text[at] == '[') return std::nullopt;
    if (text[at] == '"') {
      at = end_of_string(text, at);
      if (at == std::string_view::npos) return std::nullopt;
      ++at;
    } else {
      at = std::min(text.find_first_of(",}", at), text.size());
    }
    if (!skip_blanks() || text[at] != ',') return std::nullopt;
    ++at;
  }
}

/// Takes an object whose extent is known by itself. False when the walk refuses it; `outcome` then
/// says why.
bool RecordCutter::take_alone(size_t& at, size_t end, std::string_view shape, bool only_event,
                              RecordWalk::Outcome& outcome) {
  size_t begin = at;
  bool repaired = false;
  char behind = std::exchange(text_[end], '\0');
  outcome = walk_alone(begin, end, repaired);
  using Verdict = RecordWalk::Verdict;
  bool good = outcome.verdict == Verdict::kEvent;
  // The position of an envelope's key is of no use when it is that of a repaired copy.
  if (!only_event)
    good |=
        outcome.verdict == Verdict::kOther || (outcome.verdict == Verdict::kEnvelope && !repaired);
  if (good) {
    if (repaired && outcome.verdict == Verdict::kEvent) note_repair(begin, end);
    take_outcome(outcome, begin, at, shape);
  }
  text_[end] = behind;
  return good;
}

void RecordCutter::note_repair(size_t begin, size_t end) {
  quarantine({QuarantineEntry::Kind::kRepaired, "", offset_ + begin, end - begin,
              "invalid UTF-8 was replaced by U+FFFD"});
}

RecordCutter::Step RecordCutter::take_refused_object(size_t& at, std::string_view shape) {
  size_t begin = at;
  if (auto key = envelope_key(begin)) {
    push({.list = false, .control = false, .shape = shape});
    at = *key;
    return Step::kOn;
  }
  bool fits = size_ - begin < limits_.record_bytes;
  std::string_view text = fits ? window() : window().substr(0, begin + limits_.record_bytes);
  Extent extent = split_object(text, begin, limits_.nesting, Strictness::kGrammar, stack_);
  slow_bytes_ += extent.end - begin;
  RecordWalk::Outcome outcome;
  switch (extent.kind) {
    case Extent::Kind::kWhole:
      if (take_alone(at, extent.end, shape, false, outcome)) return Step::kOn;
      open_stretch(begin, QuarantineEntry::Kind::kRecord, outcome.reason, outcome.fault);
      close_stretch(offset_ + extent.end);
      at = extent.end;
      return Step::kOn;
    case Extent::Kind::kOpen:
      if (!last_ && fits) return Step::kHold;
      if (fits) {
        open_stretch(begin, QuarantineEntry::Kind::kTruncated, extent.reason, size_);
      } else {
        open_stretch(begin, QuarantineEntry::Kind::kLimit, kOverlong, begin);
      }
      break;
    case Extent::Kind::kBroken: {
      // Damage deep inside, which the fast walk would not have noticed either, must not cost the
      // record.
      if (slow_bytes_ < kSlowFactor * size_) {
        Extent loose = split_object(text, begin, limits_.nesting, Strictness::kBrackets, stack_);
        slow_bytes_ += loose.end - begin;
        if (loose.kind == Extent::Kind::kWhole && take_alone(at, loose.end, shape, true, outcome))
          return Step::kOn;
      }
      open_stretch(begin, QuarantineEntry::Kind::kRecord, extent.reason, extent.end);
      break;
    }
  }
  at = begin + 1;
  return Step::kOn;
}

// ---- Damage

bool RecordCutter::may_begin_record(size_t at) const {
  std::string_view text = window();
  size_t quote = at + 1;
  while (quote < text.size() && is_json_blank(text[quote])) ++quote;
  if (quote >= text.size() || text[quote] != '"') return false;
  if (at > 0 ? text[at - 1] == '\n' : offset_ == 0) return true;
  size_t close = text.substr(0, quote + kFirstKeyLimit).find('"', quote + 1);
  return close != std::string_view::npos &&
         is_record_key(trie_, text.substr(quote + 1, close - quote - 1));
}

/// Looks for the next place where a whole record or envelope begins, and ends the open stretch
/// there.
RecordCutter::Step RecordCutter::resynchronise(size_t& at) {
  std::string_view text = window();
  std::optional<size_t> open;  // the first candidate whose end is not in sight
  bool overlong = false;
  size_t q = text.find('{', at);
  for (; q != std::string_view::npos; q = text.find('{', q + 1)) {
    if (!last_ && text.size() - q < kFirstKeyLimit) {
      if (!open) open = q;
      break;
    }
    if (!may_begin_record(q)) continue;
    if (slow_bytes_ > kSlowFactor * size_ + limits_.record_bytes) break;
    Extent extent = split_object(text.substr(0, q + std::min(size_ - q, limits_.record_bytes)), q,
                                 limits_.nesting, Strictness::kGrammar, stack_);
    slow_bytes_ += extent.end - q;
    if (extent.kind == Extent::Kind::kOpen) {
      if (size_ - q >= limits_.record_bytes) {
        overlong = true;
      } else if (!open) {
        open = q;
      }
    }
    if (extent.kind != Extent::Kind::kWhole) continue;
    bool repaired = false;
    char behind = std::exchange(text_[extent.end], '\0');
    RecordWalk::Outcome outcome = walk_alone(q, extent.end, repaired);
    text_[extent.end] = behind;
    if (outcome.verdict == RecordWalk::Verdict::kEvent ||
        outcome.verdict == RecordWalk::Verdict::kEnvelope) {
      extend_stretch(at, q);
      if (stretch_->kind == QuarantineEntry::Kind::kTruncated)
        stretch_->kind = QuarantineEntry::Kind::kRecord;
      close_stretch(stretch_->end);
      at = q;
      return Step::kOn;
    }
  }
  // A candidate that outgrew every limit must not make the next window as long again: only the last
  // ones are waited for.
  if (open && !last_ && (!overlong || size_ - *open <= kOpenCandidateTail)) {
    extend_stretch(at, *open);
    at = *open;
    return Step::kHold;
  }
  if (!evidence_ && report_->events == 0 && frames_.empty()) stopped_ = true;
  extend_stretch(at, size_);
  at = size_;
  return Step::kOn;
}

RecordCutter::Step RecordCutter::wait_or_damage(size_t hold_at, size_t& at,
                                                std::string_view reason) {
  if (!last_ && size_ - hold_at < limits_.record_bytes) {
    at = hold_at;
    return Step::kHold;
  }
  auto kind = last_ ? QuarantineEntry::Kind::kTruncated : QuarantineEntry::Kind::kLimit;
  open_stretch(hold_at, kind, reason, size_);
  at = hold_at + 1;
  return Step::kOn;
}

// ---- Between records

RecordCutter::Step RecordCutter::at_top(size_t& at) {
  std::string_view text = window();
  switch (text[at]) {
    case '{':
      return take_object(at, "");
    case '[':
      push({.list = true, .control = false, .shape = "array"});
      ++at;
      return Step::kOn;
    case ',':
    case '\x1e':  // RFC 7464 puts one before each text of a sequence
      ++at;
      return Step::kOn;
    case ']':
    case '}':
      if (!unframed_) break;
      ++at;
      return Step::kOn;
    default:
      break;
  }
  if (is_digit(text[at])) {
    // CloudWatch Logs exports to S3 and `aws logs tail` put the time, and the stream, before each
    // record.
    std::string_view line = text.substr(at, kLinePrefixLimit);
    line = line.substr(0, line.find('\n'));
    size_t brace = line.find('{');
    if (brace != std::string_view::npos) {
      size_t object = at + brace;
      Step result = take_object(object, "CloudWatch Logs");
      if (result == Step::kOn) at = object;
      return result;
    }
    if (!last_ && size_ - at < kLinePrefixLimit && line.size() == size_ - at) return Step::kHold;
  }
  open_stretch(at, QuarantineEntry::Kind::kContainer, "no JSON", at);
  return Step::kOn;
}

RecordCutter::Step RecordCutter::in_list(size_t& at) {
  switch (text_[at]) {
    case ',':
      ++at;
      return Step::kOn;
    case ']':
      frames_.pop_back();
      ++at;
      return Step::kOn;
    case '{':
      return take_object(at, frames_.back().shape);
    case '[': {
      push({.list = true, .control = false, .shape = frames_.back().shape});
      ++at;
      return Step::kOn;
    }
    case '}':
    case ':':
      open_stretch(at, QuarantineEntry::Kind::kContainer, "expected a record", at);
      ++at;
      return Step::kOn;
    default: {
      size_t begin = at;
      Step result = skip_value(at, at);
      if (result == Step::kOn && !stretch_)
        refuse(offset_ + begin, at - begin, "not a CloudTrail record");
      return result;
    }
  }
}

/// Moves over any value; what is not whole is waited for from `hold_at`.
RecordCutter::Step RecordCutter::skip_value(size_t hold_at, size_t& at) {
  std::string_view text = window();
  char c = text[at];
  if (c == '"') {
    size_t close = end_of_string(text, at);
    if (close == std::string_view::npos)
      return wait_or_damage(hold_at, at, "a string does not end");
    at = close + 1;
    return Step::kOn;
  }
  if (c == '{' || c == '[') {
    if (find_token(at)) {
      walk_window();
      if (auto next = walk_.skip_value(cursor_)) {
        at = index_.positions()[*next - 1] + size_t{1};
        cursor_ = *next;
        return Step::kOn;
      }
    }
    Extent extent = split_object(text, at, limits_.nesting, Strictness::kBrackets, stack_);
    if (c == '[')
      extent.kind = Extent::Kind::kOpen;  // only reached when the index failed: treat as damage at
                                          // the end of the window
    slow_bytes_ += extent.end - at;
    if (extent.kind == Extent::Kind::kWhole) {
      at = extent.end;
      return Step::kOn;
    }
    return wait_or_damage(hold_at, at, extent.reason);
  }
  size_t end = text.find_first_of(",]}\n{[\"", at);
  if (end == std::string_view::npos)
    return wait_or_damage(hold_at, at, "the text ends inside a value");
  at = std::max(end, at + 1);
  return Step::kOn;
}

RecordCutter::Step RecordCutter::in_envelope(size_t& at) {
  std::string_view text = window();
  size_t key = at;
  if (text[at] == ',') {
    ++at;
    return Step::kOn;
  }
  if (text[at] == '}') {
    frames_.pop_back();
    ++at;
    return Step::kOn;
  }
  if (text[at] != '"') {
    open_stretch(at, QuarantineEntry::Kind::kContainer, "expected a key", at);
    ++at;
    return Step::kOn;
  }
  size_t close = end_of_string(text, at);
  if (close == std::string_view::npos) return wait_or_damage(key, at, "a key does not end");
  std::string_view name = text.substr(key + 1, close - key - 1);
  size_t value = close + 1;
  auto skip_blanks = [&] {
    while (value < text.size() && is_json_blank(text[value])) ++value;
    return value < text.size();
  };
  if (!skip_blanks()) return wait_or_damage(key, at, "the text ends after a key");
  if (text[value] != ':') {
    open_stretch(at, QuarantineEntry::Kind::kContainer, "expected a colon after the key", value);
    ++at;
    return Step::kOn;
  }
  ++value;
  if (!skip_blanks()) return wait_or_damage(key, at, "the text ends after a key");

  const FieldTrie::Node* node = trie_.root().keys.find(name);
  uint32_t marks = node != nullptr ? node->marks : 0;
  char c = text[value];
  if ((marks & kListKey) != 0 && c == '[') {
    std::string_view shape = name == "Records"  ? "Records"
                             : name == "Events" ? "lookup-events"
                                                : "CloudWatch Logs";
    push({.list = true, .control = false, .shape = shape});
    container_seen_ = true;
    if (container_shape_.empty()) container_shape_ = shape;
    at = value + 1;
    return Step::kOn;
  }
  if ((marks & kWrapKey) != 0 && c == '{') {
    size_t inner = value;
    Step result = take_object(inner, name == "detail" ? "EventBridge" : "Elasticsearch");
    at = result == Step::kHold ? key : inner;
    return result;
  }
  if ((marks & (kTextKey | kLookupKey)) != 0 && c == '"') {
    at = value;
    return take_text(key, at, (marks & kLookupKey) != 0);
  }
  if ((marks & kControlKey) != 0 && text.substr(value).starts_with("\"CONTROL_MESSAGE\""))
    frames_.back().control = true;
  at = value;
  return skip_value(key, at);
}

/// A record inside a string: lookup-events' CloudTrailEvent, CloudWatch Logs' message.
RecordCutter::Step RecordCutter::take_text(size_t key, size_t& at, bool must_be_record) {
  std::string_view text = window();
  size_t begin = at + 1, close = end_of_string(text, at);
  if (close == std::string_view::npos) return wait_or_damage(key, at, "a string does not end");
  at = close + 1;
  std::string_view literal = text.substr(begin, close - begin);
  nested_.resize(literal.size() + 1);
  size_t size = unescape_json(literal, nested_.data());
  nested_.resize(size);
  auto turn_down = [&](std::string_view reason) {
    refuse(offset_ + begin, literal.size(), reason);
    return Step::kOn;
  };
  bool repaired = !indexed_ && !is_valid_utf8(nested_);
  if (repaired) nested_ = repair_utf8(nested_);
  if (!trim(nested_).starts_with('{')) return turn_down("not a CloudTrail record");
  if (must_be_record) show_evidence();
  StructuralIndex::Outcome indexed = alone_index_.build(nested_);
  if (indexed != StructuralIndex::Outcome::kDone) return turn_down(to_string(indexed));
  walk_uses_window_ = false;
  walk_.use(nested_, alone_index_);
  uint64_t offset = offset_ + begin - alone_index_.positions()[0];
  RecordWalk::Outcome outcome = walk_.walk(0, offset);
  switch (outcome.verdict) {
    case RecordWalk::Verdict::kEvent: {
      if (repaired) note_repair(begin, close);
      bool listed = must_be_record || frames_.size() > 1;
      deliver(must_be_record ? "lookup-events" : listed ? "CloudWatch Logs" : "message");
      return Step::kOn;
    }
    case RecordWalk::Verdict::kIncomplete:
      return turn_down("the record in the string does not end");
    case RecordWalk::Verdict::kBroken:
      return turn_down("the record in the string: " + std::string(outcome.reason));
    default:
      return turn_down("not a CloudTrail record");
  }
}

RecordCutter::Step RecordCutter::step(size_t& at) {
  if (stretch_) return resynchronise(at);
  for (; at < size_ && is_json_blank(text_[at]); ++at) {
    if (text_[at] == '\n' && frames_.empty() && top_events_ > 0) line_break_ = true;
  }
  if (at == size_) return Step::kOn;
  visible_ = true;
  if (frames_.empty()) return at_top(at);
  return frames_.back().list ? in_list(at) : in_envelope(at);
}

// ---- Windows

bool RecordCutter::build_window_index(size_t size) {
  cursor_ = 0;
  walk_uses_window_ = false;
  text_[size] = '\0';
  indexed_size_ = size;
  StructuralIndex::Outcome outcome = index_.build({text_, size});
  if (outcome == StructuralIndex::Outcome::kUnclosedString) {
    // The window ends inside a string. Closed for the moment, it can be indexed; the record it
    // belongs to still has no end.
    text_[size] = '"';
    text_[size + 1] = '\0';
    indexed_size_ = size + 1;
    outcome = index_.build({text_, size + 1});
  }
  return outcome == StructuralIndex::Outcome::kDone;
}

size_t RecordCutter::cut(char* text, size_t size, uint64_t offset, bool last) {
  text_ = text;
  offset_ = offset;
  last_ = last;
  slow_bytes_ = 0;
  size_t at = 0;
  if (offset == 0) {
    head_.assign(text, std::min(size, kHeadBytes));
    if (head_.starts_with(kByteOrderMark)) at = kByteOrderMark.size();
    if (is_binary_format(head_)) {
      visible_ = stopped_ = true;
      size_ = size;
      return size;
    }
  }
  if (!last) {
    // A window that ends behind a closing brace seldom ends inside a string.
    size_t from = size - std::min(size, kCutSearchBytes);
    size_t brace = std::string_view(text, size).substr(from).rfind('}');
    if (brace != std::string_view::npos) size = from + brace + 1;
  }
  size_ = size;
  std::array<char, 2> behind{text[size], text[size + 1]};
  indexed_ = build_window_index(size);
  bool hold = false;
  while (at < size_ && !hold && !stopped_) hold = step(at) == Step::kHold;
  text[size] = behind[0];
  text[size + 1] = behind[1];
  return stopped_ ? size : std::min(at, size);
}

void RecordCutter::finish(uint64_t text_bytes) {
  if (stretch_) close_stretch(text_bytes);
  bool cut_off =
      !frames_.empty() && !stopped_ && !report_->cancelled && (evidence_ || container_seen_);
  if (cut_off && !damaged_ && !container_failed_) {
    report_->partial = true;
    show_evidence();
    quarantine({QuarantineEntry::Kind::kTruncated, "", text_bytes, 0,
                "the input ends before its closing brackets"});
  }
  if (report_->kind == SourceKind::kDigest || report_->kind == SourceKind::kConfig) {
    report_->shape = report_->kind == SourceKind::kDigest ? "CloudTrail digest" : "AWS Config";
    return;
  }
  if (evidence_ || (container_seen_ && others_ == 0 && pending_count_ == 0)) {
    report_->kind = SourceKind::kCloudTrail;
    if (report_->shape.empty() && report_->events > 0) {
      report_->shape = report_->events == 1 ? "event" : line_break_ ? "JSON lines" : "concatenated";
    }
    if (report_->shape.empty())
      report_->shape = container_shape_.empty() ? "damaged" : container_shape_;
    return;
  }
  report_->kind = visible_ || container_failed_ ? SourceKind::kOther : SourceKind::kEmpty;
  report_->partial = container_failed_;
  if (!other_shape_.empty()) {
    report_->shape = other_shape_;
  } else if (visible_) {
    report_->shape = name_other_content(head_);
  } else {
    report_->shape = container_failed_ ? "damaged" : "empty";
  }
}

}  // namespace cairn::cloudtrail
