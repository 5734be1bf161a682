#include "detect/contexts.h"

#include "base/hash.h"
#include "detect/match_record.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace cairn::detect {
namespace {

constexpr size_t kMuchMemory = 16u << 20, kLittleMemory = 1;

/// One event of a made-up principal.
struct Sample {
  std::string principal, region, source, name;
  bool error = false;
};

std::vector<Sample> samples(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Sample> list;
  for (size_t i = 0; i < count; ++i) {
    list.push_back({"user/" + std::to_string(random() % 40),
                    "region-" + std::to_string(random() % 3), "s3.amazonaws.com",
                    "Call" + std::to_string(random() % 9), random() % 4 == 0});
  }
  return list;
}

Row row_of(const Sample& sample) {
  Row row;
  row.principal = hash64(sample.principal);
  row.context = hash64(sample.region, row.principal);
  row.type = hash64(sample.name);
  row.account_and_flags = sample.error ? Row::kError : 0;
  return row;
}

ContextTexts texts_of(const Sample& sample) {
  ContextTexts texts;
  texts.principal = sample.principal;
  texts.region = sample.region;
  return texts;
}

struct Sum {
  uint64_t events = 0, errors = 0;
  std::set<uint64_t> types;
  bool operator==(const Sum&) const = default;
};
using Sums = std::map<std::pair<std::string, std::string>, Sum>;

/// Joins the records of sorters by key, as the detector does.
Sums join(const std::vector<SpillSorter*>& sorters) {
  std::map<std::string, Sum> by_key;
  std::map<std::string, std::pair<std::string, std::string>> names;
  ContextRecord record;
  Status merged = SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) {
    unpack_context(payload, record);
    Sum& sum = by_key[std::string(key)];
    sum.events += record.counts.events;
    sum.errors += record.counts.errors;
    sum.types.insert(record.types.begin(), record.types.end());
    if (record.named)
      names[std::string(key)] = {std::string(record.texts.principal),
                                 std::string(record.texts.region)};
    return Status::success();
  });
  EXPECT_TRUE(merged.ok());
  Sums sums;
  for (auto& [key, sum] : by_key) sums[names.at(key)] = sum;
  return sums;
}

TEST(Contexts, SumsAreTheSameHoweverMuchMemoryThereIs) {
  Sums expected;
  std::vector<Sample> list = samples(20'000, 1);
  for (const Sample& sample : list) {
    Sum& sum = expected[{sample.principal, sample.region}];
    ++sum.events;
    sum.errors += sample.error;
    sum.types.insert(hash64(sample.name));
  }
  for (size_t budget : {kMuchMemory, kLittleMemory, size_t{40'000}}) {
    FakeFiles files;
    ContextTable first(files, budget), second(files, budget);
    for (size_t i = 0; i < list.size(); ++i) {
      ContextTable& table = i % 3 == 0 ? first : second;
      ASSERT_TRUE(table.add(texts_of(list[i]), row_of(list[i])).ok());
    }
    ASSERT_TRUE(first.flush().ok());
    ASSERT_TRUE(second.flush().ok());
    EXPECT_EQ(join({&first.records(), &second.records()}), expected) << budget;
  }
}

TEST(Contexts, CopiesAreTakenOff) {
  FakeFiles files;
  std::vector<Sample> list = samples(3'000, 2);
  ContextTable once(files, kMuchMemory), twice(files, kMuchMemory);
  Removed removed(files, kLittleMemory);
  for (const Sample& sample : list) {
    Row row = row_of(sample);
    ASSERT_TRUE(once.add(texts_of(sample), row).ok());
    ASSERT_TRUE(twice.add(texts_of(sample), row).ok());
    ASSERT_TRUE(twice.add(texts_of(sample), row).ok());
    ASSERT_TRUE(removed.add(row).ok());
  }
  ASSERT_TRUE(once.flush().ok());
  ASSERT_TRUE(twice.flush().ok());
  ASSERT_TRUE(removed.flush().ok());
  EXPECT_EQ(join({&twice.records(), &removed.contexts()}), join({&once.records()}));
}

TEST(Contexts, AFullTemporaryFolderIsAnError) {
  FakeFiles files;
  ContextTable table(files, kLittleMemory);
  files.fail_after = 0;
  Status status;
  for (const Sample& sample : samples(20'000, 3)) {
    status = table.add(texts_of(sample), row_of(sample));
    if (!status.ok()) break;
  }
  EXPECT_FALSE(status.ok());
}

TEST(Types, AreCountedPastTheTablesLimit) {
  FakeFiles files;
  TypeTable table(files, kMuchMemory);
  constexpr int kTypes = 40'000;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kTypes; ++i) {
      std::string name = "Call" + std::to_string(i);
      ASSERT_TRUE(table.add(hash64(name), {"s3.amazonaws.com", name, "Data"}).ok());
    }
  }
  ASSERT_TRUE(table.flush().ok());
  std::map<std::string, uint64_t> events;
  TypeRecord record;
  Status merged = SpillSorter::merge({&table.records()}, [&](std::string_view, std::string_view p) {
    unpack_type(p, record);
    events[std::string(record.texts.name)] += record.events;
    return Status::success();
  });
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(events.size(), size_t{kTypes});
  for (const auto& [name, count] : events) EXPECT_EQ(count, 2u) << name;
}

/// A match of an event in a context and a type, with the rest of its texts from `n`.
void encode(uint64_t context, uint64_t type, int n, SharedTexts& shared, EncodedMatch& encoded) {
  MatchRecord record;
  record.rules = {{1, false, false, {}, "seen"}, {7, true, true, "own", {}}};
  record.fingerprint = static_cast<uint64_t>(n);
  std::string principal = "user/" + std::to_string(context), name = "Call" + std::to_string(type),
              id = std::to_string(n), file = "f" + std::to_string(n);
  record.event.time = Timestamp(Duration(n));
  record.event.time_known = true;
  record.event.offset = 5;
  record.event.event_id = id;
  record.event.principal = principal;
  record.event.event_name = name;
  record.event.folder = "logs/";
  record.event.file = file;
  encode_match(record, context, type, shared, encoded);
}

TEST(MatchRecord, SharedTextsComeBackWhetherTheyFitOrNot) {
  for (size_t budget : {size_t{0}, size_t{500}, kMuchMemory}) {
    SharedTexts shared(0, budget);
    std::vector<std::string> payloads;
    EncodedMatch encoded;
    for (int n = 0; n < 500; ++n) {
      encode(static_cast<uint64_t>(n % 17) + 1, static_cast<uint64_t>(n % 5) + 100, n, shared,
             encoded);
      payloads.push_back(encoded.payload);
    }
    MatchRecord record;
    for (int n = 0; n < 500; ++n) {
      decode_match(payloads[static_cast<size_t>(n)], {&shared}, record);
      EXPECT_EQ(record.event.principal, "user/" + std::to_string(n % 17 + 1));
      EXPECT_EQ(record.event.event_name, "Call" + std::to_string(n % 5 + 100));
      EXPECT_EQ(record.event.file, "f" + std::to_string(n));
      ASSERT_EQ(record.rules.size(), 2u);
      EXPECT_EQ(record.rules[1].key, "own");
      EventSummary summary;
      copy_event(record.event, summary);
      EXPECT_EQ(summary.file, "logs/f" + std::to_string(n));
      EXPECT_EQ(summary.offset, 5u);
    }
  }
}

}  // namespace
}  // namespace cairn::detect
