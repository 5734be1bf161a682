#include "rules/value_memo.h"

namespace cairn::rules {

ValueMemo::Answer ValueMemo::find(uint64_t hash, std::string_view text) {
  if (table_.empty()) return {};
  for (size_t at = hash & (table_.size() - 1);; at = (at + 1) & (table_.size() - 1)) {
    const Entry& entry = table_[at];
    if (!entry.used) return {};
    if (entry.hash == hash &&
        std::string_view(texts_.data() + entry.text_begin, entry.text_size) == text) {
      ++hits_;
      return {true, {answers_.data() + entry.answer_begin, entry.answer_count}};
    }
  }
}

void ValueMemo::insert(uint64_t hash, std::string_view text, std::span<const uint32_t> predicates) {
  bool full = entries_ >= kEntryLimit || texts_.size() + text.size() > kTextBytesLimit ||
              answers_.size() + predicates.size() > kAnswerLimit;
  if (full) start_over();
  if (!enabled_ || predicates.size() > kAnswerLimit) return;
  if (table_.empty()) table_.resize(2 * kEntryLimit);
  size_t at = hash & (table_.size() - 1);
  while (table_[at].used) at = (at + 1) & (table_.size() - 1);
  Entry& entry = table_[at];
  entry.hash = hash;
  entry.text_begin = static_cast<uint32_t>(texts_.size());
  entry.text_size = static_cast<uint16_t>(text.size());
  entry.answer_begin = static_cast<uint32_t>(answers_.size());
  entry.answer_count = static_cast<uint32_t>(predicates.size());
  entry.used = true;
  texts_.insert(texts_.end(), text.begin(), text.end());
  answers_.insert(answers_.end(), predicates.begin(), predicates.end());
  ++entries_;
}

void ValueMemo::start_over() {
  enabled_ = hits_ >= entries_ * kWantedHits;
  table_.clear();
  texts_.clear();
  answers_.clear();
  entries_ = 0;
  hits_ = 0;
  if (!enabled_) {
    table_.shrink_to_fit();
    texts_.shrink_to_fit();
    answers_.shrink_to_fit();
  }
}

}  // namespace cairn::rules
