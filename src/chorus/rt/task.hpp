#pragma once

#include "chorus/base/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>

namespace chorus::rt {

/// The concrete executor of every loop: 0.3 us cheaper per HTTP request than any_io_executor.
using Executor = boost::asio::io_context::executor_type;

/// A coroutine of a loop. It starts when awaited or spawned, runs on the loop's thread only, and
/// does not throw: failures are `Result`s. Parameters used after the first suspension are taken by
/// value (or belong to an object that outlives the task's scope).
template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

/// Completion token of every Asio call of ours: errors come as values.
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::deferred);

}  // namespace chorus::rt
