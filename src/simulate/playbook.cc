#include "simulate/playbook.h"

#include "base/check.h"
#include "base/text.h"
#include "simulate/builtin.h"
#include "simulate/content.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace cairn::simulate {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

/// Takes the text up to the next blank off the front.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

/// Reads one of the texts, line by line, into the playbook.
class Reader {
 public:
  Reader(Playbook& book, const EmbeddedFile& file)
      : book_(book), file_(file.name), text_(file.text) {}

  void read() {
    std::string block;  // a line of column one and, after '\n' each, its indented lines
    int line = 0;
    for (std::string_view rest = text_; !rest.empty();) {
      const size_t end = std::min(rest.find('\n'), rest.size() - 1);
      const std::string_view text = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      ++line;
      if (trim(text).empty() || trim(text).front() == '#') continue;
      if (text.front() != ' ') {
        read_block(block);
        block.clear();
        line_ = line;
      } else {
        block += '\n';
      }
      block += trim(text);
    }
    read_block(block);
  }

 private:
  void require(bool condition, const char* what) const {
    if (!condition) check_failed(file_.c_str(), line_, what);
  }

  int64_t number(std::string_view text) const {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(error == std::errc() && end == text.data() + text.size(), "a number is expected");
    return value;
  }

  Options options(std::string_view text) const {
    Options result;
    for (const std::string_view word : words_of(text)) {
      const size_t equals = word.find('=');
      require(equals != std::string_view::npos, "an option is name=value");
      result.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
    return result;
  }

  Template compile(std::string_view text) { return Template::compile(text, book_.names); }

  void read_block(std::string_view block) {
    if (block.empty()) return;
    lines_ = split(block, '\n');
    const char first = block.front();
    if (std::string_view("><+@*%!").find(first) != std::string_view::npos)
      return read_call_part(first, block);
    std::string_view head = lines_.front();
    const std::string_view word = take_word(head);
    if (word == "service") return read_service(head);
    if (word == "call") return read_call(head);
    if (word == "explore") return read_explorations(head);
    if (word == "error") return read_common_error(head);
    if (word == "value") return read_value(head);
    if (word == "inventory") return read_inventory(head);
    if (word == "script") return read_script(head);
    if (word == "machine") return read_machine(head);
    if (word == "person") return read_person(head);
    if (word == "attack") return read_attack(head);
    require(false, "unknown kind of line");
  }

  /// Joins the block's lines; with a blank where a line ends in a backslash.
  std::string continued(std::string_view head) const {
    std::string text(head);
    for (size_t i = 1; i < lines_.size(); ++i) {
      if (text.ends_with('\\')) text.pop_back();
      text += lines_[i];
    }
    return text;
  }

  void read_service(std::string_view head) {
    Service service;
    service.name = take_word(head);
    std::string named;
    for (const std::string_view word : words_of(head)) {
      if (word == "global")
        service.global = true;
      else
        (named += ' ') += word;
    }
    const Options given = options(named);
    service.version = option_text(given, "version", "1.08");
    require(service.version.size() == 4 && service.version.starts_with("1."),
            "a version is 1. and two digits");
    service.minor = static_cast<int>(number(service.version.substr(2)));
    service.api = option_text(given, "api", "");
    const std::string layout = option_text(given, "layout", "plain");
    require(layout == "plain" || layout == "late" || layout == "shared", "unknown layout");
    service.layout = layout == "plain"  ? Layout::kPlain
                     : layout == "late" ? Layout::kLate
                                        : Layout::kShared;
    const std::string usual =
        service.name + (service.global ? ".amazonaws.com" : ".<region>.amazonaws.com");
    service.host = compile(option_text(given, "host", usual));
    book_.services.emplace(service.name, std::move(service));
  }

  void read_call(std::string_view head) {
    Call call;
    const std::string_view service = take_word(head);
    const auto found = book_.services.find(service);
    require(found != book_.services.end(), "unknown service");
    call.service = &found->second;
    const std::string_view name = take_word(head);
    call.name = name;
    for (const std::string_view flag : words_of(head)) {
      if (flag == "read")
        call.read_only = true;
      else if (flag == "data")
        call.data = true;
      else if (flag == "service-event")
        call.service_event = true;
      else if (flag.starts_with("named="))
        call.name = flag.substr(6);
      else
        require(false, "unknown flag of a call");
    }
    const auto [place, is_new] =
        book_.calls.emplace(std::string(service) + ' ' + std::string(name), std::move(call));
    require(is_new, "this call was described before");
    call_ = &place->second;
  }

  void read_explorations(std::string_view head) {
    const std::string text = continued(head);
    std::string_view rest = text;
    const std::string_view service = take_word(rest);
    const auto found = book_.services.find(service);
    require(found != book_.services.end(), "unknown service");
    for (const std::string_view name : words_of(rest)) {
      Call call;
      call.service = &found->second;
      call.name = name;
      call.read_only = true;
      call.request = compile(R"({"maxResults":<number:5-100>})");
      const auto [place, is_new] =
          book_.calls.emplace(std::string(service) + ' ' + std::string(name), std::move(call));
      require(is_new, "this call was described before");
      book_.explorations.push_back(&place->second);
    }
  }

  void read_common_error(std::string_view head) {
    CommonError error;
    error.code = take_word(head);
    error.message = compile(head);
    book_.common_errors.push_back(std::move(error));
  }

  void read_call_part(char mark, std::string_view block) {
    require(call_ != nullptr, "no call to describe");
    std::string text = continued(lines_.front());
    if (mark == '!') {
      std::string_view rest = std::string_view(text).substr(1);
      CallError error;
      error.per_mille = static_cast<uint64_t>(number(take_word(rest))) * 10;
      error.code = take_word(rest);
      error.message = compile(rest);
      call_->errors.push_back(std::move(error));
      return;
    }
    Template& part = mark == '>'   ? call_->request
                     : mark == '<' ? call_->response
                     : mark == '+' ? call_->additional
                     : mark == '@' ? call_->resources
                     : mark == '%' ? call_->host
                                   : call_->details;
    require(part.empty() && block.size() > 2, "this part was given before");
    part = compile(trim(std::string_view(text).substr(1)));
  }

  void read_value(std::string_view head) {
    const Slot slot = book_.names.slot(take_word(head));
    if (book_.values.size() <= slot) book_.values.resize(slot + 1u);
    require(book_.values[slot].empty(), "this value was given before");
    book_.values[slot] = compile(continued(head));
  }

  void read_inventory(std::string_view head) {
    Inventory inventory;
    inventory.slot = book_.names.slot(take_word(head));
    inventory.count = static_cast<size_t>(number(take_word(head)));
    const std::string_view scope = take_word(head);
    require(scope == "global" || scope == "regional", "an inventory is global or regional");
    inventory.global = scope == "global";
    inventory.name = compile(head);
    book_.inventories.push_back(std::move(inventory));
  }

  size_t cast_index(Script& script, std::string_view name) const {
    const auto found = std::find(script.cast.begin(), script.cast.end(), name);
    if (found != script.cast.end()) return static_cast<size_t>(found - script.cast.begin());
    script.cast.emplace_back(name);
    return script.cast.size() - 1;
  }

  Step read_step(std::string_view text, Script& script) {
    Step step;
    std::vector<std::string_view> words = words_of(text);
    size_t at = 0;
    const auto next = [&] {
      require(at < words.size(), "a step is [gap] [who] service Event ...");
      return words[at++];
    };
    std::string_view word = next();
    if (const int64_t gap = parse_gap_ms(word); gap >= 0) {
      step.gap_ms = gap;
      word = next();
    }
    if (!book_.services.contains(word)) {
      step.who = cast_index(script, word);
      word = next();
    }
    const auto call = book_.calls.find(std::string(word) + ' ' + std::string(next()));
    require(call != book_.calls.end(), "unknown call");
    step.call = &call->second;
    for (; at < words.size(); ++at) read_step_option(words[at], step, script);
    return step;
  }

  /// Reads "x3" or "x3-6".
  void read_times(std::string_view word, int64_t& least, int64_t& most) const {
    require(word.size() > 1 && word.front() == 'x', "a repetition is xN or xN-M");
    const std::vector<std::string_view> ends = split(word.substr(1), '-');
    least = number(ends.front());
    most = number(ends.back());
    require(least <= most, "a repetition's first number is the smaller one");
  }

  void read_step_option(std::string_view word, Step& step, const Script& script) {
    const size_t equals = word.find('=');
    if (word.front() == '@') {
      step.region = word.substr(1);
    } else if (word.front() == '!') {
      step.error = word.substr(1);
      const auto is_it = [&](const CallError& error) { return error.code == step.error; };
      require(step.error == "denied" ||
                  std::any_of(step.call->errors.begin(), step.call->errors.end(), is_it),
              "the call has no such error");
    } else if (word.front() == 'x' && word.size() > 1 && is_digit(word[1])) {
      read_times(word, step.least, step.most);
    } else if (word.starts_with("every=")) {
      step.every_ms = parse_gap_ms(word.substr(6));
      require(step.every_ms >= 0, "every= takes a gap");
    } else if (word.starts_with("via=")) {
      step.via = word.substr(4);
    } else if (word.starts_with("becomes=")) {
      const auto part = std::find(script.cast.begin(), script.cast.end(), word.substr(8));
      require(part != script.cast.end(), "nobody of this name in the attack");
      step.becomes = static_cast<size_t>(part - script.cast.begin());
    } else {
      require(equals != std::string_view::npos, "unknown option of a step");
      step.with.push_back(
          {book_.names.slot(word.substr(0, equals)), compile(word.substr(equals + 1))});
      require(!step.with.back().value.asks_for(step.with.back().slot),
              "a value that is made of itself never ends");
    }
  }

  void read_script(std::string_view head) {
    Script script;
    script.name = take_word(head);
    script.cast.emplace_back("self");
    for (size_t i = 1; i < lines_.size(); ++i) script.steps.push_back(read_step(lines_[i], script));
    std::string name = script.name;
    require(book_.scripts.emplace(std::move(name), std::move(script)).second,
            "this script was written before");
  }

  const Script* script(std::string_view name) const {
    const auto found = book_.scripts.find(name);
    require(found != book_.scripts.end(), "unknown script");
    return &found->second;
  }

  void read_machine(std::string_view head) {
    Machine machine;
    machine.name = take_word(head);
    machine.kind = take_word(head);
    machine.options = options(head);
    for (size_t i = 1; i < lines_.size(); ++i) {
      std::string_view line = lines_[i];
      if (!line.starts_with("run ")) {
        machine.options.merge(options(line));
        continue;
      }
      take_word(line);
      const std::string_view name = take_word(line);
      Machine::Run run;
      run.script = script(name);
      run.a_day = number(take_word(line));
      if (!line.empty()) read_times(line, run.least, run.most);
      machine.runs.push_back(run);
    }
    book_.machines.push_back(std::move(machine));
  }

  void read_person(std::string_view head) {
    PersonKind kind;
    kind.name = take_word(head);
    kind.options = options(head);
    for (size_t i = 1; i < lines_.size(); ++i) {
      std::string_view line = lines_[i];
      const std::string_view where = take_word(line);
      const bool elsewhere = where == "elsewhere";
      require(where == "console" || where == "terminal" || elsewhere,
              "people use the console, a terminal, or a role elsewhere");
      const std::string_view name = take_word(line);
      const PersonKind::Place place = elsewhere            ? PersonKind::Place::kElsewhere
                                      : where == "console" ? PersonKind::Place::kConsole
                                                           : PersonKind::Place::kTerminal;
      kind.habits.push_back({script(name), place, static_cast<uint64_t>(number(line))});
    }
    book_.people.push_back(std::move(kind));
  }

  void read_attack(std::string_view head) {
    Attack attack;
    attack.name = take_word(head);
    attack.description = head;
    attack.script.name = attack.name;
    for (size_t i = 1; i < lines_.size(); ++i) {
      std::string_view line = lines_[i];
      const std::string_view whole = line;
      const std::string_view word = take_word(line);
      if (word == "in") {
        attack.environment = line;
      } else if (word == "tactics") {
        attack.tactics = line;
      } else if (word == "let") {
        const Slot slot = book_.names.slot(take_word(line));
        attack.lets.push_back({slot, compile(line)});
      } else if (word == "who") {
        Part part;
        part.name = take_word(line);
        part.kind = take_word(line);
        for (const auto& [option, text] : options(line))
          part.options.emplace(option, compile(text));
        attack.script.cast.push_back(part.name);
        attack.parts.push_back(std::move(part));
      } else {
        const std::vector<std::string_view> columns = split(whole, '|');
        require(columns.size() == 3, "a step of an attack has three columns");
        Step step = read_step(columns[0], attack.script);
        require(attack.script.cast.size() == attack.parts.size(),
                "nobody of this name in the attack");
        step.techniques = trim(columns[1]);
        step.detections = trim(columns[2]);
        attack.script.steps.push_back(std::move(step));
      }
    }
    require(!attack.parts.empty() && !attack.environment.empty() && !attack.tactics.empty(),
            "an attack needs `in`, `tactics` and `who`");
    book_.attacks.push_back(std::move(attack));
  }

  Playbook& book_;
  std::string file_;
  std::string_view text_;
  int line_ = 0;
  std::vector<std::string_view> lines_;  // of the block
  Call* call_ = nullptr;                 // the last one begun
};

}  // namespace

