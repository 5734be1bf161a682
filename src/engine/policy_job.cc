#include "cloudtrail/cloudtrail.h"
#include "engine/content.h"
#include "engine/event_feed.h"
#include "engine/read_summary.h"
#include "investigate/policy.h"

#include <unordered_map>
#include <unordered_set>

namespace cairn::engine {

namespace {

constexpr size_t kHandlesRemembered = 200'000;

/// Who is asked for, remembered by credential.
class IsSubject {
 public:
  IsSubject(const investigate::Subject& subject, const StandardFields& standard)
      : subject_(subject), standard_(standard) {}

  bool operator()(const Event& event) {
    uint64_t handle = identity::handle_of(event, standard_);
    if (known_.size() > kHandlesRemembered) known_.clear();
    auto [entry, is_new] = known_.try_emplace(handle, false);
    if (is_new) entry->second = is(event);
    return entry->second;
  }

 private:
  bool is(const Event& event) const {
    if (subject_.is_key(event.text(standard_.identity_access_key))) return true;
    detect::PrincipalName who = detect::principal_of(event, standard_);
    if (!subject_.session().empty())
      return subject_.names(who.key) && who.session == subject_.session();
    return subject_.names(who.key) || subject_.names(who.session);
  }

  const investigate::Subject& subject_;
  const StandardFields& standard_;
  std::unordered_map<uint64_t, bool> known_;
};

class PolicyConsumer : public EventConsumer {
 public:
  PolicyConsumer(const StandardFields& standard, const investigate::InvestigateFields& fields,
                 const investigate::ActionTable& table, const investigate::Subject& subject,
                 Files& files, size_t memory_bytes)
      : standard_(standard),
        is_subject_(subject, standard),
        near_(subject.text()),
        uses_(standard, fields, nullptr, files, memory_bytes / 2, wanted_uses(table)),
        grants_(standard, fields, nullptr, files, memory_bytes / 2, wanted_grants()) {}

  uint64_t consume(const Event& event, const std::string&) override {
    std::string_view name = event.text(standard_.event_name);
    bool mine = is_subject_(event);
    bool grants = investigate::is_policy_call(name) &&
                  event.text(standard_.event_source) == "iam.amazonaws.com";
    if (!mine && !grants) {
      uint64_t handle = identity::handle_of(event, standard_);
      if (seen_.size() < kHandlesRemembered && seen_.insert(handle).second) {
        detect::PrincipalName who = detect::principal_of(event, standard_);
        near_.offer(who.key);
        near_.offer(who.session);
        near_.offer(event.text(standard_.identity_access_key));
      }
      return 0;
    }
    uint64_t fingerprint = cloudtrail::content_fingerprint(event, standard_);
    if (mine) uses_.add(event, fingerprint);
    if (grants) grants_.add(event, fingerprint);
    return 0;
  }
  investigate::Gatherer& uses() { return uses_; }
  investigate::Gatherer& grants() { return grants_; }
  std::vector<std::string> near() const { return near_.take(); }

 private:
  investigate::Wanted wanted_uses(const investigate::ActionTable& table) const {
    investigate::Wanted wanted;
    wanted.uses = wanted.use_resources = true;
    wanted.resource_of = [this, &table](const Event& event) {
      return table.resource_of(event, event.text(standard_.event_source),
                               event.text(standard_.event_name));
    };
    wanted.spell_resource = investigate::literal_resource;
    return wanted;
  }
  static investigate::Wanted wanted_grants() {
    investigate::Wanted wanted;
    wanted.acts = true;
    wanted.with_record = [](std::string_view, std::string_view name) {
      return investigate::is_policy_call(name);
    };
    return wanted;
  }

  const StandardFields& standard_;
  IsSubject is_subject_;
  investigate::NearNames near_;
  investigate::Gatherer uses_, grants_;
  std::unordered_set<uint64_t> seen_;
};

}  // namespace

Result<SheetResult> run_policy(World world, const PolicyOptions& options,
                               const ScanProgressCallback& progress) {
  TRY_ASSIGN(investigate::Subject subject, investigate::Subject::parse(options.subject));
  if (subject.kind() == investigate::SubjectKind::kAddress)
    return Error{ErrorCode::kInvalidInput, "an address has no policy: name a role or user"};
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  auto more = investigate::InvestigateFields::intern_into(fields);
  TRY_ASSIGN(auto table, investigate::ActionTable::parse(embedded_text("iam-actions.tsv"), fields));
  fields.freeze();
  unsigned width = feed_width(options.place);
  std::vector<std::unique_ptr<PolicyConsumer>> consumers;
  for (unsigned i = 0; i < width; ++i)
    consumers.push_back(std::make_unique<PolicyConsumer>(
        standard, more, table, subject, world.files, options.place.read.memory_bytes / width));
  SheetResult result;
  TRY_ASSIGN(result.read, feed_events(world, options.place, fields, standard,
                                      consumers_of(consumers), progress));
  std::vector<investigate::Gatherer*> uses, grants;
  investigate::NearNames near(subject.text());
  for (auto& consumer : consumers) {
    uses.push_back(&consumer->uses());
    grants.push_back(&consumer->grants());
    for (const std::string& name : consumer->near()) near.offer(name);
  }
  TRY_ASSIGN(investigate::PolicyResult answer, investigate::policy(subject, table, uses, grants));
  result.found = answer.found;
  result.near = near.take();
  result.sheet = std::move(answer.sheet);
  return result;
}

}  // namespace cairn::engine
