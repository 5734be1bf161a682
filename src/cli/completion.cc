// Completion scripts, written from what the parser knows: they cannot fall behind the options.

#include "base/text.h"
#include "cli/command_tree.h"

#include <functional>

namespace cairn::cli {

namespace {

/// A command and the words that lead to it: {"rules", "list"}.
using Visit = std::function<void(const CommandInfo&, const std::vector<std::string>& words)>;

void each_command(const CommandInfo& command, std::vector<std::string>& words, const Visit& visit) {
  visit(command, words);
  for (const CommandInfo& below : command.commands) {
    words.push_back(below.name);
    each_command(below, words, visit);
    words.pop_back();
  }
}

void each_command(const CommandInfo& program, const Visit& visit) {
  std::vector<std::string> words;
  each_command(program, words, visit);
}

/// Makes a text fit for single quotes of a shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out + "'";
}

std::vector<std::string> words_after(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const CommandInfo& below : command.commands) words.push_back(below.name);
  for (const OptionInfo& option : command.options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  words.insert(words.end(), command.choices.begin(), command.choices.end());
  return words;
}

std::string bash_script(const CommandInfo& program) {
  std::string cases, values;
  each_command(program, [&](const CommandInfo& command, const std::vector<std::string>& words) {
    std::string path = join(words, " ");
    cases += "    " + quoted(path) + ") words=" + quoted(join(words_after(command), " ")) + " ;;\n";
    for (const OptionInfo& option : command.options) {
      if (option.choices.empty()) continue;
      for (const std::string& name : option.names)
        values += "    " + quoted(path + " " + name) +
                  ") choices=" + quoted(join(option.choices, " ")) + " ;;\n";
    }
  });
  std::string commands;
  each_command(program, [&](const CommandInfo& command, const std::vector<std::string>& words) {
    if (words.empty()) return;
    commands += (commands.empty() ? "" : "|") + quoted(join(words, " "));
    static_cast<void>(command);
  });
  return "# bash completion for cairn; written by `cairn completion bash`\n"
         "_cairn() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command= words= choices= i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"${command:+$command }${COMP_WORDS[i]}\" in\n"
         "      " +
         commands +
         ") command=\"${command:+$command }${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$command $previous\" in\n" +
         values +
         "  esac\n"
         "  case \"$command\" in\n" +
         cases +
         "  esac\n"
         "  if [[ -n $choices ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$current\")\n"
         "    return\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "  if [[ ${#COMPREPLY[@]} -eq 0 || $current != -* && -n $command ]]; then\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    local file\n"
         "    while IFS= read -r file; do COMPREPLY+=(\"$file\"); done < <(compgen -f -- "
         "\"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -F _cairn cairn\n";
}

/// A text inside the brackets of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string zsh_options(const CommandInfo& command) {
  std::string out;
  for (const OptionInfo& option : command.options) {
    for (const std::string& name : option.names) {
      std::string entry = "*" + name + "[" + zsh_text(option.description) + "]";
      if (option.takes_value) {
        entry += ":value:";
        entry += option.choices.empty() ? "_files" : "(" + join(option.choices, " ") + ")";
      }
      out += " \\\n        " + quoted(entry);
    }
  }
  return out;
}

std::string zsh_script(const CommandInfo& program) {
  std::string functions;
  each_command(program, [&](const CommandInfo& command, const std::vector<std::string>& words) {
    std::string name = "_cairn" + (words.empty() ? "" : "_" + join(words, "_"));
    functions += name + "() {\n";
    if (command.commands.empty()) {
      functions += "    _arguments -s" + zsh_options(command);
      if (command.takes_arguments)
        functions += " \\\n        " + quoted(command.choices.empty()
                                                  ? "*:path:_files"
                                                  : "*:word:(" + join(command.choices, " ") + ")");
      functions += "\n}\n";
      return;
    }
    functions += "    local line state\n    _arguments -C" + zsh_options(command) +
                 " \\\n        '1: :->command' '*::argument:->arguments'\n"
                 "    case $state in\n      command)\n        local -a commands=(\n";
    for (const CommandInfo& below : command.commands)
      functions += "          " + quoted(below.name + ":" + below.description) + "\n";
    functions +=
        "        )\n        _describe command commands ;;\n      arguments)\n"
        "        (( $+functions[" +
        name + "_$line[1]] )) && " + name + "_$line[1] ;;\n    esac\n}\n";
  });
  return "#compdef cairn\n# zsh completion for cairn; written by `cairn completion zsh`\n" +
         functions + "_cairn \"$@\"\n";
}

std::string fish_script(const CommandInfo& program) {
  std::string out = "# fish completion for cairn; written by `cairn completion fish`\n";
  each_command(program, [&](const CommandInfo& command, const std::vector<std::string>& words) {
    std::string condition = "__fish_use_subcommand";
    if (!words.empty()) {
      condition.clear();
      for (const std::string& word : words)
        condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    }
    std::string head = "complete -c cairn -n " + quoted(condition);
    std::string known;
    for (const CommandInfo& below : command.commands) known += " " + below.name;
    for (const CommandInfo& below : command.commands) {
      std::string once =
          words.empty() ? condition : condition + "; and not __fish_seen_subcommand_from" + known;
      out += "complete -c cairn -n " + quoted(once) + " -f -a " + quoted(below.name) + " -d " +
             quoted(below.description) + "\n";
    }
    if (!command.choices.empty())
      out += head + " -f -a " + quoted(join(command.choices, " ")) + "\n";
    for (const OptionInfo& option : command.options) {
      out += head;
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " : " -s ";
        out += name.substr(name.starts_with("--") ? 2 : 1);
      }
      if (option.takes_value) out += " -r";
      if (!option.choices.empty()) out += " -f -a " + quoted(join(option.choices, " "));
      out += " -d " + quoted(option.description) + "\n";
    }
  });
  return out;
}

}  // namespace

std::string completion_script(const CommandInfo& program, const std::string& shell) {
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  return bash_script(program);
}

}  // namespace cairn::cli
