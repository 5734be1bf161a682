#include "simulate/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::simulate {
namespace {

class FixedFiller : public Filler {
 public:
  explicit FixedFiller(Random& source) { random = &source; }
  std::string_view value(Slot slot) override { return slot == 0 ? "a \"b\"/é" : "second"; }
  const Template& made_of(Slot) override { return item; }
  Template item;
};

TEST(Template, FillsBlanks) {
  Names names;
  ASSERT_EQ(names.slot("name"), 0);
  const struct {
    const char* text;
    const char* expected;  // an extended regular expression
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"<name>", "a \"b\"/é"},
      {"[<name|string>]", R"(\[a \\"b\\"/é\])"},
      {"<name|url>", "a%20%22b%22%2F%C3%A9"},
      {"<other><other>", "secondsecond"},
      {"i-0<hex:16>", "i-0[0-9a-f]{16}"},
      {"AKIA<upper:8>", "AKIA[A-Z2-7]{8}"},
      {"<mixed:16>", "[A-Za-z0-9]{16}"},
      {"<base64:75>=", "[A-Za-z0-9+/]{75}="},
      {"<digits:12>", "[0-9]{12}"},
      {"<uuid:>", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"},
      {"<number:3-5>", "[345]"},
      {"<one:x,yy>", "(x|yy)"},
      {"[<times:2-3,name>]", "\\[i[0-9a-f]{2}(,i[0-9a-f]{2}){1,2}\\]"},
  };
  Random random(7, "test");
  FixedFiller filler(random);
  filler.item = Template::compile("i<hex:2>", names);
  for (const auto& row : rows) {
    const Template compiled = Template::compile(row.text, names);
    for (int i = 0; i < 20; ++i) {
      std::string out;
      compiled.append_to(out, filler);
      EXPECT_THAT(out, testing::MatchesRegex(row.expected)) << row.text;
    }
  }
}

TEST(Random, StreamsAreTheSameEverywhere) {
  Random random(1, "known");
  const uint64_t first = random.next();
  EXPECT_EQ(first, 0x28AD33D2CBFC18C8ull);  // written down once: it must never change
  Random again(1, "known");
  EXPECT_EQ(again.next(), first);
  EXPECT_NE(Random(2, "known").next(), first);
  EXPECT_NE(Random(1, "other").next(), first);
}

TEST(Random, WaitingTimesAndNormalNumbersHaveTheirMeans) {
  Random random(5, "means");
  int64_t waiting = 0, normal = 0, squares = 0;
  constexpr int64_t kCount = 200'000;
  for (int64_t i = 0; i < kCount; ++i) {
    waiting += random.waiting_time(1'000'000) / 1000;
    const int64_t x = random.normal(5000, 300);
    normal += x;
    squares += (x - 5000) * (x - 5000);
  }
  EXPECT_NEAR(static_cast<double>(waiting) / kCount, 1000, 60);
  EXPECT_NEAR(static_cast<double>(normal) / kCount, 5000, 5);
  EXPECT_NEAR(static_cast<double>(squares) / kCount, 300.0 * 300.0, 2000);
}

}  // namespace
}  // namespace cairn::simulate
