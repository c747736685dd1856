#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::platform {

/// Somebody whom a text may name.
struct MatrixMember {
  std::string user_id;
  std::string name;  ///< display name
};
/// Member of the room by localpart (lower case); nullopt: nobody is called so.
using MemberByLocalpart = std::function<std::optional<MatrixMember>(std::string_view)>;

/// A message on its way out, with the text ids of Matrix.
struct MatrixText {
  std::string text;
  std::string reply_to{};  ///< event id; empty: none
  std::string reply_to_sender{};
  std::string thread{};  ///< root's event id; empty: not in a thread
};

/// Longest text of one event, in bytes: with its HTML form it stays far below the 65,536 bytes that
/// an event may have.
inline constexpr std::size_t kLongestPart = 16'000;

/// `text` in parts of at most `most` bytes, cut between paragraphs where that is possible, else
/// between lines, sentences, words, and at last code points. Blank space at a cut goes; nothing
/// else does. At least one part. O(n).
std::vector<std::string> split_text(std::string_view text, std::size_t most);

/// Contents of the `m.room.message` events that say it, in order: `m.notice`, because a bot speaks;
/// `@name` of a member becomes a mention and a link; who is answered is mentioned. In a thread
/// every part belongs to it, and what is no reply falls back to its root for clients without
/// threads. The reply itself is on the first part. Pure. Source: specification, client-server API
/// 11 (threads, rich replies, mentions).
std::vector<std::string> message_contents(const MatrixText& message,
                                          const MemberByLocalpart& members);
/// Content of an edit of `event_id`; what does not fit into one event is cut.
std::string edit_content(std::string_view event_id, std::string_view text,
                         const MemberByLocalpart& members);
/// Content of a reaction.
std::string reaction_content(std::string_view event_id, std::string_view emoji);

}  // namespace chorus::platform
