#include "integrity/digest.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "formats/json_tree.h"

#include <array>

namespace cairn::integrity {

namespace {

using Kind = JsonTree::Kind;

Error wrong(std::string_view field, std::string_view what) {
  return Error{ErrorCode::kInvalidInput, std::string(field) + ": " + std::string(what)};
}

/// Reads members of one object; `where` is put before their names in messages.
class Members {
 public:
  Members(const JsonTree& tree, uint32_t object, std::string where)
      : tree_(tree), object_(object), where_(std::move(where)) {}

  Result<std::string> text(std::string_view key) const {
    uint32_t node = tree_.find(object_, key);
    if (node == 0) return wrong(where_ + std::string(key), "is missing");
    if (!tree_[node].is_string()) return wrong(where_ + std::string(key), "is no text");
    return std::string(tree_[node].text);
  }
  Result<Timestamp> time(std::string_view key) const {
    TRY_ASSIGN(std::string written, text(key));
    auto time = parse_event_time(written);
    if (!time) return wrong(where_ + std::string(key), "is no time");
    return *time;
  }
  Result<std::string> hash(std::string_view key) const {
    TRY_ASSIGN(std::string written, text(key));
    auto bytes = crypto::from_hex(written);
    if (!bytes.ok() || bytes.value().size() != crypto::kHashBytes)
      return wrong(where_ + std::string(key), "is no SHA-256");
    return bytes;
  }
  Status expect(std::string_view key, std::string_view value) const {
    TRY_ASSIGN(std::string written, text(key));
    if (written != value) return wrong(where_ + std::string(key), "is not " + std::string(value));
    return {};
  }
  /// True when the member is null; kInvalidInput when it is not there.
  Result<bool> is_null(std::string_view key) const {
    uint32_t node = tree_.find(object_, key);
    if (node == 0) return wrong(where_ + std::string(key), "is missing");
    return tree_[node].kind == Kind::kNull;
  }

 private:
  const JsonTree& tree_;
  uint32_t object_;
  std::string where_;
};

Result<std::optional<PreviousDigest>> read_previous(const Members& members) {
  size_t nulls = 0;
  constexpr std::array<const char*, 5> kFields = {
      "previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue",
      "previousDigestHashAlgorithm", "previousDigestSignature"};
  for (const char* field : kFields) {
    TRY_ASSIGN(bool null, members.is_null(field));
    nulls += null ? 1 : 0;
  }
  if (nulls == kFields.size()) return std::optional<PreviousDigest>();
  PreviousDigest previous;
  TRY_ASSIGN(previous.bucket, members.text("previousDigestS3Bucket"));
  TRY_ASSIGN(previous.object, members.text("previousDigestS3Object"));
  TRY_ASSIGN(previous.hash, members.hash("previousDigestHashValue"));
  TRY(members.expect("previousDigestHashAlgorithm", "SHA-256"));
  TRY_ASSIGN(previous.signature, members.text("previousDigestSignature"));
  return std::optional<PreviousDigest>(std::move(previous));
}

Result<std::vector<ListedLog>> read_logs(const JsonTree& tree) {
  uint32_t list = tree.find(0, "logFiles");
  if (list == 0) return wrong("logFiles", "is missing");
  if (tree[list].kind != Kind::kArray) return wrong("logFiles", "is no list");
  std::vector<ListedLog> logs;
  for (uint32_t node = list + 1; node < tree[list].next; node = tree[node].next) {
    std::string where = "logFiles[" + std::to_string(logs.size()) + "]";
    if (tree[node].kind != Kind::kObject) return wrong(where, "is no object");
    Members members(tree, node, where + ".");
    ListedLog log;
    TRY_ASSIGN(log.object, members.text("s3Object"));
    TRY_ASSIGN(log.hash, members.hash("hashValue"));
    TRY(members.expect("hashAlgorithm", "SHA-256"));
    logs.push_back(std::move(log));
  }
  return logs;
}

}  // namespace

Result<Digest> parse_digest(std::string_view text) {
  JsonTree tree;
  if (Status parsed = tree.parse(text); !parsed.ok())
    return std::move(parsed).error().with_context("at byte " + std::to_string(tree.offset()));
  if (tree[0].kind != Kind::kObject) return wrong("the text", "is no JSON object");
  Members members(tree, 0, "");
  Digest digest;
  TRY_ASSIGN(digest.account, members.text("awsAccountId"));
  TRY_ASSIGN(digest.start, members.time("digestStartTime"));
  TRY_ASSIGN(digest.end, members.time("digestEndTime"));
  TRY_ASSIGN(digest.end_text, members.text("digestEndTime"));
  TRY_ASSIGN(digest.bucket, members.text("digestS3Bucket"));
  TRY_ASSIGN(digest.object, members.text("digestS3Object"));
  TRY_ASSIGN(std::string fingerprint, members.text("digestPublicKeyFingerprint"));
  digest.fingerprint = to_lower(fingerprint);
  TRY(members.expect("digestSignatureAlgorithm", "SHA256withRSA"));
  TRY_ASSIGN(digest.previous, read_previous(members));
  TRY_ASSIGN(digest.logs, read_logs(tree));
  if (digest.end < digest.start) return wrong("digestEndTime", "is before digestStartTime");
  return digest;
}

std::string data_to_sign(const Digest& digest, std::string_view hash) {
  std::string text = digest.end_text + "\n" + digest.bucket + "/" + digest.object + "\n" +
                     crypto::to_hex(hash) + "\n";
  return text += digest.previous ? digest.previous->signature : "null";
}

Result<SideCar> parse_side_car(std::string_view text) {
  JsonTree tree;
  TRY(tree.parse(text));
  if (tree[0].kind != Kind::kObject) return wrong("the text", "is no JSON object");
  uint32_t object = 0;
  if (uint32_t inner = tree.find(0, "Metadata"); inner != 0 && tree[inner].kind == Kind::kObject)
    object = inner;
  SideCar side_car;
  for (uint32_t node = object + 1; node < tree[object].next; node = tree[node].next) {
    if (!tree[node].is_string()) continue;
    std::string key = to_lower(tree[node].key);
    if (key.starts_with("x-amz-meta-")) key.erase(0, std::string_view("x-amz-meta-").size());
    if (key == "signature") side_car.signature = tree[node].text;
    if (key == "backfill-generation-timestamp") side_car.backfill_time = tree[node].text;
    if (key == "signature-algorithm" && tree[node].text != "SHA256withRSA")
      return wrong("signature-algorithm", "is not SHA256withRSA");
  }
  return side_car;
}

}  // namespace cairn::integrity
