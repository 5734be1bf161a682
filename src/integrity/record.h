#pragma once

// Keeps what a verification finds: counts, findings, the map of hours.

#include "integrity/integrity.h"

#include <map>
#include <string>
#include <utility>

namespace cairn::integrity {

/// The account of one unit. One thread.
class Record {
 public:
  Record(VerifySummary& summary, const FileVerdictVisitor& visit)
      : summary_(summary), visit_(visit) {}

  /// Begins the account of one account's region.
  void begin(const std::string& organization, const std::string& account,
             const std::string& region);
  /// Counts a file and tells the visitor. Fails with the visitor's error.
  Status add(const FileVerdict& file);
  /// The cell of an hour, to count in.
  HourCell& hour(Timestamp time);
  /// Marks the hours that a digest speaks of; the worst mark of an hour stays.
  void mark_digest(Timestamp from, Timestamp to, HourCell::Digests mark);
  /// Tells of a stretch without digests.
  void add_gap(const Chain& chain, const Gap& gap);
  /// Ends the account: its findings go to the summary.
  void end();

 private:
  VerifySummary& summary_;
  const FileVerdictVisitor& visit_;
  CoverageRow row_;
  std::map<std::pair<Verdict, bool>, Finding> findings_;
};

/// Sorts the findings, worst first, and says what they come to.
void conclude(VerifySummary& summary);

}  // namespace cairn::integrity
