#include "detect/match_record.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/stored_reader.h"
#include "sys/spill.h"

#include <iterator>

namespace cairn::detect {

namespace {

using Text = std::string_view EventView::*;
// The texts of an event, in the order they are packed: those that its context and its type decide,
// and its own.
constexpr Text kContextTexts[] = {&EventView::principal,  &EventView::account,
                                  &EventView::access_key, &EventView::source_ip,
                                  &EventView::user_agent, &EventView::region};
constexpr Text kTypeTexts[] = {&EventView::event_name, &EventView::event_source};
constexpr Text kOwnTexts[] = {
    &EventView::event_id, &EventView::session, &EventView::error_code, &EventView::error_message,
    &EventView::target,   &EventView::words,   &EventView::file};
constexpr Text kFolderText[] = {&EventView::folder};

template <size_t kCount>
void pack_texts(const EventView& event, const Text (&texts)[kCount], std::string& out) {
  for (Text text : texts) pack_text(out, cut_bytes(event.*text, kTextBytes));
}

template <size_t kCount>
void unpack_texts(PackReader& reader, const Text (&texts)[kCount], EventView& event) {
  for (Text text : texts) event.*text = reader.text();
}

/// Packs the number of shared texts, plus one; or 0 and the texts themselves.
template <size_t kCount>
void pack_shared(const EventView& event, uint64_t hash, const Text (&texts)[kCount],
                 SharedTexts& shared, std::string& out) {
  uint32_t number =
      shared.number_of(hash, [&](std::string& pool) { pack_texts(event, texts, pool); });
  if (number != SharedTexts::kFull) return pack_number(out, uint64_t{number} + 1);
  pack_number(out, 0);
  pack_texts(event, texts, out);
}

template <size_t kCount>
void unpack_shared(PackReader& reader, const Text (&texts)[kCount], const SharedTexts& shared,
                   EventView& event) {
  uint64_t number = reader.number();
  if (number == 0) return unpack_texts(reader, texts, event);
  PackReader pooled(shared.text(number - 1));
  unpack_texts(pooled, texts, event);
}

}  // namespace

void copy_event(const EventView& event, EventSummary& summary) {
  summary.time = event.time;
  summary.time_known = event.time_known;
  summary.offset = event.offset;
  summary.event_id = event.event_id;
  summary.event_name = event.event_name;
  summary.event_source = event.event_source;
  summary.region = event.region;
  summary.account = event.account;
  summary.principal = event.principal;
  summary.session = event.session;
  summary.access_key = event.access_key;
  summary.source_ip = event.source_ip;
  summary.user_agent = event.user_agent;
  summary.error_code = event.error_code;
  summary.error_message = event.error_message;
  summary.target = event.target;
  summary.words = event.words;
  summary.file = event.folder;
  summary.file += event.file;
}

uint32_t SharedTexts::forget_newcomers() {
  FlatMap<uint32_t> kept;
  numbers_.for_each([&](uint64_t hash, uint32_t number) {
    if (number != kFull) kept[hash] = number;
  });
  numbers_ = std::move(kept);
  return kFull;
}

namespace {

constexpr uint64_t kAllowed = 1, kOwnKey = 2, kCaptured = 4;

void pack_rule(const MatchedRule& matched, std::string& payload) {
  pack_number(payload, matched.rule);
  pack_number(payload, (matched.allowed ? kAllowed : 0) | (matched.own_key ? kOwnKey : 0) |
                           (matched.captured.empty() ? 0 : kCaptured));
  if (matched.own_key) pack_text(payload, cut_bytes(matched.key, kTextBytes));
  if (!matched.captured.empty()) pack_text(payload, matched.captured);
}

void unpack_rule(PackReader& reader, MatchedRule& matched) {
  matched.rule = static_cast<uint32_t>(reader.number());
  uint64_t flags = reader.number();
  matched.allowed = (flags & kAllowed) != 0;
  matched.own_key = (flags & kOwnKey) != 0;
  matched.key = matched.own_key ? reader.text() : std::string_view{};
  matched.captured = (flags & kCaptured) != 0 ? reader.text() : std::string_view{};
}

}  // namespace

void pack_captured(std::string& out, const FieldValue& value) {
  if (!value.has_value()) return pack_number(out, 0);
  std::string_view text = cut_bytes(value.text, kTextBytes);
  pack_number(out, text.size() + 1);
  out += text;
}

bool is_captured(std::string_view bytes) {
  StoredReader in(bytes);
  while (in.ok() && !in.at_end()) {
    size_t size = in.number();
    if (size > 0) in.bytes(size - 1);
  }
  return in.ok();
}

void CaptureReader::read(std::string_view captured) {
  values_.clear();
  PackReader reader(captured);
  while (!reader.at_end()) {
    uint64_t size = reader.number();
    auto& value = values_.emplace_back();
    if (size > 0) value = reader.bytes(size - 1);
  }
}

BareMatch read_rules(std::string_view payload, std::vector<MatchedRule>& rules) {
  PackReader reader(payload);
  BareMatch bare;
  bare.collector = reader.number();
  rules.resize(reader.number());
  for (MatchedRule& matched : rules) unpack_rule(reader, matched);
  bare.rest = reader.rest();
  return bare;
}

std::optional<uint32_t> only_rule(std::string_view payload) {
  PackReader reader(payload);
  reader.number();
  if (reader.number() != 1) return std::nullopt;
  return static_cast<uint32_t>(reader.number());
}

namespace {

/// What encode_match() packs first after the rules.
struct Head {
  explicit Head(PackReader& reader)
      : fingerprint(reader.bytes(8)), flags(reader.number()), time(reader.bytes(8)) {}
  std::string_view fingerprint;
  uint64_t flags;
  std::string_view time;
};
constexpr uint64_t kBrief = 1, kTimeKnown = 2;

}  // namespace

bool is_written_out(std::string_view bare, int64_t farthest_ms) {
  StoredReader in(bare);
  auto skip = [&in](size_t texts) {
    for (; texts > 0; --texts) in.text();
  };
  auto skip_shared = [&](size_t texts) {
    in.number(0);  // no number of another run's texts
    skip(texts);
  };
  in.number(0);  // nor a collector that would be asked for one
  in.bytes(8);   // the fingerprint
  const uint64_t flags = in.number(kBrief | kTimeKnown);
  const std::string_view time = in.bytes(8);
  in.number();  // the offset
  skip(std::size(kOwnTexts));
  skip_shared(std::size(kFolderText));
  if ((flags & kBrief) == 0) {
    skip_shared(std::size(kContextTexts));
    skip_shared(std::size(kTypeTexts));
  }
  if (!in.done()) return false;
  const int64_t time_ms = read_key_i64(time);
  return time_ms >= -farthest_ms && time_ms <= farthest_ms;
}

std::optional<int64_t> BareMatch::time_ms() const {
  PackReader reader(rest);
  Head head(reader);
  if ((head.flags & kTimeKnown) == 0) return std::nullopt;
  return read_key_i64(head.time);
}

void BareMatch::pack(std::string& out) const {
  out.clear();
  pack_number(out, collector);
  out += rest;
}

namespace {

/// `reader` stands behind the collector's number.
void finish_attributed(PackReader& reader, EncodedMatch& match) {
  match.payload += reader.rest();
  Head head(reader);
  reader.number();  // the offset
  match.key = (head.flags & kTimeKnown) != 0 ? '\0' : '\1';
  match.key += head.time;
  match.key += reader.text();  // the eventID, the first of kOwnTexts
  match.key += '\0';
  match.key += head.fingerprint;
}

}  // namespace

void attribute(std::string_view bare, const std::vector<MatchedRule>& rules, EncodedMatch& match) {
  PackReader reader(bare);
  match.payload.clear();
  pack_number(match.payload, reader.number());
  pack_number(match.payload, rules.size());
  for (const MatchedRule& matched : rules) pack_rule(matched, match.payload);
  finish_attributed(reader, match);
}

void attribute(std::string_view bare, uint32_t rule, std::string_view key, EncodedMatch& match) {
  PackReader reader(bare);
  match.payload.clear();
  pack_number(match.payload, reader.number());
  pack_number(match.payload, 1);
  pack_rule({rule, false, true, key, {}}, match.payload);
  finish_attributed(reader, match);
}

void encode_match(const MatchRecord& record, uint64_t context, uint64_t type, SharedTexts& shared,
                  EncodedMatch& encoded) {
  const EventView& event = record.event;
  std::string& key = encoded.key;
  key.clear();
  key += event.time_known ? '\0' : '\1';
  append_key_i64(key, event.time_known ? event.time.time_since_epoch().count() : 0);
  key += cut_bytes(event.event_id, kTextBytes);
  key += '\0';
  append_key_u64(key, record.fingerprint);

  std::string& payload = encoded.payload;
  payload.clear();
  pack_number(payload, shared.collector());
  pack_number(payload, record.rules.size());
  for (const MatchedRule& matched : record.rules) {
    pack_rule(matched, payload);
  }
  append_key_u64(payload, record.fingerprint);
  pack_number(payload, (record.brief ? kBrief : 0) | (event.time_known ? kTimeKnown : 0));
  append_key_i64(payload, event.time.time_since_epoch().count());
  pack_number(payload, event.offset);
  pack_texts(event, kOwnTexts, payload);
  pack_shared(event, hash64(event.folder), kFolderText, shared, payload);
  if (record.brief) return;
  pack_shared(event, context, kContextTexts, shared, payload);
  pack_shared(event, type, kTypeTexts, shared, payload);
}

void decode_match(std::string_view payload, const std::vector<const SharedTexts*>& shared,
                  MatchRecord& record) {
  PackReader reader(payload);
  const SharedTexts& texts = *shared[reader.number()];
  record.rules.resize(reader.number());
  for (MatchedRule& matched : record.rules) unpack_rule(reader, matched);
  record.fingerprint = read_key_u64(reader.bytes(8));
  EventView& event = record.event;
  event = {};
  uint64_t flags = reader.number();
  record.brief = (flags & kBrief) != 0;
  event.time_known = (flags & kTimeKnown) != 0;
  event.time = Timestamp(Duration(read_key_i64(reader.bytes(8))));
  event.offset = reader.number();
  unpack_texts(reader, kOwnTexts, event);
  unpack_shared(reader, kFolderText, texts, event);
  if (!record.brief) {
    unpack_shared(reader, kContextTexts, texts, event);
    unpack_shared(reader, kTypeTexts, texts, event);
  }
  CAIRN_CHECK(reader.at_end());
}

}  // namespace cairn::detect
