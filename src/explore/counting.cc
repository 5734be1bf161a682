#include "explore/counting.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "sys/spill.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cairn::explore {

namespace {

constexpr uint32_t kNoNumber = UINT32_MAX;
constexpr size_t kDivisions = 1024;
constexpr size_t kFixedWords = 5;  // of a row: fingerprint 2, time 2, flags 1; then the numbers
constexpr uint32_t kTimeKnown = 1, kFailed = 2;

size_t division_of(uint64_t fingerprint) { return fingerprint >> 54; }

/// Numbers texts from 0 in the order they come, until its memory is full.
class Dictionary {
 public:
  static constexpr size_t kEntryBytes = 28;  // of table and lists, for each text

  /// Returns the text's number; kNoNumber when it is new and there is no room.
  uint32_t number_of(std::string_view text, size_t& memory_left) {
    if (table_.empty()) table_.resize(1024, {0, kNoNumber});
    uint64_t hash = hash64(text);
    size_t mask = table_.size() - 1;
    size_t at = hash & mask;
    for (; table_[at].number != kNoNumber; at = (at + 1) & mask) {
      if (table_[at].hash == hash && this->text(table_[at].number) == text)
        return table_[at].number;
    }
    if (memory_left < text.size() + kEntryBytes) return kNoNumber;
    memory_left -= text.size() + kEntryBytes;
    auto number = static_cast<uint32_t>(ends_.size());
    table_[at] = {hash, number};
    texts_ += text;
    ends_.push_back(texts_.size());
    if (ends_.size() * 2 > table_.size()) grow();
    return number;
  }
  size_t size() const { return ends_.size(); }
  std::string_view text(uint32_t number) const {
    size_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(texts_).substr(begin, ends_[number] - begin);
  }

 private:
  struct Entry {
    uint64_t hash;
    uint32_t number;
  };

  void grow() {
    std::vector<Entry> old(table_.size() * 2, {0, kNoNumber});
    old.swap(table_);
    size_t mask = table_.size() - 1;
    for (const Entry& entry : old) {
      if (entry.number == kNoNumber) continue;
      size_t at = entry.hash & mask;
      while (table_[at].number != kNoNumber) at = (at + 1) & mask;
      table_[at] = entry;
    }
  }

  std::vector<Entry> table_;
  std::string texts_;
  std::vector<size_t> ends_;
};

/// Rows of one length, divided by fingerprint.
class DividedRows {
 public:
  DividedRows(Files& files, size_t row_words, size_t memory_bytes)
      : files_(files),
        row_words_(row_words),
        limit_words_(std::max<size_t>(memory_bytes / sizeof(uint32_t) / 2, row_words * 64) /
                     row_words * row_words) {}

  Status add(const uint32_t* row) {
    if (words_.size() == limit_words_) TRY(write());
    words_.insert(words_.end(), row, row + row_words_);
    return {};
  }
  /// Call once, after the last add().
  void seal() { in_memory_ = divide(); }

  /// Appends the rows of a division.
  Status take(size_t division, std::vector<uint32_t>& out) const {
    for (const Run& run : runs_) {
      size_t words = run.starts[division + 1] - run.starts[division];
      size_t before = out.size();
      out.resize(before + words);
      std::span<char> bytes(reinterpret_cast<char*>(out.data() + before), words * sizeof(uint32_t));
      if (words > 0) {
        TRY(scratch_->read_at(run.offset + run.starts[division] * sizeof(uint32_t), bytes));
      }
    }
    out.insert(out.end(), words_.begin() + static_cast<ptrdiff_t>(in_memory_[division]),
               words_.begin() + static_cast<ptrdiff_t>(in_memory_[division + 1]));
    return {};
  }

 private:
  using Starts = std::array<size_t, kDivisions + 1>;
  struct Run {
    uint64_t offset;
    Starts starts;
  };

  /// Orders the rows in memory by division; returns where each begins.
  Starts divide() {
    Starts starts{};
    auto division_at = [this](size_t at) {
      uint64_t fingerprint = 0;
      std::memcpy(&fingerprint, &words_[at], sizeof fingerprint);
      return division_of(fingerprint);
    };
    for (size_t at = 0; at < words_.size(); at += row_words_)
      starts[division_at(at) + 1] += row_words_;
    for (size_t i = 0; i < kDivisions; ++i) starts[i + 1] += starts[i];
    Starts next = starts;
    std::vector<uint32_t> ordered(words_.size());
    for (size_t at = 0; at < words_.size(); at += row_words_) {
      size_t& to = next[division_at(at)];
      std::copy_n(&words_[at], row_words_, &ordered[to]);
      to += row_words_;
    }
    words_.swap(ordered);
    return starts;
  }

