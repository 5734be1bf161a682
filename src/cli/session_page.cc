// Browsers unfold <details> without a script: an origin, in it a session, in it those that it
// opened. Of very many sessions the busiest are shown, and on the way to them those that gave them
// their credentials.

#include "cli/session_page.h"

#include "base/text.h"
#include "cli/markup.h"
#include "cli/session_tree_output.h"
#include "detect/detect.h"

#include <algorithm>

namespace cairn::cli {

namespace {

constexpr size_t kOriginsOpen = 3;  // so few stand open from the beginning

/// Events that a session must have to be on the page.
uint64_t least_events(const engine::SessionForest& forest) {
  std::vector<uint64_t> events;
  for (const identity::OriginTree& tree : forest.origins)
    for (const identity::SessionNode& node : tree.sessions) events.push_back(node.session.events);
  if (events.size() <= kPageSessions) return 0;
  auto last = events.begin() + kPageSessions - 1;
  std::nth_element(events.begin(), last, events.end(), std::greater<>());
  return *last;
}

class TreeWriter {
 public:
  TreeWriter(const identity::OriginTree& tree, const geo::Atlas& atlas, uint64_t least,
             std::string& out)
      : tree_(tree), atlas_(atlas), out_(out), shown_(tree.sessions.size()) {
    // A node stands behind the one it came from, so from the end each tells its giver.
    size_t wanted = 0;  // depths, below which a node is needed
    for (size_t i = tree.sessions.size(); i-- > 0;) {
      const identity::SessionNode& node = tree.sessions[i];
      shown_[i] = node.session.events >= least || wanted > node.depth;
      if (shown_[i]) wanted = node.depth;
    }
  }

  size_t write(bool open) {
    size_t sessions = static_cast<size_t>(std::count(shown_.begin(), shown_.end(), true));
    if (sessions == 0) return 0;
    std::string name = detect::short_principal(tree_.name);
    out_ += "<details class=\"origin\"" + std::string(open ? " open" : "") + "><summary><b>" +
            escaped(name.empty() ? "unknown" : name) + "</b> " + escaped(origin_text(tree_)) +
            "</summary>\n";
    if (!tree_.because.empty())
      out_ += "<p class=\"faint\">because " + escaped(tree_.because) + "</p>\n";
    size_t open_nodes = 0;
    for (size_t i = 0; i < tree_.sessions.size(); ++i) {
      if (!shown_[i]) continue;
      for (; open_nodes > tree_.sessions[i].depth; --open_nodes) out_ += "</details>\n";
      write_session(tree_.sessions[i]);
      ++open_nodes;
    }
    for (; open_nodes > 0; --open_nodes) out_ += "</details>\n";
    out_ += "</details>\n";
    return sessions;
  }

 private:
  void write_session(const identity::SessionNode& node) {
    const identity::Session& session = node.session;
    std::string title = detect::short_principal(session.principal);
    if (!session.name.empty()) title += " as " + session.name;
    std::string events = plural(session.events, "event");
    if (session.errors > 0) events += ", " + format_count(session.errors) + " failed";
    out_ += "<details class=\"session\"><summary>" + escaped(title) + " <code>" +
            escaped(session.access_key) + "</code> <span class=\"faint\">" + events +
            (node.first_seen.empty() ? "" : ", <span class=\"marked\">first seen</span>") +
            "</span></summary>\n";
    for (const std::string& fact : session_facts(node, atlas_))
      out_ += "<p class=\"faint\">" + escaped(fact) + "</p>\n";
    for (const std::string& mark : node.first_seen)
      out_ += "<p class=\"marked\">" + escaped(mark) + "</p>\n";
  }

  const identity::OriginTree& tree_;
  const geo::Atlas& atlas_;
  std::string& out_;
  std::vector<bool> shown_;
};

}  // namespace

std::string session_page(const engine::SessionForest& forest, const geo::Atlas& atlas,
                         std::string_view page, std::string_view question, std::string_view made) {
  std::string title =
      plural(forest.found, "session") + " of " + plural(forest.origins.size(), "origin");
  std::string out = "<div id=\"verdict\"><p class=\"asked\"><code>" + escaped(question) +
                    "</code></p><h1>" + escaped(title) + "</h1></div>\n";
  uint64_t least = least_events(forest);
  size_t shown = 0;
  for (const identity::OriginTree& tree : forest.origins)
    shown += TreeWriter(tree, atlas, least, out).write(forest.origins.size() <= kOriginsOpen);
  if (shown < forest.found)
    out += "<p class=\"note\">and " + format_count(forest.found - shown) +
           " sessions with fewer events, not on this page</p>\n";
  return filled_page(page, title + " - " + std::string(question), out, made);
}

}  // namespace cairn::cli
