#include "simulate/digests.h"

#include "base/hash.h"
#include "base/text.h"
#include "crypto/signatures.h"
#include "formats/compression.h"
#include "formats/json_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::simulate {

namespace {

using std::chrono::hours;

constexpr uint64_t kLogBytes = 256u << 20;
constexpr std::string_view kHomeRegionName = "eu-west-1";
constexpr int kGzipLevel = 6;
// Of the logs of an hour's last minutes, one in so many is listed by the next hour's digest.
constexpr uint64_t kLatePart = 4;

constexpr std::array<TamperKind, 14> kKinds{{
    {"edited-log", "a log file's text was changed"},
    {"deleted-log", "a log file was deleted"},
    {"added-log", "a log file was put beside those that CloudTrail delivered"},
    {"swapped-files", "two log files changed places"},
    {"deleted-digest", "a digest was deleted"},
    {"two-deleted-digests", "two digests in a row were deleted"},
    {"edited-digest", "a log file was deleted, and taken out of its digest"},
    {"forged-signature", "the signature in a digest's metadata was replaced"},
    {"broken-chain", "a digest was signed twice, with different lists"},
    {"unknown-key", "digests were signed with a key that is not in the list"},
    {"restart", "logging was stopped for two hours and started again"},
    {"backfill", "a log file came into a digest that was made afterwards"},
    {"duplicate-delivery", "a log file was delivered twice: two digests list it"},
    {"out-of-order", "a digest was delivered after the one of the next hour"},
}};

struct Log {
  std::string key, path;  // from AWSLogs on; on the disk
  Timestamp time{};
  std::string hash;  // hexadecimal
  std::string oldest, newest;
};

struct Digest {
  Timestamp start{}, end{};
  std::vector<const Log*> logs;
  bool left_out = false;  // never made: logging was stopped
  bool backfill = false;
  // As it was written.
  std::string key, path, text, hash, signature;
};

struct Unit {
  std::string base;  // "AWSLogs/[o-…/]ACCOUNT/"
  std::string account, region;
  std::vector<Log> logs;
  std::vector<Digest> digests;
};

std::string hex_hash(std::string_view text) { return crypto::to_hex(crypto::sha256(text)); }

Result<std::string> inflate(std::string_view stored) {
  std::string text;
  auto inflater = make_stream_inflater(Compression::kGzip);
  std::string piece(256u << 10, '\0');
  while (text.size() < kLogBytes) {
    TRY_ASSIGN(auto step, inflater->step(stored, piece));
    text.append(piece, 0, step.produced);
    stored.remove_prefix(step.consumed);
    if (step.finished || (step.produced == 0 && step.consumed == 0)) break;
  }
  return text;
}

/// The basic form of a time that stands in names: YYYYMMDDThhmmssZ.
std::string stamp_of(Timestamp time) {
  std::string stamp;
  for (char c : format_time(time)) {
    if (c != '-' && c != ':') stamp += c;
  }
  return stamp;
}

/// The time in a log's name: its fourth part, YYYYMMDDThhmmZ.
std::optional<Timestamp> time_in(std::string_view file) {
  std::vector<std::string_view> parts = split(file, '_');
  if (parts.size() < 5 || parts[3].size() != 14) return std::nullopt;
  std::string_view t = parts[3];
  std::string text;
  for (size_t i = 0; i < 13; ++i) {
    if (i == 4 || i == 6) text += '-';
    if (i == 11) text += ':';
    text += t[i];
  }
  return parse_event_time(text + ":00Z");
}

class Notary {
 public:
  Notary(Files& files, const std::string& folder, const DigestPlan& plan)
      : files_(files), folder_(folder), plan_(plan) {}

  Result<DigestSummary> run() {
    if (!plan_.tamper.empty() && !known()) return unknown();
    TRY_ASSIGN(key_, crypto::SimulatedRsaKey::from_seed("digests " + std::to_string(plan_.seed)));
    TRY_ASSIGN(other_key_,
               crypto::SimulatedRsaKey::from_seed("others " + std::to_string(plan_.seed)));
    TRY(find_logs());
    if (units_.empty())
      return Error{ErrorCode::kInvalidInput, "there are no logs to write digests over"};
    divide();
    TRY(choose());
    TRY(before_signing());
    for (Unit& unit : units_) TRY(sign(unit));
    TRY(after_signing());
    TRY(write_keys());
    TRY(write_truth());
    return std::move(summary_);
  }

