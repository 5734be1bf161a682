// How a copy is proven, unit by unit (one account's region):
//
//   list      the files of the wanted days; digests and logs near their edges are read as context
//   read      the digests, in parallel: text, hash, fields; each listed log is looked up among the
//             files that were listed
//   judge     their chains, one after another (chain.h)
//   hash      every log that a usable digest lists, in parallel
//   tell      each verdict, in order of name

#include "base/check.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "integrity/chain.h"
#include "integrity/content.h"
#include "integrity/integrity.h"
#include "integrity/object_tree.h"
#include "integrity/parallel.h"
#include "integrity/record.h"
#include "sys/process.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

namespace cairn::integrity {

namespace {

using std::chrono::hours;

// A log may be listed by the digest of a later hour than its name says.
constexpr Duration kListedLate = hours(1);
// How far behind the wanted time digests are read for what they say of logs within it.
constexpr Duration kContext = hours(3);
constexpr uint64_t kDigestTextBytes = 256u << 20;
constexpr uint64_t kSideCarBytes = 64u << 10;
constexpr std::string_view kNoDigests = "no digests in this time, listing logs";
constexpr uint32_t kNotHere = UINT32_MAX;
constexpr size_t kRemarksKept = 200, kUnreadableKept = 100;

using Hash = std::array<char, crypto::kHashBytes>;

/// That a digest lists a log.
struct Listing {
  uint32_t link = 0, log = kNotHere;
  Hash hash{};
  std::string name;  // of a log that is not here: its key from AWSLogs on, or what was written
  bool ours = true;  // false: the name is not of this account's region
};

struct DigestFile {
  StoredObject object;
  DigestName name;     // its views are of `object`
  bool wanted = true;  // false: read only as context
};

struct Read {
  Link link;
  std::vector<Listing> listings;
  Hash hash{};
  uint64_t stored_bytes = 0, text_bytes = 0;
  bool compressed = true;
};

/// What came of hashing a log.
struct Hashed {
  enum class State : uint8_t { kNotRead, kRead, kFault, kUnreadable } state = State::kNotRead;
  bool compressed = true;
  Hash hash{};
  std::string stored_hash;  // "" when not asked for
  std::string words;
};

Hash to_hash(std::string_view bytes) {
  Hash hash{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
  return hash;
}
std::string_view view(const Hash& hash) { return {hash.data(), hash.size()}; }

using TrailKey = std::tuple<std::string, std::string, std::string, std::string>;

bool wanted_by(const std::vector<std::string>& globs, std::string_view text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
           return glob_match_ignore_case(glob, text);
         });
}

/// Stretches of time that usable digests cover, joined where they meet.
class Covered {
 public:
  void add(Timestamp from, Timestamp to) { parts_.emplace_back(from, to); }
  void finish() {
    std::sort(parts_.begin(), parts_.end());
    std::vector<std::pair<Timestamp, Timestamp>> joined;
    for (const auto& part : parts_) {
      if (!joined.empty() && part.first <= joined.back().second) {
        joined.back().second = std::max(joined.back().second, part.second);
      } else {
        joined.push_back(part);
      }
    }
    parts_ = std::move(joined);
  }
  bool holds(Timestamp from, Timestamp to) const {
    auto next =
        std::upper_bound(parts_.begin(), parts_.end(), from,
                         [](Timestamp time, const auto& part) { return time < part.first; });
    return next != parts_.begin() && std::prev(next)->second >= to;
  }

 private:
  std::vector<std::pair<Timestamp, Timestamp>> parts_;
};

class Verification {
 public:
  Verification(Files& files, const KeySet& keys, const VerifyOptions& options,
               const std::atomic<bool>& interrupted, const FileVerdictVisitor& visit,
               const VerifyProgressCallback& progress)
      : files_(files),
        keys_(keys),
        options_(options),
        interrupted_(interrupted),
        progress_(progress),
        tree_(files),
        record_(summary_, visit),
        threads_(options.threads != 0 ? options.threads : processor_count()),
        start_(std::chrono::steady_clock::now()) {
    for (unsigned i = 0; i < threads_; ++i)
      readers_.push_back(std::make_unique<ContentReader>(files, options.stored_hashes));
  }

