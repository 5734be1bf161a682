#include "integrity/record.h"

#include "base/text.h"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace cairn::integrity {

namespace {

/// What a person is told of files of a verdict, and what to do.
struct Words {
  const char *code, *level, *what, *next;
};

Words words_of(Verdict verdict, bool digest) {
  switch (verdict) {
    case Verdict::kAltered:
      return {"INT-ALTERED", "critical", "altered after delivery",
              "Compare with another copy (a replica, versions of the object), and look for who "
              "could write to the bucket."};
    case Verdict::kMissing:
      return {"INT-MISSING", "critical", "listed by a digest but not here",
              "Copy the bucket again; if the object is gone there too, look for DeleteObject in "
              "the bucket's data events."};
    case Verdict::kUnsigned:
      if (digest)
        return {"INT-UNSIGNED-DIGEST", "medium", "without a signature",
                "Save the metadata of the newest digests beside them (OBJECT.metadata.json), or "
                "copy the digests that came later."};
      return {"INT-UNSIGNED", "high", "of proven hours that no digest lists",
              "Find out who wrote them: CloudTrail lists all that it delivers. A second trail "
              "without validation also does this."};
    case Verdict::kDigestMissing:
      return {"INT-DIGEST-MISSING", "high", "that should be here but are not",
              "Copy the bucket again; if they are gone there too, look for DeleteObject in the "
              "bucket's data events."};
    case Verdict::kChainBroken:
      return {"INT-CHAIN-BROKEN", "critical", "that contradict the digest before them",
              "Treat the time before as unproven, and ask AWS Support with both digests."};
    case Verdict::kSignatureInvalid:
      return {"INT-SIGNATURE", "critical", "whose signature is wrong",
              "Read the object's metadata again from S3; if it is the same there, the digest was "
              "forged or its metadata overwritten."};
    case Verdict::kKeyUnknown:
      return {"INT-KEY-UNKNOWN", "medium", "whose public key was not given",
              "Save the keys of that time and region: aws cloudtrail list-public-keys "
              "--start-time … --end-time … --region …"};
    case Verdict::kNotCovered:
    case Verdict::kValid:
      break;
  }
  return {"INT-NOT-COVERED", "medium", "that no proven digest speaks of",
          "If they are of the newest hour, copy the digests again later; else see the missing "
          "digests."};
}

/// Somebody tampered with logs, or logs fail to come: two detections with the techniques and
/// controls they stand for.
void classify(Finding& finding) {
  if (finding.level == "critical" || finding.code == "INT-UNSIGNED") {
    finding.tags = {"attack.defense-evasion", "attack.impact", "attack.t1070", "attack.t1565.001"};
    finding.frameworks = {"CIS 3.2", "PCI 10.3.4", "PCI 11.5.2"};
  } else if (finding.code == "INT-GAP" || finding.code == "INT-DIGEST-MISSING") {
    finding.tags = {"attack.defense-evasion", "attack.t1562.008"};
    finding.frameworks = {"PCI 10.7.2"};
  }
}

int rank(const std::string& level) { return level == "critical" ? 0 : level == "high" ? 1 : 2; }

int64_t hour_of(Timestamp time) {
  return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}

}  // namespace

void Record::begin(const std::string& organization, const std::string& account,
                   const std::string& region) {
  row_ = {organization, account, region, {}};
  findings_.clear();
}

HourCell& Record::hour(Timestamp time) { return row_.hours[hour_of(time)]; }

void Record::mark_digest(Timestamp from, Timestamp to, HourCell::Digests mark) {
  constexpr int64_t kMostHours = 24 * 366;  // of one digest: what it says may be anything
  int64_t first = hour_of(from), last = hour_of(to - std::chrono::seconds(1));
  last = std::min(last, first + kMostHours);
  for (int64_t hour = first; hour <= last; ++hour) {
    HourCell& cell = row_.hours[hour];
    cell.digests = std::max(cell.digests, mark);
  }
}

Status Record::add(const FileVerdict& file) {
  auto index = static_cast<size_t>(file.verdict);
  ++(file.digest ? summary_.digests : summary_.logs)[index];
  if (!file.digest) {
    HourCell& cell = hour(file.time);
    if (file.verdict != Verdict::kMissing) ++cell.files;
    if (file.verdict == Verdict::kValid) ++cell.verified;
    if (file.verdict == Verdict::kMissing) ++cell.missing;
    if (file.verdict == Verdict::kAltered) ++cell.altered;
    if (file.verdict == Verdict::kUnsigned) ++cell.unsigned_files;
    if (file.verdict == Verdict::kKeyUnknown || file.verdict == Verdict::kNotCovered)
      ++cell.unproven;
  }
  if (file.verdict != Verdict::kValid) {
    Finding& finding = findings_[{file.verdict, file.digest}];
    if (finding.count++ == 0) finding.first = finding.last = file.time;
    finding.first = std::min(finding.first, file.time);
    finding.last = std::max(finding.last, file.time);
    if (finding.objects.size() < kFindingObjects) {
      std::string line(file.object);
      (line += '\t') += file.reason;
      finding.objects.push_back(std::move(line));
    }
  }
  return visit_ ? visit_(file) : Status::success();
}

void Record::add_gap(const Chain& chain, const Gap& gap) {
  Finding finding;
  finding.code = "INT-GAP";
  finding.level = "medium";
  finding.title = "No digests for " + format_duration(gap.to - gap.from) + ": " + gap.reason;
  finding.account = chain.account;
  finding.region = chain.region;
  finding.next_step =
      "Look for StopLogging, DeleteTrail, UpdateTrail and StartLogging around both ends.";
  finding.verdict = Verdict::kNotCovered;
  finding.digests = true;
  finding.count = 1;
  finding.first = gap.from;
  finding.last = gap.to;
  classify(finding);
  summary_.findings.push_back(std::move(finding));
}

void Record::end() {
  for (auto& [key, finding] : findings_) {
    auto [verdict, digest] = key;
    Words words = words_of(verdict, digest);
    finding.code = words.code;
    finding.level = words.level;
    finding.title = plural(finding.count, digest ? "digest" : "log file") + " " + words.what;
    finding.account = row_.account;
    finding.region = row_.region;
    finding.next_step = words.next;
    classify(finding);
    finding.verdict = verdict;
    finding.digests = digest;
    summary_.findings.push_back(std::move(finding));
  }
  if (!row_.hours.empty()) summary_.coverage.push_back(std::move(row_));
  findings_.clear();
  row_ = {};
}

void conclude(VerifySummary& summary) {
  std::stable_sort(summary.findings.begin(), summary.findings.end(),
                   [](const Finding& a, const Finding& b) {
                     return std::tuple(rank(a.level), a.first, a.account, a.region) <
                            std::tuple(rank(b.level), b.first, b.account, b.region);
                   });
  bool any = summary.digest_count() > 0;
  summary.outcome =
      summary.broken() > 0 ? Outcome::kBroken
      : !any               ? Outcome::kNothing
      : !summary.findings.empty() || summary.interrupted || !summary.unreadable.empty()
          ? Outcome::kGaps
          : Outcome::kProven;
}

}  // namespace cairn::integrity
