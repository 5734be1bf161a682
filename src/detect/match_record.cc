#include "detect/match_record.h"

#include "base/check.h"
#include "sys/spill.h"

namespace cairn::detect {

namespace {

/// The texts of a summary, in the order they are packed.
template <typename Summary, typename Visit>
void each_text(Summary& event, const Visit& visit) {
  for (auto* text :
       {&event.event_name, &event.event_source, &event.region, &event.account, &event.principal,
        &event.session, &event.access_key, &event.source_ip, &event.user_agent, &event.error_code,
        &event.error_message, &event.target, &event.words, &event.file})
    visit(*text);
}

}  // namespace

std::string_view cut_bytes(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

void pack_number(std::string& out, uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

void pack_text(std::string& out, std::string_view text) {
  pack_number(out, text.size());
  out += text;
}

uint64_t PackReader::number() {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    CAIRN_CHECK(!bytes_.empty() && shift < 64);
    auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}

std::string_view PackReader::bytes(size_t count) {
  CAIRN_CHECK(count <= bytes_.size());
  std::string_view taken = bytes_.substr(0, count);
  bytes_.remove_prefix(count);
  return taken;
}

std::string_view PackReader::text() { return bytes(number()); }

void encode_match(const MatchRecord& record, EncodedMatch& encoded) {
  const EventSummary& event = record.event;
  std::string& key = encoded.key;
  key.clear();
  key += event.time_known ? '\0' : '\1';
  append_key_i64(key, event.time_known ? event.time.time_since_epoch().count() : 0);
  key += event.event_id;
  key += '\0';
  append_key_u64(key, record.fingerprint);
  size_t prefix_bytes = key.size();
  key += event.file;
  key += '\0';
  append_key_u64(key, event.offset);

  std::string& payload = encoded.payload;
  payload.clear();
  pack_number(payload, prefix_bytes);
  pack_number(payload, record.rules.size());
  for (const MatchedRule& matched : record.rules) {
    pack_number(payload, matched.rule);
    pack_number(payload, (matched.allowed ? 1u : 0u) | (matched.own_key ? 2u : 0u));
    if (matched.own_key) pack_text(payload, cut_bytes(matched.key, kTextBytes));
  }
  pack_number(payload, record.fingerprint);
  pack_number(payload, event.time_known ? 1 : 0);
  pack_number(payload, static_cast<uint64_t>(event.time.time_since_epoch().count()));
  pack_text(payload, cut_bytes(event.event_id, kTextBytes));
  pack_number(payload, record.brief ? 1 : 0);
  if (record.brief) return;
  pack_number(payload, event.offset);
  each_text(event,
            [&](const std::string& text) { pack_text(payload, cut_bytes(text, kTextBytes)); });
}

std::string_view shared_prefix(std::string_view key, std::string_view payload) {
  return key.substr(0, PackReader(payload).number());
}

void decode_match(std::string_view payload, MatchRecord& record) {
  PackReader reader(payload);
  reader.number();  // prefix
  record.rules.resize(reader.number());
  for (MatchedRule& matched : record.rules) {
    matched.rule = static_cast<uint32_t>(reader.number());
    uint64_t flags = reader.number();
    matched.allowed = (flags & 1) != 0;
    matched.own_key = (flags & 2) != 0;
    matched.key = matched.own_key ? reader.text() : std::string_view{};
  }
  record.fingerprint = reader.number();
  EventSummary& event = record.event;
  event.time_known = reader.number() != 0;
  event.time = Timestamp(Duration(static_cast<int64_t>(reader.number())));
  event.event_id = reader.text();
  record.brief = reader.number() != 0;
  if (record.brief) {
    // The record is reused: nothing of the event before may show through.
    each_text(event, [](std::string& text) { text.clear(); });
    event.offset = 0;
    return;
  }
  event.offset = reader.number();
  each_text(event, [&](std::string& text) { text = reader.text(); });
  CAIRN_CHECK(reader.at_end());
}

}  // namespace cairn::detect
