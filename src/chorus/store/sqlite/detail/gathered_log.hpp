#pragma once

struct sqlite3;

namespace chorus::store::detail {

/// Name of a file system for the engine that is its own but for the write-ahead log: what is
/// written there in sequence is gathered, up to 120 KiB, and reaches the kernel with one call,
/// before anything is read from the log, synced, cut or closed. The engine writes each page of a
/// commit with two calls, which cost more than all else about the page. Between two syncs the
/// engine relies on nothing that it wrote, so what a crash may take is what it could take before.
/// A disk that is full is told when the gathered bytes are written, before the sync, so the commit
/// fails. nullptr: the engine has no file system. Any thread.
const char* gathered_log();

/// Gives the kernel what is gathered for the log of a connection. The thread that uses the
/// connection. An error code of the engine.
int write_gathered(sqlite3* connection);

}  // namespace chorus::store::detail
