#include "cli/lake_arguments.h"

#include "cli/shared_options.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct LakeArguments::State {
  CLI::App* load = nullptr;
  LoadCommand load_command;
  size_t memory_mib = 64;

  CLI::App* key = nullptr;
  KeyCommand key_command;
};

void add_lake_choice(CLI::App& command, LakeChoice& choice) {
  command
      .add_option("--lake", choice.folder,
                  "The lake's folder (default: $CAIRN_LAKE, else ~/.local/share/cairn/lake)")
      ->group("Lake");
  command
      .add_option("--key-file", choice.key_file,
                  "The file with its key (default: $CAIRN_KEY_FILE, else ~/.config/cairn/lake.key)")
      ->group("Lake");
  command
      .add_option("--passphrase-file", choice.passphrase_file,
                  "A file with its passphrase (default: $CAIRN_PASSPHRASE, else asked for)")
      ->group("Lake");
}

LakeArguments::LakeArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& raw = *state_;
  raw.load = app.add_subcommand("load", "Load CloudTrail logs into the lake, each record once");
  LoadCommand& load = raw.load_command;
  raw.load
      ->add_option("PATH", load.job.inputs,
                   "Files, folders or archives of CloudTrail logs; - for standard input")
      ->required();
  add_lake_choice(*raw.load, load.lake);
  raw.load
      ->add_flag("--plain", load.plain,
                 "When there is no lake yet, make one without encryption (else: cairn key init)")
      ->group("Lake");
  add_threads(*raw.load, load.job.threads);
  raw.load
      ->add_option("--memory", raw.memory_mib,
                   "MiB of records to collect before they are written: more makes larger files")
      ->check(CLI::Range(4, 4096))
      ->capture_default_str()
      ->group("Speed");
  raw.load->add_flag("-q,--quiet", load.appearance.quiet, "Print nothing but errors")
      ->group("Output");
  raw.load->footer(
      "A file that was loaded before, with the same content, is not read again; a record that the\n"
      "lake has is not stored again.\n"
      "Exit codes: 0 done, 2 wrong usage, 3 something could not be read or written.\n"
      "Examples:\n"
      "  cairn key init\n"
      "  cairn load ./AWSLogs\n"
      "  aws s3 cp s3://BUCKET/KEY - | cairn load -");

  raw.key = app.add_subcommand("key", "Look after the lake's key: init, status, rotate");
  raw.key->require_subcommand(1);
  auto add = [&](const char* name, const char* description, KeyCommand::Action action) {
    CLI::App* command = raw.key->add_subcommand(name, description);
    command->callback([&raw, action] { raw.key_command.action = action; });
    add_lake_choice(*command, raw.key_command.lake);
    return command;
  };
  CLI::App* init = add("init", "Make an encrypted lake, and its key file if there is none yet",
                       KeyCommand::Action::kInit);
  init->add_flag("--passphrase", raw.key_command.passphrase,
                 "Put it under a passphrase instead of a key file");
  init->footer(
      "Without the key nobody can read the lake, you included: keep a copy of the key file in\n"
      "another place.");
  add("status", "Say what the lake is under, and whether your key opens it",
      KeyCommand::Action::kStatus);
  CLI::App* rotate = add("rotate", "Put the lake under a new key, without writing its data anew",
                         KeyCommand::Action::kRotate);
  rotate->add_option("--new-key-file", raw.key_command.new_key_file,
                     "The file for the new key; made if it is not there");
  rotate->add_flag("--new-passphrase", raw.key_command.passphrase,
                   "Put it under a passphrase instead");
  rotate->add_option("--new-passphrase-file", raw.key_command.new_passphrase_file,
                     "A file with the new passphrase");
}

LakeArguments::~LakeArguments() = default;

std::optional<Command> LakeArguments::finish(Timestamp /*now*/) {
  State& raw = *state_;
  if (raw.load->parsed()) {
    raw.load_command.job.memory_bytes = raw.memory_mib << 20;
    return raw.load_command;
  }
  if (raw.key->parsed()) return raw.key_command;
  return std::nullopt;
}

}  // namespace cairn::cli
