#include "cli/rules_tools.h"

#include "base/text.h"
#include "cli/commands.h"
#include "cli/screen.h"
#include "engine/rule_tools.h"
#include "formats/json_writer.h"

namespace cairn::cli {

namespace {

constexpr size_t kRemarks = 20;

/// What begins a comment in a language; patterns have no comments.
std::string comment_of(const std::string& language) {
  if (language == "sigma") return "# ";
  return language == "cloudwatch" || language == "eventbridge" ? "" : "-- ";
}

std::string as_json(const engine::ConvertedRule& rule, const std::string& to) {
  JsonWriter json;
  json.begin_object()
      .member("code", rule.info.code)
      .member("id", rule.info.id)
      .member("title", rule.info.title)
      .member("to", to);
  if (rule.refused.empty()) {
    json.member("text", rule.text).key("assumptions").begin_array();
    for (const std::string& assumption : rule.assumptions) json.value(assumption);
    json.end_array();
  } else {
    json.member("refused", rule.refused);
  }
  return std::move(json.end_object()).take() + "\n";
}

std::string as_text(const engine::ConvertedRule& rule, const std::string& to, bool alone) {
  std::string comment = comment_of(to), out;
  if (!comment.empty() && to != "sigma") {
    out += comment + printable(rule.info.code) + "  " + printable(rule.info.title) + "\n";
    for (const std::string& assumption : rule.assumptions)
      out += comment + "assumes: " + printable(assumption) + "\n";
  } else if (!alone && comment.empty()) {
    out += printable(rule.info.code) + "\t";
  }
  out += rule.text;
  if (comment == "-- ") out += ";";
  return out + "\n";
}

}  // namespace

int fail_rules(const Error& error) {
  complain(error.message);
  return error.code == ErrorCode::kInvalidInput || error.code == ErrorCode::kNotFound
             ? kExitUsage
             : kExitIncomplete;
}

int convert_rules(const RulesCommand& command, engine::World world) {
  auto converted = engine::convert_rules(world, {command.rules, command.names}, command.to,
                                         command.plain_fields);
  if (!converted.ok()) return fail_rules(converted.error());
  print_diagnostics(converted.value().diagnostics, kRemarks);
  const auto& rules = converted.value().rules;
  size_t refused = 0;
  bool first = true;
  for (const engine::ConvertedRule& rule : rules) {
    const bool is_refused = !rule.refused.empty();
    refused += is_refused ? 1 : 0;
    if (is_refused && !command.json) {
      complain(printable(rule.info.code) + " is refused: " + rule.refused);
      continue;
    }
    std::string text =
        command.json ? as_json(rule, command.to) : as_text(rule, command.to, rules.size() == 1);
    if (!command.json && !first && !comment_of(command.to).empty())
      text.insert(0, command.to == "sigma" ? "---\n" : "\n");
    first = false;
    if (!print_out(text)) return kExitIncomplete;
    if (comment_of(command.to).empty() && !command.json) {
      for (const std::string& assumption : rule.assumptions)
        print_error("cairn: " + printable(rule.info.code) + " assumes: " + assumption + "\n");
    }
  }
  if (refused > 0 && rules.size() > 1)
    print_error("cairn: " + format_count(rules.size() - refused) + " of " +
                plural(rules.size(), "rule") + " converted, " + format_count(refused) +
                " refused\n");
  return refused > 0 || converted.value().diagnostics.has_errors() ? kExitIncomplete : 0;
}

}  // namespace cairn::cli
