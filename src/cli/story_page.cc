#include "cli/story_page.h"

#include "base/text.h"
#include "base/time.h"
#include "cli/markup.h"
#include "detect/detect.h"
#include "report/page.h"

#include <algorithm>

namespace cairn::cli {

namespace {

constexpr size_t kIncidents = 200;  // whole; more are for --json
constexpr size_t kDeepest = 6;
constexpr size_t kAddresses = 3, kCodes = 4;

std::string faint(const std::string& text) {
  return "<p class=\"faint\">" + escaped(text) + "</p>\n";
}

/// The whole time on the day that the incident began is only the clock.
std::string clock_of(Timestamp time, Timestamp began) {
  std::string text = format_time_short(time);
  return format_date(time) == format_date(began) ? text.substr(text.find(' ') + 1) : text;
}

class StoryWriter {
 public:
  StoryWriter(const incident::Incident& incident, std::span<const RuleInfo> rules, std::string& out)
      : incident_(incident), rules_(rules), out_(out) {}

  void write(bool open) {
    std::string level(to_string(incident_.level));
    out_ += "<details class=\"incident " + level + "\"" + (open ? " open" : "") + "><summary>";
    out_ += "<span class=\"level\">" + level + "</span> <b>" + escaped(incident_.title) +
            "</b> <code>" + incident_.id + "</code></summary>\n";
    write_facts();
    write_sessions();
    write_story();
    write_next();
    out_ += "</details>\n";
  }

 private:
  std::string placed(const std::vector<std::string>& addresses, size_t limit) const {
    std::vector<std::string> texts;
    for (const std::string& address : addresses) {
      auto place = incident_.places.find(address);
      texts.push_back(place == incident_.places.end() ? address
                                                      : address + " (" + place->second + ")");
    }
    return report::few(texts, limit, texts.size());
  }

  void fact(const char* label, const std::string& text) {
    if (!text.empty())
      out_ += "<dt>" + std::string(label) + "</dt><dd>" + escaped(text) + "</dd>\n";
  }

  void write_facts() {
    const identity::Origin& origin = incident_.origin;
    out_ += "<dl class=\"facts\">\n";
    std::string who =
        detect::short_principal(origin.name) + ", " + std::string(identity::name_of(origin.kind));
    if (!incident_.accounts.empty())
      who += ", account " + report::few(incident_.accounts, 2, incident_.accounts.size());
    fact("Who", who);
    fact("Not certain", origin.because);
    for (const std::string& also : incident_.also) fact("With", also);
    fact("When", report::period(incident_.first, incident_.last) + " UTC, " +
                     plural(incident_.events, "reported event") + ", " +
                     format_count(incident_.failed) + " failed");
    fact("From", placed(incident_.source_ips, incident_.source_ips.size()));
    fact("Why", incident_.because);
    fact("Tactics", join(incident_.tactics, " \u2192 "));
    fact("ATT&amp;CK", join(incident_.techniques, ", "));
    fact("Affected",
         report::few(incident_.resources, incident_.resources.size(), incident_.resource_count));
    out_ += "</dl>\n";
  }

  void write_sessions() {
    out_ += "<details class=\"tree\"><summary>Sessions: " +
            plural(incident_.credentials.size(), "credential") + "</summary>\n";
    for (const incident::Credential& credential : incident_.credentials) {
      std::string name = detect::short_principal(credential.principal);
      if (!credential.session.empty()) name += " as " + credential.session;
      out_ += "<div class=\"session deep" + std::to_string(std::min(credential.depth, kDeepest)) +
              "\"><p><b>" + escaped(name) + "</b> <code>" + escaped(credential.access_key) +
              "</code></p>\n";
      std::string text = report::period(credential.first, credential.last) + ", " +
                         plural(credential.events, "call") + ", " +
                         format_count(credential.errors) + " failed, " +
                         format_count(credential.writes) + " writing";
      if (credential.mfa) text += ", with MFA";
      if (!credential.source_ips.empty())
        text += ", from " + placed(credential.source_ips, kAddresses);
      out_ += faint(text);
      if (!credential.how.empty())
        out_ += faint(credential.how +
                      (credential.event_id.empty() ? "" : " [" + credential.event_id + "]"));
      for (const std::string& mark : credential.marks)
        out_ += "<p class=\"marked\">" + escaped(mark) + "</p>\n";
      out_ += "</div>\n";
    }
    out_ += "</details>\n";
  }

  void write_story() {
    out_ += "<h3>Story</h3>\n<ol class=\"sentences\">\n";
    std::string actor;
    for (const incident::Sentence& sentence : incident_.story) {
      out_ += "<li class=\"sentence" + std::string(sentence.is_mark ? " how" : "") +
              "\"><span class=\"at\">" + clock_of(sentence.first, incident_.first) + "</span><div>";
      if (sentence.actor != actor && incident_.credentials.size() > 1)
        out_ += "<p class=\"actor\">" + escaped(sentence.actor) + "</p>";
      actor = sentence.actor;
      out_ += "<p class=\"" + std::string(to_string(sentence.level)) + "\"><span class=\"said\">" +
              std::string(to_string(sentence.level)) + "</span> " + escaped(sentence.words) +
              "</p>";
      std::vector<std::string> codes;
      for (uint32_t rule : sentence.rules) codes.push_back(rules_[rule].code);
      std::string ids = report::few(sentence.event_ids, sentence.event_ids.size(), sentence.events);
      out_ += "<p class=\"ids faint\"><code>" + escaped(ids) + "</code> " +
              escaped(report::few(codes, kCodes, codes.size())) + "</p></div></li>\n";
    }
    out_ += "</ol>\n";
  }

  void write_next() {
    if (incident_.next.empty()) return;
    out_ += "<h3>What to do, in this order</h3>\n<ol class=\"advice\">\n";
    for (const incident::Advice& advice : incident_.next) {
      out_ += "<li>" + escaped(advice.words);
      if (!advice.command.empty()) out_ += "<pre>" + escaped(advice.command) + "</pre>";
      out_ += "</li>\n";
    }
    out_ += "</ol>\n";
  }

  const incident::Incident& incident_;
  std::span<const RuleInfo> rules_;
  std::string& out_;
};

}  // namespace

std::string story_page(std::span<const incident::Incident* const> incidents,
                       std::span<const RuleInfo> rules, std::string_view page,
                       std::string_view question, std::string_view made) {
  std::string title =
      incidents.size() == 1 ? incidents.front()->title : plural(incidents.size(), "incident");
  std::string out = "<div id=\"verdict\"><p class=\"asked\"><code>" + escaped(question) +
                    "</code></p><h1>" + escaped(title) + "</h1></div>\n";
  size_t shown = std::min(incidents.size(), kIncidents);
  for (size_t i = 0; i < shown; ++i)
    StoryWriter(*incidents[i], rules, out).write(incidents.size() == 1);
  if (incidents.size() > shown)
    out += "<p class=\"note\">and " + format_count(incidents.size() - shown) +
           " more, not on this page</p>\n";
  return filled_page(page, title + " - " + std::string(question), out, made);
}

}  // namespace cairn::cli
