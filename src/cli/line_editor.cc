#include "cli/line_editor.h"

#include "base/text.h"
#include "cli/screen.h"
#include "sys/process.h"

#include <histedit.h>

#include <algorithm>
#include <cstdio>

namespace cairn::cli {

namespace {

constexpr int kRemembered = 1000;    // statements
constexpr size_t kListedWords = 60;  // completions shown at once
constexpr char kEndOfInput = 4;      // Ctrl-D

/// What all words begin with, ignoring case.
std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    size_t same = 0;
    while (same < std::min(common.size(), word.size()) &&
           ascii_lower(common[same]) == ascii_lower(word[same]))
      ++same;
    common.resize(same);
  }
  return common;
}

}  // namespace

struct LineEditor::State {
  State(const std::atomic<bool>& flag, Complete how)
      : interrupted(flag), complete(std::move(how)) {}

  const std::atomic<bool>& interrupted;
  Complete complete;
  std::string prompt, history_file;
  EditLine* editor = nullptr;
  History* history = nullptr;

  static State& of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<State*>(data);
  }

  static char* show_prompt(EditLine* editor) { return of(editor).prompt.data(); }

  /// Waits for a byte without missing Ctrl-C.
  static int read_byte(EditLine* editor, wchar_t* out) {
    State& state = of(editor);
    std::string bytes;
    mbstate_t shift{};
    while (true) {
      if (!wait_for_input(state.interrupted)) return 0;
      int byte = read_input_byte();
      if (byte < 0) return state.interrupted.load() ? 0 : byte == -1 ? 0 : -1;
      // Between two lines the terminal is in its usual mode, in which Ctrl-D marks an end; the mark
      // is a zero byte when it is read in the editor's mode.
      char one = byte == 0 ? kEndOfInput : static_cast<char>(byte);
      size_t used = mbrtowc(out, &one, 1, &shift);
      if (used != static_cast<size_t>(-2)) {
        if (used == static_cast<size_t>(-1)) *out = L'?';
        return 1;
      }
    }
  }

  static unsigned char complete_word(EditLine* editor, int) {
    State& state = of(editor);
    const LineInfo* line = el_line(editor);
    std::string before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
    Completion completion = state.complete(before);
    if (completion.words.empty()) return CC_REFRESH_BEEP;
    std::string typed = before.substr(before.size() - completion.replaced);
    std::string common = common_beginning(completion.words);
    bool single = completion.words.size() == 1;
    if (single || common.size() > typed.size()) {
      el_deletestr(editor, static_cast<int>(display_width(typed)));
      el_insertstr(editor, (single ? completion.words.front() : common).c_str());
      return CC_REFRESH;
    }
    std::string list = "\n";
    for (size_t i = 0; i < completion.words.size() && i < kListedWords; ++i)
      list += completion.words[i] + "  ";
    if (completion.words.size() > kListedWords)
      list += "… " + std::to_string(completion.words.size() - kListedWords) + " more";
    print_out(list + "\n");
    return CC_REDISPLAY;
  }
};

LineEditor::LineEditor(const std::string& history_file, const std::atomic<bool>& interrupted,
                       Complete complete)
    : state_(std::make_unique<State>(interrupted, std::move(complete))) {
  State& state = *state_;
  state.editor = el_init("cairn", stdin, stdout, stderr);
  state.history = history_init();
  state.history_file = history_file;
  HistEvent event;
  history(state.history, &event, H_SETSIZE, kRemembered);
  history(state.history, &event, H_SETUNIQUE, 1);
  if (!history_file.empty()) history(state.history, &event, H_LOAD, history_file.c_str());
  el_set(state.editor, EL_CLIENTDATA, &state);
  el_set(state.editor, EL_PROMPT, State::show_prompt);
  el_set(state.editor, EL_EDITOR, "emacs");
  el_set(state.editor, EL_HIST, history, state.history);
  el_set(state.editor, EL_GETCFN, State::read_byte);
  el_set(state.editor, EL_ADDFN, "complete-word", "Complete the word", State::complete_word);
  el_set(state.editor, EL_BIND, "^I", "complete-word", nullptr);
  el_set(state.editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

LineEditor::~LineEditor() {
  HistEvent event;
  if (!state_->history_file.empty())
    history(state_->history, &event, H_SAVE, state_->history_file.c_str());
  history_end(state_->history);
  el_end(state_->editor);
}

LineEditor::Outcome LineEditor::read(const std::string& prompt, std::string& line) {
  state_->prompt = prompt;
  int count = 0;
  const char* text = el_gets(state_->editor, &count);
  if (state_->interrupted.load()) {
    el_reset(state_->editor);
    print_out("^C\n");
    return Outcome::kInterrupted;
  }
  if (text == nullptr || count <= 0) return Outcome::kEnd;
  line.assign(text, static_cast<size_t>(count));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return Outcome::kLine;
}

void LineEditor::remember(const std::string& statement) {
  std::string line = statement;
  std::replace(line.begin(), line.end(), '\n', ' ');
  HistEvent event;
  history(state_->history, &event, H_ENTER, line.c_str());
}

}  // namespace cairn::cli
