#include "detect/evidence.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::detect {
namespace {

std::vector<EventPlace> events_of(const EvidenceRef& evidence) {
  std::vector<EventPlace> events;
  evidence.for_each_event([&](EventPlace event) { events.push_back(event); });
  return events;
}

TEST(Evidence, PlacesAreWhatTheyWereMadeOf) {
  for (uint64_t source : {uint64_t{0}, uint64_t{3}, uint64_t{32'767}}) {
    for (uint64_t position : {uint64_t{0}, uint64_t{77}, (uint64_t{1} << 48) - 1}) {
      const EventPlace place = EventPlace::of(source, position);
      EXPECT_EQ(place.source(), source);
      EXPECT_EQ(place.position(), position);
      EXPECT_EQ(events_of(EvidenceRef::of_event(place)), std::vector{place});
      EXPECT_TRUE(EvidenceRef::of_event(place));
    }
  }
  EXPECT_FALSE(EvidenceRef());
}

TEST(Evidence, ListsAreCountedAndFreedWithTheirLastReference) {
  size_t held = 0;
  const std::vector<EventPlace> places = {EventPlace::of(0, 0), EventPlace::of(1, 5),
                                          EventPlace::of(2, 9)};
  {
    EvidenceRef three = EvidenceRef::of_events(places, held);
    const size_t held_by_one = held;
    EXPECT_GT(held_by_one, 3 * sizeof(EventPlace));
    EvidenceRef again = three, moved = std::move(three);
    EXPECT_EQ(held, held_by_one);
    EXPECT_EQ(again.first_event(), places[0]);
    moved.reset();
    EXPECT_FALSE(moved);
    EXPECT_EQ(held, held_by_one);
    EXPECT_EQ(events_of(again), places);
    again = EvidenceRef::of_event(places[1]);
    EXPECT_EQ(held, 0u);
    EXPECT_EQ(again.first_event(), places[1]);
    again = EvidenceRef::of_events(places, held);
  }
  EXPECT_EQ(held, 0u);
}

TEST(Evidence, AListOfOneIsTheEvent) {
  size_t held = 0;
  EvidenceRef one = EvidenceRef::of_events(std::vector{EventPlace::of(4, 2)}, held);
  EXPECT_EQ(held, 0u);
  EXPECT_EQ(one.first_event(), EventPlace::of(4, 2));
}

}  // namespace
}  // namespace cairn::detect
