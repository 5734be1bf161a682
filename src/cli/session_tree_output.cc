#include "cli/session_tree_output.h"

#include "base/text.h"
#include "detect/detect.h"
#include "formats/json_writer.h"
#include "report/page.h"

namespace cairn::cli {

namespace {

constexpr size_t kShown = 3;
constexpr size_t kCallsShown = 6;
constexpr size_t kIndent = 4;
constexpr size_t kDeepest = 8;  // deeper ones are shown as this deep

std::vector<std::string> texts_of(const std::vector<identity::Used>& values, bool counted) {
  std::vector<std::string> texts;
  for (const identity::Used& used : values) {
    std::string text = used.value;
    if (counted && used.events > 1) text += " x" + format_count(used.events);
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string calls_text(uint64_t events, uint64_t errors, uint64_t writes) {
  std::string text = plural(events, "event");
  if (writes > 0) text += ", " + format_count(writes) + " writing";
  if (errors > 0) text += ", " + format_count(errors) + " failed";
  return text;
}

std::string sources_text(const identity::Session& session, const geo::Atlas& atlas) {
  std::vector<std::string> texts;
  for (const identity::Used& used : session.source_ips) {
    std::string place = atlas.place_of(used.value).text();
    texts.push_back(place.empty() ? used.value : used.value + " (" + place + ")");
  }
  return report::few(texts, kShown, texts.size());
}

void add_values(JsonWriter& json, std::string_view name,
                const std::vector<identity::Used>& values) {
  json.key(name).begin_array();
  for (const identity::Used& used : values) {
    json.begin_object().member("value", used.value).member("events", used.events);
    if (used.time_known) json.member("first", format_time(used.first));
    json.end_object();
  }
  json.end_array();
}

void add_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

/// Leaves the object open: `opened` is its last member.
void begin_session(JsonWriter& json, const identity::SessionNode& node, const geo::Atlas& atlas) {
  const identity::Session& session = node.session;
  json.begin_object().member("principal", session.principal).member("session", session.name);
  json.member("access_key", session.access_key).member("account", session.account);
  if (session.time_known) {
    json.member("first", format_time(session.first)).member("last", format_time(session.last));
  }
  json.member("events", session.events).member("failed", session.errors);
  json.member("writes", session.writes).member("mfa", session.mfa);
  json.key("chain").begin_array();
  for (const identity::Step& step : session.origin.steps)
    json.begin_object().member("words", step.words).member("event_id", step.event_id).end_object();
  json.end_array();
  json.key("source_ips").begin_array();
  for (const identity::Used& used : session.source_ips) {
    geo::Place place = atlas.place_of(used.value);
    json.begin_object().member("value", used.value).member("events", used.events);
    if (used.time_known) json.member("first", format_time(used.first));
    if (!place.country.empty()) json.member("country", place.country);
    if (place.network != 0) json.member("network", place.network_text());
    json.end_object();
  }
  json.end_array();
  add_values(json, "regions", session.regions);
  add_values(json, "user_agents", session.user_agents);
  add_values(json, "services", session.services);
  add_values(json, "calls", session.calls);
  add_texts(json, "countries", node.countries);
  add_texts(json, "networks", node.networks);
  add_texts(json, "first_seen", node.first_seen);
  json.key("opened").begin_array();
}

}  // namespace

std::vector<std::string> session_facts(const identity::SessionNode& node, const geo::Atlas& atlas) {
  const identity::Session& session = node.session;
  std::vector<std::string> lines;
  if (!session.origin.steps.empty()) lines.push_back(session.origin.steps.back().words);
  std::string when = calls_text(session.events, session.errors, session.writes);
  if (session.time_known) when = report::period(session.first, session.last) + ", " + when;
  lines.push_back(when + (session.mfa ? ", with MFA" : ""));
  std::string from = "from " + sources_text(session, atlas);
  if (!session.regions.empty())
    from += "; " + report::few(texts_of(session.regions, false), kShown, session.regions.size());
  lines.push_back(std::move(from));
  std::vector<std::string> clients;
  for (const identity::Used& used : session.user_agents) {
    std::string client = detect::client_name(used.value);
    if (clients.empty() || clients.back() != client) clients.push_back(std::move(client));
  }
  if (!clients.empty()) lines.push_back("with " + report::few(clients, kShown, clients.size()));
  lines.push_back("called " +
                  report::few(texts_of(session.calls, true), kCallsShown, session.calls.size()));
  return lines;
}

std::string origin_text(const identity::OriginTree& tree) {
  return std::string(identity::name_of(tree.kind)) + (tree.certain ? "" : ", not certain") +
         (tree.account.empty() ? "" : ", account " + tree.account) + "; " +
         plural(tree.sessions.size(), "session") + ", " +
         calls_text(tree.events, tree.errors, tree.writes);
}

std::string render_tree(const identity::OriginTree& tree, const geo::Atlas& atlas,
                        const report::TerminalStyle& style) {
  report::Page page(style);
  std::string name = detect::short_principal(tree.name);
  if (name.empty()) name = "unknown";
  page.line(page.paint(report::Ink::kLabel, page.cut_middle(name, page.width())));
  page.wrapped(origin_text(tree), 2, report::Ink::kDim);
  if (!tree.because.empty()) page.wrapped("because " + tree.because, 2, report::Ink::kDim);
  for (const identity::SessionNode& node : tree.sessions) {
    size_t indent = kIndent * (1 + std::min(node.depth, kDeepest)) - 2;
    const identity::Session& session = node.session;
    std::string title = detect::short_principal(session.principal);
    if (!session.name.empty()) title += " as " + session.name;
    if (!session.access_key.empty()) title += "  " + session.access_key;
    page.wrapped(title, indent);
    for (const std::string& fact : session_facts(node, atlas))
      page.wrapped(fact, indent + 2, report::Ink::kDim);
    for (const std::string& mark : node.first_seen)
      page.wrapped(mark, indent + 2, report::Ink::kMedium);
  }
  return std::move(page).take();
}

std::string tree_line(const identity::OriginTree& tree, const geo::Atlas& atlas) {
  JsonWriter json;
  json.begin_object().member("origin", tree.name).member("kind", identity::name_of(tree.kind));
  json.member("account", tree.account).member("certain", tree.certain);
  json.member("because", tree.because);
  json.member("events", tree.events).member("failed", tree.errors).member("writes", tree.writes);
  json.key("sessions").begin_array();
  size_t open = 0;
  for (const identity::SessionNode& node : tree.sessions) {
    for (; open > node.depth; --open) json.end_array().end_object();
    begin_session(json, node, atlas);
    ++open;
  }
  for (; open > 0; --open) json.end_array().end_object();
  json.end_array().end_object();
  return std::move(json).take() + "\n";
}

}  // namespace cairn::cli
