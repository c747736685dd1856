#pragma once

#include <string_view>

namespace chorus::net::detail {

/// 127.0.0.0/8 in dotted form, `::1` (with or without brackets) or `localhost`. No DNS is asked.
bool is_loopback_host(std::string_view host);

/// A dotted IPv4 address with four decimal parts.
bool is_ipv4_literal(std::string_view host);

/// Host part of a `Host` header: the port and the brackets of IPv6 are cut off.
std::string_view host_without_port(std::string_view value);

}  // namespace chorus::net::detail
