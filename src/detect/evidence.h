#pragma once

#include "base/check.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace cairn::detect {

/// Where an event lies that took part in a correlation (Candidates::read). Equal for one event.
struct EventPlace {
  static constexpr unsigned kSourceBits = 15, kPositionBits = 48;
  uint64_t bits = 0;

  static EventPlace of(uint64_t source, uint64_t position) {
    CAIRN_CHECK(source < (uint64_t{1} << kSourceBits) && position < (uint64_t{1} << kPositionBits));
    return {source << kPositionBits | position};
  }
  uint64_t source() const { return bits >> kPositionBits; }
  uint64_t position() const { return bits & ((uint64_t{1} << kPositionBits) - 1); }
  bool operator==(const EventPlace&) const = default;
};

/// What took part in a correlation: nothing, an event, or the events that an inner correlation told
/// of. An event takes eight bytes, since it stays where it is; several share a counted list. One
/// thread.
class EvidenceRef {
 public:
  EvidenceRef() = default;
  static EvidenceRef of_event(EventPlace event) { return EvidenceRef(event.bits << 1 | kIsEvent); }
  /// The list is told to the counter `held`, which must outlive it.
  static EvidenceRef of_events(std::span<const EventPlace> events, size_t& held);
  EvidenceRef(const EvidenceRef& other) : bits_(other.bits_) {
    if (is_list()) ++list()->references;
  }
  EvidenceRef(EvidenceRef&& other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
  EvidenceRef& operator=(EvidenceRef other) noexcept {
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~EvidenceRef() { reset(); }
  void reset();
  explicit operator bool() const { return bits_ != 0; }
  size_t size() const { return is_list() ? list()->size : (bits_ != 0 ? 1 : 0); }
  /// There must be one.
  EventPlace first_event() const { return is_list() ? list()->events()[0] : event(); }
  template <typename Visit>
  void for_each_event(const Visit& visit) const {
    if (bits_ != 0 && !is_list()) visit(event());
    if (!is_list()) return;
    for (EventPlace place : std::span(list()->events(), list()->size)) visit(place);
  }

 private:
  struct List {
    size_t& held;
    uint32_t references, size;
    EventPlace* events() { return reinterpret_cast<EventPlace*>(this + 1); }  // NOLINT
    size_t bytes() const { return sizeof(List) + size * sizeof(EventPlace) + kAllocatorBytes; }
  };
  static constexpr uint64_t kIsEvent = 1;
  static constexpr size_t kAllocatorBytes = 16;  // about

  explicit EvidenceRef(uint64_t bits) : bits_(bits) {}
  bool is_list() const { return bits_ != 0 && (bits_ & kIsEvent) == 0; }
  List* list() const { return reinterpret_cast<List*>(bits_); }  // NOLINT
  EventPlace event() const { return {bits_ >> 1}; }

  uint64_t bits_ = 0;  // an event with kIsEvent below it, or a List's address
};

inline EvidenceRef EvidenceRef::of_events(std::span<const EventPlace> events, size_t& held) {
  if (events.size() == 1) return of_event(events[0]);
  void* memory = ::operator new(sizeof(List) + events.size_bytes());
  auto* list = new (memory) List{held, 1, static_cast<uint32_t>(events.size())};
  std::uninitialized_copy(events.begin(), events.end(), list->events());
  held += list->bytes();
  return EvidenceRef(reinterpret_cast<uint64_t>(list));  // NOLINT
}

inline void EvidenceRef::reset() {
  List* list = is_list() ? this->list() : nullptr;
  bits_ = 0;
  if (list == nullptr || --list->references > 0) return;
  list->held -= list->bytes();
  list->~List();
  ::operator delete(list);
}

}  // namespace cairn::detect
