#include "engine/session_reading.h"
#include "identity/session_tree.h"

namespace cairn::engine {

Result<SessionForest> run_session_tree(World world, const SessionsOptions& options,
                                       const ScanProgressCallback& progress) {
  SessionReading reading;
  TRY(reading.read(world, options.place, true, progress));
  identity::FirstSeen first_seen(world.atlas);
  TRY(reading.learn(options.asked, first_seen));
  SessionForest forest;
  forest.first_seen_complete = first_seen.complete();
  identity::SessionTrees trees(kTreeSessions);
  TRY(reading.log().for_each([&](uint64_t handle, identity::Session&& session) -> Status {
    ++forest.sessions;
    if (!is_asked(options.asked, session)) return {};
    ++forest.found;
    trees.add(handle, std::move(session));
    return {};
  }));
  forest.origins = trees.plant(world.atlas, first_seen);
  forest.read = std::move(reading).summary();
  return forest;
}

}  // namespace cairn::engine