  Status write() {
    if (!scratch_) {
      TRY_ASSIGN(scratch_, files_.scratch());
    }
    runs_.push_back({scratch_->size_bytes(), divide()});
    TRY(scratch_->append(
        {reinterpret_cast<const char*>(words_.data()), words_.size() * sizeof(uint32_t)}));
    words_.clear();
    return {};
  }

  Files& files_;
  const size_t row_words_, limit_words_;
  std::vector<uint32_t> words_;
  Starts in_memory_{};
  std::unique_ptr<ScratchFile> scratch_;
  std::vector<Run> runs_;
};

void append_occurrence(std::string& bytes, const Occurrence& occurrence) {
  append_key_i64(bytes, occurrence.time_ms);
  bytes += static_cast<char>((occurrence.time_known ? kTimeKnown : 0) |
                             (occurrence.failed ? kFailed : 0));
}
constexpr size_t kOccurrenceBytes = 9;

Occurrence read_occurrence(std::string_view bytes) {
  Occurrence occurrence;
  occurrence.time_ms = read_key_i64(bytes);
  auto flags = static_cast<uint8_t>(bytes[8]);
  occurrence.time_known = (flags & kTimeKnown) != 0;
  occurrence.failed = (flags & kFailed) != 0;
  return occurrence;
}

void append_count(std::string& bytes, const Count& count) {
  append_key_u64(bytes, count.events);
  append_key_u64(bytes, count.failed);
  append_key_i64(bytes, count.first_ms);
  append_key_i64(bytes, count.last_ms);
}

Count read_count(std::string_view bytes) {
  return {read_key_u64(bytes), read_key_u64(bytes.substr(8)), read_key_i64(bytes.substr(16)),
          read_key_i64(bytes.substr(24))};
}

constexpr char kPartEnd = '\x01', kPartNul = '\xFF';

size_t first_part_size(std::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '\0' && text[i + 1] == kPartEnd) return i + 2;
    if (text[i] == '\0') ++i;
  }
  return text.size();
}

}  // namespace

void Count::add(const Occurrence& occurrence) {
  ++events;
  failed += occurrence.failed ? 1 : 0;
  if (!occurrence.time_known) return;
  first_ms = std::min(first_ms, occurrence.time_ms);
  last_ms = std::max(last_ms, occurrence.time_ms);
}

struct ValueCounter::State {
  State(Files& files, size_t dimensions, size_t memory_bytes)
      : dictionaries(dimensions),
        dictionary_left(memory_bytes / 4),
        rows(files, kFixedWords + dimensions, memory_bytes / 2),
        overflow(files, memory_bytes / 4),
        row(kFixedWords + dimensions) {}

  std::vector<Dictionary> dictionaries;
  size_t dictionary_left;
  DividedRows rows;
  SpillSorter overflow;  // fingerprint, dimension → occurrence, text
  std::vector<uint32_t> row;
  std::string key, payload;
  Status status;
};

ValueCounter::ValueCounter(Files& files, size_t dimensions, size_t memory_bytes)
    : state_(std::make_unique<State>(files, dimensions, memory_bytes)) {
  CAIRN_CHECK(dimensions > 0 && dimensions < 256);
}
ValueCounter::~ValueCounter() = default;

void ValueCounter::add(const Occurrence& occurrence, std::span<const std::string_view> values) {
  State& state = *state_;
  if (!state.status.ok()) return;
  uint32_t* row = state.row.data();
  std::memcpy(row, &occurrence.fingerprint, sizeof occurrence.fingerprint);
  std::memcpy(row + 2, &occurrence.time_ms, sizeof occurrence.time_ms);
  row[4] = (occurrence.time_known ? kTimeKnown : 0) | (occurrence.failed ? kFailed : 0);
  for (size_t i = 0; i < values.size(); ++i) {
    uint32_t number = state.dictionaries[i].number_of(values[i], state.dictionary_left);
    row[kFixedWords + i] = number;
    if (number != kNoNumber) continue;
    state.key.clear();
    append_key_u64(state.key, occurrence.fingerprint);
    state.key += static_cast<char>(i);
    state.payload.clear();
    append_occurrence(state.payload, occurrence);
    state.payload += values[i];
    state.status = state.overflow.add(state.key, state.payload);
    if (!state.status.ok()) return;
  }
  state.status = state.rows.add(row);
}

