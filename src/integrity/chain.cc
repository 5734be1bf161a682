#include "integrity/chain.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "integrity/parallel.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

namespace cairn::integrity {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// CloudTrail signs with a key for up to two hours after its end (aws-cli, validation.py, 2026-07).
constexpr Duration kKeyGrace = hours(2);
// Digests meet to the second.
constexpr Duration kSlack = minutes(1);
constexpr size_t kMissingListed = 24 * 366;  // of one stretch

/// The last part of an object's name.
std::string_view file_of(std::string_view object) { return object.substr(object.rfind('/') + 1); }

enum class Signature : uint8_t { kAbsent, kWrong, kRight };

constexpr size_t kWorthThreads = 32;

class Judge {
 public:
  Judge(const std::vector<Link>& links, const KeySet& keys, const ChainBounds& bounds)
      : links_(links), keys_(keys), bounds_(bounds) {
    result_.links.resize(links.size());
    for (size_t i = 0; i < links.size(); ++i) by_file_.emplace(links[i].file, i);
    for (size_t i = 0; i < links.size(); ++i) {
      if (links[i].fault.empty() && links[i].digest.previous)
        successors_.emplace(file_of(links[i].digest.previous->object), i);
    }
  }

  ChainVerdict run(unsigned threads) {
    // Each of its own; the signatures are what takes time.
    in_parallel(
        links_.size(), links_.size() < kWorthThreads ? 1 : threads,
        [this](unsigned, size_t i) { judge_content(i); }, [] {});
    for (size_t i = 0; i < links_.size(); ++i) judge_pointer(i);
    if (!links_.empty() && !links_.front().backfill) judge_schedule();
    std::sort(result_.missing.begin(), result_.missing.end(),
              [](const auto& a, const auto& b) { return a.end < b.end; });
    return std::move(result_);
  }

 private:
  Signature check(const Link& link, const KeySet::Entry& key, std::string_view digits) const {
    if (digits.empty()) return Signature::kAbsent;
    auto signature = crypto::from_hex(digits);
    return signature.ok() &&
                   key.key->verifies(data_to_sign(link.digest, link.hash), signature.value())
               ? Signature::kRight
               : Signature::kWrong;
  }

  /// The digest that names this one as the one before it, when that is sound itself.
  const Link* successor(size_t i) const {
    auto found = successors_.find(links_[i].file);
    return found == successors_.end() ? nullptr : &links_[found->second];
  }

  static LinkVerdict verdict(Verdict what, std::string reason, bool trusted = false) {
    return {what, std::move(reason), trusted, trusted};
  }

  void judge_content(size_t i) {
    const Link& link = links_[i];
    LinkVerdict& out = result_.links[i];
    if (!link.fault.empty()) {
      out = verdict(Verdict::kAltered, link.fault);
      return;
    }
    if (link.moved) {
      out = verdict(Verdict::kAltered, "it is the digest of another place: " + link.digest.object);
      return;
    }
    const Link* next = successor(i);
    bool next_agrees = next != nullptr && next->digest.previous->hash == link.hash;
    const KeySet::Entry* key = keys_.find(link.digest.fingerprint);
    if (key == nullptr || !key->key) {
      if (next != nullptr && !next_agrees) {
        out = verdict(Verdict::kAltered, "the next digest gives another hash for it");
        return;
      }
      out = verdict(Verdict::kKeyUnknown,
                    (key == nullptr ? "no public key was given with the fingerprint "
                                    : "the public key cannot be read: ") +
                        link.digest.fingerprint);
      out.usable = true;
      return;
    }
    if (link.backfill && link.has_side_car && link.side_car.backfill_time.empty()) {
      out = verdict(Verdict::kAltered, "its metadata does not say when it was made afterwards");
      return;
    }
    judge_signature(link, *key, next, next_agrees, out);
    if (out.verdict == Verdict::kValid && !link.backfill &&
        (link.digest.end < key->from || link.digest.end > key->to + kKeyGrace)) {
      out = verdict(Verdict::kSignatureInvalid,
                    "its key was valid at another time: " + format_time(key->from) + " to " +
                        format_time(key->to));
    }
  }