  Result<VerifySummary> run() {
    std::vector<Unit> units;
    std::set<std::string> seen;
    for (const std::string& root : options_.roots) {
      TRY_ASSIGN(auto found, tree_.units(root));
      for (Unit& unit : found) {
        if (!wanted_by(options_.accounts, unit.account) ||
            !wanted_by(options_.regions, unit.region) ||
            !seen.insert(unit.folder + '\n' + unit.region).second)
          continue;
        units.push_back(std::move(unit));
      }
    }
    for (const Unit& unit : units) count_digests(unit);
    // Digests are few: that there are none is known before all logs are listed.
    if (files_total_ == 0) phase_ = kNoDigests;
    for (const Unit& unit : units) count_logs(unit);
    phase_ = "hashing";
    for (const Unit& unit : units) {
      if (interrupted_) break;
      TRY(prove(unit));
    }
    summary_.interrupted = interrupted_;
    summary_.links = tree_.links();
    summary_.remarks.insert(summary_.remarks.begin(), keys_.remarks().begin(),
                            keys_.remarks().end());
    summary_.unreadable.insert(summary_.unreadable.end(), tree_.unreadable().begin(),
                               tree_.unreadable().end());
    summary_.seconds = seconds();
    conclude(summary_);
    return std::move(summary_);
  }

 private:
  struct Chains;

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  void tick() const {
    if (progress_) {
      progress_({phase_, files_done_, files_total_, bytes_done_, bytes_total_, seconds()});
    }
  }

  // ---- What there is.

  std::optional<Timestamp> shifted(const std::optional<Timestamp>& time, Duration by) const {
    return time ? std::optional<Timestamp>(*time + by) : std::nullopt;
  }

  std::vector<DigestFile> list_digests(const Unit& unit, std::vector<std::string>* side_cars) {
    std::vector<DigestFile> digests;
    if (std::find(unit.kinds.begin(), unit.kinds.end(), kDigestKind) == unit.kinds.end())
      return digests;
    auto to = shifted(options_.to, kContext);
    for (StoredObject& object : tree_.list(unit, std::string(kDigestKind), options_.from, to)) {
      auto name = parse_digest_name(base_name(object.name), unit.account, unit.region);
      if (!name) {
        if (side_cars != nullptr && object.name.ends_with(".metadata.json"))
          side_cars->push_back(std::move(object.name));
        continue;
      }
      if ((options_.from && name->end <= *options_.from) || (to && name->end > *to)) continue;
      DigestFile file{std::move(object), {}, !options_.to || name->end - hours(1) <= *options_.to};
      digests.push_back(std::move(file));
    }
    // Moving the texts would have moved what the views look at.
    for (DigestFile& file : digests)
      file.name = *parse_digest_name(base_name(file.object.name), unit.account, unit.region);
    std::sort(digests.begin(), digests.end(), [](const DigestFile& a, const DigestFile& b) {
      return std::tie(a.name.trail, a.name.home_region, a.name.backfill, a.name.end,
                      a.object.name) <
             std::tie(b.name.trail, b.name.home_region, b.name.backfill, b.name.end, b.object.name);
    });
    return digests;
  }

  std::vector<StoredObject> list_logs(const Unit& unit) {
    std::vector<StoredObject> logs;
    // A day more on both sides: digests list some logs late.
    for (const std::string& kind : unit.kinds) {
      if (kind == kDigestKind) continue;
      auto listed = tree_.list(unit, kind, shifted(options_.from, -hours(24)),
                               shifted(options_.to, hours(24)));
      logs.insert(logs.end(), std::make_move_iterator(listed.begin()),
                  std::make_move_iterator(listed.end()));
    }
    std::erase_if(logs,
                  [](const StoredObject& log) { return log.name.ends_with(".metadata.json"); });
    std::sort(logs.begin(), logs.end());
    return logs;
  }

  static TrailKey trail_of(const Unit& unit, const DigestName& name) {
    return {unit.before, unit.organization, std::string(name.trail), std::string(name.home_region)};
  }

