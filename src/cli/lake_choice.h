#pragma once

// Which lake a command works on, and with which key.

#include "base/result.h"
#include "engine/engine.h"
#include "lake/lake.h"

#include <memory>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace cairn::cli {

struct LakeChoice {
  std::string folder;           // "": lake::default_folder()
  std::string key_file;         // "": lake::default_key_file()
  std::string passphrase_file;  // "": CAIRN_PASSPHRASE, else asked for at the terminal
};

/// --lake, --key-file, --passphrase-file.
void add_lake_choice(CLI::App& command, LakeChoice& choice);

/// The folder that was chosen.
std::string lake_folder(const LakeChoice& choice);
/// What the user gave to open a lake with. `ask`: without anything else, ask at the terminal for a
/// passphrase. `twice`: a new one, so have it typed twice.
Result<lake::KeySource> read_keys(const LakeChoice& choice, bool ask, bool twice,
                                  engine::World world);
/// A passphrase to put a lake under: from a file, or typed twice.
Result<std::string> read_new_passphrase(const std::string& file, engine::World world);
/// Opens the lake. The errors say what to do.
Result<std::unique_ptr<lake::Lake>> open_lake(const LakeChoice& choice, lake::Access access,
                                              engine::World world,
                                              lake::Older older = lake::Older::kRefuse);

}  // namespace cairn::cli
