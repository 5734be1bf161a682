#include "integrity/object_name.h"

#include "base/text.h"

#include <vector>

namespace cairn::integrity {

namespace {

constexpr std::string_view kLowerAndDigits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool all_of(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}
bool all_digits(std::string_view text, size_t count) {
  return text.size() == count && all_of(text, "0123456789");
}

/// YYYYMMDDThhmm[ss]Z, and nothing else.
std::optional<Timestamp> basic_time(std::string_view text) {
  bool seconds = text.size() == 16;
  if ((!seconds && text.size() != 14) || text[8] != 'T' || text.back() != 'Z' ||
      !all_digits(text.substr(0, 8), 8) ||
      !all_digits(text.substr(9, seconds ? 6 : 4), seconds ? 6 : 4))
    return std::nullopt;
  std::string extended;
  auto part = [&](size_t at, size_t size, char before) {
    if (before != 0) extended += before;
    extended += text.substr(at, size);
  };
  part(0, 4, 0);
  part(4, 2, '-');
  part(6, 2, '-');
  part(9, 2, 'T');
  part(11, 2, ':');
  extended += ':';
  extended += seconds ? text.substr(13, 2) : "00";
  extended += 'Z';
  return parse_event_time(extended);
}

bool take_front(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}
bool take_back(std::string_view& text, std::string_view back) {
  if (!text.ends_with(back)) return false;
  text.remove_suffix(back.size());
  return true;
}

/// Takes "ACCOUNT_KIND_REGION_" off the front and the suffix off the back.
bool strip_name(std::string_view& file, std::string_view account, std::string_view kind,
                std::string_view region) {
  take_back(file, ".gz");
  return take_back(file, ".json") && take_front(file, account) && take_front(file, "_") &&
         take_front(file, kind) && take_front(file, "_") && take_front(file, region) &&
         take_front(file, "_");
}

}  // namespace

bool is_account(std::string_view text) { return all_digits(text, 12); }

bool is_organization(std::string_view text) {
  return text.size() >= 12 && text.size() <= 34 && take_front(text, "o-") &&
         all_of(text, kLowerAndDigits);
}

bool is_region(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '-');
  if (parts.size() < 3 || text.size() > 32) return false;
  for (std::string_view part : parts) {
    if (!all_of(part, kLowerAndDigits)) return false;
  }
  return is_digit(parts.back().front());
}

bool is_kind(std::string_view text) {
  if (!take_front(text, kLogKind)) return false;
  return text.empty() || (take_front(text, "-") && text.size() <= 32 &&
                          all_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"));
}

std::optional<ObjectName> split_object_name(std::string_view key) {
  std::vector<std::string_view> parts = split(key, '/');
  size_t at = parts.size();
  while (at > 0 && parts[at - 1] != "AWSLogs") --at;
  if (at == 0) return std::nullopt;
  ObjectName name;
  name.prefix = key.substr(0, static_cast<size_t>(parts[at - 1].data() - key.data()));
  if (at < parts.size() && is_organization(parts[at])) name.organization = parts[at++];
  if (parts.size() != at + 7) return std::nullopt;
  name.account = parts[at];
  name.kind = parts[at + 1];
  name.region = parts[at + 2];
  name.file = parts[at + 6];
  name.day = std::string_view(parts[at + 3].data(), 10);
  bool dated =
      all_digits(parts[at + 3], 4) && all_digits(parts[at + 4], 2) && all_digits(parts[at + 5], 2);
  if (!dated || !is_account(name.account) || !is_kind(name.kind) || !is_region(name.region) ||
      name.file.empty())
    return std::nullopt;
  return name;
}

std::optional<DigestName> parse_digest_name(std::string_view file, std::string_view account,
                                            std::string_view region) {
  if (!strip_name(file, account, kDigestKind, region)) return std::nullopt;
  DigestName name;
  name.backfill = take_back(file, "_backfill");
  // From the right: a trail's name may hold underscores.
  constexpr size_t kTime = 16;
  if (file.size() < kTime + 1 || file[file.size() - kTime - 1] != '_') return std::nullopt;
  auto end = basic_time(file.substr(file.size() - kTime));
  if (!end) return std::nullopt;
  name.end = *end;
  file.remove_suffix(kTime + 1);
  size_t cut = file.rfind('_');
  if (cut == std::string_view::npos || cut == 0) return std::nullopt;
  name.trail = file.substr(0, cut);
  name.home_region = file.substr(cut + 1);
  if (!is_region(name.home_region)) return std::nullopt;
  return name;
}

std::string digest_file_name(std::string_view account, std::string_view region,
                             std::string_view trail, std::string_view home_region, Timestamp end) {
  std::string stamp;  // of 2026-01-02T03:04:05Z
  for (char c : format_time(std::chrono::floor<std::chrono::seconds>(end))) {
    if (c != '-' && c != ':') stamp += c;
  }
  std::string text(account);
  for (std::string_view part : {kDigestKind, region, trail, home_region, std::string_view(stamp)})
    (text += '_') += part;
  return text + ".json.gz";
}

std::optional<Timestamp> log_file_time(std::string_view file, std::string_view account,
                                       std::string_view kind, std::string_view region) {
  if (!strip_name(file, account, kind, region)) return std::nullopt;
  return basic_time(file.substr(0, file.find('_')));
}

std::string day_folder(Timestamp time) {
  std::string date = format_date(time);
  for (char& c : date) {
    if (c == '-') c = '/';
  }
  return date;
}

}  // namespace cairn::integrity
