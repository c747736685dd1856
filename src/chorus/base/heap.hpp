#pragma once

namespace chorus {

/// Gives free memory of the heap back to the system at once, for moments after which much of it will
/// not be needed again (a report has been written). With jemalloc, which `chorus` is linked with, and
/// with glibc's own allocator; does nothing anywhere else. Any thread. Cost: a system call for each
/// run of free pages, some milliseconds after tens of megabytes.
void release_free_memory() noexcept;

}  // namespace chorus
