// gzip (RFC 1952) by zlib, whose initialization is a macro that Swift does not see.
#pragma once

#include <stddef.h>

// The most bytes that `count` bytes can take when they are compressed.
size_t cgzip_bound(size_t count);

// Compresses `count` bytes into `output`, which has room for cgzip_bound(count).
//
// Returns the number of bytes written, or 0 when there was no memory.
size_t cgzip_compress(const unsigned char *bytes, size_t count, unsigned char *output, size_t capacity);
