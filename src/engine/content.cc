#include "engine/content.h"

#include "base/check.h"

namespace cairn::engine {

std::string_view embedded_text(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return file.text;
  }
  CAIRN_CHECK(false && "embedded file is missing");
}

}  // namespace cairn::engine
