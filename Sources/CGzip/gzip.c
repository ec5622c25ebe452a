#include "CGzip.h"

#include <zlib.h>

// The largest window, and 16 for the format of gzip.
enum { WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 9 };

size_t cgzip_bound(size_t count) { return compressBound(count) + 32; }

size_t cgzip_compress(const unsigned char *bytes, size_t count, unsigned char *output, size_t capacity) {
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        return 0;
    }
    stream.next_in = (unsigned char *)bytes;
    stream.avail_in = (uInt)count;
    stream.next_out = output;
    stream.avail_out = (uInt)capacity;
    int result = deflate(&stream, Z_FINISH);
    size_t written = stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? written : 0;
}
