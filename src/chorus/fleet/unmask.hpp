#pragma once

#include <string>
#include <string_view>

namespace chorus::fleet {

/// A folded text as an attentive reader takes it: letters of other scripts in a Latin word, digits
/// and signs in the place of letters (`g4r4nt1`, `s@tin`), letters written apart (`b u y`,
/// `p.u.m.p`) letters repeated (`buyyyy`) and slips in the words that matter most are undone.
/// Ordinary text comes back as it is, but a number with letters may not: figures are read from the
/// text itself. Linear.
std::string unmask(std::string_view folded);

/// Words for punctuation in links undone: `t (dot) me`, `bit nokta ly slash x`, `hxxp`.
std::string unmask_links(std::string_view folded);

}  // namespace chorus::fleet
