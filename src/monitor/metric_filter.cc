#include "monitor/metric_filter.h"

#include "monitor/property_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cairn::monitor {

namespace {

std::optional<double> metric_number(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || std::abs(value) > MetricStore::kLargestValue) return std::nullopt;
  return value;
}

}  // namespace

class MetricFilter::Reader {
 public:
  Reader(const JsonTree& tree, uint32_t node) : tree_(tree), properties_(tree, node) {}

  Result<MetricFilter> read() {
    TRY(properties_.check_object("a metric filter"));
    for (const char* name : {"FieldSelectionCriteria", "EmitSystemFieldDimensions"}) {
      if (properties_.has(name))
        return Error{ErrorCode::kUnsupported, std::string(name) + " is not done here"};
    }
    TRY_ASSIGN(std::string text, properties_.text("FilterPattern"));
    Diagnostics diagnostics;
    auto pattern = rules::FilterPattern::parse(text, "FilterPattern", diagnostics);
    if (!pattern) {
      const Diagnostic& remark = diagnostics.items().front();
      return PropertyReader::wrong(
          "FilterPattern", "column " + std::to_string(remark.column) + ": " + remark.message);
    }
    MetricFilter filter(std::move(*pattern));
    TRY_ASSIGN(filter.name_, properties_.text_or("FilterName", ""));
    if (filter.name_.size() > 512 || filter.name_.find_first_of(":*") != std::string::npos)
      return PropertyReader::wrong("FilterName", "is longer than 512 or has : or * in it");
    TRY_ASSIGN(filter.log_group_, properties_.text_or("LogGroupName", ""));
    TRY_ASSIGN(uint32_t list, properties_.array("MetricTransformations"));
    uint32_t first = list + 1;
    if (first == tree_[list].next || tree_[first].next != tree_[list].next)
      return PropertyReader::wrong("MetricTransformations", "must hold exactly one");
    auto read = read_transformation(first, filter);
    if (!read.ok()) return Error(read.error()).with_context("MetricTransformations");
    return filter;
  }

 private:
  Status read_transformation(uint32_t node, MetricFilter& filter) {
    PropertyReader properties(tree_, node);
    TRY(properties.check_object("a transformation"));
    TRY_ASSIGN(filter.metric_.space, properties.text("MetricNamespace"));
    TRY_ASSIGN(filter.metric_.name, properties.text("MetricName"));
    for (const std::string* name : {&filter.metric_.space, &filter.metric_.name}) {
      const char* property = name == &filter.metric_.name ? "MetricName" : "MetricNamespace";
      if (name->empty() || name->size() > MetricStore::kNameBytesLimit)
        return PropertyReader::wrong(property, "has not 1 to 255 characters");
      if (name->find_first_of(":*$") != std::string::npos)
        return PropertyReader::wrong(property, "must not have :, * or $ in it");
    }
    TRY(read_value(properties, filter));
    TRY(read_dimensions(properties, filter));
    if (properties.has("DefaultValue")) {
      TRY_ASSIGN(filter.default_value_, properties.number("DefaultValue"));
      if (std::abs(*filter.default_value_) > MetricStore::kLargestValue)
        return PropertyReader::wrong("DefaultValue", "is beyond ±2^360");
      if (filter.has_dimensions())
        return PropertyReader::wrong("DefaultValue", "cannot stand beside Dimensions");
    }
    TRY_ASSIGN(std::string unit, properties.text_or("Unit", "None"));
    auto known = Unit::parse(unit);
    if (!known) return PropertyReader::wrong("Unit", "is no unit: " + unit);
    filter.unit_ = *known;
    return {};
  }

  Status read_value(const PropertyReader& properties, MetricFilter& filter) {
    TRY_ASSIGN(std::string value, properties.text("MetricValue"));
    if (value.size() > kValueBytesLimit)
      return PropertyReader::wrong("MetricValue", "is longer than 100 characters");
    if (value.starts_with('$')) {
      TRY_ASSIGN(filter.value_, reference("MetricValue", value, filter.pattern_));
      return {};
    }
    auto number = metric_number(value);
    if (!number)
      return PropertyReader::wrong("MetricValue",
                                   "is neither a number nor a field such as $.size: " + value);
    filter.constant_ = *number;
    return {};
  }

