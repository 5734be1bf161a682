#include "cli/verify_arguments.h"

#include "cli/lake_choice.h"
#include "cli/shared_options.h"
#include "cli/usage_error.h"

#include <CLI/CLI.hpp>

namespace cairn::cli {

struct VerifyArguments::State {
  CLI::App* verify = nullptr;
  VerifyCommand command;
  std::string from, to;
};

VerifyArguments::VerifyArguments(CLI::App& app) : state_(std::make_unique<State>()) {
  State& raw = *state_;
  raw.verify = app.add_subcommand(
      "verify", "Prove with CloudTrail's signed digests that logs are complete and untouched");
  engine::VerifyJob& job = raw.command.job;
  raw.verify->add_option("PATH", job.options.roots,
                         "Folders that a trail's bucket was copied to: AWSLogs with CloudTrail and "
                         "CloudTrail-Digest");
  raw.verify
      ->add_option("-k,--keys", job.key_files,
                   "CloudTrail's public keys: what `aws cloudtrail list-public-keys` printed; one "
                   "file for each region")
      ->allow_extra_args(false);
  raw.verify
      ->add_option("--from", raw.from,
                   "Only what was delivered from then on (2024-01-31, 2024-01-31T10:00, 30d)")
      ->group("Which files");
  raw.verify->add_option("--to", raw.to, "Only what was delivered until then, inclusive")
      ->group("Which files");
  raw.verify->add_option("--account", job.options.accounts, "Only these accounts, * and ? allowed")
      ->allow_extra_args(false)
      ->group("Which files");
  raw.verify->add_option("--region", job.options.regions, "Only these regions, * and ? allowed")
      ->allow_extra_args(false)
      ->group("Which files");
  raw.verify
      ->add_option("-o,--out", job.out_folder,
                   "Write verify.json, verdicts.jsonl and findings.jsonl into this folder")
      ->group("Files");
  raw.verify->add_option("--jsonl", job.jsonl_path, "Write the findings, one JSON object a line")
      ->group("Files");
  raw.verify->add_option("--verdicts", job.verdicts_path, "Write every file's verdict, one a line")
      ->group("Files");
  raw.verify->add_flag("--json", raw.command.json, "Print the summary as JSON, with every hour")
      ->group("Screen");
  raw.verify->add_option("--top", raw.command.top, "How much is shown; 0 shows everything")
      ->check(CLI::Range(0, 10000))
      ->group("Screen")
      ->capture_default_str();
  raw.verify
      ->add_flag("--save-verdicts", raw.command.save_verdicts,
                 "Keep the verdicts in the lake, in the column verdict of its table files")
      ->group("Lake");
  add_lake_choice(*raw.verify, raw.command.lake);
  add_evidence(*raw.verify, raw.command.evidence);
  raw.verify
      ->add_option("--root", raw.command.root,
                   "When a manifest is checked: the folder where its relative names are")
      ->group("Evidence");
  raw.verify
      ->add_option("--public-key", raw.command.public_key,
                   "When a manifest is checked: the key that must have signed it (see cairn key "
                   "signing)")
      ->group("Evidence");
  add_threads(*raw.verify, job.options.threads);
  add_appearance(*raw.verify, raw.command.appearance);
  raw.verify->footer(
      "Signatures are read from OBJECT.metadata.json beside a digest, else from the digest after "
      "it.\n"
      "Exit codes: 0 all proven, 10 broken, 3 gaps (or no digests, or something could not be "
      "read), 2 wrong usage.\n"
      "Examples:\n"
      "  aws cloudtrail list-public-keys --start-time 2024-01-01 --end-time 2024-02-01 > "
      "keys.json\n"
      "  cairn verify ./bucket --keys keys.json\n"
      "  cairn verify --manifest evidence.manifest\n"
      "  cairn verify ./bucket --keys keys.json --from 2024-01-10 --to 2024-01-12 --out proof");
}

VerifyArguments::~VerifyArguments() = default;

std::optional<Command> VerifyArguments::finish(Timestamp now) {
  State& raw = *state_;
  if (!raw.verify->parsed()) return std::nullopt;
  if (raw.command.job.options.roots.empty() && raw.command.evidence.manifest.empty())
    return usage_error("verify",
                       "name the folder that the bucket was copied to, or a manifest to check");
  integrity::VerifyOptions& options = raw.command.job.options;
  for (auto [text, edge, time, name] :
       {std::tuple(&raw.from, TimeEdge::kStart, &options.from, "--from: "),
        std::tuple(&raw.to, TimeEdge::kEnd, &options.to, "--to: ")}) {
    if (text->empty()) continue;
    auto read = parse_human_time(*text, now, edge);
    if (!read.ok()) return usage_error("verify", name + read.error().message);
    *time = read.value();
  }
  if (options.from && options.to && *options.to < *options.from)
    return usage_error("verify", "--to is before --from");
  return raw.command;
}

}  // namespace cairn::cli
