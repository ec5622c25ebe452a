// Counts what a process takes from its allocator, when it is started with LD_PRELOAD=liballocations.so ALLOCATIONS=FILE.
#pragma once

#include <stdint.h>

// What the file holds. It is there, and as large, before the process begins.
struct allocations {
    uint64_t count, bytes;
};
