// The files that are compiled in. A new one gets its lines in embedded_files.c or embedded_migrations.c.
#pragma once

#include <stddef.h>

typedef struct {
    // `openapi.yaml`, the path within Sources/RingbackWeb, or the name of a migration.
    const char *path;
    const unsigned char *bytes;
    size_t count;
} EmbeddedFile;

size_t embedded_file_count(void);

// `index` is less than embedded_file_count().
const EmbeddedFile *embedded_file(size_t index);

typedef enum { EMBEDDED_STORE_SQLITE, EMBEDDED_STORE_POSTGRESQL } EmbeddedStore;

// The migrations of a store in their order.
const EmbeddedFile *embedded_migrations(EmbeddedStore store, size_t *count);
