#pragma once

// Containers: from a text, window by window, to records.
//
// A small machine stands between records: at the top of the text, in a list ({"Records":[…], a bare
// array, {"Events":[…), or in an envelope (an object around a record or a list). It looks at single
// bytes there, and hands every object it meets to the walk. The window is indexed once; an object
// that the index or the walk refuses is taken alone, slowly:
//
//   walk over the window's index ──ok──► event
//        │ refused
//   split off by its brackets ──whole──► index and walk it alone (repair its UTF-8 first) ──ok──►
//   event
//        │ not even whole                     └─refused──► quarantine exactly this object
//   open a stretch of damage; look for the next place where a whole record begins; quarantine what
//   is between
//
// An object that the window does not hold to its end is left for the next window. Nothing is
// recursive.

#include "cloudtrail/cloudtrail.h"
#include "cloudtrail/field_trie.h"
#include "cloudtrail/record_walk.h"
#include "cloudtrail/structural_index.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cloudtrail {

class RecordCutter {
 public:
  /// Bytes behind a window that must be writable: the cutter puts a mark there while it works.
  static constexpr size_t kPadding = 64;

  /// All outlive the cutter.
  RecordCutter(const FieldTrie& trie, RecordWalk& walk, const ReadLimits& limits)
      : trie_(trie), walk_(walk), limits_(limits) {}

  /// Begins an input. `report` is filled as records come.
  void start(std::string_view name, EventSink& sink, SourceReport& report);
  /// Takes the records out of a window whose first byte is at `offset` of the input. Returns how
  /// many bytes are done with; the rest must come again, at the front of the next window, followed
  /// by more text. With `last` no more will come and everything is taken.
  size_t cut(char* text, size_t size, uint64_t offset, bool last);
  /// True when the rest of the input need not be read: it is no CloudTrail.
  bool stopped() const { return stopped_; }
  /// Reports something wrong with the container itself at the end of its intact text. It takes the
  /// place of the stretch that it cut off.
  void container_failed(QuarantineEntry::Kind kind, std::string reason);
  /// Ends the input: closes what is open and decides what the input was.
  void finish(uint64_t text_bytes);

 private:
  struct Frame {
    bool list = false;       // an array of records; else an envelope
    bool control = false;    // CloudWatch Logs control message: nothing in it is a record
    std::string_view shape;  // what records in here are reported as
  };
  struct Stretch {
    uint64_t offset = 0;
    uint64_t end = 0;  // behind the last byte of it that is no blank and no comma
    QuarantineEntry::Kind kind = QuarantineEntry::Kind::kRecord;
    std::string reason;
  };
  enum class Step : uint8_t { kOn, kHold };

  // Positions are bytes of the window; each function moves `at` on or asks to hold.
  Step step(size_t& at);
  Step at_top(size_t& at);
  Step in_list(size_t& at);
  Step in_envelope(size_t& at);
  Step take_object(size_t& at, std::string_view shape);
  Step take_refused_object(size_t& at, std::string_view shape);
  Step take_outcome(const RecordWalk::Outcome& outcome, size_t begin, size_t& at,
                    std::string_view shape);
  Step take_text(size_t key, size_t& at, bool must_be_record);
  Step skip_value(size_t hold_at, size_t& at);
  Step resynchronise(size_t& at);
  Step wait_or_damage(size_t hold_at, size_t& at, std::string_view reason);

  bool build_window_index(size_t size);
  bool find_token(size_t at);
  void walk_window();
  RecordWalk::Outcome walk_alone(size_t begin, size_t end, bool& repaired);
  bool take_alone(size_t& at, size_t end, std::string_view shape, bool only_event,
                  RecordWalk::Outcome& outcome);
  bool leaves_alone(uint32_t marks);
  std::optional<size_t> envelope_key(size_t begin) const;
  bool may_begin_record(size_t at) const;
  void push(Frame frame);
  void deliver(std::string_view shape);
  void pass_over(uint32_t marks);
  void refuse(uint64_t offset, uint64_t length, std::string_view reason);
  void note_repair(size_t begin, size_t end);
  void open_stretch(size_t at, QuarantineEntry::Kind kind, std::string_view reason, size_t fault);
  void extend_stretch(size_t from, size_t to);
  void close_stretch(uint64_t end);
  void quarantine(QuarantineEntry entry);
  void show_evidence();
  std::string_view window() const { return {text_, size_}; }

  const FieldTrie& trie_;
  RecordWalk& walk_;
  const ReadLimits& limits_;
  StructuralIndex index_, alone_index_;
  std::string stack_, nested_, repaired_;

  // The input.
  std::string name_;
  EventSink* sink_ = nullptr;
  SourceReport* report_ = nullptr;
  std::vector<Frame> frames_;
  std::optional<Stretch> stretch_;
  std::vector<QuarantineEntry> pending_;  // held until something shows that the input is CloudTrail
  uint64_t pending_count_ = 0, listed_ = 0;
  uint64_t others_ = 0, top_events_ = 0;
  bool evidence_ = false, stopped_ = false, container_seen_ = false;
  bool unframed_ = false;  // damage at the top: closing brackets without their partners are no news
  bool line_break_ = false;  // between top-level records
  bool visible_ = false;     // something that is no blank was seen
  bool container_failed_ = false, damaged_ = false;
  std::string other_shape_, container_shape_, head_;

  // The window.
  char* text_ = nullptr;
  size_t size_ = 0, indexed_size_ = 0;
  uint64_t offset_ = 0;
  bool last_ = false, indexed_ = false, walk_uses_window_ = false;
  uint32_t cursor_ = 0;
  size_t slow_bytes_ = 0;  // looked at again and again by the slow path; bounded
};

}  // namespace cairn::cloudtrail