 private:
  bool is(std::string_view kind) const { return plan_.tamper == kind; }
  bool known() const {
    return std::any_of(kKinds.begin(), kKinds.end(),
                       [&](const TamperKind& kind) { return kind.name == plan_.tamper; });
  }
  Error unknown() const {
    std::string message =
        "there is no way to tamper called \"" + printable(plan_.tamper) + "\"; there are";
    for (const TamperKind& kind : kKinds) (message += " ") += kind.name;
    return Error{ErrorCode::kInvalidInput, message};
  }

  // ---- The logs.

  Status walk(const std::string& below, const std::function<Status(const std::string&)>& visit) {
    TRY_ASSIGN(auto entries, files_.list(join_path(folder_, below)));
    std::sort(entries.begin(), entries.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    for (const FileInfo& entry : entries) {
      std::string name = below + "/" + std::string(base_name(entry.path));
      if (entry.kind == FileKind::kFolder) TRY(walk(name, visit));
      if (entry.kind == FileKind::kFile) TRY(visit(name));
    }
    return {};
  }

  Status find_logs() {
    std::map<std::string, Unit> units;  // by base and region
    TRY(walk("AWSLogs", [&](const std::string& key) -> Status {
      // AWSLogs/[o-…/]ACCOUNT/KIND/REGION/Y/M/D/FILE
      std::vector<std::string_view> parts = split(key, '/');
      if (parts.size() < 8 || !parts[parts.size() - 6].starts_with("CloudTrail") ||
          parts[parts.size() - 6] == "CloudTrail-Digest")
        return {};
      auto time = time_in(parts.back());
      if (!time) return {};
      std::string_view kind = parts[parts.size() - 6];
      std::string base = key.substr(0, static_cast<size_t>(kind.data() - key.data()));
      Unit& unit = units[base + std::string(parts[parts.size() - 5])];
      unit.base = base;
      unit.account = parts[parts.size() - 7];
      unit.region = parts[parts.size() - 5];
      Log log;
      log.key = key;
      log.path = join_path(folder_, key);
      log.time = *time;
      TRY_ASSIGN(std::string stored, read_file(files_, log.path, kLogBytes));
      TRY_ASSIGN(std::string text, inflate(stored));
      describe(text, log);
      unit.logs.push_back(std::move(log));
      return {};
    }));
    for (auto& [name, unit] : units) {
      std::stable_sort(unit.logs.begin(), unit.logs.end(),
                       [](const Log& a, const Log& b) { return a.time < b.time; });
      summary_.logs += unit.logs.size();
      units_.push_back(std::move(unit));
    }
    return {};
  }

  static void describe(const std::string& text, Log& log) {
    constexpr std::string_view kMark = "\"eventTime\":\"";
    log.hash = hex_hash(text);
    for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
      std::string time = text.substr(at + kMark.size(), 20);
      if (log.oldest.empty() || time < log.oldest) log.oldest = time;
      log.newest = std::max(log.newest, time);
    }
  }

  /// Gives each log to the digest of its hour, or of the next.
  void divide() {
    Timestamp first = std::chrono::floor<hours>(plan_.start), last = first;
    for (const Unit& unit : units_) {
      last = std::max(last, Timestamp(std::chrono::floor<hours>(unit.logs.back().time) + hours(1)));
      first = std::min(first, Timestamp(std::chrono::floor<hours>(unit.logs.front().time)));
    }
    for (Unit& unit : units_) {
      for (Timestamp at = first; at <= last; at += hours(1)) {
        Digest digest;
        digest.start = at;
        digest.end = at + hours(1);
        unit.digests.push_back(std::move(digest));
      }
      for (const Log& log : unit.logs) {
        auto hour = static_cast<size_t>((log.time - first) / hours(1));
        bool end_of_hour = log.time + std::chrono::minutes(5) >= first + hours(hour + 1);
        if (end_of_hour && hash64(log.key) % kLatePart == 0) ++hour;
        unit.digests[hour].logs.push_back(&log);
      }
    }
  }

  // ---- What is done.

  /// Chooses an account's region, those with the most logs first, and an hour in its middle with
  /// enough of them.
  Status choose() {
    if (plan_.tamper.empty()) return {};
    std::vector<size_t> order(units_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return units_[a].logs.size() > units_[b].logs.size();
    });
    for (size_t least : {size_t{2}, size_t{1}}) {
      if (least == 1 && is("swapped-files")) break;
      for (size_t unit : order) {
        if (choose_hour(unit, least)) return {};
      }
    }
    return Error{ErrorCode::kInvalidInput,
                 "the simulation has too few files to tamper with: make it longer"};
  }

