#pragma once

// The one symbol by which the program finds the inside of the room in its shared object.

#include "duck/duck.h"

namespace cairn::duck {

inline constexpr const char* kModuleFile = "libcairn_duck.so";
/// CAIRN_DUCK_ENTRY is its name, which differs between builds whose door differs (CMakeLists.txt).
#define CAIRN_DUCK_TEXT_OF(name) #name
#define CAIRN_DUCK_TEXT(name) CAIRN_DUCK_TEXT_OF(name)
inline constexpr const char* kModuleEntry = CAIRN_DUCK_TEXT(CAIRN_DUCK_ENTRY);
using ModuleEntry = void (*)(const DatabaseOptions& options,
                             Result<std::unique_ptr<Database>>* result);

}  // namespace cairn::duck
