// The part of the room that is linked into programs: finds the rest when it is first needed.

#include "duck/module.h"

#include <dlfcn.h>

namespace cairn::duck {

namespace {

struct Module {
  ModuleEntry open = nullptr;
};

/// Loads the shared object once; it stays for as long as the process lives.
Result<Module> load_module() {
  // Looked for in the program's own library folders only (DT_RUNPATH, see cmake/CairnFlags.cmake).
  void* module = dlopen(kModuleFile, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    const char* reason = dlerror();
    return Error{ErrorCode::kUnavailable,
                 std::string("the SQL engine cannot be loaded: ") +
                     (reason == nullptr ? "unknown reason" : reason) +
                     " (it belongs in lib/cairn beside the folder of the program)"};
  }
  void* entry = dlsym(module, kModuleEntry);
  if (entry == nullptr)
    return Error{ErrorCode::kUnavailable,
                 std::string(kModuleFile) + " is of another build of Cairn: install both together"};
  return Module{reinterpret_cast<ModuleEntry>(entry)};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  static const Result<Module> kModule = load_module();
  if (!kModule.ok()) return kModule.error();
  Result<std::unique_ptr<Database>> result = Error{};
  kModule.value().open(options, &result);
  return result;
}

}  // namespace cairn::duck