  bool choose_hour(size_t unit, size_t least) {
    const std::vector<Digest>& digests = units_[unit].digests;
    for (size_t i = 0; i < digests.size(); ++i) {
      size_t hour = 1 + (digests.size() / 2 + i) % digests.size();
      if (hour + 4 >= digests.size() || digests[hour].logs.size() < least) continue;
      target_ = unit;
      hour_ = hour;
      return true;
    }
    return false;
  }

  Unit& unit() { return units_[target_]; }
  Digest& at(size_t after = 0) { return unit().digests[hour_ + after]; }

  void expect(bool digest, const std::string& object, std::string_view verdict) {
    truth_.emplace_back(object, (digest ? "D" : "L") + std::string(verdict));
  }
  void expect_logs(const Digest& digest, std::string_view verdict) {
    for (const Log* log : digest.logs) expect(false, log->key, verdict);
  }

  /// What is done before the digests are made: CloudTrail's own doing.
  Status before_signing() {
    Digest& digest = at();
    if (is("restart")) {
      for (size_t i = 0; i < 2; ++i) {
        at(i).left_out = true;
        for (const Log* log : at(i).logs) TRY(files_.remove(log->path));
        at(i).logs.clear();
      }
      outcome_ = "gaps";
      summary_.tampered =
          "no logs and digests from " + format_time(digest.start) + " to " + format_time(at(1).end);
    } else if (is("backfill")) {
      Digest later;
      later.start = digest.start;
      later.end = digest.end;
      later.backfill = true;
      later.logs.push_back(digest.logs.back());
      digest.logs.pop_back();
      summary_.tampered = "digested afterwards: " + later.logs.front()->key;
      unit().digests.push_back(std::move(later));
    } else if (is("duplicate-delivery")) {
      at(1).logs.insert(at(1).logs.begin(), digest.logs.front());
      summary_.tampered = "listed twice: " + digest.logs.front()->key;
    } else if (is("out-of-order")) {
      std::swap(at(), at(1));
      summary_.tampered = "the digest of " + format_time(at(1).end) + " came after that of " +
                          format_time(at().end);
    } else if (is("unknown-key")) {
      summary_.tampered = "signed with another key from " + format_time(digest.start) + " on";
      outcome_ = "gaps";
    }
    return {};
  }

  /// What is done to what was delivered: an intruder's doing.
  Status after_signing() {
    if (plan_.tamper.empty()) return {};
    Digest& digest = at();
    const Log* log = digest.logs.empty() ? nullptr : digest.logs.front();
    if (is("edited-log")) {
      TRY(edit_log(*log));
      expect(false, log->key, "altered");
    } else if (is("deleted-log")) {
      TRY(files_.remove(log->path));
      expect(false, log->key, "missing");
    } else if (is("added-log")) {
      TRY(add_log(*log));
    } else if (is("swapped-files")) {
      const Log* other = digest.logs.back();
      TRY_ASSIGN(std::string one, read_file(files_, log->path, kLogBytes));
      TRY_ASSIGN(std::string two, read_file(files_, other->path, kLogBytes));
      TRY(write_file(files_, log->path, two));
      TRY(write_file(files_, other->path, one));
      expect(false, log->key, "altered");
      expect(false, other->key, "altered");
    } else if (is("deleted-digest") || is("two-deleted-digests")) {
      for (size_t i = 0; i < (is("deleted-digest") ? 1u : 2u); ++i) {
        TRY(files_.remove(at(i).path));
        TRY(files_.remove(at(i).path + ".metadata.json"));
        expect(true, at(i).key, "digest-missing");
        expect_logs(at(i), "not-covered");
      }
    } else if (is("edited-digest")) {
      TRY(drop_from(digest, *log, false));
      expect(true, digest.key, "altered");
      expect_logs(digest, "not-covered");
    } else if (is("broken-chain")) {
      TRY(drop_from(digest, *log, true));
      expect(true, at(1).key, "chain-broken");
    } else if (is("forged-signature")) {
      std::string forged = digest.signature;
      forged.front() = forged.front() == '0' ? '1' : '0';
      TRY(write_side_car(digest, forged));
      expect(true, digest.key, "signature-invalid");
    } else if (is("unknown-key")) {
      for (size_t i = hour_; i < unit().digests.size(); ++i) {
        expect(true, unit().digests[i].key, "key-unknown");
        expect_logs(unit().digests[i], "key-unknown");
      }
    }
    if (!truth_.empty() && outcome_ == "proven") outcome_ = "broken";
    if (summary_.tampered.empty() && !truth_.empty())
      summary_.tampered = truth_.front().first + ", " + truth_.front().second.substr(1);
    return {};
  }

