#include "report/html_text.h"

#include "report/fold.h"

namespace cairn::report {

std::string safe_in_html(std::string_view json) {
  std::string safe;
  safe.reserve(json.size() + json.size() / 16);
  size_t copied = 0;
  for (size_t at = json.find_first_of("<>&"); at != std::string_view::npos;
       at = json.find_first_of("<>&", copied)) {
    safe.append(json, copied, at - copied);
    safe += json[at] == '<' ? "\\u003c" : json[at] == '>' ? "\\u003e" : "\\u0026";
    copied = at + 1;
  }
  safe.append(json, copied);
  return safe;
}

void json_seconds(JsonWriter& json, Duration duration) {
  int64_t milliseconds = duration.count();
  if (milliseconds % 1000 == 0) {
    json.value(milliseconds / 1000);
  } else {
    json.value(static_cast<double>(milliseconds) / 1000);
  }
}

uint32_t StringTable::number(std::string_view text) {
  auto [entry, is_new] = numbers_.emplace(text, static_cast<uint32_t>(texts_.size()));
  if (is_new) texts_.push_back(text);
  return entry->second;
}

std::optional<uint32_t> StringTable::find(std::string_view text) const {
  auto entry = numbers_.find(text);
  if (entry == numbers_.end()) return std::nullopt;
  return entry->second;
}

void StringTable::note_agent(std::string_view agent) {
  auto [entry, is_new] = clients_.emplace(number(agent), 0);
  if (!is_new) return;
  own_.push_back(detect::client_name(agent));
  entry->second = number(own_.back());
}

}  // namespace cairn::report