  void judge_signature(const Link& link, const KeySet::Entry& key, const Link* next,
                       bool next_agrees, LinkVerdict& out) const {
    Signature own = check(link, key, link.side_car.signature);
    if (own == Signature::kRight) {
      out = verdict(Verdict::kValid, "", true);
      return;
    }
    Signature kept =
        next == nullptr ? Signature::kAbsent : check(link, key, next->digest.previous->signature);
    if (kept == Signature::kRight) {
      out = own == Signature::kAbsent
                ? verdict(Verdict::kValid, "", true)
                : verdict(Verdict::kSignatureInvalid,
                          "its signature is not the one that the next digest has of it; with that "
                          "one its content is proven",
                          true);
      return;
    }
    if (next != nullptr && !next_agrees) {
      out = verdict(Verdict::kAltered, "its content is not what the next digest has the hash of");
      return;
    }
    if (own == Signature::kAbsent && kept == Signature::kAbsent) {
      out = verdict(Verdict::kUnsigned,
                    "its signature, which S3 keeps as metadata, is not here, and no later digest "
                    "repeats it");
      return;
    }
    out = verdict(Verdict::kSignatureInvalid, "its signature does not belong to its content");
  }

  /// Holds what a proven digest says of the one before it against that one.
  void judge_pointer(size_t i) {
    const Link& link = links_[i];
    LinkVerdict& out = result_.links[i];
    if (!out.usable || !link.digest.previous) return;
    const PreviousDigest& previous = *link.digest.previous;
    auto found = by_file_.find(file_of(previous.object));
    if (found == by_file_.end()) {
      note_absent(i);
      return;
    }
    const Link& before = links_[found->second];
    const LinkVerdict& known = result_.links[found->second];
    if (!known.trusted || !out.trusted) return;  // that one's own verdict tells what is wrong
    if (previous.hash != before.hash) {
      out.verdict = Verdict::kChainBroken;
      out.reason = "the digest before it is signed, but is not the one that it names: another hash";
    } else if (!before.side_car.signature.empty() && known.verdict == Verdict::kValid &&
               !equals_ignore_case(previous.signature, before.side_car.signature)) {
      out.verdict = Verdict::kChainBroken;
      out.reason =
          "the digest before it is signed, but is not the one that it names: another signature";
    }
    if (found->second + 1 != i && found->second < i && !link.backfill) {
      result_.remarks.push_back(link.file + " names " + before.file +
                                " as the one before it, though others lie between: delivered out "
                                "of order");
    }
  }

  static bool read_digest_end(const ObjectName& name, Timestamp& end) {
    auto parsed = parse_digest_name(name.file, name.account, name.region);
    if (parsed) end = parsed->end;
    return parsed.has_value();
  }

  /// The digest before is not here.
  void note_absent(size_t i) {
    const Link& link = links_[i];
    const PreviousDigest& previous = *link.digest.previous;
    auto name = split_object_name(previous.object);
    Timestamp end{};
    bool named = name && read_digest_end(*name, end);
    if (previous.bucket != link.digest.bucket) {
      result_.remarks.push_back(link.file + " goes on from another bucket: " + previous.bucket);
      return;
    }
    if (!named) {
      result_.links[i].verdict = Verdict::kChainBroken;
      result_.links[i].reason = "what it names as the digest before it is no digest's name";
      return;
    }
    if (bounds_.from && end <= *bounds_.from + kSlack) return;
    if (i == 0 && !bounds_.from) {
      result_.history_ends = true;
      return;
    }
    result_.missing.push_back(
        {std::string(name->file), end - hours(1), end, link.file + " names it as the one before"});
  }

  bool is_listed_missing(Timestamp end) const {
    return std::any_of(result_.missing.begin(), result_.missing.end(), [&](const auto& one) {
      return one.end >= end - kSlack && one.end <= end + kSlack;
    });
  }

