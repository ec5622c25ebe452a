// The files that are compiled in. A new one gets its lines in embedded_files.c.
#pragma once

#include <stddef.h>

typedef struct {
    // `openapi.yaml`, or the path within Sources/RingbackWeb.
    const char *path;
    const unsigned char *bytes;
    size_t count;
} EmbeddedFile;

size_t embedded_file_count(void);

// `index` is less than embedded_file_count().
const EmbeddedFile *embedded_file(size_t index);
