#include "chorus/net/router.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace chorus::net {

namespace {

constexpr std::size_t kMethods = static_cast<std::size_t>(Method::Other) + 1;

std::size_t index_of(Method method) {
  return static_cast<std::size_t>(method);
}

/// `/a/b` -> {"a", "b"}; `/` -> {""}; a trailing slash is a segment of its own.
std::vector<std::string_view> segments_of(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return split(path, '/');
}

}  // namespace

struct Router::Impl {
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> any;   // `{name}`
    std::unique_ptr<Node> rest;  // `{name...}`
    std::array<Function, kMethods> functions;
    std::array<std::vector<std::string>, kMethods> names;  // of the parts, from left to right
    [[nodiscard]] bool has_functions() const {
      return std::any_of(functions.begin(), functions.end(), [](const auto& f) { return !!f; });
    }
  };
  struct Mount {
    std::string prefix;
    Handler* handler;
  };
  struct Match {
    const Node* node = nullptr;
    std::vector<std::string_view> values;
    std::string_view rest;
  };

  Node root;
  std::vector<Mount> mounts;  // longest prefix first
  Function fallback;

  /// Literal parts win over `{name}`, which wins over `{rest...}`; a branch that leads nowhere is
  /// left again.
  static bool find(const Node& node, const std::vector<std::string_view>& parts, std::size_t at,
                   Match& match) {
    if (at == parts.size()) {
      if (!node.has_functions()) return false;
      match.node = &node;
      return true;
    }
    const std::string_view part = parts[at];
    if (const auto it = node.literals.find(part); it != node.literals.end()) {
      if (find(*it->second, parts, at + 1, match)) return true;
    }
    if (node.any && !part.empty()) {
      match.values.push_back(part);
      if (find(*node.any, parts, at + 1, match)) return true;
      match.values.pop_back();
    }
    if (node.rest) {
      const char* end = parts.back().data() + parts.back().size();
      match.values.emplace_back(part.data(), static_cast<std::size_t>(end - part.data()));
      match.node = node.rest.get();
      return true;
    }
    return false;
  }

  [[nodiscard]] const Mount* mount_of(std::string_view path) const {
    for (const Mount& mount : mounts) {
      if (!path.starts_with(mount.prefix)) continue;
      if (mount.prefix.ends_with('/') || path.size() == mount.prefix.size() ||
          path[mount.prefix.size()] == '/') {
        return &mount;
      }
    }
    return nullptr;
  }
};

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;

void Router::add(Method method, std::string_view pattern, Function function) {
  Impl::Node* node = &impl_->root;
  std::vector<std::string> names;
  bool rest = false;
  CH_CHECK(pattern.starts_with('/'));
  for (const std::string_view part : segments_of(pattern)) {
    CH_CHECK(!rest);  // `{name...}` takes all that follows
    if (!part.starts_with('{')) {
      auto& next = node->literals[std::string(part)];
      if (!next) next = std::make_unique<Impl::Node>();
      node = next.get();
      continue;
    }
    CH_CHECK(part.ends_with('}') && part.size() > 2);
    std::string_view name = part.substr(1, part.size() - 2);
    rest = name.ends_with("...");
    if (rest) name.remove_suffix(3);
    names.emplace_back(name);
    auto& next = rest ? node->rest : node->any;
    if (!next) next = std::make_unique<Impl::Node>();
    node = next.get();
  }
  CH_CHECK(!node->functions[index_of(method)]);
  node->functions[index_of(method)] = std::move(function);
  node->names[index_of(method)] = std::move(names);
}

void Router::mount(std::string_view prefix, Handler& handler) {
  CH_CHECK(prefix.starts_with('/'));
  auto& mounts = impl_->mounts;
  const auto place = std::find_if(mounts.begin(), mounts.end(), [&](const auto& other) {
    return other.prefix.size() < prefix.size();
  });
  mounts.insert(place, {std::string(prefix), &handler});
}

void Router::fallback(Function function) {
  impl_->fallback = std::move(function);
}

rt::Task<Response> ready(Response response) {
  co_return response;
}

/// Not a coroutine itself: a frame less per request.
rt::Task<Response> Router::handle(Request request) {
  // A route wins over a mount: routes are the more exact statement.
  Impl::Match match;
  const Function* function = nullptr;
  PathParams params;
  if (Impl::find(impl_->root, segments_of(request.path()), 0, match)) {
    std::size_t index = index_of(request.method);
    if (!match.node->functions[index] && request.method == Method::Head) {
      index = index_of(Method::Get);
    }
    if (match.node->functions[index]) {
      function = &match.node->functions[index];
      const auto& names = match.node->names[index];
      for (std::size_t i = 0; i < names.size(); ++i) {
        params[names[i]] = percent_decode(match.values[i], false);
      }
    }
  }
  if (function) return (*function)(std::move(request), std::move(params));
  if (const auto* mount = impl_->mount_of(request.path())) {
    return mount->handler->handle(std::move(request));
  }
  if (match.node) {
    Response response =
        error_response(Error(ErrorCode::NotSupported, "this path does not take that method"));
    response.status = 405;
    std::string allow;
    for (std::size_t i = 0; i < kMethods; ++i) {
      if (!match.node->functions[i]) continue;
      if (!allow.empty()) allow += ", ";
      allow += to_string(static_cast<Method>(i));
      if (static_cast<Method>(i) == Method::Get && !match.node->functions[index_of(Method::Head)]) {
        allow += ", HEAD";
      }
    }
    response.headers.add("Allow", std::move(allow));
    return ready(std::move(response));
  }
  if (impl_->fallback) return impl_->fallback(std::move(request), PathParams{});
  return ready(error_response(Error(ErrorCode::NotFound, "nothing is served at this path")));
}

Response error_response(const Error& error) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("error").begin_object();
  json.field("code", to_string(error.code)).field("message", error.message);
  if (error.retry_after) json.field("retry_after_ms", error.retry_after->count());
  json.end_object().end_object();
  Response response = Response::json(http_status(error.code), std::move(body));
  if (error.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count();
    response.headers.add("Retry-After", std::to_string(seconds));
  }
  return response;
}

}  // namespace chorus::net
