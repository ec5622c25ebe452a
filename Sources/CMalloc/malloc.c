#include "CMalloc.h"

#if defined(__linux__)
#include <malloc.h>
#endif

size_t cmalloc_free_bytes(void) {
#if defined(__GLIBC__)
    return mallinfo2().fordblks;
#else
    return 0;
#endif
}

void cmalloc_trim(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}
