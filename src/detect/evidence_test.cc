#include "detect/evidence.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::detect {
namespace {

TEST(Evidence, IsCountedAndFreedWithItsLastReference) {
  size_t held = 0;
  {
    EvidenceRef one = Evidence::of_event("one", held);
    const size_t held_by_one = held;
    EXPECT_GT(held_by_one, 3u);
    EvidenceRef again = one, two = Evidence::of_event("two, longer than one", held);
    EXPECT_EQ(again.get(), one.get());
    EvidenceRef both = Evidence::of_events(std::vector{one, two}, held);
    EXPECT_EQ(both->first_event(), one.get());
    const size_t held_by_all = held;
    one.reset();
    again = EvidenceRef();
    two = std::move(again);
    EXPECT_EQ(held, held_by_all);  // the list still refers to them
    std::string seen;
    both.for_each_event([&](const EvidenceRef& event) { seen += event->bytes(); });
    EXPECT_EQ(seen, "onetwo, longer than one");
    EXPECT_FALSE(one);
    EXPECT_TRUE(both);
  }
  EXPECT_EQ(held, 0u);
}

TEST(Evidence, OfOneEventIsTheEvent) {
  size_t held = 0;
  EvidenceRef one = Evidence::of_event("", held);
  size_t seen = 0;
  one.for_each_event(
      [&](const EvidenceRef& event) { seen += static_cast<size_t>(event.get() == one.get()); });
  EXPECT_EQ(seen, 1u);
  EXPECT_EQ(one->first_event(), one.get());
  EXPECT_EQ(one->bytes(), "");
}

}  // namespace
}  // namespace cairn::detect
