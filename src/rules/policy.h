#pragma once

// What an IAM policy document gives away. IAM user guide, "Grammar of the IAM JSON policy language"
// and "AWS JSON policy elements"; "The meaning of public" in the S3 user guide for conditions that
// keep a statement for everyone from being one. Bounded by JsonTree's limits; any text may come.

#include "formats/json_tree.h"

#include <string>
#include <string_view>

namespace cairn::rules {

inline constexpr std::string_view kGrantsAdmin = "admin", kGrantsEveryone = "everyone",
                                  kGrantsForeign = "foreign";

struct PolicyGrants {
  bool admin = false;     // every action on every resource
  bool everyone = false;  // something, to anybody, with no condition that says who
  bool foreign = false;   // something, to an account that is not the own one
};

/// Reads the Allow statements of a document. `own_account`: 12 digits; without it no account is
/// foreign.
PolicyGrants read_policy(const JsonTree& document, std::string_view own_account);

/// Returns the JSON text in a record's value: percent-encoded documents decoded into `buffer`,
/// anything else as it is, without the blanks before it.
std::string_view policy_text(std::string_view value, std::string& buffer);

/// Tells whether a network has so many bits: "0.0.0.0/0" and "::/0" have "0". False for what is no
/// network.
bool has_prefix_bits(std::string_view network, std::string_view bits);

}  // namespace cairn::rules
