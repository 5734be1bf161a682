#include "simulate/stage.h"

namespace cairn::simulate {
namespace {

Milliseconds usual_gap(Pace pace, Random& random) {
  switch (pace) {
    case Pace::kMachine:
      return random.waiting_time(150);
    case Pace::kConsole:  // a page makes several calls at once, then somebody reads it
      return random.per_mille(650) ? random.between(20, 400) : 1500 + random.waiting_time(9000);
    case Pace::kTerminal:
      return 1200 + random.waiting_time(14'000);
  }
  return 0;
}

/// The given gap, shortened or lengthened by up to a third: nobody is exact.
Milliseconds about(Milliseconds gap, Random& random) {
  return gap == 0 ? 0 : gap + gap * random.between(-333, 333) / 1000;
}

}  // namespace

Milliseconds perform(Stage& stage, const Performance& performance, Milliseconds start,
                     Random& random) {
  Milliseconds now = start;
  Scope credentials;
  std::string shared_id;          // of a call that two accounts see
  std::optional<size_t> becomes;  // of the step before
  const std::vector<Step>& steps = performance.script->steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    if (step.gap_ms >= 0)
      now += about(step.gap_ms, random);
    else if (i > 0)
      now += usual_gap(performance.pace, random);
    const int64_t times = random.between(step.least, step.most);
    for (int64_t n = 0; n < times; ++n) {
      if (n > 0)
        now +=
            step.every_ms >= 0 ? about(step.every_ms, random) : usual_gap(performance.pace, random);
      Action action;
      action.caller = performance.cast[step.who];
      action.call = step.call;
      action.region = step.region.empty() ? performance.region : region_index(step.region);
      action.time = now / 1000;
      action.error = step.error;
      action.may_fail = performance.may_fail;
      action.via = step.via;
      action.with = &step.with;
      if (step.becomes) {
        const Caller& session = *performance.cast[*step.becomes];
        credentials = credentials_of(session);
        action.given = &credentials;
        const bool crosses = session.account->number != action.caller->account->number;
        if (step.becomes != becomes) shared_id = crosses ? stage.recorder.shared_id() : "";
        action.shared_id = shared_id;
      }
      const Recorded recorded = stage.recorder.record(action);
      becomes = step.becomes;
      if (performance.watcher) performance.watcher(step, i, *action.caller, recorded, action.time);
    }
  }
  return now;
}

}  // namespace cairn::simulate
