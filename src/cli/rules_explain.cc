#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/rules_tools.h"
#include "cli/screen.h"
#include "engine/rule_tools.h"
#include "formats/json_writer.h"

#include <algorithm>

namespace cairn::cli {

namespace {

using Kind = Explanation::Kind;

constexpr size_t kRemarks = 20;
constexpr size_t kValueWidth = 70;    // of one value
constexpr size_t kAnswerColumn = 56;  // where what the event has begins, when there is room
constexpr char kDecides[] = "Capitals: what the answer hangs on.\n";

// ---- As JSON

void write_values(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.key(key).begin_array();
  for (const std::string& value : values) json.value(value);
  json.end_array();
}

void write(JsonWriter& json, const Explanation& part) {
  constexpr const char* kKinds[] = {"all", "any", "not", "test", "element"};
  json.begin_object()
      .member("kind", kKinds[static_cast<size_t>(part.kind)])
      .member("holds", part.holds)
      .member("decides", part.decides);
  if (!part.field.empty()) json.member("field", part.field);
  if (!part.test.empty()) json.member("test", part.test);
  if (part.kind == Kind::kTest) {
    write_values(json, "has", part.values);
    json.member("values", part.value_count);
  }
  if (!part.other_field.empty()) {
    json.member("other_field", part.other_field);
    write_values(json, "other_has", part.other_values);
  }
  if (!part.children.empty() || part.kind != Kind::kTest) {
    json.key("parts").begin_array();
    for (const Explanation& child : part.children) write(json, child);
    json.end_array();
  }
  json.end_object();
}

void write(JsonWriter& json, const engine::ExplainedRule& rule) {
  json.begin_object()
      .member("code", rule.info.code)
      .member("id", rule.info.id)
      .member("title", rule.info.title)
      .member("level", to_string(rule.info.level))
      .member("matches", rule.matches)
      .member("allowed", rule.allowed);
  if (rule.asks.empty()) {
    json.key("condition");
    write(json, rule.condition);
  } else {
    json.member("asks", rule.asks).key("rules").begin_array();
    for (const engine::ExplainedRule& part : rule.parts) write(json, part);
    json.end_array();
  }
  if (!rule.group.empty()) {
    json.key("group").begin_array();
    for (const auto& value : rule.group) {
      json.begin_object().member("name", value.name).member("field", value.path).key("value");
      value.known ? json.value(value.value) : json.null();
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

std::string as_json(const engine::RuleExplanations& explained) {
  std::string out;
  for (const engine::ExplainedRule& rule : explained.rules) {
    JsonWriter json;
    json.begin_object().key("event").begin_object();
    json.member("eventID", explained.event.event_id)
        .member("eventName", explained.event.event_name)
        .member("eventSource", explained.event.event_source)
        .member("principal", explained.event.principal)
        .end_object()
        .key("rule");
    write(json, rule);
    out += std::move(json.end_object()).take() + "\n";
  }
  return out;
}

// ---- For people

std::string value_list(const std::vector<std::string>& values, uint64_t count) {
  if (values.empty()) return "missing";
  std::string text;
  for (const std::string& value : values)
    text += (text.empty() ? "" : ", ") + truncate_to_width(printable(value), kValueWidth);
  if (count > values.size()) text += " and " + format_count(count - values.size()) + " more";
  return text;
}

std::string found_text(const Explanation& part) {
  if (part.field == "record" && part.value_count == 0) return "";
  std::string text = "it is " + value_list(part.values, part.value_count);
  if (!part.other_field.empty())
    text += ", " + printable(part.other_field) + " is " + value_list(part.other_values, 0);
  return text;
}

class TreeText {
 public:
  explicit TreeText(const report::TerminalStyle& style) : style_(style) {}

  void add(const Explanation& part, size_t depth) {
    switch (part.kind) {
      case Kind::kTest:
        line(part, depth, printable(part.field + " " + part.test), found_text(part));
        return;
      case Kind::kElement:
        line(part, depth, "some element of " + printable(part.field),
             part.children.empty() ? "there is none" : "");
        break;
      case Kind::kNone:
        // `not` and its only test fit on one line.
        if (part.children.front().kind == Kind::kTest) {
          const Explanation& test = part.children.front();
          line(part, depth, "not: " + printable(test.field + " " + test.test), found_text(test));
          return;
        }
        line(part, depth, "not", "");
        break;
      case Kind::kAll:
      case Kind::kAny:
        line(part, depth,
             (part.test.empty() ? "" : part.test + ": ") +
                 (part.kind == Kind::kAll ? "all of" : "any of"),
             "");
        break;
    }
    for (const Explanation& child : part.children) add(child, depth + 1);
  }

  std::string text;

 private:
  void line(const Explanation& part, size_t depth, const std::string& wanted,
            const std::string& found) {
    std::string answer = part.decides ? (part.holds ? "YES" : "NO ") : part.holds ? "yes" : "no ";
    if (style_.colour) answer = (part.holds ? "\x1b[32m" : "\x1b[31m") + answer + "\x1b[0m";
    std::string row(2 * depth, ' ');
    row += wanted;
    text += "  " + answer + "  " + row;
    if (!found.empty()) {
      const size_t used = display_width(row);
      const bool beside =
          used + 2 <= kAnswerColumn && kAnswerColumn + 7 + display_width(found) <= style_.width;
      text += beside ? std::string(kAnswerColumn - used, ' ')
                     : "\n" + std::string(7 + 2 * depth + 4, ' ');
      text += found;
    }
    text += "\n";
  }

  const report::TerminalStyle& style_;
};

std::string answer_of(const engine::ExplainedRule& rule) {
  if (!rule.asks.empty())
    return rule.matches ? "TAKES PART: more events decide whether there is a finding"
                        : "DOES NOT TAKE PART";
  if (rule.allowed) return "MATCHES, but an allow-list of the rule expects it: no finding";
  return rule.matches ? "MATCHES" : "DOES NOT MATCH";
}

std::string rule_text(const engine::ExplainedRule& rule, const report::TerminalStyle& style) {
  std::string out = printable(rule.info.code) + "  " + printable(rule.info.title) + "  (" +
                    std::string(to_string(rule.info.level)) + ")\n" + answer_of(rule) + "\n";
  if (rule.asks.empty()) {
    TreeText tree(style);
    tree.add(rule.condition, 0);
    out += tree.text;
  } else {
    out += "  asks   " + printable(rule.asks) + "\n";
    for (const engine::ExplainedRule& part : rule.parts) out += "\n" + rule_text(part, style);
  }
  for (const auto& value : rule.group) {
    out += "  " + std::string(value.name == "counted" ? "counts " : "group  ") +
           printable(value.name == "counted" || value.name == value.path
                         ? value.path
                         : value.name + " (" + value.path + ")") +
           " = " +
           (value.known ? "\"" + truncate_to_width(printable(value.value), kValueWidth) + "\""
                        : "missing: the event takes no part") +
           "\n";
  }
  return out;
}

std::string event_line(const EventSummary& event) {
  std::string out =
      "event  " + printable(event.event_name) + " of " + printable(event.event_source);
  if (event.time_known) out += ", " + format_time(event.time);
  out += "\n       by " + printable(event.principal);
  if (!event.words.empty()) out += ": " + printable(event.words);
  return out + "\n       " + printable(event.event_id) + "\n";
}

}  // namespace

bool asks_about_event(const RulesCommand& command, Files& files) {
  if (!command.logs.empty()) return command.names.size() >= 2;
  if (command.names.size() < 2) return false;
  const std::string& last = command.names.back();
  return !last.ends_with(".yml") && !last.ends_with(".yaml") && files.stat(last).ok();
}

int explain_event(const RulesCommand& command, engine::World world) {
  engine::ExplainedEvent asked{command.logs, ""};
  std::vector<std::string> names(command.names.begin(), command.names.end() - 1);
  (command.logs.empty() ? asked.logs.emplace_back() : asked.event_id) = command.names.back();
  ProgressLine progress(command.appearance);
  auto explained = engine::explain_event(
      world, {command.rules, names}, asked,
      [&progress](const engine::ScanProgress& state) { progress.show(state); });
  progress.clear();
  if (!explained.ok()) return job_failed(explained.error());
  const engine::RuleExplanations& all = explained.value();
  print_diagnostics(all.diagnostics, kRemarks);
  std::string text;
  if (command.json) {
    text = as_json(all);
  } else {
    const report::TerminalStyle style = style_for(command.appearance, false);
    text = event_line(all.event);
    for (const engine::ExplainedRule& rule : all.rules) text += "\n" + rule_text(rule, style);
    text += std::string("\n") + kDecides;
  }
  if (!print_out(text)) return kExitIncomplete;
  print_problems(all.read);
  return all.read.complete() ? 0 : kExitIncomplete;
}

}  // namespace cairn::cli
