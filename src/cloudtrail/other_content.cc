#include "cloudtrail/other_content.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace cairn::cloudtrail {

namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array kMagics{
    Magic{"PAR1"sv, "Parquet"},
    Magic{"Obj\x01"sv, "Avro"},
    Magic{"ORC"sv, "ORC"},
    Magic{"PK\x03\x04"sv, "zip"},
    Magic{"BZh"sv, "bzip2"},
    Magic{"\xfd\x37zXZ"sv, "xz"},
    Magic{"7z\xbc\xaf"sv, "7-Zip"},
    Magic{"\xff\xfe"sv, "UTF-16 text"},
    Magic{"\xfe\xff"sv, "UTF-16 text"},
    Magic{"\x1f\x8b"sv, "gzip inside gzip"},
    Magic{"%PDF"sv, "PDF"},
    Magic{"\x7f"
          "ELF"sv,
          "program"},
    Magic{"SQLite format 3"sv, "SQLite"},
    Magic{"\x89PNG"sv, "image"},
};

std::string_view magic_of(std::string_view head) {
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) return magic.name;
  }
  return "";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_flow_log(std::string_view line) {
  if (line.starts_with("version account-id interface-id")) return true;
  return line.size() > 2 && is_digit(line[0]) && line[1] == ' ' && contains(line, " eni-");
}

bool is_load_balancer_log(std::string_view line) {
  for (std::string_view scheme : {"http ", "https ", "h2 ", "ws ", "wss ", "grpcs ", "tls "}) {
    if (line.starts_with(scheme) && contains(line, "Z ")) return true;
  }
  // Classic load balancers: time, name, client:port, backend:port, three times.
  return line.size() > 30 && line.substr(10, 1) == "T" &&
         (contains(line, " \"GET ") || contains(line, " \"POST ") || contains(line, " \"- - -"));
}

bool is_bucket_access_log(std::string_view line) {
  size_t time = line.find(" [");
  return time != std::string_view::npos && time > 60 && contains(line, "] ") &&
         contains(line, " REST.");
}

}  // namespace

bool is_binary_format(std::string_view head) { return !magic_of(head).empty(); }

std::string_view name_other_content(std::string_view head) {
  std::string_view magic = magic_of(head);
  if (!magic.empty()) return magic;
  std::string_view line = head.substr(0, head.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (is_flow_log(line)) return "VPC flow log";
  if (is_bucket_access_log(line)) return "S3 access log";
  if (is_load_balancer_log(line)) return "ELB access log";
  std::string_view start = trim(head);
  if (start.starts_with('{') || start.starts_with('[') || start.starts_with('"')) return "JSON";
  if (start.starts_with('<')) return "XML or HTML";
  auto unprintable = std::count_if(head.begin(), head.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\x1b';
  });
  if (unprintable > 0) return "binary data";
  if (std::count(line.begin(), line.end(), ',') >= 3) return "CSV";
  return "text";
}

}  // namespace cairn::cloudtrail