/// The end of a count: division after division, each event once.
class CountMerge {
 public:
  CountMerge(std::span<ValueCounter* const> counters, Files& files, const CountOptions& options,
             CountTotals& totals)
      : options_(options),
        totals_(totals),
        unknown_(files, options.memory_bytes / 4),
        order_(files, options.memory_bytes / 4) {
    for (ValueCounter* counter : counters) states_.push_back(counter->state_.get());
    dimensions_ = states_.front()->dictionaries.size();
    row_words_ = kFixedWords + dimensions_;
  }

  Status run(const CountVisitor& visit) {
    for (ValueCounter::State* state : states_) {
      TRY(state->status);
      state->rows.seal();
    }
    number_globally();
    TRY(count_divisions());
    TRY(put_in_order());
    return SpillSorter::merge({&order_}, [&](std::string_view key, std::string_view payload) {
      Count count = read_count(payload);
      return visit(static_cast<uint8_t>(key[0]), payload.substr(32), count);
    });
  }

 private:
  using State = ValueCounter::State;
  struct Late {  // a value that its worker had no number for
    uint64_t fingerprint;
    uint8_t dimension;
    Occurrence occurrence;
    std::string text;
  };
  struct RowView {
    uint64_t fingerprint;
    uint32_t index;
  };

  /// Gives the texts of all workers common numbers, in order of text.
  void number_globally() {
    texts_.resize(dimensions_);
    counts_.resize(dimensions_);
    global_.resize(states_.size(), std::vector<std::vector<uint32_t>>(dimensions_));
    for (size_t d = 0; d < dimensions_; ++d) {
      std::vector<std::string_view>& texts = texts_[d];
      for (const State* state : states_) {
        const Dictionary& dictionary = state->dictionaries[d];
        for (uint32_t i = 0; i < dictionary.size(); ++i) texts.push_back(dictionary.text(i));
      }
      std::sort(texts.begin(), texts.end());
      texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
      counts_[d].resize(texts.size());
      for (size_t s = 0; s < states_.size(); ++s) {
        const Dictionary& dictionary = states_[s]->dictionaries[d];
        std::vector<uint32_t>& numbers = global_[s][d];
        for (uint32_t i = 0; i < dictionary.size(); ++i)
          numbers.push_back(known_number(d, dictionary.text(i)));
      }
    }
  }

  uint32_t known_number(size_t dimension, std::string_view text) const {
    const std::vector<std::string_view>& texts = texts_[dimension];
    auto found = std::lower_bound(texts.begin(), texts.end(), text);
    if (found == texts.end() || *found != text) return kNoNumber;
    return static_cast<uint32_t>(found - texts.begin());
  }

