#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn {

/// Appends one field as RFC 4180 wants it (quoted when it holds a comma, quote, CR or LF). A field
/// that a spreadsheet would take for a formula (it starts with = + - @ tab or CR, also after
/// blanks; plain numbers excepted) gets a ' in front, as OWASP's "CSV Injection" page advises.
/// Control characters other than tab, CR and LF, and invalid UTF-8, are replaced.
void append_csv_field(std::string& out, std::string_view field);
/// Appends a record ending in CR LF.
void append_csv_row(std::string& out, const std::vector<std::string_view>& fields);

}  // namespace cairn
