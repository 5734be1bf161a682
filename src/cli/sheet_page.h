#pragma once

// An answer (investigate/sheet.h) as one page for a browser, which loads and runs nothing.

#include "investigate/sheet.h"

#include <string>
#include <string_view>

namespace cairn::cli {

/// Puts the answer into a page with engine::AnswerMarks. `question` is the command without its
/// places ("cairn who dora"); `made` says what was read. No text of a log can become markup.
std::string sheet_page(const investigate::Sheet& sheet, std::string_view page,
                       std::string_view question, std::string_view made);

}  // namespace cairn::cli
