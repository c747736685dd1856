#pragma once

#include "chorus/admin/persona_ports.hpp"
#include "chorus/net/router.hpp"

namespace chorus::admin {

/// Adds the routes below /api/v1/personas and /api/v1/bots/{id}/personas. The caller has checked
/// the key. `personas` must outlive the router.
void add_persona_routes(net::Router& router, PersonaService& personas);

}  // namespace chorus::admin
