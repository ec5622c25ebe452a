#define _GNU_SOURCE
#include "allocations.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
    _Atomic uint64_t count, bytes;
} nowhere, *counters = &nowhere;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ALLOCATIONS");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *memory = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory != MAP_FAILED) counters = memory;
}

static void count(size_t bytes) {
    atomic_fetch_add_explicit(&counters->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->bytes, bytes, memory_order_relaxed);
}

// The function of that name that would have been called without this library.
#define next(name) \
    static __typeof__(&name) below; \
    if (!below) below = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void *malloc(size_t size) {
    next(malloc);
    count(size);
    return below(size);
}

void *calloc(size_t number, size_t size) {
    next(calloc);
    count(number * size);
    return below(number, size);
}

void *realloc(void *memory, size_t size) {
    next(realloc);
    count(size);
    return below(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    next(aligned_alloc);
    count(size);
    return below(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    next(posix_memalign);
    count(size);
    return below(memory, alignment, size);
}
