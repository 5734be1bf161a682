#pragma once

// The organisation that a seed makes: its accounts, what they own, and who works there.

#include "simulate/playbook.h"
#include "simulate/simulate.h"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::simulate {

inline constexpr std::array<std::string_view, 16> kRegions = {
    "us-east-1",      "eu-west-1",  "us-west-2", "eu-central-1",
    "ap-southeast-2", "us-east-2",  "us-west-1", "ap-northeast-1",
    "ap-southeast-1", "eu-west-2",  "sa-east-1", "ca-central-1",
    "ap-south-1",     "eu-north-1", "eu-west-3", "ap-northeast-2"};
inline constexpr size_t kGlobalRegion = 0;  // global services are recorded in us-east-1
inline constexpr size_t kHomeRegion = 1;

/// Returns the index of a region's name; a name that is not in kRegions is a fault of the playbook.
size_t region_index(std::string_view name);

/// Values that hold for a whole caller, script or attack.
using Scope = std::vector<std::pair<Slot, std::string>>;

struct Account {
  std::string id;           // 12 digits
  std::string code;         // eight characters that all its credentials' ids share
  std::string environment;  // "production", "staging", "security", "development", "data", "shared",
                            // then "unit-7" ...
  size_t number = 0;        // its place in Organization::accounts
  /// things[region][i] are the names of playbook().inventories[i] there; global ones are the same
  /// everywhere.
  std::vector<std::vector<std::vector<std::string>>> things;

  /// Returns the unique id that AWS gives a user, role or group: the same name always has the same
  /// one.
  std::string unique_id(std::string_view prefix, std::string_view name) const;
};

struct Person {
  std::string name;  // "mara.okafor"
  const PersonKind* kind = nullptr;
  size_t account = 0;      // where most of the work is done
  bool iam_user = false;   // an IAM user with a password and a key instead of single sign-on
  std::string access_key;  // of an IAM user
  std::vector<std::string> addresses;  // where the person's calls come from; the most usual first
  int64_t offset_minutes = 0;          // of local time from UTC
  std::string browser, terminal;       // user agents
};

/// How a principal's calls usually look: what an intruder who takes care copies.
struct Habit {
  std::string address, vpc_endpoint;
  std::string browser, terminal;  // user agents; a workload's is its terminal
  std::string permissions;        // of an employee: the permission set
  std::string access_key;         // of a user
};

/// What is known about the principals who live in the organisation. Filled while they are made,
/// read afterwards.
class Directory {
 public:
  /// `principal` is "user/NAME", "employee/NAME" or "instance/ID".
  void note(size_t account, const std::string& principal, Habit habit) {
    habits_[{account, principal}] = std::move(habit);
  }
  /// Returns nothing for somebody who does not live here.
  const Habit* find(size_t account, const std::string& principal) const;
  /// Returns the names of all principals of a kind ("user/") in an account, in order.
  std::vector<std::string> names(size_t account, std::string_view kind) const;

 private:
  std::map<std::pair<size_t, std::string>, Habit> habits_;
};

struct Organization {
  std::string name;
  std::string id;  // "o-…"
  OrganizationSize size = OrganizationSize::kSmall;
  std::vector<Account> accounts;
  std::vector<Person> people;
  size_t working_regions = 2;  // kRegions[0 .. working_regions) hold people's and machines' work
  size_t regions = 6;          // kRegions[0 .. regions) have at least AWS's own traffic

  static Organization make(const SimulationPlan& plan);
  /// Returns the number of the first account of this environment; 0 when there is none.
  size_t account_of(std::string_view environment) const;
};

}  // namespace cairn::simulate
