#include "report/event_page.h"

#include "base/text.h"
#include "detect/detect.h"
#include "report/page.h"

#include <algorithm>

namespace cairn::report {

namespace {

constexpr size_t kIndent = 2;

std::string capitals(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

std::string who(const EventSummary& summary) {
  std::string text = detect::short_principal(summary.principal);
  if (!summary.session.empty()) text += ", session " + summary.session;
  if (!summary.access_key.empty()) text += ", key " + summary.access_key;
  if (!summary.source_ip.empty()) text += ", from " + summary.source_ip;
  if (!summary.user_agent.empty()) text += ", " + summary.user_agent;
  return text;
}

std::string call(const EventSummary& summary) {
  constexpr std::string_view kSuffix = ".amazonaws.com";
  std::string_view source = summary.event_source;
  if (source.ends_with(kSuffix)) source.remove_suffix(kSuffix.size());
  std::string text = std::string(source) + ":" + summary.event_name;
  text += summary.time_known ? ", " + format_time_short(summary.time) + " UTC" : ", without a time";
  if (!summary.region.empty()) text += ", " + summary.region;
  if (!summary.account.empty()) text += ", account " + summary.account;
  return text;
}

void add_rules(Page& page, const ShownEvent& event) {
  if (event.rules.empty()) page.labelled("RULES", "no rule matches");
  bool first = true;
  for (const ShownEvent::RuleHit& rule : event.rules) {
    std::string level = capitals(to_string(rule.level));
    page.labelled(first ? "RULES" : "", page.clean(level + " " + rule.code + ": " + rule.title), 2);
    if (!rule.next_step.empty())
      page.labelled("", page.clean("Next: " + std::string(trim(rule.next_step))), 2);
    first = false;
  }
}

/// Paths are for copying: they are not wrapped.
void add_places(Page& page, const ShownEvent& event) {
  std::string label = page.paint(Ink::kLabel, page.pad("WHERE", Page::kLabelWidth));
  for (const ShownEvent::Place& place : event.places) {
    std::string byte = place.offset == ShownEvent::kNoOffset
                           ? ", in the lake"
                           : ", byte " + format_count(place.offset);
    page.line(label + page.clean(place.file) + byte);
    label = std::string(Page::kLabelWidth, ' ');
  }
  if (event.copies > event.places.size()) {
    page.labelled("",
                  "and " + plural(event.copies - event.places.size(), "more copy", "more copies"));
  }
  page.labelled("", event.copies == 1 ? "no copies" : "the same record at all of these places");
  if (event.variants > 0) {
    page.labelled("",
                  "CAUTION: " + plural(event.variants, "other record") +
                      " with this eventID, but different content",
                  0, Ink::kLabel, Ink::kMedium);
  }
}

/// The record's lines, keys in colour.
void add_record(Page& page, std::string_view record) {
  std::string lines = indent_json(record);
  for (std::string_view line : split(lines, '\n')) {
    std::string text = page.clean(line);
    size_t begin = text.find_first_not_of(' ');
    size_t end = text.find("\": ");
    if (begin != std::string::npos && text[begin] == '"' && end != std::string::npos) {
      ++end;
      text = text.substr(0, begin) + page.paint(Ink::kLow, text.substr(begin, end - begin)) +
             text.substr(end);
    }
    page.line(text);
  }
}

}  // namespace

std::string indent_json(std::string_view json) {
  std::string out;
  size_t depth = 0;
  bool in_string = false;
  auto break_line = [&] {
    out += '\n';
    out.append(depth * kIndent, ' ');
  };
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (in_string || c == '"') {
      out += c;
      if (c == '\\' && i + 1 < json.size()) out += json[++i];
      if (c == '"') in_string = !in_string;
      continue;
    }
    switch (c) {
      case '{':
      case '[':
        out += c;
        if (i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
          out += json[++i];
          break;
        }
        ++depth;
        break_line();
        break;
      case '}':
      case ']':
        depth -= depth > 0 ? 1 : 0;
        break_line();
        out += c;
        break;
      case ',':
        out += c;
        break_line();
        break;
      case ':':
        out += ": ";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string render_event(const ShownEvent& event, const TerminalStyle& style) {
  Page page(style);
  const EventSummary& summary = event.summary;
  page.labelled("EVENT", page.clean(summary.event_id));
  page.labelled("CALL", page.clean(call(summary)));
  page.labelled("WHO", page.clean(who(summary)), 2);
  page.labelled("WHAT", page.clean(summary.words));
  std::string error = summary.error_code;
  if (!summary.error_message.empty()) error += (error.empty() ? "" : ": ") + summary.error_message;
  if (!error.empty()) page.labelled("FAILED", page.clean(error), 2, Ink::kLabel, Ink::kMedium);
  add_rules(page, event);
  add_places(page, event);
  page.blank();
  add_record(page, event.record);
  return std::move(page).take();
}

}  // namespace cairn::report
