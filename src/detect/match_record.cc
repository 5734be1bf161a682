#include "detect/match_record.h"

#include "base/check.h"
#include "base/hash.h"
#include "sys/spill.h"

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

CaptureReader::CaptureReader(std::string_view captured) {
  PackReader reader(captured);
  while (!reader.at_end()) {
    uint64_t size = reader.number();
    auto& value = values_.emplace_back();
    if (size > 0) value = reader.bytes(size - 1);
  }
}

void reattribute(std::string_view payload, uint32_t rule, std::string_view key, std::string& out) {
  PackReader reader(payload);
  out.clear();
  pack_number(out, reader.number());
  MatchedRule matched;
  for (uint64_t count = reader.number(); count > 0; --count) unpack_rule(reader, matched);
  pack_number(out, 1);
  matched = {rule, false, true, key, {}};
  pack_rule(matched, out);
  out += reader.rest();
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
  pack_number(payload, (record.brief ? 1u : 0u) | (event.time_known ? 2u : 0u));
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
  record.brief = (flags & 1) != 0;
  event.time_known = (flags & 2) != 0;
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