  Status edit_log(const Log& log) {
    TRY_ASSIGN(std::string stored, read_file(files_, log.path, kLogBytes));
    TRY_ASSIGN(std::string text, inflate(stored));
    // Another second: what an intruder who wants an alibi would change.
    constexpr std::string_view kMark = "\"eventTime\":\"";
    size_t place = text.find(kMark);
    if (place == std::string::npos)
      return Error{ErrorCode::kInvalidInput, log.key + ": has no event to change"};
    char& digit = text[place + kMark.size() + 18];
    digit = digit == '9' ? '0' : static_cast<char>(digit + 1);
    return write_file(files_, log.path, gzip_compress(text, kGzipLevel));
  }

  Status add_log(const Log& log) {
    TRY_ASSIGN(std::string stored, read_file(files_, log.path, kLogBytes));
    std::string ending = log.key.substr(log.key.rfind('_'));
    std::reverse(ending.begin() + 1, ending.begin() + 17);
    std::string key = log.key.substr(0, log.key.rfind('_')) + ending;
    TRY(write_file(files_, join_path(folder_, key), stored));
    expect(false, key, "unsigned");
    return {};
  }

  /// Takes a log away, and out of its digest; with `sign` the digest is signed again.
  Status drop_from(Digest& digest, const Log& log, bool sign) {
    TRY(files_.remove(log.path));
    std::string entry = entry_of(log);
    size_t place = digest.text.find(entry);
    CAIRN_CHECK(place != std::string::npos);
    digest.text.erase(place, entry.size() + (digest.text[place + entry.size()] == ',' ? 1 : 0));
    digest.logs.erase(digest.logs.begin());
    TRY(write_file(files_, digest.path, gzip_compress(digest.text, kGzipLevel)));
    if (!sign) return {};
    TRY_ASSIGN(std::string signature,
               key_.sign(text_to_sign(digest, hex_hash(digest.text), at_previous_signature_)));
    return write_side_car(digest, crypto::to_hex(signature));
  }

  // ---- Digests.

  std::string entry_of(const Log& log) const {
    JsonWriter json;
    json.begin_object().member("s3Bucket", plan_.bucket).member("s3Object", log.key);
    json.member("hashValue", log.hash).member("hashAlgorithm", "SHA-256");
    json.member("newestEventTime", log.newest).member("oldestEventTime", log.oldest).end_object();
    return std::move(json).take();
  }

  std::string text_of(const Unit& unit, const Digest& digest, const Digest* previous,
                      std::string_view fingerprint) const {
    std::string newest, oldest;
    for (const Log* log : digest.logs) {
      newest = std::max(newest, log->newest);
      if (oldest.empty() || (!log->oldest.empty() && log->oldest < oldest)) oldest = log->oldest;
    }
    JsonWriter json;
    auto text_or_null = [&](std::string_view name, const std::string& text, bool present) {
      json.key(name);
      if (present) {
        json.value(text);
      } else {
        json.null();
      }
    };
    json.begin_object().member("awsAccountId", unit.account);
    json.member("digestStartTime", format_time(digest.start));
    json.member("digestEndTime", format_time(digest.end));
    json.member("digestS3Bucket", plan_.bucket).member("digestS3Object", digest.key);
    json.member("digestPublicKeyFingerprint", fingerprint);
    json.member("digestSignatureAlgorithm", "SHA256withRSA");
    text_or_null("newestEventTime", newest, !newest.empty());
    text_or_null("oldestEventTime", oldest, !oldest.empty());
    bool linked = previous != nullptr;
    text_or_null("previousDigestS3Bucket", plan_.bucket, linked);
    text_or_null("previousDigestS3Object", linked ? previous->key : "", linked);
    text_or_null("previousDigestHashValue", linked ? previous->hash : "", linked);
    text_or_null("previousDigestHashAlgorithm", "SHA-256", linked);
    text_or_null("previousDigestSignature", linked ? previous->signature : "", linked);
    json.key("logFiles").begin_array();
    for (const Log* log : digest.logs) json.raw(entry_of(*log));
    json.end_array().end_object();
    return std::move(json).take();
  }

  std::string text_to_sign(const Digest& digest, const std::string& hash,
                           const std::string& previous_signature) const {
    return format_time(digest.end) + "\n" + plan_.bucket + "/" + digest.key + "\n" + hash + "\n" +
           previous_signature;
  }

