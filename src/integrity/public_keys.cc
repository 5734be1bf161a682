// ListPublicKeys answers {"PublicKeyList": [{"Value": Base64, "ValidityStartTime": TIME,
// "ValidityEndTime": TIME, "Fingerprint": TEXT}]}. Times are RFC 3339 or seconds since 1970, by the
// version of the tool that printed them. The fingerprint is the MD5 of the PKCS#1 key, which AWS
// does not document: a difference is only remarked on.

#include "base/text.h"
#include "formats/json_tree.h"
#include "integrity/integrity.h"

namespace cairn::integrity {

namespace {

std::optional<Timestamp> key_time(const JsonTree& tree, uint32_t object, std::string_view name) {
  uint32_t node = tree.find(object, name);
  if (node == 0) return std::nullopt;
  std::string_view text = tree[node].text;
  if (tree[node].is_number()) text = text.substr(0, text.find('.'));
  return parse_event_time(text);
}

}  // namespace

Status KeySet::add(std::string_view json) {
  JsonTree tree;
  if (Status parsed = tree.parse(json); !parsed.ok())
    return std::move(parsed).error().with_context("at byte " + std::to_string(tree.offset()));
  uint32_t list = tree.find(0, "PublicKeyList");
  if (list == 0 || tree[list].kind != JsonTree::Kind::kArray)
    return Error{ErrorCode::kInvalidInput,
                 "has no list PublicKeyList: it should be what `aws cloudtrail list-public-keys` "
                 "printed"};
  size_t number = 0;
  for (uint32_t node = list + 1; node < tree[list].next; node = tree[node].next) {
    std::string where = "key " + std::to_string(++number);
    auto text = [&](std::string_view name) {
      uint32_t member = tree.find(node, name);
      return member != 0 && tree[member].is_string() ? std::string(tree[member].text) : "";
    };
    if (tree[node].kind != JsonTree::Kind::kObject)
      return Error{ErrorCode::kInvalidInput, where + " is no object"};
    std::string fingerprint = to_lower(text("Fingerprint"));
    Entry entry;
    auto der = crypto::from_base64(text("Value"));
    if (der.ok()) {
      if (auto key = crypto::RsaPublicKey::parse(der.value()); key.ok())
        entry.key = std::move(key).value();
    }
    if (!entry.key) {
      remarks_.push_back(where + " (" + fingerprint + ") cannot be read as a public RSA key");
    } else {
      std::string computed = crypto::to_hex(crypto::md5(entry.key->pkcs1()));
      if (fingerprint.empty()) fingerprint = computed;
      if (fingerprint != computed)
        remarks_.push_back(where + ": its fingerprint is given as " + fingerprint +
                           ", computed it is " + computed);
    }
    if (fingerprint.empty()) continue;
    auto from = key_time(tree, node, "ValidityStartTime");
    auto to = key_time(tree, node, "ValidityEndTime");
    if (!from || !to) {
      return Error{ErrorCode::kInvalidInput,
                   where + " has no ValidityStartTime and ValidityEndTime that can be read"};
    }
    entry.from = *from;
    entry.to = *to;
    entries_.insert_or_assign(std::move(fingerprint), std::move(entry));
  }
  return {};
}

const KeySet::Entry* KeySet::find(std::string_view fingerprint) const {
  auto found = entries_.find(fingerprint);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace cairn::integrity
