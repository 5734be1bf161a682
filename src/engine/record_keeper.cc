#include "engine/record_keeper.h"

#include "base/text.h"
#include "detect/detect.h"

#include <algorithm>

namespace cairn::engine {

namespace {

constexpr size_t kLeastBudgetBytes = 1u << 20;

/// The texts of a record, in the order they are packed.
template <typename Details, typename Visit>
void each_text(Details& details, const Visit& visit) {
  for (auto* text :
       {&details.identity_type, &details.identity_arn, &details.principal_id, &details.user_name,
        &details.invoked_by, &details.issuer_arn, &details.mfa, &details.source_identity,
        &details.event_version, &details.event_type, &details.event_category, &details.read_only,
        &details.request_id, &details.shared_event_id, &details.vpc_endpoint_id,
        &details.request_parameters, &details.response_elements, &details.additional_event_data,
        &details.record})
    visit(*text);
}

/// JSON text of the record, or a sentence in its place when it is too long.
std::string bounded(std::string_view json) {
  if (json.size() <= kRecordTextBytes) return std::string(json);
  return "\"left out: " + format_count(json.size()) + " bytes\"";
}

report::EventDetails details_of(const Event& event, const StandardFields& f) {
  auto text = [&](SlotId slot) { return std::string(event.text(slot)); };
  auto json = [&](SlotId slot) { return bounded(event.text(slot)); };
  report::EventDetails details;
  details.identity_type = text(f.identity_type);
  details.identity_arn = text(f.identity_arn);
  details.principal_id = text(f.identity_principal_id);
  details.user_name = text(f.identity_user_name);
  if (details.user_name.empty()) details.user_name = text(f.issuer_user_name);
  details.invoked_by = text(f.identity_invoked_by);
  details.issuer_arn = text(f.issuer_arn);
  details.mfa = text(f.identity_mfa);
  details.source_identity = text(f.identity_source_identity);
  details.event_version = text(f.event_version);
  details.event_type = text(f.event_type);
  details.event_category = text(f.event_category);
  details.read_only = text(f.read_only);
  details.request_id = text(f.request_id);
  details.shared_event_id = text(f.shared_event_id);
  details.vpc_endpoint_id = text(f.vpc_endpoint_id);
  details.request_parameters = json(f.request_parameters);
  details.response_elements = json(f.response_elements);
  details.additional_event_data = json(f.additional_event_data);
  details.record = bounded(event.raw());
  return details;
}

void append_size(std::string& out, size_t size) { append_key_u64(out, size); }

std::string_view take_text(std::string_view& bytes) {
  constexpr size_t kSizeBytes = 8;
  size_t size = read_key_u64(bytes);
  std::string_view text = bytes.substr(kSizeBytes, size);
  bytes.remove_prefix(kSizeBytes + size);
  return text;
}

/// Walks the records in the order of detect's matches.
class Walk {
 public:
  explicit Walk(const std::vector<SpillSorter*>& sorters) : merge_(sorters) {}

  Result<const report::EventDetails*> find(const EventSummary& event) {
    if (found_ && event.offset == offset_ && event.file == file_) return &details_;
    found_ = false;
    for (bool more = false;;) {
      TRY(merge_.next(more));
      if (!more) return nullptr;
      std::string_view bytes = merge_.payload();
      std::string_view file = take_text(bytes);
      uint64_t offset = read_key_u64(take_text(bytes));
      // The match knows no more of a very long file name than its beginning.
      bool same = offset == event.offset && file.starts_with(event.file);
      if (!same) continue;  // a copy of an event
      each_text(details_, [&](std::string& text) { text = take_text(bytes); });
      file_ = event.file;
      offset_ = offset;
      found_ = true;
      return &details_;
    }
  }

 private:
  SpillSorter::Merge merge_;
  bool found_ = false;
  std::string file_;
  uint64_t offset_ = 0;
  report::EventDetails details_;
};

}  // namespace

RecordKeeper::RecordKeeper(const std::vector<RuleInfo>& rules, Level min_level,
                           std::span<const Correlation> correlations,
                           const StandardFields& standard, Files& files, size_t memory_bytes,
                           size_t workers)
    : standard_(standard),
      files_(files),
      budget_bytes_(std::max(memory_bytes / std::max<size_t>(workers, 1), kLeastBudgetBytes)) {
  for (const RuleInfo& rule : rules) wanted_.push_back(rule.level >= min_level);
  for (const Correlation& correlation : correlations)
    for (const Correlation::Source& source : correlation.sources) wanted_[source.rule] = true;
}

RecordKeeper::Recorder& RecordKeeper::make_recorder() {
  recorders_.push_back(std::unique_ptr<Recorder>(new Recorder(*this)));
  return *recorders_.back();
}

void RecordKeeper::Recorder::add(const Event& event, uint64_t fingerprint,
                                 std::span<const uint32_t> rules, std::string_view file) {
  bool wanted = std::any_of(rules.begin(), rules.end(),
                            [this](uint32_t rule) { return keeper_.wanted_[rule]; });
  if (!wanted || !status_.ok()) return;
  // The order of detect's matches (detect/match_record.h): time, eventID, content, file, offset.
  key_.clear();
  key_ += event.time_known() ? '\0' : '\1';
  append_key_i64(key_, event.time_known() ? event.time().time_since_epoch().count() : 0);
  key_ += event.text(keeper_.standard_.event_id);
  key_ += '\0';
  append_key_u64(key_, fingerprint);
  key_ += file;
  key_ += '\0';
  append_key_u64(key_, event.offset());

  payload_.clear();
  append_size(payload_, file.size());
  payload_ += file;
  append_size(payload_, sizeof(uint64_t));
  append_key_u64(payload_, event.offset());
  report::EventDetails details = details_of(event, keeper_.standard_);
  each_text(details, [&](const std::string& text) {
    append_size(payload_, text.size());
    payload_ += text;
  });
  status_ = sorter_.add(key_, payload_);
}

Result<report::DetailsLookup> RecordKeeper::open() {
  std::vector<SpillSorter*> sorters;
  for (auto& recorder : recorders_) {
    if (!recorder->status_.ok()) return recorder->status_.error();
    sorters.push_back(&recorder->sorter_);
  }
  auto walk = std::make_shared<Walk>(sorters);  // shared: a std::function must be copyable
  return report::DetailsLookup([walk](const EventSummary& event) { return walk->find(event); });
}

}  // namespace cairn::engine
