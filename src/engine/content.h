#pragma once

// The files that come inside the program: the rule pack, parsed, the words table, and the page of
// report.html without its data.

#include <span>
#include <string_view>

namespace cairn::engine {

/// A file of content/, by its path under it ("rules/iam/IAM-02-….yml"). The text lives as long as
/// the program.
struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

/// Returns all of them, by name.
std::span<const EmbeddedFile> embedded_files();

/// Returns one file's text; ends the program when it is not there, because then the build is wrong.
std::string_view embedded_text(std::string_view name);

}  // namespace cairn::engine