  Status write_side_car(const Digest& digest, const std::string& signature) {
    JsonWriter json;
    json.begin_object().member("signature", signature);
    json.member("signature-algorithm", "SHA256withRSA");
    if (digest.backfill)
      json.member("backfill-generation-timestamp", format_time(digest.end + hours(30)));
    json.end_object();
    return write_file(files_, digest.path + ".metadata.json", std::move(json).take() + "\n");
  }

  Status sign(Unit& unit) {
    const Digest* previous = nullptr;
    for (size_t i = 0; i < unit.digests.size(); ++i) {
      Digest& digest = unit.digests[i];
      if (digest.left_out || digest.backfill) previous = nullptr;
      if (digest.left_out) continue;
      bool other = (is("unknown-key") && &unit == &this->unit() && i >= hour_) || digest.backfill;
      const crypto::SimulatedRsaKey& key = other ? other_key_ : key_;
      std::string date = format_time(digest.end).substr(0, 10);
      std::replace(date.begin(), date.end(), '-', '/');
      std::string folder = unit.base + "CloudTrail-Digest/" + unit.region + "/" + date;
      TRY(files_.make_folders(join_path(folder_, folder)));
      digest.key = folder + "/" + unit.account + "_CloudTrail-Digest_" + unit.region + "_" +
                   plan_.trail + "_" + std::string(kHomeRegionName) + "_" + stamp_of(digest.end) +
                   (digest.backfill ? "_backfill" : "") + ".json.gz";
      digest.path = join_path(folder_, digest.key);
      digest.text =
          text_of(unit, digest, previous, crypto::to_hex(crypto::md5(key.public_pkcs1())));
      digest.hash = hex_hash(digest.text);
      std::string before = previous == nullptr ? "null" : previous->signature;
      if (&unit == &this->unit() && i == hour_) at_previous_signature_ = before;
      TRY_ASSIGN(std::string signature, key.sign(text_to_sign(digest, digest.hash, before)));
      digest.signature = crypto::to_hex(signature);
      TRY(write_file(files_, digest.path, gzip_compress(digest.text, kGzipLevel)));
      TRY(write_side_car(digest, digest.signature));
      ++summary_.digests;
      previous = &digest;
    }
    return {};
  }

  Status write_keys() {
    JsonWriter json;
    json.begin_object().key("PublicKeyList").begin_array();
    auto add = [&](const crypto::SimulatedRsaKey& key) {
      std::string der = key.public_pkcs1();
      json.begin_object().member("Value", crypto::to_base64(der));
      json.member("ValidityStartTime", format_time(plan_.start - hours(24 * 180)));
      json.member("ValidityEndTime", format_time(plan_.start + hours(24 * 366 * 6)));
      json.member("Fingerprint", crypto::to_hex(crypto::md5(der))).end_object();
    };
    add(key_);
    if (is("backfill")) add(other_key_);
    json.end_array().end_object();
    return write_file(files_, join_path(folder_, "public-keys.json"),
                      std::move(json).take() + "\n");
  }

  Status write_truth() {
    std::sort(truth_.begin(), truth_.end());
    JsonWriter head;
    head.begin_object().member("tamper", plan_.tamper).member("outcome", outcome_);
    head.member("what", summary_.tampered).member("digests", summary_.digests);
    head.member("logs", summary_.logs).end_object();
    std::string text = std::move(head).take() + "\n";
    for (const auto& [object, verdict] : truth_) {
      JsonWriter line;
      line.begin_object().member("object", object);
      line.member("digest", verdict.front() == 'D').member("verdict", verdict.substr(1));
      line.end_object();
      text += std::move(line).take() + "\n";
    }
    TRY(files_.make_folders(join_path(folder_, "truth")));
    return write_file(files_, join_path(folder_, "truth/integrity.jsonl"), text);
  }

  Files& files_;
  const std::string& folder_;
  const DigestPlan& plan_;
  crypto::SimulatedRsaKey key_, other_key_;
  std::vector<Unit> units_;
  size_t target_ = 0, hour_ = 0;
  std::string at_previous_signature_;
  std::vector<std::pair<std::string, std::string>> truth_;  // object; D or L and the verdict
  std::string outcome_ = "proven";
  DigestSummary summary_;
};

}  // namespace

std::span<const TamperKind> tamper_kinds() { return kKinds; }

Result<DigestSummary> write_digests(Files& files, const std::string& folder,
                                    const DigestPlan& plan) {
  return Notary(files, folder, plan).run();
}

}  // namespace cairn::simulate