  /// Counts a unit's digests, for the time that is left, and notes how far each trail goes.
  void count_digests(const Unit& unit) {
    for (const DigestFile& file : list_digests(unit, nullptr)) {
      ++files_total_;
      bytes_total_ += file.object.size_bytes;
      if (file.name.backfill) continue;
      Timestamp& last = trail_ends_[trail_of(unit, file.name)];
      last = std::max(last, file.name.end);
    }
    tick();
  }
  void count_logs(const Unit& unit) {
    for (const StoredObject& log : list_logs(unit)) {
      ++files_total_;
      bytes_total_ += log.size_bytes;
    }
    tick();
  }

  // ---- Digests.

  void read_side_car(const std::string& path, Link& link) {
    auto text = read_file(files_, path + ".metadata.json", kSideCarBytes);
    if (!text.ok()) return;
    link.has_side_car = true;
    auto side_car = parse_side_car(text.value());
    if (side_car.ok()) {
      link.side_car = std::move(side_car).value();
    } else {
      link.side_car.signature = "unreadable";  // not absent: it does not verify
    }
  }

  void read_digest(const Unit& unit, const std::vector<StoredObject>& logs, const DigestFile& file,
                   bool has_side_car, ContentReader& reader, Read& out) {
    Link& link = out.link;
    link.file = base_name(file.object.name);
    if (!link.file.ends_with(".gz")) link.file += ".gz";
    link.end = file.name.end;
    link.backfill = file.name.backfill;
    std::string path = join_path(unit.folder, file.object.name);
    std::string_view text;
    auto content = reader.read(path, kDigestTextBytes, text);
    if (!content.ok()) {
      link.fault = "cannot be read: " + content.error().message;
      return;
    }
    out.stored_bytes = content.value().stored_bytes;
    out.text_bytes = content.value().text_bytes;
    out.compressed = content.value().compressed;
    link.fault = content.value().fault;
    if (!link.fault.empty()) return;
    link.hash = content.value().hash;
    out.hash = to_hash(link.hash);
    if (has_side_car) read_side_car(path, link);
    auto digest = parse_digest(text);
    if (!digest.ok()) {
      link.fault = "is no digest: " + digest.error().message;
      return;
    }
    link.digest = std::move(digest).value();
    link.log_count = link.digest.logs.size();
    std::vector<ListedLog> listed = std::exchange(link.digest.logs, {});
    auto place = split_object_name(link.digest.object);
    link.moved = !place || !is_here(unit, file.object.name, link.digest.object, *place);
    if (link.moved) return;
    for (const ListedLog& log : listed)
      out.listings.push_back(look_up(unit, logs, log, place->prefix));
  }

  /// True when an object's key is that of the file, whatever stands before AWSLogs.
  static bool is_here(const Unit& unit, const std::string& name, std::string_view object,
                      const ObjectName& place) {
    std::string here = unit.key_of_account() + name;
    object.remove_prefix(place.prefix.size());
    return object == here || object == here + ".gz";
  }

  static Listing look_up(const Unit& unit, const std::vector<StoredObject>& logs,
                         const ListedLog& log, std::string_view prefix) {
    Listing listing;
    listing.hash = to_hash(log.hash);
    auto name = split_object_name(log.object);
    if (!name || name->prefix != prefix || name->organization != unit.organization ||
        name->account != unit.account || name->region != unit.region) {
      listing.name = log.object;
      listing.ours = false;
      return listing;
    }
    std::string key = log.object.substr(name->prefix.size());
    std::string below = key.substr(unit.key_of_account().size());
    for (int attempt = 0; attempt < 2; ++attempt) {
      auto found = std::lower_bound(logs.begin(), logs.end(), StoredObject{below, 0});
      if (found != logs.end() && found->name == below) {
        listing.log = static_cast<uint32_t>(found - logs.begin());
        return listing;
      }
      if (!below.ends_with(".gz")) break;
      below.resize(below.size() - 3);  // a browser or a tool has unpacked it
    }
    listing.name = std::move(key);
    return listing;
  }

