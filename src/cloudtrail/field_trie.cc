#include "cloudtrail/field_trie.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

namespace cairn::cloudtrail {

namespace {

// A key that holds more dots than this is only found whole, to keep hostile paths from making the
// trie quadratic.
constexpr size_t kDotsInKey = 8;

struct MarkedKey {
  std::string_view key;
  uint32_t marks;
};
constexpr std::array kMarkedKeys{
    MarkedKey{"eventName", kEventNameKey},
    MarkedKey{"eventSource", kEventSourceKey},
    MarkedKey{"eventVersion", kEventVersionKey},
    MarkedKey{"eventType", kEventTypeKey},
    MarkedKey{"insightDetails", kInsightKey},
    MarkedKey{"userIdentity", kIdentityMark},
    MarkedKey{"s3", kObjectStoreKey},
    MarkedKey{"@timestamp", kTimestampKey},
    MarkedKey{"Records", kListKey},
    MarkedKey{"Events", kListKey},
    MarkedKey{"events", kListKey},
    MarkedKey{"logEvents", kListKey},
    MarkedKey{"detail", kWrapKey},
    MarkedKey{"_source", kWrapKey},
    MarkedKey{"message", kTextKey},
    MarkedKey{"CloudTrailEvent", kLookupKey},
    MarkedKey{"digestS3Bucket", kDigestKey},
    MarkedKey{"digestStartTime", kDigestKey},
    MarkedKey{"digestEndTime", kDigestKey},
    MarkedKey{"previousDigestHashValue", kDigestKey},
    MarkedKey{"configurationItems", kConfigKey},
    MarkedKey{"configurationItem", kConfigKey},
    MarkedKey{"configSnapshotId", kConfigKey},
    MarkedKey{"configurationItemStatus", kConfigKey},
    MarkedKey{"messageType", kControlKey},
    // Not needed to know a record, but one may begin with any of them.
    MarkedKey{"eventTime", kCommonKey},
    MarkedKey{"awsRegion", kCommonKey},
    MarkedKey{"sourceIPAddress", kCommonKey},
    MarkedKey{"userAgent", kCommonKey},
    MarkedKey{"errorCode", kCommonKey},
    MarkedKey{"errorMessage", kCommonKey},
    MarkedKey{"requestParameters", kCommonKey},
    MarkedKey{"responseElements", kCommonKey},
    MarkedKey{"additionalEventData", kCommonKey},
    MarkedKey{"requestID", kCommonKey},
    MarkedKey{"eventID", kCommonKey},
    MarkedKey{"apiVersion", kCommonKey},
    MarkedKey{"managementEvent", kCommonKey},
    MarkedKey{"readOnly", kCommonKey},
    MarkedKey{"resources", kCommonKey},
    MarkedKey{"recipientAccountId", kCommonKey},
    MarkedKey{"serviceEventDetails", kCommonKey},
    MarkedKey{"sharedEventID", kCommonKey},
    MarkedKey{"vpcEndpointId", kCommonKey},
    MarkedKey{"vpcEndpointAccountId", kCommonKey},
    MarkedKey{"eventCategory", kCommonKey},
    MarkedKey{"addendum", kCommonKey},
    MarkedKey{"sessionCredentialFromConsole", kCommonKey},
    MarkedKey{"eventContext", kCommonKey},
    MarkedKey{"edgeDeviceDetails", kCommonKey},
    MarkedKey{"tlsDetails", kCommonKey},
    // First keys of envelopes.
    MarkedKey{"EventId", kCommonKey},
    MarkedKey{"version", kCommonKey},
    MarkedKey{"_index", kCommonKey},
    MarkedKey{"logStreamName", kCommonKey},
};

}  // namespace

void FieldTrie::KeyTable::add(std::string_view key, const Node* node) {
  if ((count_ + 1) * 2 > entries_.size()) {
    std::vector<Entry> old(std::max<size_t>(entries_.size() * 2, 4));
    old.swap(entries_);
    shift_ = 64 - static_cast<unsigned>(__builtin_ctzll(entries_.size()));
    for (const Entry& entry : old) {
      if (entry.node != nullptr) insert(entry);
    }
  }
  ++count_;
  keys_.emplace_back(key);
  insert(Entry{ends_of(key), key.size(), node, keys_.back()});
}

void FieldTrie::KeyTable::insert(const Entry& entry) {
  size_t at = place(entry.ends, entry.size);
  while (entries_[at].node != nullptr) at = (at + 1) & (entries_.size() - 1);
  entries_[at] = entry;
}

FieldTrie::Node* FieldTrie::make_node() {
  nodes_.push_back(std::make_unique<Node>());
  return nodes_.back().get();
}

FieldTrie::FieldTrie(const FieldTable& fields)
    : root_(make_node()), subtrees_(fields.size(), nullptr) {
  std::unordered_map<std::string, Node*> by_prefix;
  auto link = [](Node* from, std::string_view key, Node* to) {
    if (from->keys.find(key) == nullptr) from->keys.add(key, to);
  };
  for (SlotId slot = 0; slot < fields.size(); ++slot) {
    const std::string& path = fields.path(slot);
    std::vector<size_t> begins{0}, ends;  // of the dotted parts
    for (size_t i = 0; i < path.size(); ++i) {
      if (path[i] != '.') continue;
      ends.push_back(i);
      begins.push_back(i + 1);
    }
    ends.push_back(path.size());
    std::vector<Node*> nodes{root_};
    for (size_t end : ends) {
      Node*& node = by_prefix[path.substr(0, end)];
      if (node == nullptr) node = make_node();
      nodes.push_back(node);
    }
    nodes.back()->slot = slot;
    for (size_t from = 0; from < ends.size(); ++from) {
      for (size_t to = from; to < ends.size(); ++to) {
        if (to - from > kDotsInKey && to + 1 < ends.size()) continue;
        link(nodes[from], std::string_view(path).substr(begins[from], ends[to] - begins[from]),
             nodes[to + 1]);
      }
    }
    SlotId lazy_root = fields.lazy_root(slot);
    if (lazy_root != kNoSlot) {
      nodes[1]->lazy = true;
      subtrees_[lazy_root] = nodes[1];
    }
  }
  for (const MarkedKey& marked : kMarkedKeys) {
    Node*& node = by_prefix[std::string(marked.key)];
    if (node == nullptr) node = make_node();
    node->marks |= marked.marks;
    link(root_, marked.key, node);
  }
}

bool is_record_key(const FieldTrie& trie, std::string_view key) {
  const FieldTrie::Node* node = trie.root().keys.find(key);
  if (node == nullptr) return false;
  return (node->marks & ~(kObjectStoreKey | kListKey | kConfigKey)) != 0;
}

}  // namespace cairn::cloudtrail
