#include "model/event.h"

#include "model/rule_info.h"
#include "model/standard_fields.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

/// Answers a walk with fixed values and counts how often it was asked.
class CountingReader : public SubtreeReader {
 public:
  explicit CountingReader(SlotId slot) : slot_(slot) {}
  void read_subtree(Event& event, SlotId) override {
    ++walks;
    event.add(slot_, {"a", FieldKind::kString});
    event.add(slot_, {"b", FieldKind::kString});
  }
  int walks = 0;

 private:
  SlotId slot_;
};

TEST(FieldTable, EagerAndLazyPaths) {
  FieldTable fields;
  SlotId name = fields.intern("eventName");
  SlotId arn = fields.intern("userIdentity.arn");
  SlotId bucket = fields.intern("requestParameters.bucketName");
  EXPECT_EQ(fields.intern("eventName"), name);
  EXPECT_EQ(fields.lazy_root(name), kNoSlot);
  EXPECT_EQ(fields.lazy_root(arn), kNoSlot);
  EXPECT_EQ(fields.path(fields.lazy_root(bucket)), "requestParameters");
  EXPECT_EQ(fields.find("nope"), std::nullopt);
}

TEST(Event, NothingSurvivesFromTheRecordBefore) {
  FieldTable fields;
  SlotId name = fields.intern("eventName"), region = fields.intern("awsRegion");
  fields.freeze();
  Event event(fields);
  event.begin("{1}", 0, nullptr);
  event.add(name, {"StopLogging", FieldKind::kString});
  EXPECT_EQ(event.text(name), "StopLogging");
  EXPECT_FALSE(event.get(region).present());
  event.begin("{2}", 3, nullptr);
  EXPECT_FALSE(event.get(name).present());
  EXPECT_TRUE(event.all(name).empty());
  EXPECT_EQ(event.offset(), 3u);
}

TEST(Event, LazySubtreesAreWalkedOnceAndOnlyWhenAsked) {
  FieldTable fields;
  SlotId key = fields.intern("requestParameters.key");
  fields.freeze();
  CountingReader reader(key);
  Event event(fields);
  event.begin("{}", 0, &reader);
  EXPECT_EQ(reader.walks, 0);
  ASSERT_EQ(event.all(key).size(), 2u);
  EXPECT_EQ(event.all(key)[1].text, "b");
  EXPECT_EQ(event.text(key), "a");
  EXPECT_EQ(reader.walks, 1);
  event.begin("{}", 0, &reader);
  EXPECT_EQ(event.text(key), "a");
  EXPECT_EQ(reader.walks, 2);
}

TEST(Level, ParsesNamesInAnyCase) {
  Level level{};
  EXPECT_TRUE(parse_level("HIGH", level));
  EXPECT_EQ(level, Level::kHigh);
  EXPECT_TRUE(parse_level("info", level));
  EXPECT_EQ(to_string(level), "informational");
  EXPECT_FALSE(parse_level("severe", level));
}

}  // namespace
}  // namespace cairn
