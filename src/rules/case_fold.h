#pragma once

// Case for comparisons: A-Z and the simple, length-preserving pairs of Latin, Greek, Cyrillic,
// Armenian and full-width letters. Not folded: letters whose pair has another length or depends on
// language (ß, İ, ſ, the Kelvin sign, …). Length is kept so that literals can be searched in folded
// text byte by byte.

#include <string>
#include <string_view>

namespace cairn::rules {

/// Folds the text in place. Bytes that are not UTF-8 stay.
void fold_case(std::string& text);

/// Returns the folded text: a view of `text` itself when nothing changes, else of `scratch`.
std::string_view folded(std::string_view text, std::string& scratch);

}  // namespace cairn::rules
