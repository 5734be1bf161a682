#include "monitor/metric_input.h"

#include "formats/json_tree.h"
#include "monitor/property_reader.h"

#include <cmath>

namespace cairn::monitor {

namespace {

constexpr size_t kDataLimit = 1'000, kValuesLimit = 150;
constexpr Duration kFutureAllowed = std::chrono::hours(2);

Error refused(const std::string& message) { return {ErrorCode::kInvalidInput, message}; }

/// Reads one datum; errors name it "MetricData.member.N".
class DatumReader {
 public:
  DatumReader(const JsonTree& tree, uint32_t node, std::string place, Timestamp now)
      : tree_(tree), fields_(tree, node), place_(std::move(place)), now_(now) {}

  Result<MetricDatum> read(const std::string& space) {
    TRY(fields_.check_object("a datum"));
    MetricDatum datum;
    datum.metric.space = space;
    if (!fields_.has("MetricName")) return required("MetricName");
    TRY_ASSIGN(datum.metric.name, fields_.text("MetricName"));
    TRY(read_dimensions(datum.metric));
    TRY_ASSIGN(datum.time, time());
    TRY(read_samples(datum.samples));
    TRY_ASSIGN(std::string unit, fields_.text_or("Unit", "None"));
    auto known = Unit::parse(unit);
    if (!known) return invalid("Unit", "is none of CloudWatch's units");
    datum.unit = *known;
    if (fields_.has("StorageResolution")) {
      TRY_ASSIGN(uint32_t resolution, fields_.whole("StorageResolution"));
      if (resolution != 1 && resolution != 60)
        return invalid("StorageResolution", "must be either 1 or 60");
      datum.high_resolution = resolution == 1;
    }
    return datum;
  }

 private:
  std::string name(const char* field) const { return place_ + "." + field; }
  Error required(const char* field) const {
    return refused("The parameter " + name(field) + " is required.");
  }
  Error invalid(const char* field, const std::string& what) const {
    return refused("The value for the parameter " + name(field) + " " + what + ".");
  }
  Error exclusive(const char* one, const char* other) const {
    return refused("The parameters " + name(one) + " and " + name(other) +
                   " are mutually exclusive and you have specified both.");
  }

  Status read_dimensions(MetricId& metric) {
    if (!fields_.has("Dimensions")) return {};
    TRY_ASSIGN(uint32_t list, fields_.array("Dimensions"));
    for (uint32_t child = list + 1; child < tree_[list].next; child = tree_[child].next) {
      PropertyReader dimension(tree_, child);
      TRY(dimension.check_object("a dimension"));
      Dimension& added = metric.dimensions.emplace_back();
      TRY_ASSIGN(added.name, dimension.text("Name"));
      TRY_ASSIGN(added.value, dimension.text("Value"));
    }
    return {};
  }

  Result<Timestamp> time() const {
    const JsonTree::Node* node = fields_.find("Timestamp");
    if (node == nullptr) return now_;
    std::optional<Timestamp> time;
    if (node->is_number()) {
      TRY_ASSIGN(double seconds, fields_.number("Timestamp"));
      if (std::abs(seconds) < 1e11) time = Timestamp(Duration(std::llround(seconds * 1000)));
    } else {
      time = parse_event_time(node->text);
    }
    if (!time) return invalid("Timestamp", "is no time");
    if (*time > now_ + kFutureAllowed)
      return refused("The parameter " + name("Timestamp") +
                     " must specify a time no more than two hours in the future.");
    return *time;
  }

  Status read_samples(Samples& samples) {
    bool value = fields_.has("Value"), set = fields_.has("StatisticValues"),
         values = fields_.has("Values");
    if (value && set) return exclusive("Value", "StatisticValues");
    if (value && values) return exclusive("Value", "Values");
    if (set && values) return exclusive("StatisticValues", "Values");
    if (values) return read_values(samples);
    if (fields_.has("Counts")) return required("Values");
    if (set) return read_set(samples);
    if (!value) return required("Value");
    TRY_ASSIGN(double one, fields_.number("Value"));
    TRY(check("Value", one));
    samples.add(one, 1);
    return {};
  }

