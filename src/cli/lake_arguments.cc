#include "cli/lake_arguments.h"

#include "cli/shared_options.h"
#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct LakeArguments::State {
  CLI::App* load = nullptr;
  LoadCommand load_command;
  size_t memory_mib = 32;

  CLI::App* key = nullptr;
  KeyCommand key_command;

  CLI::App* lake = nullptr;
  LakeCommand lake_command;
  std::string from, to;
  CLI::App* audit = nullptr;
  AuditCommand audit_command;
  CLI::App* show = nullptr;
  ShowCommand show_command;
  bool json = false, raw_records = false;

  void add_lake(CLI::App& app);
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
  raw.load
      ->add_flag("--no-raw", load.job.without_raw,
                 "Keep columns only, not the records byte for byte: half the size. For a new lake; "
                 "it stays so")
      ->group("Lake");
  add_evidence(*raw.load, load.evidence);
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

  raw.key = app.add_subcommand(
      "key", "Look after keys: the lake's (init, status, rotate), and evidence's (signing)");
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
  CLI::App* signing = raw.key->add_subcommand(
      "signing", "Make the key that signs manifests, and print its public half");
  signing->callback([&raw] { raw.key_command.action = KeyCommand::Action::kSigning; });
  signing->add_option("--signing-key", raw.key_command.signing_key,
                      "Its file (default: $CAIRN_SIGNING_KEY, else ~/.config/cairn/signing.key)");
  raw.add_lake(app);
  raw.audit = app.add_subcommand("audit",
                                 "Read and check the lake's record of what was done: show, verify");
  raw.audit->require_subcommand(1);
  AuditCommand& audit = raw.audit_command;
  CLI::App* list = raw.audit->add_subcommand("show", "Show every load, file and action, in order");
  list->callback([&audit] { audit.show = true; });
  list->add_flag("--json", audit.json, "Write JSON lines");
  CLI::App* check = raw.audit->add_subcommand(
      "verify", "Prove that no row was changed, cut out or put elsewhere; print the head");
  check->add_option("--head", audit.head, "A head that an earlier check printed");
  for (CLI::App* command : {list, check}) add_lake_choice(*command, audit.lake);
  check->footer("Exit codes: 0 whole, 10 broken, 2 wrong usage, 3 could not be read.");
}

void LakeArguments::State::add_lake(CLI::App& app) {
  lake = app.add_subcommand(
      "lake",
      "Look after the lake: status, check, show, retain, hold, release, forget, merge, export");
  lake->require_subcommand(1);
  auto add = [this](const char* name, const char* description, LakeCommand::Action action) {
    CLI::App* command = lake->add_subcommand(name, description);
    command->callback([this, action] { lake_command.action = action; });
    add_lake_choice(*command, lake_command.lake);
    return command;
  };
  auto account = [this](CLI::App* command, const char* words, bool required) {
    command->add_option("--account", lake_command.account, words)->required(required);
  };
  using Action = LakeCommand::Action;
  add("status", "Say what is in it: accounts, days, sizes, gaps", Action::kStatus);
  add("check", "Read everything and prove the account of all loads again", Action::kCheck)
      ->add_flag("--repair", lake_command.repair,
                 "Take out what is lost or damaged, so that it can be loaded again, and say so");
  CLI::App* retain = add("retain", "Remove records older than so many days", Action::kRetain);
  retain->add_option("--days", lake_command.days, "The age in days, counted from now")
      ->required()
      ->check(CLI::Range(1, 36500));
  account(retain, "Only of this account", false);
  retain->add_flag("--dry-run", lake_command.dry_run, "Only say what would be removed");
  CLI::App* hold =
      add("hold", "Keep an account from retain and forget (legal hold)", Action::kHold);
  account(hold, "The account", true);
  hold->add_option("--reason", lake_command.reason, "Why, for the record")->required();
  account(add("release", "End a hold", Action::kRelease), "The account", true);
  account(add("forget", "Destroy an account's keys and records for good", Action::kForget),
          "The account", true);
  add("merge", "Join small files into larger ones (a load does it by itself)", Action::kMerge);
  show = lake->add_subcommand("show", "Show single events whole: record, object, rules");
  show_command.lake.emplace();
  show->add_option("EVENT_ID", show_command.words.words, "eventIDs, or beginnings of them")
      ->required();
  add_lake_choice(*show, *show_command.lake);
  show->add_option("-r,--rules", show_command.options.rules.paths,
                   "Sigma rules to try besides the built-in pack: files or folders")
      ->allow_extra_args(false)
      ->group("Rules");
  show->add_flag("--json", json, "Write JSON lines: one object an event")->group("Output");
  show->add_flag("--raw", raw_records, "Write the records themselves, one a line")->group("Output");
  show->add_option("-o,--output", show_command.listing.output,
                   "Write to this file instead of the screen")
      ->group("Output");
  add_appearance(*show, show_command.listing.appearance);
  CLI::App* out = add("export", "Write plain Parquet for Athena, with its table", Action::kExport);
  out->add_option("FOLDER", lake_command.folder, "Where to: a new or empty folder")->required();
  out->add_option("--location", lake_command.location,
                  "Where it will be in S3, for the table's definition")
      ->default_val("s3://YOUR-BUCKET/cloudtrail");
  out->add_option("--account", lake_command.bounds.accounts, "Only of these accounts")
      ->allow_extra_args(false);
  out->add_option("--from", from, "Only events from then on (2024-01-31, 2024-01-31T10:00, 30d)");
  out->add_option("--to", to, "Only events until then, inclusive");
}

LakeArguments::~LakeArguments() = default;

std::optional<Command> LakeArguments::finish(Timestamp now) {
  State& raw = *state_;
  if (raw.load->parsed()) {
    raw.load_command.job.memory_bytes = raw.memory_mib << 20;
    return raw.load_command;
  }
  if (raw.key->parsed()) return raw.key_command;
  if (raw.audit->parsed()) return raw.audit_command;
  if (raw.show->parsed()) {
    if (raw.json && raw.raw_records)
      return usage_error("lake show", "--json and --raw: choose one");
    if (raw.json) raw.show_command.listing.format = report::ListingFormat::kJson;
    if (raw.raw_records) raw.show_command.listing.format = report::ListingFormat::kRaw;
    return raw.show_command;
  }
  if (raw.lake->parsed()) {
    auto read = [&](const std::string& text, TimeEdge edge,
                    std::optional<Timestamp>& to) -> Status {
      if (text.empty()) return {};
      TRY_ASSIGN(to, parse_human_time(text, now, edge));
      return {};
    };
    lake::Bounds& bounds = raw.lake_command.bounds;
    if (Status from = read(raw.from, TimeEdge::kStart, bounds.from); !from.ok())
      return usage_error("lake export", "--from: " + from.error().message);
    if (Status to = read(raw.to, TimeEdge::kEnd, bounds.to); !to.ok())
      return usage_error("lake export", "--to: " + to.error().message);
    return raw.lake_command;
  }
  return std::nullopt;
}

}  // namespace cairn::cli
