#pragma once

// The texts of content/simulate, which come inside the program.

#include <span>
#include <string_view>

namespace cairn::simulate {

/// A file of content/simulate, by its name. The text lives as long as the program.
struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

/// Returns all of them.
std::span<const EmbeddedFile> embedded_files();

}  // namespace cairn::simulate
