#include "detect/row_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cairn::detect {
namespace {

constexpr size_t kMuchMemory = 64u << 20;

std::vector<Row> random_rows(size_t count, size_t distinct, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows;
  for (size_t i = 0; i < count; ++i) {
    uint64_t fingerprint = (random() % distinct) * 0x9E3779B97F4A7C15ull;
    rows.push_back({fingerprint, static_cast<int64_t>(random() % 3), fingerprint % 89,
                    fingerprint % 97, 0, 0});
  }
  return rows;
}

/// What visit_copies must give: of each fingerprint all rows but the smallest.
std::vector<Row> larger_ones(std::vector<Row> rows) {
  std::sort(rows.begin(), rows.end());
  std::vector<Row> larger;
  for (size_t i = 1; i < rows.size(); ++i)
    if (rows[i].fingerprint == rows[i - 1].fingerprint) larger.push_back(rows[i]);
  return larger;
}

struct Copies {
  std::vector<Row> rows;
  bool spilled = false;
};

Copies collect(const std::vector<Row>& rows, size_t stores, size_t budget, size_t limit_rows) {
  FakeFiles files;
  std::vector<std::unique_ptr<RowStore>> owned;
  for (size_t i = 0; i < stores; ++i) owned.push_back(std::make_unique<RowStore>(files, budget));
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_TRUE(owned[i % stores]->add(rows[i]).ok());
  Copies copies;
  std::vector<const RowStore*> pointers;
  for (auto& store : owned) {
    store->seal();
    copies.spilled = copies.spilled || store->spilled();
    pointers.push_back(store.get());
  }
  for (size_t p = 0; p < RowStore::kPartitions; ++p) {
    Status visited = visit_copies(pointers, p, limit_rows, [&](const Row& row) {
      copies.rows.push_back(row);
      return Status::success();
    });
    EXPECT_TRUE(visited.ok());
  }
  std::sort(copies.rows.begin(), copies.rows.end());
  return copies;
}

TEST(RowStore, FindsCopiesHoweverRowsAreKept) {
  struct Case {
    size_t stores, budget, limit_rows;
    bool spills;
  };
  const Case cases[] = {
      {1, kMuchMemory, 1u << 20, false}, {3, kMuchMemory, 1u << 20, false}, {1, 1, 1u << 20, true},
      {2, 2u << 20, 1u << 20, true},     {1, kMuchMemory, 7, false},        {2, 1, 100, true},
  };
  std::vector<Row> rows = random_rows(100'000, 60'000, 7);
  std::vector<Row> expected = larger_ones(rows);
  for (const Case& c : cases) {
    Copies copies = collect(rows, c.stores, c.budget, c.limit_rows);
    EXPECT_EQ(copies.rows, expected) << c.stores << " " << c.budget << " " << c.limit_rows;
    EXPECT_EQ(copies.spilled, c.spills);
  }
}

TEST(RowStore, IsEmptyBeforeTheFirstRow) {
  Copies copies = collect({}, 2, kMuchMemory, 100);
  EXPECT_TRUE(copies.rows.empty());
}

TEST(RowStore, ReportsAFullTemporaryFolder) {
  FakeFiles files;
  RowStore store(files, 1);
  files.fail_after = 1;
  Status status;
  for (const Row& row : random_rows(100'000, 100'000, 1)) {
    status = store.add(row);
    if (!status.ok()) break;
  }
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace cairn::detect