int64_t parse_gap_ms(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return -1;
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit == "ms") return value;
  if (unit == "s") return value * 1000;
  if (unit == "m") return value * 60'000;
  if (unit == "h") return value * 3'600'000;
  return -1;
}

std::string option_text(const Options& options, std::string_view name, std::string_view otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? std::string(otherwise) : found->second;
}

int64_t option_number(const Options& options, std::string_view name, int64_t otherwise) {
  const std::string text = option_text(options, name);
  int64_t value = otherwise;
  if (!text.empty()) std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double Script::mean_records() const {
  double sum = 0;
  for (const Step& step : steps) sum += static_cast<double>(step.least + step.most) / 2;
  return sum;
}

const Call& Playbook::call(std::string_view name) const {
  const auto found = calls.find(name);
  CAIRN_CHECK(found != calls.end());
  return found->second;
}

const Template& Playbook::value(std::string_view name) const {
  const std::optional<Slot> slot = names.find(name);
  CAIRN_CHECK(slot && *slot < values.size() && !values[*slot].empty());
  return values[*slot];
}

const Playbook& playbook() {
  static const std::unique_ptr<const Playbook> book = [] {
    auto result = std::make_unique<Playbook>();
    for (const std::string_view name : kBuiltinNames) result->names.slot(name);
    for (const EmbeddedFile& file : embedded_files()) Reader(*result, file).read();
    result->values.resize(result->names.size());
    return result;
  }();
  return *book;
}

}  // namespace cairn::simulate
