#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "cli/usage_error.h"
#include "crypto/crypto.h"
#include "crypto/signatures.h"
#include "integrity/manifest.h"

namespace cairn::cli {

namespace {

int init(const KeyCommand& command, engine::World world) {
  std::string folder = lake_folder(command.lake);
  auto protection = command.passphrase ? lake::Protection::kPassphrase : lake::Protection::kKeyFile;
  auto keys = read_keys(command.lake, command.passphrase, true, world);
  if (!keys.ok()) return job_failed(keys.error());
  std::string path =
      keys.value().key_file.empty() ? lake::default_key_file() : keys.value().key_file;
  bool had_key = world.files.stat(path).ok();
  auto lake = lake::Lake::create(folder, protection, keys.value(), world.clock);
  crypto::wipe(keys.value().passphrase);
  if (!lake.ok()) return job_failed(lake.error());
  std::string text = "Made an encrypted lake in " + printable(folder) + "\n";
  if (command.passphrase) {
    text += "It is under your passphrase. Without it nobody can read the lake: keep it safe.\n";
  } else {
    text += "Its key is in " + printable(path) +
            (had_key ? ", which was there before.\n" : ", made just now.\n");
    text += "Without that file nobody can read the lake: keep a copy of it in another place.\n";
  }
  return print_out(text) ? 0 : kExitIncomplete;
}

int status(const KeyCommand& command, engine::World world) {
  std::string folder = lake_folder(command.lake);
  auto protection = lake::protection_of(folder);
  if (!protection.ok()) return job_failed(protection.error());
  std::string text = "Lake       " + printable(folder) + "\n";
  if (protection.value() == lake::Protection::kPlain) {
    text += "Protection none: it was made with --plain\n";
    return print_out(text) ? 0 : kExitIncomplete;
  }
  bool file = protection.value() == lake::Protection::kKeyFile;
  std::string path =
      command.lake.key_file.empty() ? lake::default_key_file() : command.lake.key_file;
  text += "Protection AES-256-GCM, under " +
          (file ? "a key file: " + printable(path) : std::string("a passphrase (Argon2id)")) + "\n";
  auto lake = open_lake(command.lake, lake::Access::kRead, world);
  if (!lake.ok()) {
    print_out(text);
    return job_failed(lake.error());
  }
  auto keys = lake::key_months(*lake.value());
  if (!keys.ok()) return job_failed(keys.error());
  text += "Your key   opens it\n";
  text += "Data keys  " + format_count(keys.value().size()) + ", one for each account and month\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int rotate(const KeyCommand& command, engine::World world) {
  bool to_passphrase = command.passphrase || !command.new_passphrase_file.empty();
  if (to_passphrase != command.new_key_file.empty()) {
    print_error(usage_error("key rotate",
                            "say what to put it under: --new-key-file FILE, "
                            "--new-passphrase or --new-passphrase-file FILE")
                    .text);
    return kExitUsage;
  }
  auto lake = open_lake(command.lake, lake::Access::kWrite, world);
  if (!lake.ok()) return job_failed(lake.error());
  if (lake.value()->protection() == lake::Protection::kPlain) {
    complain("the lake is not encrypted; to encrypt it, make a new one and load the logs again");
    return kExitUsage;
  }
  lake::KeySource keys;
  keys.key_file = command.new_key_file;
  if (to_passphrase) {
    auto read = read_new_passphrase(command.new_passphrase_file, world);
    if (!read.ok()) return job_failed(read.error());
    keys.passphrase = std::move(read).value();
  }
  Status done = lake::rotate_key(
      *lake.value(), to_passphrase ? lake::Protection::kPassphrase : lake::Protection::kKeyFile,
      keys);
  crypto::wipe(keys.passphrase);
  if (!done.ok()) return job_failed(done.error());
  std::string text = "The lake is under the new " +
                     std::string(to_passphrase ? "passphrase." : "key: ") +
                     printable(command.new_key_file) + "\n";
  text +=
      "No data was written anew. The old key does not open it any more; old copies of its\n"
      "catalog.db, in backups, still open with it.\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

int signing(const KeyCommand& command, engine::World world) {
  std::string path =
      command.signing_key.empty() ? integrity::default_signing_key() : command.signing_key;
  bool there = world.files.stat(path).ok();
  if (!there) {
    if (Status made = integrity::make_signing_key(path); !made.ok())
      return job_failed(made.error());
  }
  auto key = integrity::read_signing_key(world.files, path);
  if (!key.ok()) return job_failed(key.error());
  auto made = crypto::ed25519_public_key(key.value());
  if (!made.ok()) return job_failed(made.error());
  std::string text =
      "Signing key " + printable(path) + (there ? "\n" : ", made just now\n") + "Public key  " +
      crypto::to_hex(made.value()) +
      "\nGive the public key to those who check your manifests (cairn verify --manifest FILE\n"
      "--public-key KEY), on another way than the manifests.\n";
  return print_out(text) ? 0 : kExitIncomplete;
}

}  // namespace

int run(const KeyCommand& command, engine::World world) {
  switch (command.action) {
    case KeyCommand::Action::kInit:
      return init(command, world);
    case KeyCommand::Action::kStatus:
      return status(command, world);
    case KeyCommand::Action::kRotate:
      return rotate(command, world);
    case KeyCommand::Action::kSigning:
      return signing(command, world);
  }
  return kExitUsage;
}

}  // namespace cairn::cli
