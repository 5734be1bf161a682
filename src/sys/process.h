#pragma once

// The process itself: interruption, memory, the terminal.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn {

/// Turns SIGINT and SIGTERM into a flag; a second SIGINT ends the process at once. Call once, from
/// main.
const std::atomic<bool>& install_interrupt_flag();

/// Forgets an interruption: a shell goes on after it has cancelled a query.
void forget_interruption();
/// Waits until a byte can be read from standard input, or the flag turns true; says which it was.
bool wait_for_input(const std::atomic<bool>& interrupted);

/// Reads one byte of standard input: 0 to 255, -1 at the end, -2 on an error.
int read_input_byte();

/// Highest resident memory of the process so far, in bytes.
uint64_t peak_memory_bytes();
/// Tells the allocator to give large blocks back as soon as they are freed, instead of learning
/// from them to keep them: buffers that grow would otherwise stay resident in every size they ever
/// had. Call once, first thing in main.
void return_freed_memory();
/// Gives the memory that is free now back to the system, that of ended threads too. Takes about a
/// millisecond: call it between phases of long work.
void trim_memory();
/// CPU seconds used by the calling thread.
double thread_cpu_seconds();
/// Number of processors this process may use, at least 1.
unsigned processor_count();

/// Standard output or standard error.
enum class Stream { kOut, kError };
bool is_terminal(Stream stream);
/// True when standard input is a terminal.
bool is_input_terminal();
/// Columns of the terminal; 0 when it is none or says nothing.
size_t terminal_width(Stream stream);
/// Lines of the terminal; 0 when it is none or says nothing.
size_t terminal_height(Stream stream);

/// The folder that the running program lies in; "" when the system does not say.
std::string program_folder();

/// An environment variable, "" when unset.
std::string environment(const char* name);

}  // namespace cairn
