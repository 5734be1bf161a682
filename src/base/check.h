#pragma once

// CAIRN_CHECK(condition): always on, ends the program with file and line. For Cairn's own faults
// only, never for input.

namespace cairn {

/// Prints "file:line: check failed: condition" to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace cairn

#define CAIRN_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::cairn::check_failed(__FILE__, __LINE__, #condition))
