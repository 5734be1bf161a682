#include "integrity/manifest.h"

#include "base/text.h"
#include "crypto/signatures.h"
#include "formats/json_tree.h"
#include "formats/json_writer.h"
#include "integrity/object_name.h"
#include "integrity/parallel.h"
#include "sys/durable.h"
#include "sys/process.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace cairn::integrity {

namespace {

constexpr size_t kPieceBytes = 256u << 10;
constexpr size_t kDepthLimit = 64;
constexpr size_t kChangedListed = 1000;
constexpr std::string_view kKeyMark = "cairn-signing-key-1 ";

struct Hashed {
  std::string path;
  uint64_t size = 0;
  std::string sha256;  // hexadecimal; "" when it could not be read
  std::optional<Error> error;
};

Status add_files(Files& files, const std::string& path, size_t depth, std::vector<Hashed>& out) {
  if (path == "-" || depth > kDepthLimit) return {};
  TRY_ASSIGN(FileInfo info, files.stat(path));
  if (info.kind != FileKind::kFolder) {
    out.push_back({path, 0, "", std::nullopt});
    return {};
  }
  TRY_ASSIGN(auto entries, files.list(path));
  std::sort(entries.begin(), entries.end(),
            [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
  for (const FileInfo& entry : entries) {
    if (entry.kind == FileKind::kFolder) TRY(add_files(files, entry.path, depth + 1, out));
    if (entry.kind == FileKind::kFile) out.push_back({entry.path, 0, "", std::nullopt});
  }
  return {};
}

void hash_one(Files& files, Hashed& one) {
  auto file = files.open(one.path);
  if (!file.ok()) {
    one.error = file.error();
    return;
  }
  crypto::Sha256 hash;
  std::string piece(kPieceBytes, '\0');
  for (;;) {
    auto got = file.value()->read(piece);
    if (!got.ok()) {
      one.error = got.error();
      return;
    }
    if (got.value() == 0) break;
    one.size += got.value();
    hash.add({piece.data(), got.value()});
  }
  one.sha256 = crypto::to_hex(hash.finish());
}

void hash_all(Files& files, std::vector<Hashed>& all, unsigned threads) {
  in_parallel(
      all.size(), threads == 0 ? processor_count() : threads,
      [&](unsigned /*worker*/, size_t i) { hash_one(files, all[i]); }, [] {});
}

Result<std::vector<Hashed>> hashes_of(Files& files, const std::vector<std::string>& paths,
                                      unsigned threads) {
  std::vector<Hashed> all;
  for (const std::string& path : paths) TRY(add_files(files, path, 0, all));
  hash_all(files, all, threads);
  for (const Hashed& one : all) {
    if (one.error) return *one.error;
  }
  return all;
}

/// A path's part from AWSLogs on, when it has CloudTrail's layout.
std::string object_of(const std::string& path) {
  auto name = split_object_name(path);
  return name ? path.substr(name->prefix.size()) : "";
}

void add_line(std::string& text, JsonWriter& json) { text += std::move(json).take() + "\n"; }

void add_file(std::string& text, const char* kind, const Hashed& one, const std::string& verdict) {
  JsonWriter json;
  json.begin_object().member(kind, one.path);
  if (std::string object = object_of(one.path); !object.empty()) json.member("object", object);
  json.member("size", one.size).member("sha256", one.sha256);
  if (!verdict.empty()) json.member("verdict", verdict);
  json.end_object();
  add_line(text, json);
}

Error no_manifest(const std::string& why) {
  return Error{ErrorCode::kInvalidInput, "is no evidence manifest: " + why};
}

std::string member(const JsonTree& tree, std::string_view name) {
  uint32_t node = tree.find(0, name);
  return node != 0 && tree[node].is_scalar() ? std::string(tree[node].text) : "";
}

/// Reads the last line, which signs what is before it.
Status check_signature(JsonTree& tree, std::string_view signed_text, std::string_view line,
                       ManifestCheck& check) {
  if (!tree.parse(line).ok() || member(tree, "algorithm") != "Ed25519")
    return no_manifest("its last line is no signature");
  check.public_key = to_lower(member(tree, "public_key"));
  auto key = crypto::from_hex(check.public_key);
  auto signature = crypto::from_hex(member(tree, "signature"));
  check.signature_valid = key.ok() && signature.ok() &&
                          crypto::ed25519_verifies(key.value(), signed_text, signature.value());
  return {};
}

/// A file that a manifest names.
struct Named {
  bool result = false;
  std::string path, sha256;
  uint64_t size = 0;
};

Result<std::vector<Named>> read_lines(JsonTree& tree, std::string_view body, ManifestCheck& check) {
  std::vector<Named> named;
  size_t number = 0;
  while (!body.empty()) {
    size_t end = body.find('\n');
    std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    ++number;
    if (Status parsed = tree.parse(line); !parsed.ok())
      return no_manifest("line " + std::to_string(number) + ": " + parsed.error().message);
    if (number == 1) {
      if (member(tree, "cairn_manifest") != "1")
        return no_manifest("its first line does not say so");
      check.version = member(tree, "version");
      check.command = member(tree, "command");
      check.made = member(tree, "made");
      continue;
    }
    Named one;
    one.path = member(tree, "input");
    if (one.path.empty()) {
      one.path = member(tree, "result");
      one.result = true;
    }
    std::string size = member(tree, "size");
    std::from_chars(size.data(), size.data() + size.size(), one.size);
    one.sha256 = member(tree, "sha256");
    if (one.path.empty() || one.sha256.size() != 2 * crypto::kHashBytes)
      return no_manifest("line " + std::to_string(number) + " names no file");
    named.push_back(std::move(one));
  }
  return named;
}

}  // namespace

Result<std::string> make_manifest(Files& files, const ManifestFacts& facts,
                                  const ManifestFiles& content, const crypto::SecretKey& key,
                                  unsigned threads) {
  TRY_ASSIGN(auto inputs, hashes_of(files, content.inputs, threads));
  TRY_ASSIGN(auto results, hashes_of(files, content.results, threads));
  std::string text;
  JsonWriter head;
  head.begin_object().member("cairn_manifest", 1).member("version", facts.version);
  head.member("command", facts.command).member("made", format_time(facts.made));
  for (const auto& [name, value] : facts.more) head.member(name, value);
  head.member("inputs", inputs.size()).member("results", results.size()).end_object();
  add_line(text, head);
  for (const Hashed& one : inputs) {
    auto verdict = content.verdicts.find(one.path);
    add_file(text, "input", one, verdict == content.verdicts.end() ? "" : verdict->second);
  }
  for (const Hashed& one : results) add_file(text, "result", one, "");
  TRY_ASSIGN(std::string public_key, crypto::ed25519_public_key(key));
  TRY_ASSIGN(std::string signature, crypto::ed25519_sign(key, text));
  JsonWriter last;
  last.begin_object().member("algorithm", "Ed25519");
  last.member("public_key", crypto::to_hex(public_key));
  last.member("signature", crypto::to_hex(signature)).end_object();
  add_line(text, last);
  return text;
}

Result<ManifestCheck> check_manifest(Files& files, std::string_view text, const std::string& root,
                                     unsigned threads) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  size_t cut = text.rfind('\n');
  if (cut == std::string_view::npos) return no_manifest("it has one line");
  std::string_view body = text.substr(0, cut + 1);
  JsonTree tree;
  ManifestCheck check;
  TRY(check_signature(tree, body, text.substr(cut + 1), check));
  TRY_ASSIGN(auto named, read_lines(tree, body, check));
  std::vector<Hashed> here;
  for (const Named& one : named) {
    bool absolute = one.path.starts_with('/');
    here.push_back({absolute || root.empty() ? one.path : join_path(root, one.path), 0, "", {}});
  }
  hash_all(files, here, threads);
  for (size_t i = 0; i < named.size(); ++i) {
    bool result = named[i].result;
    ++(result ? check.results : check.inputs);
    if (here[i].error && here[i].error->code == ErrorCode::kNotFound) {
      ++(result ? check.results_absent : check.inputs_absent);
    } else if (here[i].sha256 == to_lower(named[i].sha256) && here[i].size == named[i].size) {
      ++(result ? check.results_same : check.inputs_same);
    } else if (check.changed.size() < kChangedListed) {
      check.changed.push_back(here[i].path);
    }
  }
  return check;
}

Status make_signing_key(const std::string& path) {
  TRY_ASSIGN(auto key, crypto::SecretKey::random());
  size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) TRY(make_private_folders(path.substr(0, slash)));
  TRY_ASSIGN(auto file, DurableFile::create(path));
  std::string digits = crypto::to_hex(key.bytes()), text = std::string(kKeyMark) + digits + "\n";
  Status written = file->write_at(0, text);
  crypto::wipe(digits);
  crypto::wipe(text);
  TRY(written);
  TRY(file->sync());
  return file->close();
}

Result<crypto::SecretKey> read_signing_key(Files& files, const std::string& path) {
  auto read = read_file(files, path, 4096);
  if (!read.ok() && read.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, "there is no signing key in " + printable(path) +
                                           "; make one with: cairn key signing"};
  }
  TRY_ASSIGN(std::string text, std::move(read));
  std::string_view line = trim(text);
  bool marked = line.starts_with(kKeyMark);
  auto bytes = crypto::from_hex(marked ? line.substr(kKeyMark.size()) : "-");
  crypto::wipe(text);
  if (!bytes.ok() || bytes.value().size() != crypto::kKeyBytes)
    return Error{ErrorCode::kInvalidInput, printable(path) + ": this is no signing key"};
  auto key = crypto::SecretKey::from_bytes(bytes.value());
  crypto::wipe(bytes.value());
  return key;
}

std::string default_signing_key() {
  std::string path = environment("CAIRN_SIGNING_KEY");
  if (!path.empty()) return path;
  std::string folder = environment("XDG_CONFIG_HOME");
  if (folder.empty()) folder = join_path(environment("HOME"), ".config");
  return join_path(folder, "cairn/signing.key");
}

}  // namespace cairn::integrity