  /// The late values come in order of fingerprint, as the divisions do.
  Status count_divisions() {
    std::vector<SpillSorter*> sorters;
    for (State* state : states_) sorters.push_back(&state->overflow);
    size_t division = 0;
    Status merged =
        SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) -> Status {
          uint64_t fingerprint = read_key_u64(key);
          for (; division < division_of(fingerprint); ++division) TRY(count_division(division));
          late_.push_back({fingerprint, static_cast<uint8_t>(key[8]), read_occurrence(payload),
                           std::string(payload.substr(kOccurrenceBytes))});
          return {};
        });
    TRY(merged);
    for (; division < kDivisions; ++division) TRY(count_division(division));
    return {};
  }

  Status count_division(size_t division) {
    TRY(gather(division));
    size_t late = 0;
    for (size_t begin = 0; begin < views_.size();) {
      uint64_t fingerprint = views_[begin].fingerprint;
      size_t end = begin;
      while (end < views_.size() && views_[end].fingerprint == fingerprint) ++end;
      size_t late_end = late;
      while (late_end < late_.size() && late_[late_end].fingerprint == fingerprint) ++late_end;
      TRY(count_event({views_.data() + begin, end - begin},
                      {late_.data() + late, late_end - late}));
      begin = end;
      late = late_end;
    }
    CAIRN_CHECK(late == late_.size());
    late_.clear();
    return {};
  }

  /// Brings the rows of a division together, with common numbers, in order of fingerprint.
  Status gather(size_t division) {
    rows_.clear();
    views_.clear();
    for (size_t s = 0; s < states_.size(); ++s) {
      size_t begin = rows_.size();
      TRY(states_[s]->rows.take(division, rows_));
      for (size_t at = begin; at < rows_.size(); at += row_words_) {
        for (size_t d = 0; d < dimensions_; ++d) {
          uint32_t& number = rows_[at + kFixedWords + d];
          if (number != kNoNumber) number = global_[s][d][number];
        }
        uint64_t fingerprint = 0;
        std::memcpy(&fingerprint, &rows_[at], sizeof fingerprint);
        views_.push_back({fingerprint, static_cast<uint32_t>(at / row_words_)});
      }
    }
    std::sort(views_.begin(), views_.end(), [this](const RowView& a, const RowView& b) {
      if (a.fingerprint != b.fingerprint) return a.fingerprint < b.fingerprint;
      const uint32_t* left = row(a);
      const uint32_t* right = row(b);
      return std::lexicographical_compare(left + 2, left + row_words_, right + 2,
                                          right + row_words_);
    });
    return {};
  }
  const uint32_t* row(const RowView& view) const { return &rows_[view.index * row_words_]; }

  /// Counts one event, of which there may be copies. Its copies say the same in other places at
  /// most, so the smallest value of each dimension stands for all; with one dimension every
  /// different value counts.
  Status count_event(std::span<const RowView> copies, std::span<const Late> late) {
    Occurrence occurrence;
    const uint32_t* first = row(copies.front());
    std::memcpy(&occurrence.time_ms, first + 2, sizeof occurrence.time_ms);
    occurrence.time_known = (first[4] & kTimeKnown) != 0;
    occurrence.failed = (first[4] & kFailed) != 0;
    bool several = dimensions_ == 1;
    size_t most = 1;  // rows that one and the same record made
    for (size_t d = 0; d < dimensions_; ++d) {
      numbers_.clear();
      unknown_texts_.clear();
      for (const RowView& copy : copies) {
        uint32_t number = row(copy)[kFixedWords + d];
        if (number != kNoNumber) numbers_.push_back(number);
      }
      for (const Late& value : late) {
        if (value.dimension != d) continue;
        uint32_t number = known_number(d, value.text);
        if (number != kNoNumber) {
          numbers_.push_back(number);
        } else {
          unknown_texts_.push_back(value.text);
        }
      }
      make_unique(numbers_);
      make_unique(unknown_texts_);
      if (!several) {
        numbers_.resize(std::min<size_t>(numbers_.size(), 1));
        unknown_texts_.resize(std::min<size_t>(unknown_texts_.size(), numbers_.empty() ? 1 : 0));
      }
      most = std::max(most, numbers_.size() + unknown_texts_.size());
      for (uint32_t number : numbers_) counts_[d][number].add(occurrence);
      for (std::string_view text : unknown_texts_) {
        key_.assign(1, static_cast<char>(d));
        key_ += text;
        payload_.clear();
        append_occurrence(payload_, occurrence);
        TRY(unknown_.add(key_, payload_));
      }
    }
    totals_.events.add(occurrence);
    totals_.copies += copies.size() / most - 1;
    note_time(occurrence);
    return {};
  }

  template <typename T>
  static void make_unique(std::vector<T>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }

  void note_time(const Occurrence& occurrence) {
    if (!occurrence.time_known) return;
    auto bucket = [&](int64_t length_ms) {
      int64_t whole = occurrence.time_ms / length_ms;
      return occurrence.time_ms % length_ms < 0 ? whole - 1 : whole;
    };
    int64_t hour = bucket(3'600'000), minute = bucket(60'000);
    auto found = totals_.hours.find(hour);
    if (found != totals_.hours.end()) {
      ++found->second;
    } else if (totals_.hours.size() < CountTotals::kHoursLimit) {
      totals_.hours.emplace(hour, 1);
    }
    if (too_many_minutes_) return;
    ++totals_.minutes[minute];
    if (totals_.minutes.size() <= CountTotals::kMinutesLimit) return;
    too_many_minutes_ = true;
    totals_.minutes.clear();
  }

  Status put_in_order() {
    totals_.different.assign(dimensions_, 0);
    for (size_t d = 0; d < dimensions_; ++d) {
      for (size_t i = 0; i < texts_[d].size(); ++i) {
        if (counts_[d][i].events > 0) TRY(order(d, texts_[d][i], counts_[d][i]));
      }
    }
    std::string current;
    Count count;
    auto close = [&]() -> Status {
      if (count.events == 0) return {};
      return order(static_cast<uint8_t>(current[0]), std::string_view(current).substr(1),
                   std::exchange(count, {}));
    };
    Status merged = SpillSorter::merge(
        {&unknown_}, [&](std::string_view key, std::string_view payload) -> Status {
          if (key != current) {
            TRY(close());
            current = key;
          }
          count.add(read_occurrence(payload));
          return {};
        });
    TRY(merged);
    return close();
  }

  Status order(size_t dimension, std::string_view text, const Count& count) {
    ++totals_.different[dimension];
    key_.assign(1, static_cast<char>(dimension));
    if (options_.by_first_part) key_ += text.substr(0, first_part_size(text));
    append_key_u64(key_, UINT64_MAX - count.events);
    key_ += text;
    payload_.clear();
    append_count(payload_, count);
    payload_ += text;
    return order_.add(key_, payload_);
  }

  const CountOptions& options_;
  CountTotals& totals_;
  std::vector<State*> states_;
  size_t dimensions_ = 0, row_words_ = 0;
  std::vector<std::vector<std::string_view>> texts_;        // by dimension, by common number
  std::vector<std::vector<Count>> counts_;                  // the same
  std::vector<std::vector<std::vector<uint32_t>>> global_;  // by worker, dimension, its own number
  SpillSorter unknown_;  // dimension, text → occurrence: texts without a common number
  SpillSorter order_;
  std::vector<uint32_t> rows_;
  std::vector<RowView> views_;
  std::vector<Late> late_;
  std::vector<uint32_t> numbers_;
  std::vector<std::string_view> unknown_texts_;
  std::string key_, payload_;
  bool too_many_minutes_ = false;
};

