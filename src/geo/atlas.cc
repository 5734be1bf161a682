// Three ways to write the same facts are understood: MaxMind's own (country.iso_code), the flat one
// of free files (country_code), and numbers as text ("AS13335"). Coordinates are MaxMind's
// (location.latitude) or flat (latitude); a country's middle, which files give for addresses
// without a city, is worth nothing unless they say how far it may be wrong.

#include "base/pack.h"
#include "base/time.h"
#include "geo/address.h"
#include "geo/geo.h"

#include <maxminddb.h>

#include <charconv>
#include <initializer_list>
#include <mutex>
#include <unordered_map>

namespace cairn::geo {

namespace {

constexpr size_t kNameBytes = 200;
constexpr double kUsualRadiusKm = 100;  // of a city, when the file does not say

std::string file_name(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// One open file.
class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& path) {
    auto database = std::unique_ptr<Database>(new Database(path));
    int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database->db_);
    if (status == MMDB_FILE_OPEN_ERROR)
      return Error{ErrorCode::kNotFound, path + ": cannot be opened"};
    if (status != MMDB_SUCCESS)
      return Error{ErrorCode::kInvalidInput, path + ": not a MaxMind DB: " + MMDB_strerror(status)};
    database->open_ = true;
    return database;
  }
  ~Database() {
    if (open_) MMDB_close(&db_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Adds to `place` what it does not know yet. False when the file is damaged.
  bool add(const Address& address, Place& place) const {
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&db_, address.socket(), &error);
    // An IPv4 file knows nothing of IPv6: that is no damage.
    if (error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) return true;
    if (error != MMDB_SUCCESS) return false;
    if (!found.found_entry) return true;
    bool whole = true;
    auto fill = [&](std::string& text, std::initializer_list<const char*> path) {
      if (text.empty()) text = text_at(found.entry, path, whole);
    };
    std::string country, city;
    fill(country, {"country", "iso_code"});
    fill(country, {"country_code"});
    fill(country, {"country"});
    fill(city, {"city", "names", "en"});
    fill(city, {"city"});
    if (place.country.empty()) place.country = country;
    // Two files may disagree: coordinates are for the country that is believed.
    if (!place.coordinates && place.country == country)
      place.coordinates = coordinates_at(found.entry, !city.empty(), whole);
    if (place.city.empty()) place.city = std::move(city);
    if (place.network != 0) return whole;
    std::string number = text_at(found.entry, {"autonomous_system_number"}, whole);
    if (number.empty()) number = text_at(found.entry, {"asn"}, whole);
    if (number.starts_with("AS")) number.erase(0, 2);
    std::from_chars(number.data(), number.data() + number.size(), place.network);
    if (place.network == 0) return whole;
    fill(place.organisation, {"autonomous_system_organization"});
    fill(place.organisation, {"as_name"});
    return whole;
  }

  std::string source() const {
    auto built = Timestamp(std::chrono::seconds(db_.metadata.build_epoch));
    return file_name(path_) + ", of " + format_time(built).substr(0, 10);
  }
  const std::string& path() const { return path_; }

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}

  /// Without has_data when there is none.
  static MMDB_entry_data_s data_at(MMDB_entry_s entry, std::initializer_list<const char*> path,
                                   bool& whole) {
    std::vector<const char*> names(path);
    names.push_back(nullptr);
    MMDB_entry_data_s data{};
    int status = MMDB_aget_value(&entry, &data, names.data());
    bool absent = status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR;
    if (status != MMDB_SUCCESS && !absent) whole = false;
    if (status != MMDB_SUCCESS) data.has_data = false;
    return data;
  }

  static std::optional<double> number_at(MMDB_entry_s entry,
                                         std::initializer_list<const char*> path, bool& whole) {
    const MMDB_entry_data_s data = data_at(entry, path, whole);
    if (!data.has_data) return std::nullopt;
    switch (data.type) {
      case MMDB_DATA_TYPE_DOUBLE:
        return data.double_value;
      case MMDB_DATA_TYPE_FLOAT:
        return static_cast<double>(data.float_value);
      case MMDB_DATA_TYPE_UINT16:
        return data.uint16;
      case MMDB_DATA_TYPE_UINT32:
        return data.uint32;
      default:
        return std::nullopt;
    }
  }