  /// Digests made afterwards list logs of days that were not asked for: finds those.
  void look_further(const Unit& unit, std::vector<StoredObject>& logs, std::vector<Read>& reads) {
    if (!options_.from && !options_.to) return;
    std::map<std::pair<std::string, std::string>, std::vector<StoredObject>> days;
    for (Read& read : reads) {
      for (Listing& listing : read.listings) {
        if (listing.log != kNotHere || !listing.ours) continue;
        auto name = split_object_name(listing.name);
        auto time = log_file_time(name->file, unit.account, name->kind, unit.region);
        if (!time) continue;
        auto [day, fresh] = days.try_emplace({std::string(name->kind), std::string(name->day)});
        if (fresh) day->second = tree_.list(unit, std::string(name->kind), *time, *time);
        std::string below = listing.name.substr(unit.key_of_account().size());
        auto found =
            std::lower_bound(day->second.begin(), day->second.end(), StoredObject{below, 0});
        if (found == day->second.end() || found->name != below) continue;
        listing.log = static_cast<uint32_t>(logs.size());
        listing.name.clear();
        logs.push_back(*found);
      }
    }
  }

  std::optional<Timestamp> expected_end(const Unit& unit, const DigestName& name) const {
    if (name.backfill) return std::nullopt;
    if (options_.to && *options_.to < options_.now) return options_.to;
    auto found = trail_ends_.find(trail_of(unit, name));
    return found == trail_ends_.end() ? std::nullopt : std::optional<Timestamp>(found->second);
  }

  bool in_range(Timestamp from, Timestamp to) const {
    return (!options_.from || to > *options_.from) && (!options_.to || from <= *options_.to);
  }

  void remark(std::string text) {
    if (summary_.remarks.size() < kRemarksKept) summary_.remarks.push_back(std::move(text));
  }

  /// A verdict on a file of a unit, but for what is only known of some.
  static FileVerdict verdict_on(const Unit& unit, std::string_view path, std::string_view object,
                                Timestamp time, Verdict verdict, std::string_view reason) {
    FileVerdict file;
    file.verdict = verdict;
    file.path = path;
    file.object = object;
    file.account = unit.account;
    file.region = unit.region;
    file.time = time;
    file.reason = reason;
    return file;
  }

  Status tell_digest(const Unit& unit, const std::string& name, Timestamp end, uint64_t size,
                     const Hash* hash, const LinkVerdict& verdict) {
    std::string path = join_path(unit.folder, name), object = unit.key_of_account() + name;
    FileVerdict file = verdict_on(unit, path, object, end, verdict.verdict, verdict.reason);
    file.digest = true;
    file.size_bytes = size;
    if (hash != nullptr) file.sha256 = view(*hash);
    return record_.add(file);
  }

  /// Judges the digests [first, last) of one chain and tells their verdicts.
  Status judge(const Unit& unit, const std::vector<DigestFile>& files, std::vector<Read>& reads,
               size_t first, size_t last, std::vector<LinkVerdict>& verdicts, Covered& covered) {
    std::vector<Link> links;
    for (size_t i = first; i < last; ++i) links.push_back(std::move(reads[i].link));
    const DigestName& name = files[first].name;
    ChainVerdict chain =
        judge_chain(links, keys_, {options_.from, expected_end(unit, name)}, threads_);
    Chain told;
    told.organization = unit.organization;
    told.account = unit.account;
    told.region = unit.region;
    told.trail = name.trail;
    told.home_region = name.home_region;
    told.backfill = name.backfill;
    told.remarks = chain.remarks;
    for (std::string& text : chain.remarks) remark(std::move(text));
    if (chain.history_ends) ++summary_.history_ends;
    for (size_t i = 0; i < links.size(); ++i) {
      const DigestFile& file = files[first + i];
      const Link& link = links[i];
      verdicts[first + i] = chain.links[i];
      const LinkVerdict& verdict = chain.links[i];
      bool dated = verdict.usable;
      Timestamp from = dated ? link.digest.start : link.end - hours(1);
      Timestamp to = dated ? link.digest.end : link.end;
      if (verdict.usable && !link.backfill) covered.add(from, to);
      if (!file.wanted) continue;
      ++told.digests;
      if (verdict.verdict == Verdict::kValid) ++told.proven;
      if (dated && !link.digest.previous) ++told.starting;
      if (dated && link.log_count == 0) ++told.empty;
      if (told.digests == 1) told.first = from;
      told.last = std::max(told.last, to);
      if (verdict.trusted && !link.backfill) {
        if (summary_.first == Timestamp{} || from < summary_.first) summary_.first = from;
        summary_.last = std::max(summary_.last, to);
      }
      if (!link.backfill) {
        record_.mark_digest(
            from, to,
            verdict.verdict == Verdict::kValid ? HourCell::Digests::kProven
            : verdict.verdict == Verdict::kKeyUnknown || verdict.verdict == Verdict::kUnsigned
                ? HourCell::Digests::kUnproven
                : HourCell::Digests::kBroken);
      }
      TRY(tell_digest(unit, file.object.name, file.name.end, file.object.size_bytes,
                      reads[first + i].text_bytes > 0 ? &reads[first + i].hash : nullptr, verdict));
    }
    for (const MissingDigest& missing : chain.missing) {
      if (!in_range(missing.start, missing.end)) continue;
      ++told.missing;
      record_.mark_digest(missing.start, missing.end, HourCell::Digests::kBroken);
      std::string below = std::string(kDigestKind) + "/" + unit.region + "/" +
                          day_folder(missing.end) + "/" + missing.file;
      TRY(tell_digest(unit, below, missing.end, 0, nullptr,
                      {Verdict::kDigestMissing, missing.reason, false, false}));
    }
    for (const Gap& gap : chain.gaps) {
      if (!in_range(gap.from, gap.to)) continue;
      told.gaps.push_back(gap);
      record_.add_gap(told, gap);
    }
    summary_.chains.push_back(std::move(told));
    return {};
  }

