#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/screen.h"
#include "sys/process.h"

namespace cairn::cli {

namespace {

struct Runner {
  engine::World world;

  int operator()(const Stop& stop) const {
    if (stop.error) {
      print_error(stop.text);
      return kExitUsage;
    }
    return print_out(stop.text) ? 0 : kExitIncomplete;
  }
  int operator()(const VersionCommand&) const {
    return print_out(engine::build_facts()) ? 0 : kExitIncomplete;
  }
  template <typename Command>
  int operator()(const Command& command) const {
    return run(command, world);
  }
};

}  // namespace

}  // namespace cairn::cli

int main(int argument_count, char** arguments) {
  using namespace cairn;
  return_freed_memory();
  const std::atomic<bool>& interrupted = install_interrupt_flag();
  auto files = real_files(&interrupted);
  engine::World world{*files, real_clock(), interrupted};
  cli::Command command = cli::parse_arguments(argument_count, arguments, world.clock.now());
  return std::visit(cli::Runner{world}, command);
}
