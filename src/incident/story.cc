// Acts in words.

#include "base/text.h"
#include "detect/detect.h"
#include "incident/strand.h"
#include "incident/tense.h"
#include "model/refusal.h"

#include <algorithm>

namespace cairn::incident {

namespace {

std::string few(const std::vector<std::string>& values, size_t shown, size_t total) {
  std::string text;
  for (size_t i = 0; i < values.size() && i < shown; ++i) {
    if (i > 0) text += i + 1 == std::min(shown, total) && total <= shown ? " and " : ", ";
    text += values[i];
  }
  if (total > std::min(shown, values.size()))
    text += " and " + format_count(total - std::min(shown, values.size())) + " more";
  return text;
}

std::string outcome_of(const Act& act) {
  return (is_refusal(act.error_code) ? "refused (" : "failed (") + act.error_code + ")";
}

/// "; 716 calls, 60 failed".
std::string count_of(const Act& act) {
  std::string text = plural(act.events, "call");
  if (act.failed_wholly()) return text + (act.events == 1 ? ", which failed" : ", all failed");
  if (act.failed > 0) text += ", " + format_count(act.failed) + " failed";
  return text;
}

bool all_have_infinitives(const std::vector<Act::Name>& names) {
  return std::none_of(names.begin(), names.end(),
                      [](const Act::Name& name) { return infinitive_of(name.words).empty(); });
}

/// "an attack tool … called the API: 716 calls (GetUser 120 times, …) with Terraform/1.1.2 from …";
/// few calls in words: "…: listed buckets, with aws-cli/1.16.19 from …".
std::string words_of_mark(const Act& act, const RuleBook& book, bool brief) {
  constexpr size_t kNamesTold = 3;
  std::string text = title_of_mark(act, book);
  if (brief) {
    text += ",";
  } else if (act.names.size() <= kNamesTold + 1 && act.names.size() < kValues) {
    bool tried = act.failed_wholly() && all_have_infinitives(act.names);
    text += tried ? ": tried to " : ": ";
    if (act.failed_wholly() && !tried) text += outcome_of(act) + ": ";
    for (size_t i = 0; i < act.names.size(); ++i) {
      if (i > 0) text += i + 1 == act.names.size() ? " and " : ", ";
      text += tried ? infinitive_of(act.names[i].words) : act.names[i].words;
      if (act.names[i].calls > 1) text += " (" + plural(act.names[i].calls, "call") + ")";
    }
    if (act.failed > 0 && !act.failed_wholly())
      text += " (" + format_count(act.failed) + " failed)";
    text += ",";
  } else {
    std::vector<Act::Name> names = act.names;
    std::stable_sort(names.begin(), names.end(),
                     [](const auto& a, const auto& b) { return a.calls > b.calls; });
    names.resize(kNamesTold);
    text += ": " + count_of(act) + " (";
    for (const Act::Name& name : names) {
      text += name.name;
      if (name.calls > 1) text += " " + format_count(name.calls);
      text += ", ";
    }
    text += "…)";
  }
  std::vector<std::string> clients;
  for (const std::string& agent : act.user_agents) note(clients, detect::client_name(agent));
  if (!clients.empty()) text += " with " + few(clients, 2, clients.size());
  if (!act.source_ips.empty()) text += " from " + few(act.source_ips, 2, act.source_ips.size());
  if (text.back() == ',') text.pop_back();
  return text;
}

}  // namespace

std::string words_of(const Act& act, const RuleBook& book, bool brief) {
  if (act.is_mark) return words_of_mark(act, book, brief);
  std::string text = act.words;
  std::string tried = act.failed_wholly() ? infinitive_of(text) : std::string();
  if (!tried.empty()) {
    text = "tried to " + tried;
  } else if (act.failed_wholly()) {
    text = outcome_of(act) + ": " + text;
  }
  size_t targets = std::max(act.target_hashes.size(), act.targets.size());
  if (targets > 1) {
    // The first target stands in the words already.
    std::vector<std::string> others(act.targets.begin() + 1, act.targets.end());
    text += ", then the same with " + few(others, 2, targets - 1);
  }
  if (act.events > 1) text += " (" + plural(act.events, "call") + ")";
  if (!tried.empty()) text += ": " + outcome_of(act);
  return text;
}

std::string title_of_mark(const Act& act, const RuleBook& book) {
  return lower_first(book.infos[act.rules.front()].title);
}

}  // namespace cairn::incident