  // ---- Logs.

  Verdict compare(const Hashed& hashed, const std::vector<const Listing*>& listings,
                  const std::vector<LinkVerdict>& verdicts, std::string& reason) {
    if (hashed.state == Hashed::State::kUnreadable) {
      reason = hashed.words;
      if (summary_.unreadable.size() < kUnreadableKept) summary_.unreadable.push_back(reason);
      return Verdict::kNotCovered;
    }
    if (hashed.state == Hashed::State::kFault) {
      reason = hashed.words;
      return Verdict::kAltered;
    }
    if (!hashed.compressed) {
      ++summary_.uncompressed;
      reason = "stored without its compression";
    }
    bool trusted = false, known = false, same = false;
    for (const Listing* listing : listings) {
      if (listing->hash != hashed.hash) continue;
      same = true;
      trusted |= verdicts[listing->link].trusted;
      known |= verdicts[listing->link].verdict == Verdict::kKeyUnknown;
    }
    if (trusted) return Verdict::kValid;
    if (!same) {
      reason = "its hash is not the one that its digest lists";
      return Verdict::kAltered;
    }
    if (known) reason = "the public key of its digest was not given";
    return known ? Verdict::kKeyUnknown : Verdict::kNotCovered;
  }

  /// Tells of a log that is here; `hashed` is null when it was not read.
  Status tell_log(const Unit& unit, const StoredObject& log, Timestamp time, const Hashed* hashed,
                  Verdict verdict, std::string_view reason) {
    std::string path = join_path(unit.folder, log.name), object = unit.key_of_account() + log.name;
    FileVerdict file = verdict_on(unit, path, object, time, verdict, reason);
    file.size_bytes = log.size_bytes;
    if (hashed != nullptr) {
      if (hashed->state == Hashed::State::kRead) file.sha256 = view(hashed->hash);
      file.stored_sha256 = hashed->stored_hash;
    }
    return record_.add(file);
  }

  void hash_log(const std::string& path, ContentReader& reader, Hashed& out) {
    auto content = reader.hash(path);
    if (!content.ok()) {
      out.state = Hashed::State::kUnreadable;
      out.words = content.error().message;
      return;
    }
    text_bytes_ += content.value().text_bytes;
    stored_bytes_ += content.value().stored_bytes;
    out.stored_hash = std::move(content.value().stored_hash);
    out.compressed = content.value().compressed;
    if (!content.value().fault.empty()) {
      out.state = Hashed::State::kFault;
      out.words = content.value().fault;
      return;
    }
    out.state = Hashed::State::kRead;
    out.hash = to_hash(content.value().hash);
  }

  std::optional<Timestamp> time_of(const Unit& unit, const StoredObject& log) const {
    size_t slash = log.name.find('/');
    return log_file_time(base_name(log.name), unit.account,
                         std::string_view(log.name).substr(0, slash), unit.region);
  }

