#include "cli/lake_choice.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "sys/durable.h"
#include "sys/process.h"

namespace cairn::cli {

namespace {

constexpr uint64_t kPassphraseFileBytes = 4096;

}  // namespace

std::string lake_folder(const LakeChoice& choice) {
  return choice.folder.empty() ? lake::default_folder() : choice.folder;
}

namespace {

Result<std::string> passphrase_in(const std::string& file, engine::World world) {
  TRY_ASSIGN(std::string text, read_file(world.files, file, kPassphraseFileBytes));
  std::string passphrase = text.substr(0, text.find_last_not_of("\r\n") + 1);
  crypto::wipe(text);
  if (passphrase.empty())
    return Error{ErrorCode::kInvalidInput, printable(file) + " holds no passphrase"};
  return passphrase;
}

Result<std::string> typed_passphrase(const char* prompt, bool twice) {
  TRY_ASSIGN(std::string passphrase, read_secret(prompt));
  if (passphrase.empty()) return Error{ErrorCode::kInvalidInput, "the passphrase is empty"};
  if (!twice) return passphrase;
  TRY_ASSIGN(std::string again, read_secret("The same again: "));
  bool same = crypto::equal_secrets(again, passphrase);
  crypto::wipe(again);
  if (!same) return Error{ErrorCode::kInvalidInput, "the two passphrases differ"};
  return passphrase;
}

}  // namespace

Result<lake::KeySource> read_keys(const LakeChoice& choice, bool ask, bool twice,
                                  engine::World world) {
  lake::KeySource keys;
  keys.key_file = choice.key_file;
  if (!choice.passphrase_file.empty()) {
    TRY_ASSIGN(keys.passphrase, passphrase_in(choice.passphrase_file, world));
    return keys;
  }
  keys.passphrase = environment("CAIRN_PASSPHRASE");
  if (keys.passphrase.empty() && ask) {
    TRY_ASSIGN(keys.passphrase, typed_passphrase("Passphrase of the lake: ", twice));
  }
  return keys;
}

Result<std::string> read_new_passphrase(const std::string& file, engine::World world) {
  return file.empty() ? typed_passphrase("New passphrase: ", true) : passphrase_in(file, world);
}

Result<std::unique_ptr<lake::Lake>> open_lake(const LakeChoice& choice, lake::Access access,
                                              engine::World world, lake::Older older) {
  std::string folder = lake_folder(choice);
  auto protection = lake::protection_of(folder);
  if (!protection.ok()) {
    Error error = std::move(protection).error();
    if (error.code == ErrorCode::kNotFound)
      error.message += "; make one with: cairn key init" +
                       (choice.folder.empty() ? "" : " --lake " + printable(choice.folder)) +
                       " (or cairn load --plain, without encryption)";
    return error;
  }
  bool ask = protection.value() == lake::Protection::kPassphrase;
  TRY_ASSIGN(lake::KeySource keys, read_keys(choice, ask, false, world));
  auto lake = lake::Lake::open(folder, access, keys, world.clock, older);
  crypto::wipe(keys.passphrase);
  return lake;
}

}  // namespace cairn::cli
