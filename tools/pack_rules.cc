// Build step: parses the pack's YAML once, so that the program does not at every start (it
// takes some 20 µs a rule).
//
//   pack_rules OUT_FOLDER IN_FOLDER NAME...      writes OUT_FOLDER/NAME.tree for each
//   IN_FOLDER/NAME (formats/yaml.h, serialize_yaml)
//
// Any remark on a rule's syntax fails the build.

#include <cstdio>
#include <string>

#include "base/diagnostics.h"
#include "formats/yaml.h"
#include "sys/files.h"

namespace {

constexpr uint64_t kRuleFileBytes = 1u << 20;

cairn::Status pack(cairn::Files& files, const std::string& from, const std::string& to) {
  TRY_ASSIGN(std::string text, cairn::read_file(files, from, kRuleFileBytes));
  cairn::Diagnostics diagnostics;
  auto parsed = cairn::parse_yaml(text, from, diagnostics);
  if (!diagnostics.empty()) {
    return cairn::Error{cairn::ErrorCode::kInvalidInput,
                        cairn::format_text(diagnostics.items().front())};
  }
  TRY(files.make_folders(to.substr(0, to.rfind('/'))));
  return cairn::write_file(files, to, cairn::serialize_yaml(parsed.documents));
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 3) return 2;
  auto files = cairn::real_files();
  for (int i = 3; i < argument_count; ++i) {
    std::string name = arguments[i];
    cairn::Status packed = pack(*files, cairn::join_path(arguments[2], name),
                                cairn::join_path(arguments[1], name + ".tree"));
    if (!packed.ok()) {
      std::fprintf(stderr, "pack_rules: %s\n", packed.error().message.c_str());
      return 1;
    }
  }
  return 0;
}