  Status judge_logs(const Unit& unit, const std::vector<StoredObject>& logs,
                    const std::vector<DigestFile>& digests, const std::vector<Read>& reads,
                    const std::vector<LinkVerdict>& verdicts, const Covered& covered) {
    // What is listed, by log.
    std::vector<const Listing*> listings;
    std::vector<bool> listed(logs.size()), distrusted(logs.size()), wanted(logs.size());
    for (size_t i = 0; i < logs.size(); ++i) {
      auto time = time_of(unit, logs[i]);
      wanted[i] = time && in_range(*time, *time + Duration(1));
    }
    for (const Read& read : reads) {
      for (const Listing& listing : read.listings) {
        bool usable = verdicts[listing.link].usable;
        if (listing.log == kNotHere) continue;
        if (!usable) {
          // A list that nobody vouches for proves nothing, but tells why.
          distrusted[listing.log] = true;
          continue;
        }
        if (!wanted[listing.log] && !digests[listing.link].wanted) continue;
        wanted[listing.log] = true;
        listed[listing.log] = true;
        listings.push_back(&listing);
      }
    }
    std::stable_sort(listings.begin(), listings.end(),
                     [](const Listing* a, const Listing* b) { return a->log < b->log; });
    // A log that no digest lists is only read to know its own hash.
    std::vector<uint32_t> work;
    for (uint32_t log = 0; log < logs.size(); ++log) {
      if (listed[log] || (wanted[log] && options_.stored_hashes)) work.push_back(log);
    }
    // In blocks, so that what is not told yet stays small.
    constexpr size_t kBlock = 8192;
    std::vector<Hashed> hashed;
    size_t next_listing = 0, next_work = 0;
    size_t next_log = 0;
    while (next_log < logs.size()) {
      size_t block = std::min(kBlock, work.size() - next_work);
      size_t until = next_work + block < work.size() ? work[next_work + block] : logs.size();
      hashed.assign(block, {});
      in_parallel(
          block, threads_,
          [&](unsigned worker, size_t i) {
            if (interrupted_) return;
            const StoredObject& log = logs[work[next_work + i]];
            hash_log(join_path(unit.folder, log.name), *readers_[worker], hashed[i]);
            ++files_done_;
            bytes_done_ += log.size_bytes;
          },
          [this] { tick(); });
      if (interrupted_) return {};
      for (size_t i = 0; next_log < until; ++next_log) {
        const StoredObject& log = logs[next_log];
        const Hashed* own = nullptr;  // none: not read
        if (i < block && work[next_work + i] == next_log) {
          own = &hashed[i++];
        } else {
          ++files_done_;
          bytes_done_ += log.size_bytes;
        }
        if (listed[next_log]) {
          std::vector<const Listing*> named;
          while (next_listing < listings.size() && listings[next_listing]->log == next_log)
            named.push_back(listings[next_listing++]);
          CAIRN_CHECK(own != nullptr);
          TRY(tell_listed(unit, log, *own, named, digests, verdicts));
        } else if (wanted[next_log]) {
          TRY(tell_unlisted(unit, log, own, distrusted[next_log], covered));
        }
      }
      next_work += block;
    }
    return tell_missing(unit, digests, reads, verdicts);
  }

  Status tell_listed(const Unit& unit, const StoredObject& log, const Hashed& hashed,
                     const std::vector<const Listing*>& listings,
                     const std::vector<DigestFile>& digests,
                     const std::vector<LinkVerdict>& verdicts) {
    std::string reason;
    Verdict verdict = compare(hashed, listings, verdicts, reason);
    if (listings.size() > 1) ++summary_.duplicates;
    Timestamp time = time_of(unit, log).value_or(digests[listings.front()->link].name.end);
    HourCell& cell = record_.hour(time);
    ++cell.listed;
    if (time < digests[listings.front()->link].name.end - hours(1)) ++cell.late;
    return tell_log(unit, log, time, &hashed, verdict, reason);
  }

  Status tell_unlisted(const Unit& unit, const StoredObject& log, const Hashed* hashed,
                       bool distrusted, const Covered& covered) {
    if (!log.name.starts_with(std::string(kLogKind) + "/")) {
      ++summary_.other_kinds;
      return {};
    }
    Timestamp time = *time_of(unit, log);
    Verdict verdict = Verdict::kNotCovered;
    std::string_view reason = "no digest covers its hour";
    if (distrusted) {
      reason = "the digest that lists it is not proven";
    } else if (covered.holds(time, time + kListedLate)) {
      verdict = Verdict::kUnsigned;
      reason = "the digests of its hour do not list it";
    }
    return tell_log(unit, log, time, hashed, verdict, reason);
  }