Status count_values(std::span<ValueCounter* const> counters, Files& files,
                    const CountOptions& options, CountTotals& totals, const CountVisitor& visit) {
  return CountMerge(counters, files, options, totals).run(visit);
}

void append_part(std::string& text, FieldKind kind, std::string_view value) {
  text += static_cast<char>('0' + static_cast<int>(kind));
  for (char c : value) {
    text += c;
    if (c == '\0') text += kPartNul;
  }
  text += '\0';
  text += kPartEnd;
}

std::vector<Part> read_parts(std::string_view text) {
  std::vector<Part> parts;
  while (!text.empty()) {
    std::string_view whole = text.substr(0, first_part_size(text));
    text.remove_prefix(whole.size());
    CAIRN_CHECK(whole.size() >= 3);
    Part& part = parts.emplace_back();
    part.kind = static_cast<FieldKind>(whole[0] - '0');
    for (size_t i = 1; i + 2 < whole.size(); ++i) {
      part.text += whole[i];
      if (whole[i] == '\0') ++i;
    }
  }
  return parts;
}

std::optional<Period> parse_period(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"hour", "day", "week", "month"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (equals_ignore_case(kNames[i], name)) return static_cast<Period>(i + 1);
  }
  return std::nullopt;
}

std::string period_of(Timestamp time, Period period) {
  using namespace std::chrono;
  std::string text = format_time(time);  // 2024-01-31T10:…
  size_t date = text.find('T');
  switch (period) {
    case Period::kNone:
      return "";
    case Period::kHour:
      return text.substr(0, date + 3);
    case Period::kDay:
      return text.substr(0, date);
    case Period::kMonth:
      return text.substr(0, date - 3);
    case Period::kWeek:
      break;
  }
  // The week's Thursday decides which year it belongs to.
  sys_days day = floor<days>(time);
  sys_days thursday = day + days(4 - static_cast<int>(weekday(day).iso_encoding()));
  year_month_day date_of_thursday(thursday);
  auto number = (thursday - sys_days(date_of_thursday.year() / January / 1)).count() / 7 + 1;
  return format_time(thursday).substr(0, format_time(thursday).find('-', 1)) + "-W" +
         (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace cairn::explore
