// Counts the allocations of a process that is started with LD_PRELOAD=liballocations.so ALLOCATIONS=FILE.
#pragma once

#include <stdint.h>

// The contents of the file, which must exist with this size before the process starts.
struct allocations {
    uint64_t count, bytes;
};
