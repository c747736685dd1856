#pragma once

#include "chorus/admin/operations_ports.hpp"
#include "chorus/net/router.hpp"

namespace chorus::admin {

/// GET /api/v1/breakers and POST /api/v1/breakers/reset {name?}; POST /api/v1/llm/reset
/// {provider?}, GET /api/v1/llm/budgets, PUT and DELETE /api/v1/llm/budgets/{scope}; GET
/// /api/v1/conversations and DELETE /api/v1/conversations/{id}; GET and DELETE
/// /api/v1/people/{id}. `operations` outlives the router.
void add_operations_routes(net::Router& router, OperationsService& operations);

}  // namespace chorus::admin
