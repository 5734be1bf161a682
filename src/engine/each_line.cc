#include "engine/each_line.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace cairn::engine {

namespace {
constexpr size_t kLineLimit = 32u << 20;
}  // namespace

Status each_line(World world, const std::string& path,
                 const std::function<Status(Result<std::string_view>)>& take) {
  TRY_ASSIGN(auto file, world.files.open(path));
  std::string pending;
  std::array<char, 64 << 10> buffer{};
  bool is_too_long = false;  // the line being read; what was read of it is gone
  auto take_if_any = [&](std::string_view line) -> Status {
    if (is_too_long || line.size() > kLineLimit) {
      is_too_long = false;
      return take(Error{ErrorCode::kExhausted, "longer than " + format_bytes(kLineLimit)});
    }
    bool is_blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    return is_blank ? Status::success() : take(line);
  };
  for (bool more = true; more;) {
    TRY_ASSIGN(size_t size, file->read(buffer));
    more = size > 0 && !world.interrupted;
    size_t seen = pending.size();
    pending.append(buffer.data(), size);
    size_t begin = 0;
    for (size_t end; (end = pending.find('\n', std::max(begin, seen))) != std::string::npos;
         begin = end + 1)
      TRY(take_if_any(std::string_view(pending).substr(begin, end - begin)));
    pending.erase(0, begin);
    if (pending.size() > kLineLimit) {
      is_too_long = true;
      pending.clear();
    }
  }
  return take_if_any(pending);
}

}  // namespace cairn::engine
