#pragma once

#include "chorus/admin/settings_ports.hpp"
#include "chorus/net/router.hpp"

namespace chorus::admin {

/// GET /api/v1/settings, GET, PUT {value} and DELETE /api/v1/settings/{name}. `settings` outlives
/// the router.
void add_settings_routes(net::Router& router, SettingsService& settings);

}  // namespace chorus::admin
