#include "sys/process.h"

#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace cairn {

namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free,
              "a signal handler may only touch lock-free atomics");

extern "C" void on_signal(int signal) {
  if (interrupted.exchange(true) && signal == SIGINT) _exit(130);
}

}  // namespace

const std::atomic<bool>& install_interrupt_flag() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Writing to a closed pipe must come back as an error that can be reported, not end the program
  // in silence.
  std::signal(SIGPIPE, SIG_IGN);
  return interrupted;
}

void forget_interruption() { interrupted.store(false); }

bool wait_for_input(const std::atomic<bool>& flag) {
  constexpr int kPollMs = 100;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!flag.load()) {
    if (poll(&input, 1, kPollMs) > 0) return true;
  }
  return false;
}

int read_input_byte() {
  unsigned char byte = 0;
  ssize_t count = read(STDIN_FILENO, &byte, 1);
  return count == 1 ? byte : count == 0 ? -1 : -2;
}

uint64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

void return_freed_memory() {
  constexpr int kLargeBlockBytes = 256 << 10;
  // Setting the threshold also stops glibc from raising it (mallopt(3), M_MMAP_THRESHOLD).
  mallopt(M_MMAP_THRESHOLD, kLargeBlockBytes);
  mallopt(M_TRIM_THRESHOLD, 2 * kLargeBlockBytes);
}

void trim_memory() { malloc_trim(0); }

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

unsigned processor_count() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  int count = CPU_COUNT(&allowed);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

namespace {
int descriptor(Stream stream) { return stream == Stream::kOut ? STDOUT_FILENO : STDERR_FILENO; }
}  // namespace

bool is_terminal(Stream stream) { return isatty(descriptor(stream)) == 1; }

bool is_input_terminal() { return isatty(STDIN_FILENO) == 1; }

size_t terminal_width(Stream stream) {
  winsize size{};
  if (!is_terminal(stream) || ioctl(descriptor(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

size_t terminal_height(Stream stream) {
  winsize size{};
  if (!is_terminal(stream) || ioctl(descriptor(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_row;
}

std::string program_folder() {
  std::array<char, 4096> path{};
  ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0 || static_cast<size_t>(length) == path.size()) return "";
  std::string_view text(path.data(), static_cast<size_t>(length));
  return std::string(text.substr(0, text.rfind('/')));
}

std::string environment(const char* name) {
  const char* value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): the environment is never changed
  return value == nullptr ? "" : value;
}

}  // namespace cairn
