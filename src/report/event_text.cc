#include "report/event_text.h"

#include "base/text.h"
#include "detect/detect.h"
#include "report/page.h"

#include <algorithm>

namespace cairn::report {

namespace {

bool is_hex(char c) {
  char lower = ascii_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

bool is_ipv4(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           if (part.empty() || part.size() > 3) return false;
           unsigned value = 0;
           for (char c : part) {
             if (!is_digit(c)) return false;
             value = value * 10 + static_cast<unsigned>(c - '0');
           }
           return value <= 255;
         });
}

bool is_ipv6(std::string_view text) {
  constexpr size_t kLongest = 45;  // with an IPv4 address at its end
  if (text.size() > kLongest || std::count(text.begin(), text.end(), ':') < 2) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

}  // namespace

std::string action_of(const EventSummary& event) {
  constexpr std::string_view kSuffix = ".amazonaws.com";
  std::string_view source = event.event_source;
  if (source.size() > kSuffix.size() && source.ends_with(kSuffix))
    source.remove_suffix(kSuffix.size());
  return source.empty() ? event.event_name : std::string(source) + ":" + event.event_name;
}

std::string error_of(const EventSummary& event) {
  if (event.error_code.empty()) return event.error_message;
  return event.error_message.empty() ? event.error_code
                                     : event.error_code + ": " + event.error_message;
}

std::string time_text(const EventSummary& event) {
  return event.time_known ? format_time(event.time) : "";
}

std::string sentence_of(const EventSummary& event) {
  std::string text = detect::short_principal(event.principal);
  if (!event.session.empty()) text += " (session " + event.session + ")";
  text += ": ";
  const std::string& reason = event.error_code.empty() ? event.error_message : event.error_code;
  if (!reason.empty()) text += "failed (" + reason + "): ";
  text += event.words.empty() ? "called " + action_of(event) : event.words;
  if (!event.source_ip.empty()) text += ", from " + event.source_ip;
  return text;
}

std::string account_of(const Finding& finding) {
  std::string text = plural(finding.count, "event");
  if (finding.failed > 0) text += ", " + format_count(finding.failed) + " failed";
  if (finding.time_known) text += ", " + period_text(finding.first, finding.last);
  text += ".";
  std::vector<std::string> said;
  for (const EventSummary& event : finding.samples) {
    std::string sentence = sentence_of(event);
    if (std::find(said.begin(), said.end(), sentence) != said.end()) continue;
    text += " " + sentence + ".";
    said.push_back(std::move(sentence));
  }
  return text;
}

std::string user_name_of(std::string_view principal) {
  std::string name = detect::short_principal(principal);
  bool named = name.starts_with("user/") || name.starts_with("role/");
  return named ? name.substr(name.find('/') + 1) : name;
}

bool is_address(std::string_view text) { return is_ipv4(text) || is_ipv6(text); }

std::string period_text(Timestamp first, Timestamp last) {
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  std::string text = period(first, last);
  for (size_t at = text.find(kNoBreakSpace); at != std::string::npos;
       at = text.find(kNoBreakSpace, at))
    text.replace(at, kNoBreakSpace.size(), " ");
  return text + " UTC";
}

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  if (region.starts_with("us-isob-")) return "aws-iso-b";
  if (region.starts_with("us-iso-")) return "aws-iso";
  return "aws";
}

bool is_account_id(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), is_digit);
}

std::string compact_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!in_string && blank) continue;
    out += c;
    if (in_string && c == '\\' && i + 1 < json.size()) {
      out += json[++i];
    } else if (c == '"') {
      in_string = !in_string;
    }
  }
  return out;
}

}  // namespace cairn::report
