#pragma once

// For tests of what must survive: ends a process in the middle of its work.

#include "base/check.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace cairn {

/// Runs `run` in a process of its own that ends, as if the power failed, at the n-th of the steps
/// that it tells. Returns false when it came to its end first, which must be a good one (`run`
/// returns true). Only where no other thread runs.
inline bool killed_at(int n,
                      const std::function<bool(std::function<void(const char* step)>)>& run) {
  const pid_t child = fork();
  CAIRN_CHECK(child >= 0);
  if (child == 0) {
    int left = n;
    const bool ok = run([&left](const char*) {
      if (left-- == 0) kill(getpid(), SIGKILL);
    });
    _exit(ok ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return true;
  CAIRN_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return false;
}

}  // namespace cairn
