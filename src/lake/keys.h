#pragma once

// Whose key a lake is under (docs/keys.md). A master key wraps data keys, one for each account and
// month, and the catalog's key; the files are encrypted under keys derived from the data keys. So
// changing the master key re-wraps a few rows, and forgetting an account is destroying its rows.

#include "base/result.h"
#include "crypto/crypto.h"

#include <memory>
#include <string>
#include <string_view>

namespace cairn::lake {

/// Who can wrap and unwrap keys: holds the master key, or asks somebody who does (a key service
/// can be put here). One thread.
class KeyHolder {
 public:
  virtual ~KeyHolder() = default;
  /// Encrypts a key. The context says which key it is, and must be the same when unwrapping.
  virtual Result<std::string> wrap(std::string_view context, const crypto::SecretKey& key) = 0;
  /// Fails with kPermission when this is not the key it was wrapped under.
  virtual Result<crypto::SecretKey> unwrap(std::string_view context, std::string_view wrapped) = 0;
};

/// How a lake's content is protected.
enum class Protection : uint8_t { kPlain, kKeyFile, kPassphrase };
/// Returns "plain", "key-file" or "passphrase".
std::string_view to_string(Protection protection);

/// What the user has to open a lake with. Which of the two is used is the lake's to say.
struct KeySource {
  std::string key_file;    // "": default_key_file()
  std::string passphrase;  // "": none was given
};

/// $CAIRN_KEY_FILE, else $XDG_CONFIG_HOME/cairn/lake.key, else ~/.config/cairn/lake.key.
std::string default_key_file();

/// Makes a key file, for its owner only: one line, "cairn-key-1 " and 64 hexadecimal digits. Fails
/// with kInvalidInput when the name is taken.
Status make_key_file(const std::string& path);
/// Reads one. Fails with kNotFound, kPermission, or kInvalidInput when it holds something else.
Result<crypto::SecretKey> read_key_file(const std::string& path);

/// Holds a master key in memory.
std::unique_ptr<KeyHolder> hold_key(crypto::SecretKey key);

/// What a passphrase needs to become the key again; stored in the catalog.
struct PassphraseSalt {
  std::string salt;
  crypto::PassphraseCost cost;

  static Result<PassphraseSalt> random();
  std::string to_text() const;  // "argon2id 3 65536 4 <hex>"
  static Result<PassphraseSalt> parse(std::string_view text);
};

}  // namespace cairn::lake
