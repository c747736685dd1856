#include "chorus/app/service_settings.hpp"

#include "chorus/fleet/settings_table.hpp"
#include "chorus/net/http.hpp"

#include <chrono>

namespace chorus::app {

namespace {

using config::Kind;
using config::Setting;
using config::Takes;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

using S = ServiceSettings;

/// A member of a part of the settings.
template <class Part, class Member>
auto in(Part part, Member member) {
  return [part, member](auto& settings) -> auto& { return settings.*part.*member; };
}

void add_retention(config::Table<S>& table) {
  using R = store::Store::Retention;
  constexpr auto kLive = Takes::AtOnce;
  const Duration longest = hours(24 * 3650);
  table.group("Retention: how long rows are kept")
      .duration("keep_inbox", in(&S::keep, &R::inbox), hours(1), longest, kLive,
                "Updates that are done; the platform's repetitions are known for as long.")
      .duration("keep_messages", in(&S::keep, &R::messages), hours(1), longest, kLive,
                "What was said in rooms.")
      .duration("keep_turns", in(&S::keep, &R::turns), hours(1), longest, kLive,
                "Decisions and their reasons.")
      .duration("keep_outbox", in(&S::keep, &R::outbox), hours(1), longest, kLive,
                "Rows that were sent, are dead or were cancelled.")
      .duration("keep_spend", in(&S::keep, &R::spend), hours(48), longest, kLive,
                "LLM calls and what they cost.");
}

Result<void> is_web_address(const std::string& text) {
  if (text.empty()) return {};
  if (const auto url = net::Url::parse(text); !url) {
    return fail(ErrorCode::Misconfigured, "expected the address of a web hook (https://...)");
  }
  return {};
}

Result<void> is_chat_id(const std::string& text) {
  if (text.empty() || as_int(json::value(json::string(text)))) return {};
  return fail(ErrorCode::Misconfigured, "expected the numeric id of a chat");
}

void add_notify(config::Table<S>& table) {
  using N = NotifySettings;
  constexpr auto kLive = Takes::AtOnce;
  table.group("Notices to the operator")
      .secret("notify_webhook", in(&S::notify, &N::webhook),
              "Web hook that gets each notice as a POST with JSON. In the file `env:NAME` or "
              "`file:PATH`.")
      .rule(is_web_address)
      .text("notify_telegram_bot", in(&S::notify, &N::telegram_bot), kLive,
            "Name of the bot of this fleet that writes notices into a chat.")
      .text("notify_telegram_chat", in(&S::notify, &N::telegram_chat), kLive,
            "Numeric id of that chat.")
      .rule(is_chat_id)
      .share("notify_tick_errors", in(&S::notify, &N::tick_errors), kLive,
             "Share of decisions that ended in an error above which a notice goes out.")
      .share("notify_send_errors", in(&S::notify, &N::send_errors), kLive,
             "Share of sends that failed above which a notice goes out.")
      .share("notify_spend_warning", in(&S::notify, &N::spend_warning), kLive,
             "Part of a money budget per day at which a first notice goes out.")
      .share("notify_spend_alarm", in(&S::notify, &N::spend_alarm), kLive,
             "Part of a money budget per day at which a second notice goes out.")
      .whole("notify_minimum", in(&S::notify, &N::minimum), {1, 1'000'000, "decisions or sends"},
             kLive, "Fewer than this in the window say nothing about a share.")
      .duration("notify_window", in(&S::notify, &N::window), seconds(10), hours(1), kLive,
                "The time over which shares are counted.")
      .duration(
          "notify_quiet", in(&S::notify, &N::quiet), Duration{}, hours(24 * 7), kLive,
          "A notice that went out does not go out again within this time when its cause comes "
          "back.");
}

/// One value of the process.
Setting process(std::string name, Kind kind, std::string variable, std::string key,
                std::string fallback, std::string what) {
  Setting setting;
  setting.name = std::move(name);
  setting.kind = kind;
  setting.variable = std::move(variable);
  setting.key = std::move(key);
  setting.fallback = std::move(fallback);
  setting.what = std::move(what);
  setting.group = "Process: flags, environment and file only";
  return setting;
}

}  // namespace

const config::Table<ServiceSettings>& service_settings_table() {
  static const config::Table<ServiceSettings> table = [] {
    config::Table<ServiceSettings> rows;
    rows.include(fleet::settings_table(), &ServiceSettings::fleet);
    add_retention(rows);
    add_notify(rows);
    return rows;
  }();
  return table;
}

const std::vector<Setting>& process_settings() {
  static const std::vector<Setting> rows = {
      process("listen", Kind::Text, "CHORUS_LISTEN", "listen", "127.0.0.1:8080",
              "[HOST:]PORT of the HTTP API (`--listen`); beyond loopback only behind a proxy."),
      process("behind_proxy", Kind::Flag, "CHORUS_BEHIND_PROXY", "", "false",
              "A TLS proxy stands in front (`--behind-proxy`)."),
      process("data", Kind::Text, "CHORUS_DATA", "data", "",
              "Folder of the store (`--data`); without it the XDG data folder, /var/lib/chorus for "
              "root."),
      process("key_file", Kind::Text, "CHORUS_KEY_FILE", "", "",
              "Key ring (`--key-file`); without it in the XDG configuration folder, "
              "/etc/chorus/keys for root."),
      process("database_url", Kind::Text, "DATABASE_URL", "store", "",
              "`sqlite:PATH`; empty: `chorus.db` in the data folder."),
      process("redis_url", Kind::Text, "REDIS_URL", "", "", "Read and not used yet."),
      process("telegram_api_base", Kind::Text, "TELEGRAM_API_BASE", "telegram.api_base",
              "https://api.telegram.org", "Where the Bot API is; a sandbox in tests."),
      process("matrix_homeserver", Kind::Text, "MATRIX_HOMESERVER", "matrix.homeserver", "",
              "Address of the Matrix homeserver; empty: no bot of Matrix can run."),
      process("matrix_mode", Kind::Text, "CHORUS_MATRIX_MODE", "matrix.mode", "sync",
              "How events of Matrix come in: sync (each bot asks), appservice (the homeserver "
              "pushes) or listener (one account asks for all)."),
      process(
          "matrix_as_token", Kind::Secret, "MATRIX_AS_TOKEN", "matrix.as_token", "",
          "Application service: the token that we show. In the file `env:NAME` or `file:PATH`."),
      process("matrix_hs_token", Kind::Secret, "MATRIX_HS_TOKEN", "matrix.hs_token", "",
              "Application service: the token that the homeserver shows. In the file `env:NAME` or "
              "`file:PATH`."),
      process("matrix_listener_token", Kind::Secret, "MATRIX_LISTENER_TOKEN",
              "matrix.listener_token", "",
              "Mode listener: token of the account that listens. In the file `env:NAME` or "
              "`file:PATH`."),
      process("matrix_url", Kind::Text, "CHORUS_MATRIX_URL", "matrix.url", "",
              "Where the homeserver reaches us, for `chorus matrix registration`; empty: where the "
              "HTTP API listens."),
      process("matrix_sender", Kind::Text, "CHORUS_MATRIX_SENDER", "matrix.sender", "chorus",
              "Localpart of the application service's own account."),
      process("matrix_allow_invites", Kind::Text, "CHORUS_MATRIX_ALLOW_INVITES",
              "matrix.allow_invites", "",
              "Whose invitations bots take, separated by commas (a list in the file): "
              "`@user:server`, `*:server`, a room's id, or `*`. Empty: nobody's."),
      process("matrix_user", Kind::Text, "MATRIX_USER", "", "",
              "Name of the bot that MATRIX_ACCESS_TOKEN belongs to; MATRIX_USER_ID says the same."),
      process("matrix_user_id", Kind::Text, "MATRIX_USER_ID", "", "", "As MATRIX_USER."),
      process("matrix_access_token", Kind::Secret, "MATRIX_ACCESS_TOKEN", "", "",
              "Token of one bot of Matrix that no file names."),
      process("public_url", Kind::Text, "CHORUS_PUBLIC_URL", "public_url", "",
              "Where the platform reaches us for webhooks (`--public-url`); empty: bots poll."),
      process("load_test_mode", Kind::Flag, "LOAD_TEST_MODE", "", "false",
              "Refuse every platform host that is not loopback."),
      process("api_key", Kind::Secret, "API_KEY", "", "",
              "Admin key for the header X-API-Key; empty: one is made beside the key ring."),
      process("token_encryption_key", Kind::Secret, "TOKEN_ENCRYPTION_KEY", "", "",
              "32 bytes as base64, base64url or hex, in place of the key ring's file."),
      process("llm_provider", Kind::Text, "LLM_PROVIDER", "", "",
              "openai, groq, local or builtin, when the file names no chain."),
      process("llm_model", Kind::Text, "LLM_MODEL", "", "", "Model of that provider."),
      process("openai_api_key", Kind::Secret, "OPENAI_API_KEY", "", "", "Key of OpenAI."),
      process("openai_base_url", Kind::Text, "OPENAI_BASE_URL", "", "",
              "Address of an OpenAI-compatible server."),
      process("groq_api_key", Kind::Secret, "GROQ_API_KEY", "", "", "Key of Groq."),
      process("personas_dir", Kind::Text, "CHORUS_PERSONAS", "personas", "",
              "Folder of persona files."),
      process("log_file", Kind::Text, "CHORUS_LOG_FILE", "", "",
              "Log to this file instead of standard error (`--log-file`)."),
  };
  return rows;
}

}  // namespace chorus::app
