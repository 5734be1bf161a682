#include "rules/trial.h"

#include "base/text.h"
#include "rules/event_pattern.h"
#include "rules/filter_pattern.h"
#include "rules/json_event.h"
#include "rules/rules.h"

#include <vector>

namespace cairn::rules {

namespace {

const char* const kName = "pattern";  // where remarks are located

std::string answer(bool matches) { return matches ? "match" : "no match"; }
std::string error(std::string_view message) { return "error: " + std::string(message); }

/// "error: 2:20: no operator is called "numerc" [event-pattern-syntax]"
std::string first_error(const Diagnostics& diagnostics) {
  for (const Diagnostic& item : diagnostics.items()) {
    if (item.severity != DiagnosticSeverity::kError) continue;
    std::string place =
        item.line == 0 ? "" : std::to_string(item.line) + ":" + std::to_string(item.column) + ": ";
    return error(place + printable(item.message) + " [" + item.code + "]");
  }
  return error("not a rule that can be loaded");
}

std::string try_sigma(std::string_view pattern, std::string_view event) {
  FieldTable fields;
  Diagnostics diagnostics;
  std::vector<RuleFile> files{{kName, std::string(pattern)}};
  LoadOptions options;
  options.any_log_source = true;
  RuleSet set = RuleSet::load_sigma(files, options, fields, diagnostics);
  if (diagnostics.has_errors()) return first_error(diagnostics);
  if (set.counts().correlations > 0) return error("a correlation needs more than one event");
  if (set.size() == 0) return error("there is no rule in the text");
  fields.freeze();
  JsonEvent json(fields);
  Status read = json.set(std::string(event));
  if (!read.ok()) return error("the event: " + read.error().message);
  Matcher matcher(set);
  std::vector<uint32_t> matched;
  matcher.match(json.event(), matched);
  return answer(!matched.empty());
}

std::string try_cloudwatch(std::string_view pattern, std::string_view event) {
  Diagnostics diagnostics;
  auto parsed = FilterPattern::parse(pattern, kName, diagnostics);
  if (!parsed) return first_error(diagnostics);
  LogEvent log;
  log.set(event);
  return answer(parsed->matches(log));
}

std::string try_eventbridge(std::string_view pattern, std::string_view event) {
  Diagnostics diagnostics;
  auto parsed = EventPattern::parse(pattern, kName, diagnostics);
  if (!parsed) return first_error(diagnostics);
  JsonTree tree;
  Status read = tree.parse(event);
  if (!read.ok()) return error("the event: " + read.error().message);
  if (tree[0].kind != JsonTree::Kind::kObject) return error("the event: not a JSON object");
  return answer(parsed->matches(tree));
}

}  // namespace

std::string try_pattern(std::string_view language, std::string_view pattern,
                        std::string_view event) {
  if (language == "sigma") return try_sigma(pattern, event);
  if (language == "cloudwatch") return try_cloudwatch(pattern, event);
  if (language == "eventbridge") return try_eventbridge(pattern, event);
  return error("the language \"" + printable(language) +
               "\" is none of sigma, cloudwatch and eventbridge");
}

}  // namespace cairn::rules
