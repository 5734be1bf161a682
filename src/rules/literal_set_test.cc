#include "rules/literal_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace cairn::rules {
namespace {

using Anchor = LiteralSet::Anchor;

struct Entry {
  std::string text;
  Anchor anchor;
};

std::set<uint32_t> scan(const std::vector<Entry>& entries, std::string_view text,
                        size_t table_bytes) {
  LiteralSet set;
  for (uint32_t i = 0; i < entries.size(); ++i) set.add(entries[i].text, entries[i].anchor, i);
  set.build(table_bytes);
  std::set<uint32_t> found;
  set.scan(text, [&](uint32_t id) { found.insert(id); });
  return found;
}

std::set<uint32_t> search_one_by_one(const std::vector<Entry>& entries, std::string_view text) {
  std::set<uint32_t> found;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    const std::string& literal = entries[i].text;
    bool there = entries[i].anchor == Anchor::kStart ? text.starts_with(literal)
                 : entries[i].anchor == Anchor::kEnd ? text.ends_with(literal)
                                                     : text.find(literal) != text.npos;
    if (there) found.insert(i);
  }
  return found;
}

TEST(LiteralSet, FindsOverlappingAndAnchored) {
  std::vector<Entry> entries = {{"he", Anchor::kAnywhere},  {"she", Anchor::kAnywhere},
                                {"his", Anchor::kAnywhere}, {"hers", Anchor::kEnd},
                                {"us", Anchor::kStart},     {"he", Anchor::kEnd},
                                {"ushers", Anchor::kStart}, {"ushers", Anchor::kEnd}};
  EXPECT_EQ(scan(entries, "ushers", 1 << 20), (std::set<uint32_t>{0, 1, 3, 4, 6, 7}));
  EXPECT_EQ(scan(entries, "she", 1 << 20), (std::set<uint32_t>{0, 1, 5}));
  EXPECT_EQ(scan(entries, "", 1 << 20), (std::set<uint32_t>{}));
  EXPECT_EQ(scan(entries, "xxx\xFFus", 1 << 20), (std::set<uint32_t>{}));
}

TEST(LiteralSet, NoLiteralsFindNothing) {
  EXPECT_EQ(scan({}, "abc", 1 << 20), (std::set<uint32_t>{}));
}

TEST(LiteralSet, AgreesWithSearchingOneByOne) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto word = [&](size_t shortest, size_t longest) {
    std::string text;
    for (size_t n = shortest + random() % (longest - shortest + 1); n > 0; --n) {
      text += "abc"[random() % 3];
    }
    return text;
  };
  for (int round = 0; round < 400; ++round) {
    std::vector<Entry> entries;
    for (size_t n = random() % 30; n > 0; --n) {
      entries.push_back({word(1, 6), static_cast<Anchor>(random() % 3)});
    }
    for (size_t table_bytes : {size_t{0}, size_t{200}, size_t{1} << 20}) {
      std::string text = word(0, 20);
      ASSERT_EQ(scan(entries, text, table_bytes), search_one_by_one(entries, text)) << text;
    }
  }
}

}  // namespace
}  // namespace cairn::rules
