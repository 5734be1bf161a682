// What others say of the lake's content: findings of scans, and verdicts of digests.

#include "base/text.h"
#include "lake/inside.h"

#include <map>

namespace cairn::lake {

Status save_findings(Lake& lake, const std::vector<LakeFinding>& findings) {
  Inside& inside = lake.inside();
  CAIRN_CHECK(inside.access == Access::kWrite);
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  std::map<std::string, DataKey> keys;  // "account month"
  for (const LakeFinding& finding : findings) {
    CatalogFinding row;
    row.id = finding.id;
    row.account = account_name(finding.account);
    row.last_ms = finding.last.time_since_epoch().count();
    row.saved_ms = inside.now_ms();
    row.content = finding.json;
    std::string month = format_date(finding.last).substr(0, 7);
    auto [key, is_new] = keys.try_emplace(row.account + " " + month);
    if (is_new) {
      TRY_ASSIGN(key->second,
                 change.key_for(row.account, month, inside.holder.get(), inside.now_ms()));
    }
    TRY(change.put_finding(row, key->second));
  }
  return change.commit();
}

Result<uint64_t> set_verdicts(Lake& lake, const std::vector<ObjectVerdict>& verdicts) {
  Inside& inside = lake.inside();
  CAIRN_CHECK(inside.access == Access::kWrite);
  std::multimap<std::string_view, const ObjectVerdict*> by_hash;
  for (const ObjectVerdict& verdict : verdicts) by_hash.emplace(verdict.sha256, &verdict);
  TRY_ASSIGN(Catalog::Change change, inside.catalog->change(inside.now_ms()));
  std::vector<std::pair<int64_t, const ObjectVerdict*>> known;
  TRY(inside.catalog->visit_sources([&](const CatalogSource& source) -> Status {
    auto [begin, end] = by_hash.equal_range(source.sha256);
    for (auto at = begin; at != end; ++at) {
      const std::string& key = at->second->key;
      if (source.name == key || source.name.ends_with("/" + key))
        known.emplace_back(source.id, at->second);
    }
    return {};
  }));
  for (const auto& [id, verdict] : known)
    TRY(change.set_verdict(id, verdict->verdict, inside.now_ms()));
  TRY(change.commit());
  return known.size();
}

}  // namespace cairn::lake
