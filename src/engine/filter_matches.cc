// A filter pattern is compiled as a rule is, so that few events are looked at closely: what one
// filter costs does not grow with their number.

#include "engine/filter_matches.h"

#include "base/text.h"
#include "detect/detect.h"

#include <algorithm>
#include <tuple>

namespace cairn::engine {

namespace {

YamlNode scalar(std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = std::move(text);
  node.quoted = true;
  return node;
}

rules::RuleFile rule_of(size_t filter, const std::string& pattern) {
  YamlNode document;
  document.kind = YamlNode::Kind::kMap;
  const std::string id = std::to_string(filter);
  for (const auto& [key, value] : {std::pair<const char*, std::string>("title", id),
                                   {"id", id},
                                   {"language", "cloudwatch"},
                                   {"pattern", pattern}})
    document.members.emplace_back(scalar(key), scalar(value));
  return {"filter " + id, "", {std::move(document)}};
}

std::string_view short_source(std::string_view source) {
  return source.substr(0, source.find('.'));
}

}  // namespace

uint32_t TextNumbers::number(std::string_view text) {
  auto [place, fresh] =
      numbers_.try_emplace(std::string(text), static_cast<uint32_t>(texts_.size()));
  if (fresh) texts_.push_back(&place->first);
  return place->second;
}

std::unique_ptr<FilterProgram> FilterProgram::make(
    const std::vector<monitor::MetricFilter>& filters) {
  auto program = std::make_unique<FilterProgram>();
  program->standard = StandardFields::intern_into(program->fields);
  program->first_resource = program->fields.intern("resources.ARN");
  std::vector<rules::RuleFile> files;
  for (size_t i = 0; i < filters.size(); ++i) {
    if (filters[i].pattern().kind() != rules::FilterPattern::Kind::kDelimited)
      files.push_back(rule_of(i, filters[i].pattern().text()));
  }
  Diagnostics ignored;  // a pattern that makes no rule is asked as it is
  program->rules = std::make_unique<rules::RuleSet>(
      rules::RuleSet::load_sigma(files, {}, program->fields, ignored));
  std::vector<bool> ruled(filters.size(), false);
  for (size_t i = 0; i < program->rules->size(); ++i) {
    auto filter = static_cast<uint32_t>(std::stoul(program->rules->info(i).id));
    program->filters.push_back(filter);
    ruled[filter] = true;
  }
  for (uint32_t i = 0; i < filters.size(); ++i) {
    if (!ruled[i]) program->native.push_back(i);
  }
  program->fields.freeze();
  return program;
}

FilterConsumer::FilterConsumer(const FilterProgram& program,
                               const std::vector<monitor::MetricFilter>& filters, EventClock clock,
                               Timestamp latest, size_t evidence_limit)
    : program_(program),
      filters_(filters),
      clock_(clock),
      latest_(latest),
      evidence_limit_(evidence_limit),
      matcher_(*program.rules),
      found_(filters.size()) {}

bool FilterConsumer::begin_input(const cloudtrail::Input& input) {
  delivered_.reset();
  if (input.key) delivered_ = input.key->delivered;
  return true;
}

bool FilterConsumer::begin_member(const cloudtrail::Input& member) { return begin_input(member); }

uint64_t FilterConsumer::consume(const Event& event, const std::string&) {
  bool arrival = clock_ == EventClock::kArrival && delivered_.has_value();
  Timestamp time = arrival ? *delivered_ : event.time_known() ? event.time() : Timestamp::min();
  if (time < Timestamp()) {  // or before 1970, which no metric knows
    ++found_.without_time;
    return 0;
  }
  if (time > latest_) {
    ++found_.from_future;
    return 0;
  }
  found_.minutes.saw(time);
  log_event_set_ = false;
  size_t before = found_.matches.size();
  matcher_.match(event, matched_);
  for (uint32_t rule : matched_) take(program_.filters[rule], event, time);
  for (uint32_t filter : program_.native) {
    if (!log_event_set_) log_event_.set(event.raw());
    log_event_set_ = true;
    if (filters_[filter].matches(log_event_)) take(filter, event, time);
  }
  return found_.matches.size() - before;
}

void FilterConsumer::take(uint32_t filter, const Event& event, Timestamp time) {
  const StandardFields& standard = program_.standard;
  FilterMatch match;
  match.filter = filter;
  match.time_ms = time.time_since_epoch().count();
  match.event_ms = event.time_known() ? event.time().time_since_epoch().count() : match.time_ms;
  match.fingerprint = cloudtrail::content_fingerprint(event, standard);
  if (!log_event_set_) log_event_.set(event.raw());
  log_event_set_ = true;
  auto sample = filters_[filter].sample(log_event_);
  match.has_sample = sample.has_value();
  if (sample) {
    match.value = sample->value;
    std::string key;
    for (const monitor::Dimension& dimension : sample->dimensions)
      key += dimension.name + '\1' + dimension.value + '\0';
    match.dimensions = found_.texts.number(key);
  }
  if (found_.matches.size() < evidence_limit_) {
    std::string action(short_source(event.text(standard.event_source)));
    action += ':';
    action += event.text(standard.event_name);
    match.action = found_.texts.number(action);
    match.principal =
        found_.texts.number(detect::short_principal(detect::principal_of(event, standard).key));
    match.address = found_.texts.number(event.text(standard.source_ip));
    match.resource = found_.texts.number(event.text(program_.first_resource));
    match.event_id = found_.texts.number(event.text(standard.event_id));
  }
  found_.matches.push_back(match);
}

FilterMatches FilterConsumer::merge(std::span<const std::unique_ptr<FilterConsumer>> workers,
                                    size_t filters) {
  FilterMatches all(filters);
  for (const auto& worker : workers) {
    FilterMatches& found = worker->found_;
    std::vector<uint32_t> numbers(found.texts.size());
    for (uint32_t i = 0; i < numbers.size(); ++i)
      numbers[i] = all.texts.number(found.texts.text(i));
    for (FilterMatch match : found.matches) {
      for (uint32_t* number : {&match.dimensions, &match.action, &match.principal, &match.address,
                               &match.resource, &match.event_id})
        *number = numbers[*number];
      all.matches.push_back(match);
    }
    std::vector<FilterMatch>().swap(found.matches);
    all.minutes.merge(found.minutes);
    all.without_time += found.without_time;
    all.from_future += found.from_future;
  }
  auto order = [](const FilterMatch& match) {
    return std::tie(match.time_ms, match.fingerprint, match.filter);
  };
  std::sort(all.matches.begin(), all.matches.end(),
            [&](const FilterMatch& a, const FilterMatch& b) { return order(a) < order(b); });
  // A copy delivered later counts once, at its first time.
  std::unordered_map<uint64_t, size_t> seen;
  auto is_copy = [&](const FilterMatch& match) {
    return !seen.emplace(match.fingerprint * 31 + match.filter, 0).second;
  };
  auto end = std::remove_if(all.matches.begin(), all.matches.end(), is_copy);
  all.copies = static_cast<uint64_t>(all.matches.end() - end);
  all.matches.erase(end, all.matches.end());
  return all;
}

}  // namespace cairn::engine
