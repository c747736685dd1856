#pragma once

namespace chorus::store::detail {

/// Name of a file system for the engine that is its own but for the write-ahead log: what is
/// written there in sequence is gathered, up to 120 KiB, and reaches the kernel with one call,
/// before anything is read from the log, synced, cut or closed. The engine writes each page of a
/// commit with two calls, which cost more than all else about the page. Between two syncs the
/// engine relies on nothing that it wrote, so what a crash may take is what it could take before.
/// A disk that is full is told when the gathered bytes are written, before the sync, so the commit
/// fails. nullptr: the engine has no file system. Any thread.
const char* gathered_log();

}  // namespace chorus::store::detail
