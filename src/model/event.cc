#include "model/event.h"

#include "base/check.h"

namespace cairn {

Event::Event(const FieldTable& fields)
    : fields_(fields),
      lazy_root_(fields.size()),
      walked_(fields.size(), 0),
      cells_(fields.size()),
      overflow_(fields.size()) {
  CAIRN_CHECK(fields.frozen());
  for (SlotId slot = 0; slot < fields.size(); ++slot) lazy_root_[slot] = fields.lazy_root(slot);
}

std::span<const FieldValue> Event::all(SlotId slot) const {
  const Cell& cell = resolved(slot);
  if (cell.generation != generation_) return {};
  if (cell.count > 1) return overflow_[slot];
  return {&cell.first, 1};
}

void Event::begin(std::string_view raw, uint64_t offset, SubtreeReader* reader) {
  raw_ = raw;
  offset_ = offset;
  reader_ = reader;
  time_known_ = false;
  if (++generation_ == 0) {  // after 2^32 records old generations would look current again
    for (Cell& cell : cells_) cell.generation = 0;
    for (uint32_t& walked : walked_) walked = 0;
    generation_ = 1;
  }
}

void Event::add_further(SlotId slot, FieldValue value) {
  Cell& cell = cells_[slot];
  if (cell.count == 1) overflow_[slot].assign(1, cell.first);
  overflow_[slot].push_back(value);
  ++cell.count;
}

void Event::walk(SlotId root) const {
  walked_[root] = generation_;
  // Logically const: the values were always part of the record, only not looked at yet.
  if (reader_ != nullptr) reader_->read_subtree(const_cast<Event&>(*this), root);  // NOLINT
}

}  // namespace cairn
