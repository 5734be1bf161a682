// A template of any bytes: it is read or refused, and what is read is free of functions and of what
// its types do not take, within the limits.

#include "template/template.h"

#include "base/check.h"
#include "formats/json_tree.h"
#include "template/types.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

constexpr size_t kBytesLimit = 16 << 10;  // beyond it reading is only slow, not different

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kBytesLimit) return 0;
  std::string text(data, data + size);
  cairn::templates::Settings settings;
  settings.parameters = {{"P", "value"}, {"AWS::Region", "eu-west-1"}};
  cairn::Diagnostics diagnostics;
  auto stack = cairn::templates::read_template(text, "fuzz.yaml", settings, diagnostics);
  check_properties(stack, text, diagnostics);
  CAIRN_CHECK(stack.resources.size() <= cairn::templates::kResourcesLimit);
  for (const auto& remark : diagnostics.items())
    CAIRN_CHECK(!remark.code.empty() && !cairn::format_text(remark).empty());
  cairn::JsonTree tree;
  for (const auto& resource : stack.resources) {
    CAIRN_CHECK(!resource.name.empty());
    CAIRN_CHECK(tree.parse(cairn::templates::to_json(resource.properties)).ok());
  }
  return 0;
}
