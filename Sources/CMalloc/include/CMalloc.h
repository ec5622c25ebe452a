// What glibc's allocator keeps of memory that was freed. With another allocator, or another C library, these do nothing.
#pragma once

#include <stddef.h>

// Bytes that are free and that the system has not got back.
size_t cmalloc_free_bytes(void);

// Gives free memory back to the system.
void cmalloc_trim(void);
