#pragma once

// The door of `geo`: in which country and network (autonomous system) an address is, by MaxMind DB
// files (.mmdb). The files are mapped, not read: what is not asked for costs nothing.
// docs/reference/places.md says where the files come from, and what an answer is worth.

#include "base/result.h"
#include "sys/files.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::geo {

/// Degrees, and how wrong they may be.
struct Coordinates {
  double latitude = 0, longitude = 0;
  double radius_km = 0;
};

/// Where an address is, as far as the files tell.
struct Place {
  std::string country;                          // ISO 3166 code, "DE"; "" when unknown
  std::string city;                             // English; only city files know it
  uint32_t network = 0;                         // number of the autonomous system; 0 when unknown
  std::string organisation;                     // that runs it: "Cloudflare, Inc."
  std::optional<Coordinates> coordinates = {};  // only city files know them

  bool known() const { return !country.empty() || network != 0; }
  /// "AS13335 Cloudflare, Inc.", "" when unknown.
  std::string network_text() const;
  /// "DE Berlin, AS3320 Deutsche Telekom AG"; "" when nothing is known.
  std::string text() const;
};

/// Some files, asked in order: of two that know something the first is believed. Any thread may
/// ask. Answers are remembered, up to kRemembered of them.
class Atlas {
 public:
  static constexpr size_t kRemembered = 50'000;

  /// Opens the files. Fails with kNotFound when one is not there, with kInvalidInput, naming it,
  /// when it is no MaxMind DB.
  static Result<Atlas> open(const std::vector<std::string>& paths);
  /// An atlas that knows nothing.
  Atlas();
  Atlas(Atlas&&) noexcept;
  Atlas& operator=(Atlas&&) noexcept;
  ~Atlas();

  /// False when there are no files: then nothing is worth a column.
  bool empty() const;
  /// "geo-whois-asn-country.mmdb, of 2026-06-17": of each file.
  std::vector<std::string> sources() const;

  /// Of an IPv4 or IPv6 address. Services ("cloudtrail.amazonaws.com", "AWS Internal"), private and
  /// reserved addresses, and those for examples, are nowhere, whatever a file says.
  Place place_of(std::string_view source) const;

  /// What was wrong with a file when it was asked, naming it; "" when nothing was. What it did not
  /// tell was left out.
  std::string problem() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// True for the address of somebody on the internet; those for examples count as such.
bool is_public_address(std::string_view text);

/// The .mmdb files in share/cairn beside the program or beside its folder, by name: where building
/// and installing put them. Empty when there are none.
std::vector<std::string> installed_files(Files& files);

}  // namespace cairn::geo