  static std::optional<Coordinates> coordinates_at(MMDB_entry_s entry, bool in_a_city,
                                                   bool& whole) {
    auto latitude = number_at(entry, {"location", "latitude"}, whole);
    auto longitude = number_at(entry, {"location", "longitude"}, whole);
    if (!latitude) latitude = number_at(entry, {"latitude"}, whole);
    if (!longitude) longitude = number_at(entry, {"longitude"}, whole);
    auto radius = number_at(entry, {"location", "accuracy_radius"}, whole);
    if (!radius && in_a_city) radius = kUsualRadiusKm;
    auto within = [](const std::optional<double>& number, double least, double most) {
      return number && *number >= least && *number <= most;
    };
    if (!within(latitude, -90, 90) || !within(longitude, -180, 180) || !within(radius, 0, 20'000))
      return std::nullopt;
    return Coordinates{*latitude, *longitude, *radius};
  }

  /// A text or number; "" when there is none.
  static std::string text_at(MMDB_entry_s entry, std::initializer_list<const char*> path,
                             bool& whole) {
    const MMDB_entry_data_s data = data_at(entry, path, whole);
    if (!data.has_data) return "";
    switch (data.type) {
      case MMDB_DATA_TYPE_UTF8_STRING:
        return std::string(cut_bytes({data.utf8_string, data.data_size}, kNameBytes));
      case MMDB_DATA_TYPE_UINT16:
        return std::to_string(data.uint16);
      case MMDB_DATA_TYPE_UINT32:
        return std::to_string(data.uint32);
      default:
        return "";
    }
  }

  std::string path_;
  MMDB_s db_{};
  bool open_ = false;
};

}  // namespace

std::string Place::network_text() const {
  if (network == 0) return "";
  std::string text = "AS" + std::to_string(network);
  return organisation.empty() ? text : text + " " + organisation;
}

std::string Place::text() const {
  std::string text = country;
  if (!city.empty()) text += text.empty() ? city : " " + city;
  if (network != 0) text += (text.empty() ? "" : ", ") + network_text();
  return text;
}

struct Atlas::State {
  std::vector<std::unique_ptr<Database>> databases;
  mutable std::mutex mutex;  // guards what follows
  mutable std::unordered_map<std::string, Place> remembered;
  mutable std::string problem;
};

Atlas::Atlas() : state_(std::make_unique<State>()) {}
Atlas::Atlas(Atlas&&) noexcept = default;
Atlas& Atlas::operator=(Atlas&&) noexcept = default;
Atlas::~Atlas() = default;

Result<Atlas> Atlas::open(const std::vector<std::string>& paths) {
  Atlas atlas;
  for (const std::string& path : paths) {
    TRY_ASSIGN(auto database, Database::open(path));
    atlas.state_->databases.push_back(std::move(database));
  }
  return atlas;
}

bool Atlas::empty() const { return state_->databases.empty(); }

std::vector<std::string> Atlas::sources() const {
  std::vector<std::string> list;
  for (const auto& database : state_->databases) list.push_back(database->source());
  return list;
}

Place Atlas::place_of(std::string_view source) const {
  if (empty()) return {};
  auto address = Address::parse(source);
  if (!address || !address->is_public() || address->is_example()) return {};
  std::string key(source);
  {
    std::lock_guard lock(state_->mutex);
    auto known = state_->remembered.find(key);
    if (known != state_->remembered.end()) return known->second;
  }
  Place place;
  std::string problem;
  for (const auto& database : state_->databases) {
    if (!database->add(*address, place) && problem.empty())
      problem = database->path() + " is damaged: it could not tell where " + key + " is";
  }
  std::lock_guard lock(state_->mutex);
  if (state_->problem.empty()) state_->problem = problem;
  if (state_->remembered.size() >= kRemembered) state_->remembered.clear();
  state_->remembered.emplace(std::move(key), place);
  return place;
}

std::string Atlas::problem() const {
  std::lock_guard lock(state_->mutex);
  return state_->problem;
}

}  // namespace cairn::geo
