// Phrases come from content/actions.tsv: past tense, the verb first. English forms the past of
// regular verbs in ways that cannot all be told apart backwards ("used", "ended"), so the verbs
// that lose more than "ed" are listed; tense_test.cc holds the table against this.

#include "incident/tense.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cairn::incident {

namespace {

// By their past tense, sorted. With one "e" more than "ed" takes away, or irregular.
constexpr std::array<std::pair<std::string_view, std::string_view>, 64> kVerbs = {{
    {"allocated", "allocate"},
    {"applied", "apply"},
    {"archived", "archive"},
    {"assumed", "assume"},
    {"began", "begin"},
    {"cancelled", "cancel"},
    {"changed", "change"},
    {"closed", "close"},
    {"copied", "copy"},
    {"created", "create"},
    {"cut", "cut"},
    {"deactivated", "deactivate"},
    {"declined", "decline"},
    {"decoded", "decode"},
    {"deleted", "delete"},
    {"described", "describe"},
    {"disabled", "disable"},
    {"enabled", "enable"},
    {"estimated", "estimate"},
    {"exchanged", "exchange"},
    {"gave", "give"},
    {"generated", "generate"},
    {"invited", "invite"},
    {"invoked", "invoke"},
    {"issued", "issue"},
    {"left", "leave"},
    {"let", "let"},
    {"made", "make"},
    {"moved", "move"},
    {"muted", "mute"},
    {"named", "name"},
    {"prepared", "prepare"},
    {"put", "put"},
    {"ran", "run"},
    {"read", "read"},
    {"released", "release"},
    {"removed", "remove"},
    {"renamed", "rename"},
    {"replaced", "replace"},
    {"reset", "reset"},
    {"restored", "restore"},
    {"resumed", "resume"},
    {"resynchronised", "resynchronise"},
    {"retired", "retire"},
    {"retrieved", "retrieve"},
    {"revoked", "revoke"},
    {"rotated", "rotate"},
    {"scheduled", "schedule"},
    {"sent", "send"},
    {"set", "set"},
    {"shared", "share"},
    {"stopped", "stop"},
    {"stored", "store"},
    {"subscribed", "subscribe"},
    {"swapped", "swap"},
    {"tagged", "tag"},
    {"terminated", "terminate"},
    {"took", "take"},
    {"transferred", "transfer"},
    {"unmuted", "unmute"},
    {"updated", "update"},
    {"used", "use"},
    {"withdrew", "withdraw"},
    {"wrote", "write"},
}};

std::string infinitive(std::string_view verb) {
  auto known =
      std::lower_bound(kVerbs.begin(), kVerbs.end(), verb,
                       [](const auto& one, std::string_view past) { return one.first < past; });
  if (known != kVerbs.end() && known->first == verb) return std::string(known->second);
  constexpr std::string_view kPast = "ed";
  bool regular = verb.size() > 4 && verb.substr(verb.size() - kPast.size()) == kPast &&
                 std::all_of(verb.begin(), verb.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return regular ? std::string(verb.substr(0, verb.size() - kPast.size())) : std::string();
}

}  // namespace

std::string infinitive_of(std::string_view phrase) {
  size_t end = phrase.find(' ');
  std::string verb = infinitive(phrase.substr(0, end));
  if (verb.empty()) return {};
  return end == std::string_view::npos ? verb : verb + std::string(phrase.substr(end));
}

}  // namespace cairn::incident