  Status tell_missing(const Unit& unit, const std::vector<DigestFile>& digests,
                      const std::vector<Read>& reads, const std::vector<LinkVerdict>& verdicts) {
    std::set<std::string_view> told;
    for (const Read& read : reads) {
      for (const Listing& listing : read.listings) {
        const DigestFile& digest = digests[listing.link];
        if (listing.log != kNotHere || !verdicts[listing.link].usable || !digest.wanted ||
            !told.insert(listing.name).second)
          continue;
        auto name = split_object_name(listing.name);
        auto time =
            name ? log_file_time(name->file, unit.account, name->kind, unit.region) : std::nullopt;
        Timestamp when = time.value_or(digest.name.end);
        ++record_.hour(when).listed;
        std::string path = listing.ours ? unit.before + listing.name : "";
        std::string reason = "listed by " + std::string(base_name(digest.object.name));
        if (!listing.ours) reason += ", but not a place of this trail's logs";
        TRY(record_.add(verdict_on(unit, path, listing.name, when, Verdict::kMissing, reason)));
      }
    }
    return {};
  }

  Status prove(const Unit& unit) {
    std::vector<std::string> side_cars;
    std::vector<DigestFile> digests = list_digests(unit, &side_cars);
    std::vector<StoredObject> logs = list_logs(unit);
    std::vector<Read> reads(digests.size());
    in_parallel(
        digests.size(), threads_,
        [&](unsigned worker, size_t i) {
          if (interrupted_) return;
          bool has_side_car = std::binary_search(side_cars.begin(), side_cars.end(),
                                                 digests[i].object.name + ".metadata.json");
          read_digest(unit, logs, digests[i], has_side_car, *readers_[worker], reads[i]);
          for (Listing& listing : reads[i].listings) listing.link = static_cast<uint32_t>(i);
          ++files_done_;
          bytes_done_ += digests[i].object.size_bytes;
        },
        [this] { tick(); });
    if (interrupted_) return {};
    look_further(unit, logs, reads);
    record_.begin(unit.organization, unit.account, unit.region);
    std::vector<LinkVerdict> verdicts(digests.size());
    Covered covered;
    for (size_t first = 0; first < digests.size();) {
      size_t last = first + 1;
      auto chain = [](const DigestFile& file) {
        return std::tie(file.name.trail, file.name.home_region, file.name.backfill);
      };
      while (last < digests.size() && chain(digests[last]) == chain(digests[first])) ++last;
      TRY(judge(unit, digests, reads, first, last, verdicts, covered));
      first = last;
    }
    covered.finish();
    for (const Read& read : reads) {
      stored_bytes_ += read.stored_bytes;
      text_bytes_ += read.text_bytes;
      if (!read.compressed) ++summary_.uncompressed;
    }
    TRY(judge_logs(unit, logs, digests, reads, verdicts, covered));
    record_.end();
    summary_.stored_bytes = stored_bytes_;
    summary_.text_bytes = text_bytes_;
    tick();
    return {};
  }

  Files& files_;
  const KeySet& keys_;
  const VerifyOptions& options_;
  const std::atomic<bool>& interrupted_;
  const VerifyProgressCallback& progress_;
  ObjectTree tree_;
  VerifySummary summary_;
  Record record_;
  unsigned threads_;
  std::chrono::steady_clock::time_point start_;
  std::vector<std::unique_ptr<ContentReader>> readers_;
  std::map<TrailKey, Timestamp> trail_ends_;
  std::string_view phase_ = "listing";
  uint64_t files_total_ = 0, bytes_total_ = 0;
  std::atomic<uint64_t> files_done_{0}, bytes_done_{0}, stored_bytes_{0}, text_bytes_{0};
};

}  // namespace

Result<VerifySummary> verify(Files& files, const KeySet& keys, const VerifyOptions& options,
                             const std::atomic<bool>& interrupted, const FileVerdictVisitor& visit,
                             const VerifyProgressCallback& progress) {
  return Verification(files, keys, options, interrupted, visit, progress).run();
}

}  // namespace cairn::integrity
