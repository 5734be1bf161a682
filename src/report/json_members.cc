#include "report/json_members.h"

namespace cairn::report {

void member_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.key(name).begin_array();
  for (const std::string& value : values) json.value(value);
  json.end_array();
}

void member_verdicts(JsonWriter& json, std::string_view name,
                     const std::array<uint64_t, integrity::kVerdictCount>& counts) {
  json.key(name).begin_object();
  for (size_t i = 0; i < counts.size(); ++i)
    json.member(to_string(static_cast<integrity::Verdict>(i)), counts[i]);
  json.end_object();
}

void member_objects(JsonWriter& json, const integrity::Finding& finding) {
  json.key("objects").begin_array();
  for (const std::string& line : finding.objects) {
    size_t tab = line.find('\t');
    json.begin_object().member("object", std::string_view(line).substr(0, tab));
    json.member("reason", std::string_view(line).substr(tab + 1)).end_object();
  }
  json.end_array();
}

}  // namespace cairn::report
