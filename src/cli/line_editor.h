#pragma once

// Lines typed at a terminal: editing, history, completion. The only file that knows libedit.

#include "base/result.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::cli {

class LineEditor {
 public:
  /// Words that could stand at the end of the text before the cursor, and how much of that text
  /// they replace.
  struct Completion {
    size_t replaced = 0;  // bytes
    std::vector<std::string> words;
  };
  using Complete = std::function<Completion(const std::string& before)>;

  enum class Outcome : uint8_t { kLine, kEnd, kInterrupted };

  /// History is kept in the file when it can be; "" for none. The flag turns true at Ctrl-C.
  LineEditor(const std::string& history_file, const std::atomic<bool>& interrupted,
             Complete complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// Reads a line, without its end. kEnd at the end of input (Ctrl-D), kInterrupted at Ctrl-C.
  Outcome read(const std::string& prompt, std::string& line);
  /// Puts a statement at the end of the history; its line ends become blanks.
  void remember(const std::string& statement);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::cli