  /// Adds the digests that should have ended at `from` + 1 h, + 2 h, … up to `to`.
  void expect(Timestamp from, Timestamp to, const Link& pattern, const std::string& reason) {
    size_t listed = 0;
    for (Timestamp end = from + hours(1); end <= to + kSlack && listed < kMissingListed;
         end += hours(1), ++listed) {
      if (is_listed_missing(end)) continue;
      result_.missing.push_back({name_like(pattern, end), end - hours(1), end, reason});
    }
  }

  static std::string name_like(const Link& link, Timestamp end) {
    // The parts of a name that was taken for one before.
    std::string_view file = link.file;
    std::string_view account = file.substr(0, file.find('_'));
    std::string_view rest = file.substr(account.size() + 1 + kDigestKind.size() + 1);
    std::string_view region = rest.substr(0, rest.find('_'));
    auto name = parse_digest_name(file, account, region);
    return name ? digest_file_name(account, region, name->trail, name->home_region, end) : "";
  }

  /// Where a digest begins: as it says, when it can be believed, else an hour before its name.
  Timestamp start_of(size_t i) const {
    return result_.links[i].usable ? links_[i].digest.start : links_[i].end - hours(1);
  }
  Timestamp end_of(size_t i) const {
    return result_.links[i].usable ? links_[i].digest.end : links_[i].end;
  }

  void judge_schedule() {
    size_t newest = 0;  // that reaches farthest so far
    for (size_t i = 1; i < links_.size(); ++i) {
      judge_step(newest, i);
      if (end_of(i) >= end_of(newest)) newest = i;
    }
    if (bounds_.from && start_of(0) > *bounds_.from + kSlack) {
      bool starting = result_.links[0].usable && !links_[0].digest.previous;
      if (starting) {
        result_.gaps.push_back({*bounds_.from, start_of(0), "the first digest begins later"});
      } else {
        // Whole hours back from the first one that is here.
        auto whole = std::chrono::floor<hours>(start_of(0) - *bounds_.from);
        expect(start_of(0) - whole, start_of(0), links_[0],
               "there is one for every hour, and this one is not here");
      }
    }
    if (bounds_.expected_end && end_of(newest) + kSlack < *bounds_.expected_end) {
      auto whole = std::chrono::floor<hours>(*bounds_.expected_end - end_of(newest) + kSlack);
      expect(end_of(newest), end_of(newest) + whole, links_[newest],
             "the chain ends before; there should be one for every hour until " +
                 format_time(*bounds_.expected_end));
    }
  }

  void judge_step(size_t older, size_t newer) {
    Timestamp from = end_of(older), to = start_of(newer);
    const Link& link = links_[newer];
    bool believed = result_.links[newer].usable;
    if (to + kSlack < from) {
      if (believed && result_.links[older].usable && links_[older].end != link.end)
        result_.remarks.push_back(link.file + " begins before the one before it ended");
      return;
    }
    bool starting = believed && !link.digest.previous;
    if (starting)
      result_.remarks.push_back(link.file +
                                " starts the chain anew: logging was stopped, or the "
                                "trail made again");
    if (to <= from + kSlack) return;
    if (starting) {
      result_.gaps.push_back(
          {from, to, "logging or validation was off: the chain starts anew afterwards"});
      return;
    }
    if (believed && file_of(link.digest.previous->object) == links_[older].file) {
      result_.gaps.push_back(
          {from, to, "the digest behind it names the one before it: none was made in between"});
      return;
    }
    auto whole = std::chrono::round<hours>(to - from);
    if (whole.count() == 0) whole = hours(1);
    expect(to - whole, to, link, "there is one for every hour, and this one is not here");
  }

  const std::vector<Link>& links_;
  const KeySet& keys_;
  const ChainBounds& bounds_;
  std::map<std::string_view, size_t> by_file_, successors_;
  ChainVerdict result_;
};

}  // namespace

ChainVerdict judge_chain(const std::vector<Link>& links, const KeySet& keys,
                         const ChainBounds& bounds, unsigned threads) {
  return Judge(links, keys, bounds).run(threads);
}

}  // namespace cairn::integrity
