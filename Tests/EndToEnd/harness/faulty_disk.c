// Simulates a failing disk, for a server that is started with LD_PRELOAD=faulty_disk.so FAULTY_DISK=FILE. The first byte of FILE selects
// the failure: 's': no sync succeeds; 'w': nothing can be written or synced, as on a file system that became read-only; 'f': the next sync
// fails and then 'w' applies; 'r': nothing can be read; any other: the disk works. Only database files are affected.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static volatile char *mode;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("FAULTY_DISK");
    int file = name ? open(name, O_RDWR) : -1;
    void *place = file < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) mode = place;
    if (file >= 0) close(file);
}

static int fails(int file, const char *modes) {
    char link[64], name[512];
    if (!mode || !*mode || !strchr(modes, *mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0) return 0;
    name[length] = 0;
    return strstr(name, ".sqlite") && !strstr(name, "-shm");
}

#define NEXT(function) ((__typeof__(&function)) dlsym(RTLD_NEXT, #function))

static int sync_fails(int file) {
    if (!fails(file, "swf")) return 0;
    if (*mode == 'f') *mode = 'w';
    errno = *mode == 'w' ? EROFS : EIO;
    return 1;
}

int fdatasync(int file) { return sync_fails(file) ? -1 : NEXT(fdatasync)(file); }

int fsync(int file) { return sync_fails(file) ? -1 : NEXT(fsync)(file); }

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    if (!fails(file, "w")) return NEXT(pwrite64)(file, bytes, count, place);
    errno = EROFS;
    return -1;
}

int ftruncate64(int file, off64_t length) {
    if (!fails(file, "w")) return NEXT(ftruncate64)(file, length);
    errno = EROFS;
    return -1;
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t place) {
    if (!fails(file, "r")) return NEXT(pread64)(file, bytes, count, place);
    errno = EIO;
    return -1;
}