  Status check(const char* field, double value) const {
    if (std::isfinite(value) && std::abs(value) <= MetricStore::kLargestValue) return {};
    return invalid(field, "must be between -2^360 and 2^360");
  }

  Status read_set(Samples& samples) {
    TRY_ASSIGN(uint32_t node, fields_.object("StatisticValues"));
    PropertyReader reader(tree_, node);
    StatisticSet set;
    for (auto [field, to] :
         {std::pair("SampleCount", &set.count), std::pair("Sum", &set.sum),
          std::pair("Minimum", &set.minimum), std::pair("Maximum", &set.maximum)}) {
      if (!reader.has(field)) return required((std::string("StatisticValues.") + field).c_str());
      TRY_ASSIGN(*to, reader.number(field));
      TRY(check("StatisticValues", *to));
    }
    if (set.count <= 0) return invalid("StatisticValues.SampleCount", "must be greater than 0");
    if (set.minimum > set.maximum)
      return invalid("StatisticValues.Maximum", "must not be less than its Minimum");
    samples.add(set);
    return {};
  }

  Result<std::vector<double>> numbers(const char* field) const {
    TRY_ASSIGN(uint32_t list, fields_.array(field));
    std::vector<double> read;
    for (uint32_t child = list + 1; child < tree_[list].next; child = tree_[child].next) {
      const JsonTree::Node& node = tree_[child];
      if (!node.is_number()) return invalid(field, "must hold numbers only");
      double number = std::stod(std::string(node.text));  // the tree holds only what a double can
      TRY(check(field, number));
      read.push_back(number);
    }
    if (read.empty() || read.size() > kValuesLimit)
      return invalid(field, "must hold from 1 to 150 numbers");
    return read;
  }

  Status read_values(Samples& samples) {
    TRY_ASSIGN(std::vector<double> values, numbers("Values"));
    std::vector<double> counts(values.size(), 1);
    if (fields_.has("Counts")) {
      TRY_ASSIGN(counts, numbers("Counts"));
    }
    if (counts.size() != values.size())
      return refused("The parameters " + name("Values") + " and " + name("Counts") +
                     " must be of the same size.");
    for (size_t i = 0; i < values.size(); ++i) {
      if (counts[i] <= 0) return invalid("Counts", "must be greater than 0");
      samples.add(values[i], counts[i]);
    }
    return {};
  }

  const JsonTree& tree_;
  PropertyReader fields_;
  std::string place_;
  Timestamp now_;
};

}  // namespace

Result<std::vector<MetricDatum>> parse_metric_data(std::string_view json, Timestamp now) {
  JsonTree tree;
  TRY(tree.parse(json));
  PropertyReader request(tree, 0);
  TRY(request.check_object("a request"));
  if (!request.has("Namespace")) return refused("The parameter Namespace is required.");
  if (!request.has("MetricData")) return refused("The parameter MetricData is required.");
  TRY_ASSIGN(std::string space, request.text("Namespace"));
  TRY_ASSIGN(uint32_t list, request.array("MetricData"));
  std::vector<MetricDatum> data;
  for (uint32_t child = list + 1; child < tree[list].next; child = tree[child].next) {
    std::string place = "MetricData.member." + std::to_string(data.size() + 1);
    auto datum = DatumReader(tree, child, place, now).read(space);
    if (!datum.ok()) return std::move(datum).error();
    data.push_back(std::move(datum).value());
    if (data.size() > kDataLimit)
      return refused("The collection MetricData must not have a size greater than 1000.");
  }
  if (data.empty()) return refused("The parameter MetricData is required.");
  return data;
}

}  // namespace cairn::monitor
