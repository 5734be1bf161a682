#include "detect/profiles.h"

#include "base/parallel.h"
#include "detect/contexts.h"

#include <algorithm>

namespace cairn::detect {

namespace {

using Contexts = std::vector<SpillSorter*>;

/// What one thread's stretch of the contexts comes to.
struct Part {
  explicit Part(const std::map<std::string, PrincipalFindings>& findings) : builder(findings) {}

  ProfileBuilder builder;
  std::map<std::string, uint64_t> accounts, regions;
};

/// The records of one context follow one another: of several collectors, and what copies of events
/// take off.
class ContextSum {
 public:
  explicit ContextSum(Part& part) : part_(part) {}

  void take(std::string_view key, std::string_view payload) {
    if (key != key_) {
      end();
      key_ = key;
      sum_.counts = {};
      types_.clear();
    }
    unpack_context(payload, record_);
    sum_.counts.add(record_.counts);
    types_.insert(types_.end(), record_.types.begin(), record_.types.end());
    if (record_.named) named_ = payload;
  }

  void end() {
    if (key_.empty() || sum_.counts.events == 0) return;
    unpack_context(named_, record_);
    sum_.texts = record_.texts;
    std::sort(types_.begin(), types_.end());
    types_.erase(std::unique(types_.begin(), types_.end()), types_.end());
    sum_.types = types_;
    add_place(part_.accounts, sum_.texts.account);
    add_place(part_.regions, sum_.texts.region);
    part_.builder.add(sum_);
  }

 private:
  void add_place(std::map<std::string, uint64_t>& places, std::string_view name) const {
    if (!name.empty()) add_bounded(places, std::string(name), sum_.counts.events, kPlacesKept);
  }

  Part& part_;
  std::string key_, named_;  // `named_` keeps the bytes that the sum's texts view
  ContextRecord record_, sum_;
  std::vector<uint64_t> types_;
};

Status read_stretch(const Contexts& contexts, SpillSorter::Stretch stretch, Part& part) {
  ContextSum sum(part);
  TRY(SpillSorter::merge(contexts, stretch, [&](std::string_view key, std::string_view payload) {
    sum.take(key, payload);
    return Status::success();
  }));
  sum.end();
  part.builder.end();
  return Status::success();
}

Status read_addresses(const Contexts& contexts, SpillSorter::Stretch stretch, AddressBook& book) {
  ContextRecord record;
  return SpillSorter::merge(contexts, stretch, [&](std::string_view, std::string_view payload) {
    unpack_context(payload, record);
    if (record.named) book.note(record.texts.source_ip, record.texts.principal);
    return Status::success();
  });
}

SpillSorter::Stretch stretch_of(size_t number, size_t threads) {
  return {number * SpillSorter::kParts / threads, (number + 1) * SpillSorter::kParts / threads};
}

}  // namespace

Status profile_contexts(const Contexts& contexts,
                        const std::map<std::string, PrincipalFindings>& findings, size_t threads,
                        Outcome& outcome) {
  threads = std::clamp<size_t>(threads, 1, SpillSorter::kParts);
  std::vector<Part> parts(threads, Part(findings));
  TRY(run_parallel(
      threads, [&](size_t i) { return read_stretch(contexts, stretch_of(i, threads), parts[i]); }));
  ProfileBuilder profiles(findings);
  for (Part& part : parts) {
    profiles.absorb(std::move(part.builder));
    for (const auto& [name, events] : part.accounts)
      add_bounded(outcome.accounts, name, events, kPlacesKept);
    for (const auto& [name, events] : part.regions)
      add_bounded(outcome.regions, name, events, kPlacesKept);
  }
  AddressBook addresses = profiles.addresses();
  if (!addresses.empty()) {
    std::vector<AddressBook> books(threads, addresses);
    TRY(run_parallel(threads, [&](size_t i) {
      return read_addresses(contexts, stretch_of(i, threads), books[i]);
    }));
    for (const AddressBook& book : books) addresses.absorb(book);
  }
  outcome.principal_count = profiles.principal_count();
  outcome.principals = profiles.take(addresses);
  return Status::success();
}

}  // namespace cairn::detect
