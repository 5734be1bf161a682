// Incidents on a terminal: in some lines on the screen of a scan, whole for `cairn story`.

#include "base/text.h"
#include "report/incidents.h"
#include "report/screen.h"

#include <algorithm>
#include <set>

namespace cairn::report {

namespace {

constexpr size_t kIncidentsShown = 4;  // on the screen
constexpr size_t kSentencesShown = 5;  // of each
constexpr size_t kIdsShown = 3;        // of a sentence of the whole story

std::string tag_of(Level level) {
  std::string tag(level == Level::kInformational ? "info" : to_string(level));
  for (char& c : tag) c = static_cast<char>(c - 32);
  return tag;
}

void incident_line(Page& page, const incident::Incident& incident) {
  std::string tag = tag_of(incident.level);
  size_t columns = page.text_width() - incident.id.size() - 2;
  page.line(page.paint(ink_of(incident.level), tag) +
            std::string(Page::kLabelWidth - tag.size(), ' ') +
            page.paint(Ink::kLabel, page.pad(incident.title, columns + 2)) +
            page.paint(Ink::kDim, incident.id));
}

/// Addresses with their places, where these are known.
std::vector<std::string> placed(const std::vector<std::string>& addresses,
                                const incident::Incident& incident) {
  std::vector<std::string> texts;
  for (const std::string& address : addresses) {
    auto place = incident.places.find(address);
    texts.push_back(place == incident.places.end() ? address
                                                   : address + " (" + place->second + ")");
  }
  return texts;
}

/// "user/maya (user), key AKIA…, through role/a and 2 more, from 203.0.113.7, aws-cli/2.15".
std::string who_of(const incident::Incident& incident, bool accounts) {
  std::string text = detect::short_principal(incident.origin.name);
  text += " (" + std::string(identity::name_of(incident.origin.kind)) +
          (incident.origin.certain ? ")" : ", not certain)");
  std::vector<std::string> roles, keys;
  for (const incident::Credential& credential : incident.credentials) {
    std::string name = detect::short_principal(credential.principal);
    bool is_new = std::find(roles.begin(), roles.end(), name) == roles.end();
    bool in_name = incident.origin.name.find(name) != std::string::npos;
    if (credential.of_origin && credential.depth > 0 && is_new && !in_name) roles.push_back(name);
    if (credential.of_origin && credential.depth == 0 &&
        credential.access_key.substr(0, 4) == "AKIA")
      keys.push_back(credential.access_key);
  }
  if (!keys.empty()) text += ", key " + few(keys, 1, keys.size());
  if (!roles.empty()) text += ", through " + few(roles, 2, roles.size());
  if (accounts) text += ", account " + few(incident.accounts, 2, incident.accounts.size());
  if (!incident.source_ips.empty())
    text += ", from " + few(placed(incident.source_ips, incident), 2, incident.source_ips.size());
  std::vector<std::string> clients;
  for (const std::string& agent : incident.user_agents) {
    std::string client = detect::client_name(agent);
    const std::vector<std::string>& places = incident.source_ips;  // a service names itself twice
    if (std::find(clients.begin(), clients.end(), client) == clients.end() &&
        std::find(places.begin(), places.end(), client) == places.end())
      clients.push_back(client);
  }
  if (!clients.empty()) text += ", " + few(clients, 2, clients.size());
  return text;
}

/// "11:54:47 " on the day that the incident began, else with the date.
std::string clock_of(Timestamp time, Timestamp began) {
  std::string text = format_time_short(time);
  return format_date(time) == format_date(began) ? text.substr(text.find(' ') + 1) : text;
}

/// The gravest sentences, done before tried, in order of time.
std::vector<const incident::Sentence*> gravest(const incident::Incident& incident, size_t limit) {
  std::vector<const incident::Sentence*> list;
  for (const incident::Sentence& sentence : incident.story) list.push_back(&sentence);
  std::stable_sort(list.begin(), list.end(), [](const auto* a, const auto* b) {
    if (a->is_mark != b->is_mark) return b->is_mark;
    if (a->level != b->level) return a->level > b->level;
    return (a->failed < a->events) && b->failed == b->events;
  });
  if (list.size() > limit) list.resize(limit);
  std::stable_sort(list.begin(), list.end(), [](const auto* a, const auto* b) {
    return a->first != b->first ? a->first < b->first : a->is_mark && !b->is_mark;
  });
  return list;
}

}  // namespace

void brief_incident(Page& page, const incident::Incident& incident, bool accounts) {
  incident_line(page, incident);
  page.labelled("", who_of(incident, accounts), 2);
  for (const std::string& also : incident.also) page.labelled("", "with " + also, 2);
  page.labelled("", period(incident.first, incident.last) + ", " + incident.because, 2);
  std::string actor;
  std::vector<const incident::Sentence*> told = gravest(incident, kSentencesShown);
  for (const incident::Sentence* sentence : told) {
    std::string text = clock_of(sentence->first, incident.first) + "  ";
    if (sentence->actor != actor && incident.credentials.size() > 1) text += sentence->actor + ": ";
    actor = sentence->actor;
    page.labelled("", text + sentence->words, 10);
  }
  if (incident.story.size() > told.size())
    page.labelled("", "… and " + plural(incident.story.size() - told.size(), "more sentence"), 2,
                  Ink::kLabel, Ink::kDim);
  if (!incident.next.empty()) page.labelled("", "Next: " + incident.next[0].words, 6);
}

void Screen::incidents() {
  const std::vector<incident::Incident>& list = report_.incidents.list;
  if (list.empty()) return;
  page_.blank();
  page_.labelled("INCIDENTS", "cairn story ID PATH tells one whole, with what to do");
  size_t shown = all_ ? list.size() : std::min(list.size(), kIncidentsShown);
  for (size_t i = 0; i < shown; ++i) brief_incident(page_, list[i], many_accounts_);
  for (size_t i = shown; i < std::min(list.size(), shown + kIncidentsShown); ++i)
    incident_line(page_, list[i]);
  if (list.size() > shown + kIncidentsShown)
    page_.labelled("",
                   "… and " + plural(list.size() - shown - kIncidentsShown, "more incident") +
                       "; " + where_all("incidents.jsonl") + ".",
                   0, Ink::kLabel, Ink::kDim);
}

std::string render_story(const incident::Incident& incident, std::span<const RuleInfo> rules,
                         const TerminalStyle& style) {
  Page page(style);
  incident_line(page, incident);
  page.labelled("WHO", who_of(incident, true));
  if (!incident.origin.because.empty())
    page.labelled("", "not certain: " + incident.origin.because, 2);
  for (const std::string& also : incident.also) page.labelled("", "with " + also, 2);
  page.labelled("WHEN", period(incident.first, incident.last) + " UTC, " +
                            plural(incident.events, "reported event") + ", " +
                            format_count(incident.failed) + " failed");
  page.labelled("WHY", incident.because);
  if (!incident.tactics.empty()) page.labelled("TACTICS", join(incident.tactics, " > "));
  page.blank();
  page.labelled("SESSIONS", plural(incident.credentials.size(), "credential"));
  for (const incident::Credential& credential : incident.credentials) {
    std::string name = detect::short_principal(credential.principal);
    if (!credential.session.empty()) name += " as " + credential.session;
    if (!credential.access_key.empty()) name += ", key " + credential.access_key;
    size_t indent = std::min<size_t>(credential.depth, 6) * 2;
    page.labelled("", std::string(indent / 2, '>') + (indent > 0 ? " " : "") + name, indent);
    std::string text = period(credential.first, credential.last) + ", " +
                       plural(credential.events, "call") + ", " + format_count(credential.errors) +
                       " failed, " + format_count(credential.writes) + " writing";
    if (!credential.source_ips.empty())
      text +=
          ", from " + few(placed(credential.source_ips, incident), 3, credential.source_ips.size());
    if (credential.mfa) text += ", with MFA";
    page.labelled("", solid("  ") + text, indent + 2, Ink::kLabel, Ink::kDim);
    if (!credential.how.empty())
      page.labelled("",
                    solid("  ") + credential.how +
                        (credential.event_id.empty() ? "" : " [" + credential.event_id + "]"),
                    indent + 2, Ink::kLabel, Ink::kDim);
    for (const std::string& mark : credential.marks)
      page.labelled("", solid("  ") + mark, indent + 2, Ink::kLabel, Ink::kMedium);
  }
  page.blank();
  page.labelled("STORY", plural(incident.story.size(), "sentence"));
  std::string actor;
  for (const incident::Sentence& sentence : incident.story) {
    if (sentence.actor != actor) page.labelled("", sentence.actor, 2, Ink::kLabel, Ink::kLabel);
    actor = sentence.actor;
    page.labelled("", clock_of(sentence.first, incident.first) + "  " + sentence.words, 10,
                  Ink::kLabel, sentence.is_mark ? Ink::kDim : ink_of(sentence.level));
    std::vector<std::string> codes;
    for (uint32_t rule : sentence.rules) codes.push_back(rules[rule].code);
    page.wrapped("[" + few(sentence.event_ids, kIdsShown, sentence.events) + "] " +
                     few(codes, 4, codes.size()),
                 Page::kLabelWidth + 10, Ink::kDim);
  }
  if (!incident.resources.empty()) {
    page.blank();
    page.labelled("AFFECTED", few(incident.resources, 12, incident.resource_count));
  }
  if (incident.next.empty()) return std::move(page).take();
  page.blank();
  page.labelled("NEXT", "in this order; nothing here was run");
  for (const incident::Advice& advice : incident.next) {
    page.labelled("", "- " + advice.words, 2);
    // A command stays on one line, for copying.
    if (!advice.command.empty())
      page.line(std::string(Page::kLabelWidth + 2, ' ') + page.clean(advice.command));
  }
  return std::move(page).take();
}

}  // namespace cairn::report
