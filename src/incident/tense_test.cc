#include "incident/tense.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace cairn::incident {
namespace {

TEST(Tense, TellsWhatWasTried) {
  struct Row {
    std::string done, tried;
  };
  const Row rows[] = {
      {"deleted trail main", "delete trail main"},
      {"stopped logging on trail main", "stop logging on trail main"},
      {"attached policy a to user b", "attach policy a to user b"},
      {"took the account out of its organisation", "take the account out of its organisation"},
      {"wrote the policy of bucket c", "write the policy of bucket c"},
      {"ran a command (AWS-RunShellScript) on i-1", "run a command (AWS-RunShellScript) on i-1"},
      {"copied snapshot snap-1", "copy snapshot snap-1"},
      {"called DescribeFoo", "call DescribeFoo"},
      {"listed", "list"},
      {"console sign-in: Failure", ""},
      {"was asked for a second factor", ""},
      {"", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(infinitive_of(row.done), row.tried);
}

/// Every verb of the words table, so that no new one is told wrongly unnoticed: where "ed" is taken
/// away, what is left must not want another "e", nor have a doubled letter.
TEST(Tense, KnowsTheVerbsOfTheWordsTable) {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR) + "/content/actions.tsv");
  std::set<std::string> verbs;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::string words = line.substr(line.rfind('\t') + 1);
    verbs.insert(words.substr(0, words.find_first_of(" [,;:")));
  }
  verbs.erase("");
  verbs.erase("console");
  verbs.erase("was");
  ASSERT_GT(verbs.size(), 80u);
  const std::set<std::string> whole = {"add", "call", "pull"};
  for (const std::string& verb : verbs) {
    std::string stem = infinitive_of(verb);
    EXPECT_NE(stem, "") << verb;
    if (stem.size() < 3 || verb != stem + "ed" || whole.count(stem) > 0) continue;
    std::string end = stem.substr(stem.size() - 2);
    EXPECT_NE(end[0], end[1]) << verb;
    for (const char* wanting : {"at", "et", "as", "os", "us", "ag", "ng", "rg",  "ov", "iv", "ib",
                                "id", "bl", "ir", "iz", "is", "ut", "ac", "lin", "am", "nc"})
      EXPECT_FALSE(stem.ends_with(wanting)) << verb << " → " << stem;
  }
}

}  // namespace
}  // namespace cairn::incident
