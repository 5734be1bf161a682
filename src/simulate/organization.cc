#include "simulate/organization.h"

#include "base/check.h"
#include "base/hash.h"
#include "simulate/builtin.h"

#include <algorithm>

namespace cairn::simulate {
namespace {

constexpr std::array<std::string_view, 6> kEnvironments = {"production",  "staging", "security",
                                                           "development", "data",    "shared"};

constexpr std::array<std::string_view, 40> kFirstNames = {
    "mara",  "jonas",  "priya", "tomas", "aiko",  "lena",  "omar",   "ruth",   "diego", "nadia",
    "felix", "ingrid", "kofi",  "sara",  "liam",  "yara",  "pavel",  "chloe",  "ravi",  "elsa",
    "bruno", "hana",   "oscar", "petra", "samir", "tilda", "viktor", "wanda",  "xenia", "yusuf",
    "zoe",   "anton",  "bella", "carl",  "dora",  "emil",  "fatima", "george", "heidi", "ivan"};
constexpr std::array<std::string_view, 40> kLastNames = {
    "okafor",  "lindgren", "sharma", "novak",  "tanaka", "fischer", "haddad", "cohen",
    "ramirez", "petrova",  "weber",  "olsen",  "mensah", "rossi",   "murphy", "costa",
    "horak",   "martin",   "iyer",   "berg",   "silva",  "kim",     "jansen", "schulz",
    "khan",    "eklund",   "popov",  "nowak",  "laine",  "demir",   "bauer",  "morel",
    "ricci",   "hansen",   "vogel",  "kovacs", "aziz",   "wright",  "keller", "ionescu"};

constexpr std::array<std::string_view, 4> kBrowsers = {
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 "
    "Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 "
    "Safari/605.1.15"};
constexpr std::array<std::string_view, 4> kTerminals = {
    "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.9 "
    "md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off",
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.8.0-36-generic exe/x86_64.ubuntu.22 prompt/off",
    "aws-cli/2.16.12 md/awscrt#0.19.19 ua/2.0 os/windows#10 md/arch#amd64 lang/python#3.11.8 "
    "md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off",
    "Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#6.5.0-41-generic md/arch#x86_64 "
    "lang/python#3.12.3 "
    "md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.131"};

constexpr std::array<int64_t, 5> kOffsets = {
    60, 0, -300, 330, -480};  // minutes from UTC; the first is the head office

struct Preset {
  size_t accounts, people, working_regions, regions, things_factor;
};

Preset preset_of(OrganizationSize size) {
  switch (size) {
    case OrganizationSize::kSmall:
      return {3, 8, 2, 6, 1};
    case OrganizationSize::kMedium:
      return {4, 30, 3, 10, 3};
    case OrganizationSize::kLarge:
      return {6, 150, 4, 16, 8};
  }
  return {3, 8, 2, 6, 1};
}

/// Fills the blanks of inventory names.
class NameFiller : public Filler {
 public:
  NameFiller(const Organization& organization, const Account& account, std::string_view region,
             Random& source) {
    values_ = {{kSlotAccount, account.id},
               {kSlotCode, account.code},
               {kSlotEnvironment, account.environment},
               {kSlotOrganization, organization.name},
               {kSlotRegion, std::string(region)}};
    random = &source;
  }

  std::string_view value(Slot slot) override {
    for (const auto& [known, text] : values_) {
      if (known == slot) return text;
    }
    text_.clear();
    made_of(slot).append_to(text_, *this);
    return text_;
  }

  const Template& made_of(Slot slot) override {
    const Template& otherwise = playbook().values[slot];
    CAIRN_CHECK(!otherwise.empty());
    return otherwise;
  }

