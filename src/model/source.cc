#include "model/source.h"

namespace cairn {

std::string_view to_string(QuarantineEntry::Kind kind) {
  switch (kind) {
    case QuarantineEntry::Kind::kRecord:
      return "record";
    case QuarantineEntry::Kind::kTruncated:
      return "truncated";
    case QuarantineEntry::Kind::kContainer:
      return "container";
    case QuarantineEntry::Kind::kRepaired:
      return "repaired";
    case QuarantineEntry::Kind::kUnreadable:
      return "unreadable";
    case QuarantineEntry::Kind::kLimit:
      return "limit";
  }
  return "record";
}

std::string_view to_string(SourceKind kind) {
  switch (kind) {
    case SourceKind::kCloudTrail:
      return "cloudtrail";
    case SourceKind::kDigest:
      return "digest";
    case SourceKind::kConfig:
      return "config";
    case SourceKind::kEmpty:
      return "empty";
    case SourceKind::kOther:
      return "other";
    case SourceKind::kUnreadable:
      return "unreadable";
  }
  return "other";
}

}  // namespace cairn
