#include "chorus/sandbox/trace.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/world.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace chorus::sandbox {

namespace {

void add_text(std::string& line, std::string_view name, std::string_view text) {
  append_json_key(line, name, true);
  append_json_string(line, text);
}

double seconds_of(Duration d) {
  // To the microsecond: no trace is replayed more exactly.
  return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(d).count()) /
         1e6;
}

}  // namespace

TraceRecorder::TraceRecorder(Sandbox& sandbox, const Clock& clock, std::size_t max_bytes)
    : sandbox_(sandbox), clock_(clock), max_bytes_(max_bytes) {}

TraceRecorder::~TraceRecorder() {
  if (file_ < 0) return;
  sandbox_.remove_observer(*this);
  ::close(file_);
}

Result<void> TraceRecorder::open(const std::string& path) {
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file_ < 0) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{}: the trace cannot be written: {}", path, std::strerror(errno)));
  }
  path_ = path;
  start_ = clock_.now();
  sandbox_.add_observer(*this);
  return {};
}

void TraceRecorder::write(std::string line) {
  if (written_ >= max_bytes_) return;
  line += "}\n";
  written_ += line.size();
  std::string_view rest = line;
  while (!rest.empty()) {
    const auto n = ::write(file_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      written_ = max_bytes_;
      log::error("sandbox", "{}: the trace ends here: {}", path_, std::strerror(errno));
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (written_ >= max_bytes_) {
    log::warn("sandbox", "{}: the trace ends here, at {} bytes", path_, written_);
  }
}

std::string TraceRecorder::name_of(PlatformUserId account) const {
  const auto* known = sandbox_.world().find_account(account);
  return known == nullptr ? fmt::format("{}", account.value) : known->username;
}

std::string TraceRecorder::without_tokens(std::string_view text) const {
  std::string out(text);
  // A token has its bot's number, a colon and 24 characters at least.
  constexpr std::size_t kShortestToken = 26;
  if (text.size() < kShortestToken) return out;
  for (const auto* account : sandbox_.world().accounts()) {
    const auto& token = account->token;
    if (token.size() < kShortestToken || out.find(token) == std::string::npos) continue;
    out = replace_all(std::move(out), token, "***");
  }
  return out;
}

std::string TraceRecorder::head(PlatformChatId room) const {
  std::string line = R"({"t":)";
  append_json_double(line, seconds_of(clock_.now() - start_));
  if (room) line += fmt::format(R"(,"room":{})", room.value);
  return line;
}

std::string TraceRecorder::head(const MessageView& message) const {
  auto line = head(message.room);
  if (message.room_type == RoomType::Private) {
    // A private chat's id is its person's: with whom it is makes it whole.
    const bool by_bot = message.from_bot;
    add_text(line, "private", name_of(by_bot ? message.from : message.private_peer));
  }
  return line;
}

void TraceRecorder::on_person_message(const MessageView& message,
                                      const std::vector<PlatformUserId>& recipients) {
  auto line = head(message);
  add_text(line, "from", name_of(message.from));
  add_text(line, "text", without_tokens(message.text));
  line += fmt::format(R"(,"message_id":{},"recipients":{})", message.id.value, recipients.size());
  if (message.reply_to) line += fmt::format(R"(,"reply_to":{})", message.reply_to->value);
  write(std::move(line));
}

void TraceRecorder::on_bot_message(const MessageView& message, std::string_view method) {
  auto line = head(message);
  add_text(line, "bot", name_of(message.from));
  add_text(line, "call", method);
  add_text(line, "says", without_tokens(message.text));
  line += fmt::format(R"(,"message_id":{})", message.id.value);
  if (message.reply_to) line += fmt::format(R"(,"reply_to":{})", message.reply_to->value);
  write(std::move(line));
}

void TraceRecorder::on_bot_edit(const MessageView& message) {
  auto line = head(message);
  add_text(line, "bot", name_of(message.from));
  add_text(line, "edits_to", without_tokens(message.text));
  write(line + fmt::format(R"(,"message_id":{})", message.id.value));
}

void TraceRecorder::on_person_edit(const MessageView& message) {
  auto line = head(message);
  add_text(line, "from", name_of(message.from));
  add_text(line, "edits_to", without_tokens(message.text));
  write(line + fmt::format(R"(,"message_id":{})", message.id.value));
}

void TraceRecorder::on_message_deleted(const MessageView& message) {
  write(head(message) + fmt::format(R"(,"deleted":{})", message.id.value));
}

void TraceRecorder::on_reaction(PlatformChatId room, PlatformMessageId message, PlatformUserId by,
                                std::string_view emoji) {
  auto line = head(room);
  add_text(line, "from", name_of(by));
  add_text(line, "reaction", emoji);
  write(line + fmt::format(R"(,"message_id":{})", message.value));
}

void TraceRecorder::on_update_taken(PlatformUserId bot, PlatformChatId room,
                                    PlatformMessageId message, Duration waited, Duration,
                                    bool webhook) {
  auto line = head(room);
  add_text(line, "bot", name_of(bot));
  line += fmt::format(R"(,"update_of":{},"webhook":{},"waited":)", message.value, webhook);
  append_json_double(line, seconds_of(waited));
  write(std::move(line));
}

void TraceRecorder::on_call(PlatformUserId bot, std::string_view method, int status,
                            PlatformChatId room, int retry_after) {
  auto line = head(room);
  add_text(line, "bot", name_of(bot));
  add_text(line, "call", method);
  line += fmt::format(R"(,"status":{})", status);
  if (retry_after > 0) line += fmt::format(R"(,"retry_after":{})", retry_after);
  write(std::move(line));
}

}  // namespace chorus::sandbox