  Status read_dimensions(const PropertyReader& properties, MetricFilter& filter) {
    if (!properties.has("Dimensions")) return {};
    TRY_ASSIGN(uint32_t list, properties.array("Dimensions"));
    for (uint32_t item = list + 1; item < tree_[list].next; item = tree_[item].next) {
      PropertyReader one(tree_, item);
      TRY(one.check_object("a dimension"));
      TRY_ASSIGN(std::string key, one.text("Key"));
      TRY_ASSIGN(std::string value, one.text("Value"));
      if (key.empty() || key.size() > MetricStore::kNameBytesLimit)
        return PropertyReader::wrong("Key", "of a dimension has not 1 to 255 characters");
      if (!MetricStore::is_dimension_text(key))
        return PropertyReader::wrong("Key", "of a dimension has other than printable ASCII");
      for (const auto& [known, _] : filter.dimensions_)
        if (known == key) return PropertyReader::wrong("Dimensions", "have " + key + " twice");
      TRY_ASSIGN(auto field, reference("Dimensions", value, filter.pattern_));
      filter.dimensions_.emplace_back(std::move(key), std::move(field));
    }
    if (filter.dimensions_.size() > kDimensionsLimit)
      return PropertyReader::wrong("Dimensions", "are more than 3");
    return {};
  }

  static Result<rules::FieldReference> reference(const char* property, const std::string& text,
                                                 const rules::FilterPattern& pattern) {
    bool json = text.starts_with("$.") || text.starts_with("$[");
    auto needed = json ? rules::FilterPattern::Kind::kJson : rules::FilterPattern::Kind::kDelimited;
    if (pattern.kind() != needed)
      return PropertyReader::wrong(
          property, text + (json ? " names a field of JSON: the pattern must be { … }"
                                 : " names a field of a line: the pattern must be [ … ]"));
    auto field = rules::FieldReference::parse(text);
    if (!field.ok()) return std::move(field).error().with_context(property);
    return field;
  }

  const JsonTree& tree_;
  PropertyReader properties_;
};

Result<MetricFilter> MetricFilter::parse(const JsonTree& tree, uint32_t node) {
  return Reader(tree, node).read();
}

std::optional<MetricFilter::Sample> MetricFilter::sample(rules::LogEvent& event) const {
  Sample sample;
  sample.value = constant_;
  if (value_) {
    auto text = value_->value(event, pattern_);
    auto number = text ? metric_number(*text) : std::nullopt;
    if (!number) return std::nullopt;
    sample.value = *number;
  }
  for (const auto& [name, field] : dimensions_) {
    auto text = field.value(event, pattern_);
    if (!text || text->empty() || text->size() > MetricStore::kValueBytesLimit ||
        !MetricStore::is_dimension_text(*text))
      return std::nullopt;
    sample.dimensions.push_back({name, std::move(*text)});
  }
  return sample;
}

void MinuteLog::merge(const MinuteLog& other) {
  seen_.insert(other.seen_.begin(), other.seen_.end());
  for (size_t i = 0; i < matched_.size(); ++i)
    matched_[i].insert(other.matched_[i].begin(), other.matched_[i].end());
}

std::optional<Timestamp> MinuteLog::first() const {
  if (seen_.empty()) return std::nullopt;
  return Timestamp(std::chrono::minutes(*seen_.begin()));
}

std::optional<Timestamp> MinuteLog::last() const {
  if (seen_.empty()) return std::nullopt;
  return Timestamp(std::chrono::minutes(*seen_.rbegin()));
}

std::vector<Timestamp> MinuteLog::minutes_from(Timestamp time) const {
  std::vector<Timestamp> minutes;
  for (auto at = seen_.lower_bound(minute(time)); at != seen_.end(); ++at)
    minutes.emplace_back(std::chrono::minutes(*at));
  return minutes;
}

Status MinuteLog::add_defaults(const std::vector<MetricFilter>& filters, Timestamp until,
                               MetricStore& store) {
  int64_t end = minute(until);
  std::vector<int64_t> minutes(seen_.begin(), seen_.lower_bound(end));
  for (size_t i = 0; i < filters.size(); ++i) {
    if (!filters[i].default_value()) continue;
    TRY_ASSIGN(MetricRef metric, store.metric(filters[i].metric()));
    for (int64_t at : minutes) {
      if (matched_[i].contains(at)) continue;
      TRY(store.add(metric, Timestamp(std::chrono::minutes(at)), *filters[i].default_value(), 1,
                    filters[i].unit()));
    }
  }
  seen_.erase(seen_.begin(), seen_.lower_bound(end));
  for (auto& matched : matched_) {
    for (int64_t at : minutes) matched.erase(at);
  }
  last_ = INT64_MIN;
  return {};
}

}  // namespace cairn::monitor
