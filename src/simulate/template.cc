#include "simulate/template.h"

#include "base/check.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace cairn::simulate {
namespace {

int64_t parse_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  CAIRN_CHECK(error == std::errc() && end == text.data() + text.size());
  return number;
}

void append_in_string(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

void append_in_url(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool plain = is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    out += '%';
    out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace

Slot Names::slot(std::string_view name) {
  const auto found = slots_.find(name);
  if (found != slots_.end()) return found->second;
  const Slot slot = static_cast<Slot>(names_.size());
  names_.emplace_back(name);
  slots_.emplace(std::string(name), slot);
  return slot;
}

std::optional<Slot> Names::find(std::string_view name) const {
  const auto found = slots_.find(name);
  return found == slots_.end() ? std::nullopt : std::optional(found->second);
}

Template Template::compile(std::string_view text, Names& names) {
  Template result;
  while (!text.empty()) {
    const size_t open = text.find('<');
    if (open != 0) {
      Part part;
      part.text = text.substr(0, open);
      result.parts_.push_back(std::move(part));
      if (open == std::string_view::npos) break;
      text.remove_prefix(open);
    }
    const size_t close = text.find('>');
    CAIRN_CHECK(close != std::string_view::npos);
    result.parts_.push_back(blank(text.substr(1, close - 1), names));
    text.remove_prefix(close + 1);
  }
  return result;
}

bool Template::asks_for(Slot slot) const {
  return std::any_of(parts_.begin(), parts_.end(), [slot](const Part& part) {
    const bool named = part.kind == Kind::kValue || part.kind == Kind::kValueInString ||
                       part.kind == Kind::kValueInUrl || part.kind == Kind::kTimes;
    return named && part.slot == slot;
  });
}

Template::Part Template::blank(std::string_view inside, Names& names) {
  Part part;
  const size_t colon = inside.find(':');
  if (colon == std::string_view::npos) {
    const size_t bar = inside.find('|');
    const std::string_view form = bar == std::string_view::npos ? "" : inside.substr(bar + 1);
    CAIRN_CHECK(form.empty() || form == "string" || form == "url");
    part.kind = form.empty()    ? Kind::kValue
                : form == "url" ? Kind::kValueInUrl
                                : Kind::kValueInString;
    part.slot = names.slot(inside.substr(0, bar));
    return part;
  }
  static const std::map<std::string_view, Kind> kinds = {
      {"hex", Kind::kHex},       {"upper", Kind::kUpper},   {"mixed", Kind::kMixed},
      {"base64", Kind::kBase64}, {"digits", Kind::kDigits}, {"uuid", Kind::kUuid},
      {"number", Kind::kNumber}, {"one", Kind::kOne},       {"times", Kind::kTimes}};
  const auto kind = kinds.find(inside.substr(0, colon));
  CAIRN_CHECK(kind != kinds.end());
  part.kind = kind->second;
  std::string_view argument = inside.substr(colon + 1);
  if (part.kind == Kind::kTimes) {
    const size_t comma = argument.find(',');
    CAIRN_CHECK(comma != std::string_view::npos);
    part.slot = names.slot(argument.substr(comma + 1));
    argument = argument.substr(0, comma);
  }
  if (part.kind == Kind::kOne) {
    for (const std::string_view choice : split(argument, ',')) part.choices.emplace_back(choice);
  } else if (part.kind == Kind::kNumber || part.kind == Kind::kTimes) {
    const size_t dash = argument.find('-');
    CAIRN_CHECK(dash != std::string_view::npos);
    part.low = parse_number(argument.substr(0, dash));
    part.high = parse_number(argument.substr(dash + 1));
  } else if (part.kind != Kind::kUuid) {
    part.low = parse_number(argument);
  }
  return part;
}

void Template::append_to(std::string& out, Filler& filler) const {
  for (const Part& part : parts_) {
    const size_t count = static_cast<size_t>(part.low);
    switch (part.kind) {
      case Kind::kText:
        out += part.text;
        break;
      case Kind::kValue:
        out += filler.value(part.slot);
        break;
      case Kind::kValueInString:
        append_in_string(out, filler.value(part.slot));
        break;
      case Kind::kValueInUrl:
        append_in_url(out, filler.value(part.slot));
        break;
      case Kind::kHex:
        filler.random->append_hex(out, count);
        break;
      case Kind::kUpper:
        filler.random->append_upper(out, count);
        break;
      case Kind::kMixed:
        filler.random->append_mixed(out, count);
        break;
      case Kind::kBase64:
        filler.random->append_base64(out, count);
        break;
      case Kind::kDigits:
        filler.random->append_digits(out, count);
        break;
      case Kind::kUuid:
        filler.random->append_uuid(out);
        break;
      case Kind::kNumber: {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits,
                                       filler.random->between(part.low, part.high));
        out.append(digits, end.ptr);
        break;
      }
      case Kind::kTimes: {
        const int64_t times = filler.random->between(part.low, part.high);
        for (int64_t i = 0; i < times; ++i) {
          if (i > 0) out += ',';
          filler.made_of(part.slot).append_to(out, filler);
        }
        break;
      }
      case Kind::kOne:
        out += part.choices[filler.random->below(part.choices.size())];
        break;
    }
  }
}

}  // namespace cairn::simulate
