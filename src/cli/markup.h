#pragma once

// What the pages of answers share: text of logs as text, and the page around an answer.

#include <string>
#include <string_view>

namespace cairn::cli {

/// Makes any text fit to stand in markup and between double quotes. Line ends stay.
std::string escaped(std::string_view text);

/// Puts an answer, which is markup, into a page with engine::AnswerMarks. The title and `made`
/// (what was read) are text.
std::string filled_page(std::string_view page, std::string_view title, const std::string& body,
                        std::string_view made);

}  // namespace cairn::cli
