#include "detect/contexts.h"

#include "base/hash.h"
#include "detect/match_record.h"

#include <algorithm>

namespace cairn::detect {

namespace {

constexpr size_t kTableShare = 60;  // of a table's memory; the rest is its sorter's
constexpr size_t kSmallestSorterBytes = 64u << 10;
constexpr size_t kEntryBytes = 200;  // of a context and its place in the index
constexpr size_t kLinkBytes = 64;    // of a type of a context, and its place among the pairs

enum : char { kUnnamed = 0, kNamed = 1 };

void pack_texts(const ContextTexts& t, std::string& out) {
  for (std::string_view text :
       {t.principal, t.identity_type, t.account, t.access_key, t.source_ip, t.user_agent, t.region})
    pack_text(out, cut_bytes(text, kTextBytes));
}

void unpack_texts(PackReader& reader, ContextTexts& t) {
  for (std::string_view* text : {&t.principal, &t.identity_type, &t.account, &t.access_key,
                                 &t.source_ip, &t.user_agent, &t.region})
    *text = reader.text();
}

}  // namespace

void context_key(uint64_t principal, uint64_t context, std::string& key) {
  key.clear();
  append_key_u64(key, principal);
  append_key_u64(key, context);
}

void pack_context(const ContextRecord& record, std::string& payload) {
  payload.assign(1, record.named ? kNamed : kUnnamed);
  record.counts.pack(payload);
  if (!record.named) return;
  pack_texts(record.texts, payload);
  for (uint64_t type : record.types) append_key_u64(payload, type);
}

void unpack_context(std::string_view payload, ContextRecord& record) {
  record.named = payload.front() == kNamed;
  payload.remove_prefix(1);
  record.counts = Counts::unpack(payload);
  record.types.clear();
  if (!record.named) return;
  PackReader reader(payload);
  unpack_texts(reader, record.texts);
  while (!reader.at_end()) record.types.push_back(read_key_u64(reader.bytes(8)));
}

void unpack_type(std::string_view payload, TypeRecord& record) {
  record.named = payload.front() == kNamed;
  record.events = read_key_u64(payload.substr(1));
  if (!record.named) return;
  PackReader reader(payload.substr(9));
  for (std::string_view* text : {&record.texts.source, &record.texts.name, &record.texts.category})
    *text = reader.text();
}

// ---- Contexts

ContextTable::ContextTable(Files& files, size_t budget_bytes)
    : budget_bytes_(budget_bytes * kTableShare / 100),
      records_(files, std::max(budget_bytes - budget_bytes_, kSmallestSorterBytes)),
      index_(256),
      pairs_(256) {}

uint32_t ContextTable::make_entry(const ContextTexts& texts, const Row& row) {
  Entry entry;
  entry.principal = row.principal;
  entry.context = row.context;
  entry.texts = texts_.size();
  pack_texts(texts, texts_);
  entries_.push_back(entry);
  return static_cast<uint32_t>(entries_.size() - 1);
}

void ContextTable::note_type(Entry& entry, uint64_t type) {
  for (uint64_t recent : entry.recent_types)
    if (recent == type) return;
  entry.recent_types[entry.next_recent++ % entry.recent_types.size()] = type;
  if (!pairs_.find_or_add(mix64(entry.context, type)).second) return;
  links_.push_back({type, entry.types});
  entry.types = static_cast<uint32_t>(links_.size() - 1);
}

Status ContextTable::add(const ContextTexts& texts, const Row& row) {
  auto [place, is_new] = index_.find_or_add(row.context);
  if (is_new) *place = make_entry(texts, row);
  Entry& entry = entries_[*place];
  note_type(entry, row.type);
  entry.counts.add(row);
  size_t held = texts_.size() + entries_.size() * kEntryBytes + links_.size() * kLinkBytes;
  return held > budget_bytes_ ? flush() : Status::success();
}

Status ContextTable::flush() {
  std::string key, payload;
  for (const Entry& entry : entries_) {
    context_key(entry.principal, entry.context, key);
    payload.assign(1, kNamed);
    entry.counts.pack(payload);
    PackReader reader(std::string_view(texts_).substr(entry.texts));
    ContextTexts texts;
    unpack_texts(reader, texts);
    pack_texts(texts, payload);
    for (uint32_t link = entry.types; link != kEnd; link = links_[link].next)
      append_key_u64(payload, links_[link].type);
    TRY(records_.add(key, payload));
  }
  index_.clear();
  pairs_.clear();
  // Swapped, not cleared: at the end of reading this is memory for what follows.
  std::vector<Entry>().swap(entries_);
  std::vector<TypeLink>().swap(links_);
  std::string().swap(texts_);
  return Status::success();
}

// ---- Types

Status TypeTable::add(uint64_t type, const TypeTexts& texts) {
  auto [entry, is_new] = index_.find_or_add(type);
  ++entry->events;
  if (!is_new) return Status::success();
  entry->texts = texts_.size();
  for (std::string_view text : {texts.source, texts.name, texts.category})
    pack_text(texts_, cut_bytes(text, kTextBytes));
  return index_.size() > kTypesHeld ? flush() : Status::success();
}

Status TypeTable::flush() {
  std::string key, payload;
  Status status;
  index_.for_each([&](uint64_t type, const Entry& entry) {
    if (!status.ok()) return;
    key.clear();
    append_key_u64(key, type);
    payload.assign(1, kNamed);
    append_key_u64(payload, entry.events);
    PackReader reader(std::string_view(texts_).substr(entry.texts));
    for (int i = 0; i < 3; ++i) pack_text(payload, reader.text());
    status = records_.add(key, payload);
  });
  index_.clear();
  texts_.clear();
  return status;
}

// ---- Copies

Removed::Removed(Files& files, size_t budget_bytes)
    : limit_(std::max<size_t>(64, budget_bytes / 4 / (2 * sizeof(Sum) + 32))),
      contexts_(files, std::max(budget_bytes / 2, kSmallestSorterBytes)),
      types_(files, std::max(budget_bytes / 4, kSmallestSorterBytes)) {}

Status Removed::add(const Row& copy) {
  tally_.add(copy);
  Sum& sum = sums_[copy.context];
  sum.principal = copy.principal;
  sum.counts.add(copy);
  ++type_events_[copy.type];
  return sums_.size() > limit_ || type_events_.size() > limit_ ? flush() : Status::success();
}

Status Removed::flush() {
  std::string key, payload;
  Status status;
  sums_.for_each([&](uint64_t context, const Sum& sum) {
    if (!status.ok()) return;
    context_key(sum.principal, context, key);
    ContextRecord record;
    record.named = false;
    record.counts.remove(sum.counts);
    pack_context(record, payload);
    status = contexts_.add(key, payload);
  });
  type_events_.for_each([&](uint64_t type, uint64_t events) {
    if (!status.ok()) return;
    key.clear();
    append_key_u64(key, type);
    payload.assign(1, kUnnamed);
    append_key_u64(payload, 0 - events);
    status = types_.add(key, payload);
  });
  sums_.clear();
  type_events_.clear();
  return status;
}

}  // namespace cairn::detect