 private:
  Scope values_;
  std::string text_;  // of the last value asked for; names ask for one at a time
};

void add_things(const Organization& organization, Account& account, const Preset& preset,
                uint64_t seed) {
  Random random(seed, "things of " + account.id);
  const std::vector<Inventory>& inventories = playbook().inventories;
  account.things.resize(kRegions.size());
  for (size_t region = 0; region < kRegions.size(); ++region) {
    account.things[region].resize(inventories.size());
    NameFiller filler(organization, account, kRegions[region], random);
    for (size_t i = 0; i < inventories.size(); ++i) {
      if (inventories[i].global && region > 0) {
        account.things[region][i] = account.things[0][i];
        continue;
      }
      const bool busy = inventories[i].global || region < organization.working_regions;
      const size_t full =
          inventories[i].count == 1 ? 1 : inventories[i].count * preset.things_factor;
      const size_t count = busy ? full : std::max<size_t>(1, inventories[i].count / 4);
      for (size_t n = 0; n < count; ++n) {
        inventories[i].name.append_to(account.things[region][i].emplace_back(), filler);
      }
    }
  }
}

Person make_person(const Organization& organization, size_t number, Random& random) {
  Person person;
  const size_t first = random.below(kFirstNames.size());
  const size_t last = random.below(kLastNames.size());
  person.name = std::string(kFirstNames[first]) + '.' + std::string(kLastNames[last]);
  const auto same_name = [&](const Person& other) { return other.name == person.name; };
  if (std::any_of(organization.people.begin(), organization.people.end(), same_name)) {
    person.name += std::to_string(number);
  }
  uint64_t lot = random.below(100);
  for (const PersonKind& kind : playbook().people) {
    person.kind = &kind;
    const uint64_t share = static_cast<uint64_t>(option_number(kind.options, "share", 0));
    if (lot < share) break;
    lot -= share;
  }
  // The first people are one of each kind, so that a small organisation has them all.
  if (number < playbook().people.size()) person.kind = &playbook().people[number];
  person.account = organization.account_of(option_text(person.kind->options, "home"));
  person.iam_user = number == 0 || number % 5 == 1;
  person.offset_minutes = kOffsets[random.favourite(kOffsets.size())];
  person.addresses = {"192.0.2." + std::to_string(random.between(10, 13)),
                      "198.51.100." + std::to_string(random.between(20, 200))};
  if (random.per_mille(400)) std::swap(person.addresses[0], person.addresses[1]);
  person.browser = kBrowsers[random.below(kBrowsers.size())];
  person.terminal = kTerminals[random.below(kTerminals.size())];
  person.access_key = "AKIA" + organization.accounts[person.account].code;
  random.append_upper(person.access_key, 8);
  return person;
}

}  // namespace

size_t region_index(std::string_view name) {
  const auto found = std::find(kRegions.begin(), kRegions.end(), name);
  CAIRN_CHECK(found != kRegions.end());
  return static_cast<size_t>(found - kRegions.begin());
}

std::string Account::unique_id(std::string_view prefix, std::string_view name) const {
  std::string result(prefix);
  result += code;
  Random(hash64(id), name).append_upper(result, 9);
  return result;
}

const Habit* Directory::find(size_t account, const std::string& principal) const {
  const auto found = habits_.find({account, principal});
  return found == habits_.end() ? nullptr : &found->second;
}

std::vector<std::string> Directory::names(size_t account, std::string_view kind) const {
  std::vector<std::string> result;
  for (auto at = habits_.lower_bound({account, std::string(kind)});
       at != habits_.end() && at->first.first == account && at->first.second.starts_with(kind);
       ++at) {
    result.push_back(at->first.second.substr(kind.size()));
  }
  return result;
}

size_t Organization::account_of(std::string_view environment) const {
  for (const Account& account : accounts) {
    if (account.environment == environment) return account.number;
  }
  return 0;
}

Organization Organization::make(const SimulationPlan& plan) {
  const Preset preset = preset_of(plan.size);
  Organization result;
  result.name = plan.organization;
  result.size = plan.size;
  result.working_regions = preset.working_regions;
  result.regions = preset.regions;
  Random random(plan.seed, "organization " + plan.organization);
  result.id = "o-";
  Random(plan.seed, "organization id").append_hex(result.id, 10);
  const size_t accounts = plan.accounts > 0 ? plan.accounts : preset.accounts;
  for (size_t i = 0; i < accounts; ++i) {
    Account account;
    account.number = i;
    account.id = std::to_string(random.between(1, 9));
    random.append_digits(account.id, 11);
    random.append_upper(account.code, 7);
    account.code += "EX"[i & 1];
    account.environment =
        i < kEnvironments.size() ? std::string(kEnvironments[i]) : "unit-" + std::to_string(i + 1);
    result.accounts.push_back(std::move(account));
  }
  for (Account& account : result.accounts) add_things(result, account, preset, plan.seed);
  const size_t people = plan.people > 0 ? plan.people : preset.people;
  for (size_t i = 0; i < people; ++i) result.people.push_back(make_person(result, i, random));
  return result;
}

}  // namespace cairn::simulate
