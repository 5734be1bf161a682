#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace cairn::detect {

class Evidence;

/// A counted reference to Evidence, or none. One thread.
class EvidenceRef {
 public:
  EvidenceRef() = default;
  explicit EvidenceRef(Evidence* evidence);  // takes one more reference
  EvidenceRef(const EvidenceRef& other) : EvidenceRef(other.evidence_) {}
  EvidenceRef(EvidenceRef&& other) noexcept : evidence_(std::exchange(other.evidence_, nullptr)) {}
  EvidenceRef& operator=(EvidenceRef other) noexcept {
    std::swap(evidence_, other.evidence_);
    return *this;
  }
  ~EvidenceRef() { reset(); }
  void reset();
  explicit operator bool() const { return evidence_ != nullptr; }
  const Evidence* get() const { return evidence_; }
  const Evidence* operator->() const { return evidence_; }
  /// Visits the event, or each of several, as a reference to it. There must be one.
  template <typename Visit>
  void for_each_event(const Visit& visit) const;

 private:
  Evidence* evidence_ = nullptr;
};

/// An event that took part in a correlation, as BareMatch bytes (match_record.h); or the events
/// that an inner correlation told of. In one piece of memory, and told to the counter `held` that
/// must outlive it.
class Evidence {
 public:
  static EvidenceRef of_event(std::string_view bytes, size_t& held) {
    EvidenceRef made = make(bytes.size(), held, false);
    std::memcpy(made.get()->tail(), bytes.data(), bytes.size());
    return made;
  }
  static EvidenceRef of_events(std::span<const EvidenceRef> events, size_t& held) {
    EvidenceRef made = make(events.size() * sizeof(EvidenceRef), held, true);
    std::uninitialized_copy(events.begin(), events.end(), made.get()->list());
    return made;
  }
  Evidence(const Evidence&) = delete;
  Evidence& operator=(const Evidence&) = delete;

  /// Of one event.
  std::string_view bytes() const { return {tail(), size_}; }
  const Evidence* first_event() const { return is_list_ ? events()[0].get() : this; }

 private:
  friend class EvidenceRef;
  Evidence(size_t size, size_t& held, bool is_list)
      : held_(held), size_(static_cast<uint32_t>(size)), is_list_(is_list) {
    held_ += bytes_held();
  }
  ~Evidence() {
    held_ -= bytes_held();
    if (is_list_) std::destroy_n(list(), size_ / sizeof(EvidenceRef));
  }

  static EvidenceRef make(size_t size, size_t& held, bool is_list) {
    void* memory = ::operator new(sizeof(Evidence) + size);
    return EvidenceRef(new (memory) Evidence(size, held, is_list));
  }
  char* tail() const {
    return const_cast<char*>(reinterpret_cast<const char*>(this + 1));  // NOLINT
  }
  EvidenceRef* list() const { return reinterpret_cast<EvidenceRef*>(tail()); }  // NOLINT
  std::span<const EvidenceRef> events() const { return {list(), size_ / sizeof(EvidenceRef)}; }
  /// With what the allocator adds.
  size_t bytes_held() const { return sizeof(Evidence) + (size_t{size_} + 8 + 15) / 16 * 16; }

  size_t& held_;
  uint32_t references_ = 0, size_;
  bool is_list_;
};

inline EvidenceRef::EvidenceRef(Evidence* evidence) : evidence_(evidence) {
  if (evidence_ != nullptr) ++evidence_->references_;
}

template <typename Visit>
void EvidenceRef::for_each_event(const Visit& visit) const {
  if (!evidence_->is_list_) return visit(*this);
  for (const EvidenceRef& event : evidence_->events()) visit(event);
}

inline void EvidenceRef::reset() {
  Evidence* evidence = std::exchange(evidence_, nullptr);
  if (evidence == nullptr || --evidence->references_ > 0) return;
  evidence->~Evidence();
  ::operator delete(evidence);
}

}  // namespace cairn::detect
