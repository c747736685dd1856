#pragma once

#include "chorus/net/http.hpp"
#include "chorus/sandbox/matrix/call.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::sandbox::matrix {

/// Who may call.
enum class Auth : std::uint8_t {
  None,
  Optional,  ///< a token of an application service is read, everything else passes
  Account,
};

struct Route {
  net::Method method;
  std::string_view pattern;  ///< behind `/_matrix/client/<version>/` or `/_matrix/media/<version>/`
  std::string_view name;     ///< the endpoint, as faults and observers know it
  Auth auth = Auth::Account;
  Function function = nullptr;  ///< null: the door's own (sync, ping)
};

struct Found {
  const Route* route = nullptr;    ///< null: unknown path, or
  bool wrong_method = false;       ///< a known path with another method
  std::vector<std::string> parts;  ///< what stood for `{}`, decoded
};

/// The endpoint of a request. Every version (`r0`, `v1`, `v3`, `unstable`) has all of them; one
/// trailing slash more is no other path.
Found find_route(net::Method method, std::string_view path);
/// Whether an endpoint has that name.
bool is_endpoint(std::string_view name);

}  // namespace chorus::sandbox::matrix
