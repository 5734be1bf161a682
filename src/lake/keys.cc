#include "lake/keys.h"

#include "base/text.h"
#include "sys/durable.h"
#include "sys/files.h"
#include "sys/process.h"

#include <charconv>

namespace cairn::lake {

namespace {

constexpr std::string_view kKeyFileMark = "cairn-key-1 ";
constexpr uint64_t kKeyFileBytes = 4096;

class MasterKey : public KeyHolder {
 public:
  explicit MasterKey(crypto::SecretKey key) : key_(std::move(key)) {}
  Result<std::string> wrap(std::string_view context, const crypto::SecretKey& key) override {
    return crypto::seal(key_, context, key.bytes());
  }
  Result<crypto::SecretKey> unwrap(std::string_view context, std::string_view wrapped) override {
    auto bytes = crypto::open_sealed(key_, context, wrapped);
    if (!bytes.ok())
      return Error{ErrorCode::kPermission, "this is not the key that the lake is under"};
    auto key = crypto::SecretKey::from_bytes(bytes.value());
    crypto::wipe(bytes.value());
    return key;
  }

 private:
  crypto::SecretKey key_;
};

Result<uint32_t> read_number(std::string_view text) {
  uint32_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size())
    return Error{ErrorCode::kCorrupt, "expected a number, got \"" + printable(text) + "\""};
  return value;
}

}  // namespace

std::string_view to_string(Protection protection) {
  switch (protection) {
    case Protection::kPlain:
      return "plain";
    case Protection::kKeyFile:
      return "key-file";
    case Protection::kPassphrase:
      return "passphrase";
  }
  return "unknown";
}

std::string default_key_file() {
  std::string path = environment("CAIRN_KEY_FILE");
  if (!path.empty()) return path;
  std::string folder = environment("XDG_CONFIG_HOME");
  if (folder.empty()) folder = join_path(environment("HOME"), ".config");
  return join_path(folder, "cairn/lake.key");
}

Status make_key_file(const std::string& path) {
  TRY_ASSIGN(auto key, crypto::SecretKey::random());
  size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) TRY(make_private_folders(path.substr(0, slash)));
  TRY_ASSIGN(auto file, DurableFile::create(path));
  std::string digits = crypto::to_hex(key.bytes()),
              text = std::string(kKeyFileMark) + digits + "\n";
  Status written = file->write_at(0, text);
  crypto::wipe(digits);
  crypto::wipe(text);
  TRY(written);
  TRY(file->sync());
  TRY(file->close());
  return sync_folder(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

Result<crypto::SecretKey> read_key_file(const std::string& path) {
  auto files = real_files();
  TRY_ASSIGN(std::string text, read_file(*files, path, kKeyFileBytes));
  std::string_view line = trim(text);
  auto refuse = [&] {
    crypto::wipe(text);
    return Error{ErrorCode::kInvalidInput,
                 printable(path) + ": this is no key file (cairn key init makes one)"};
  };
  if (!line.starts_with(kKeyFileMark)) return refuse();
  auto bytes = crypto::from_hex(trim(line.substr(kKeyFileMark.size())));
  if (!bytes.ok() || bytes.value().size() != crypto::kKeyBytes) return refuse();
  auto key = crypto::SecretKey::from_bytes(bytes.value());
  crypto::wipe(bytes.value());
  crypto::wipe(text);
  return key;
}

std::unique_ptr<KeyHolder> hold_key(crypto::SecretKey key) {
  return std::make_unique<MasterKey>(std::move(key));
}

Result<PassphraseSalt> PassphraseSalt::random() {
  PassphraseSalt made;
  TRY_ASSIGN(made.salt, crypto::random_bytes(crypto::kSaltBytes));
  return made;
}

std::string PassphraseSalt::to_text() const {
  return "argon2id " + std::to_string(cost.passes) + " " + std::to_string(cost.memory_kib) + " " +
         std::to_string(cost.lanes) + " " + crypto::to_hex(salt);
}

Result<PassphraseSalt> PassphraseSalt::parse(std::string_view text) {
  auto parts = split(text, ' ');
  if (parts.size() != 5 || parts[0] != "argon2id")
    return Error{ErrorCode::kCorrupt, "the passphrase's salt cannot be read"};
  PassphraseSalt made;
  TRY_ASSIGN(made.cost.passes, read_number(parts[1]));
  TRY_ASSIGN(made.cost.memory_kib, read_number(parts[2]));
  TRY_ASSIGN(made.cost.lanes, read_number(parts[3]));
  TRY_ASSIGN(made.salt, crypto::from_hex(parts[4]));
  return made;
}

}  // namespace cairn::lake
