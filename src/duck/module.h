#pragma once

// The one symbol by which the program finds the inside of the room in its shared object.

#include "duck/duck.h"

namespace cairn::duck {

inline constexpr const char* kModuleFile = "libcairn_duck.so";
inline constexpr const char* kModuleEntry = "cairn_duck_open";
using ModuleEntry = void (*)(const DatabaseOptions& options,
                             Result<std::unique_ptr<Database>>* result);

}  // namespace cairn::duck
