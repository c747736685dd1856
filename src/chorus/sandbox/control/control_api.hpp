#pragma once

#include "chorus/net/http.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/world.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace chorus::sandbox {

/// The control API (`/control/v1/...`, a contract of the design's section 10), its event stream,
/// and the chat page on `/`. Answers only to a loopback `Host`, takes JSON bodies only, sends no
/// CORS header: a page of another site can neither read nor change the world.
class ControlApi final : public net::Handler {
 public:
  /// Of the doors, as pages and scripts see them; empty when one does not listen.
  struct Addresses {
    std::string telegram;
    std::string matrix;
    std::string llm;
  };
  struct Options {
    /// Whether all doors listen: `/stats` answers 503 before that.
    std::function<bool()> ready;
    /// Added to `/stats` (doors, LLM); may be empty.
    std::function<void(json::object&)> add_stats;
    /// Whether a bot polls or has a webhook.
    std::function<bool(const Account&)> is_connected;
    /// Registers an application service of the homeserver from its registration, and lists them;
    /// both answer JSON. Empty: there is no homeserver.
    std::function<Result<std::string>(const json::object&)> add_service;
    std::function<std::string()> list_services;
    Addresses addresses;
  };
  /// References must outlive the API.
  ControlApi(rt::Loop& loop, World& world, Faults& faults, Options options);
  ~ControlApi() override;
  rt::Task<net::Response> handle(net::Request request) override;
  void set_addresses(Addresses addresses);
  /// Everything below `prefix` goes to `handler`, which must outlive the API.
  void mount(std::string_view prefix, net::Handler& handler);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::sandbox
