#include "CGatheredLog.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

enum {
    // SQLite's VFS for Unix takes a length modulo 128 KiB.
    capacity = 120 * 1024,
    // The header of a frame (https://www.sqlite.org/fileformat2.html, section 4.1). The page follows.
    frame_header = 24,
};

// The file of the VFS below follows in the same memory.
typedef struct {
    sqlite3_file file;
    sqlite3_file *below;
    // What is kept belongs at this offset.
    sqlite3_int64 offset;
    int length;
    // The frame is a commit's last.
    bool ends_commit;
    // Made by the first write: most connections only read.
    unsigned char *bytes;
} GatheredLog;

static sqlite3_vfs *below;
static sqlite3_vfs gathering;

static int flush(GatheredLog *log) {
    if (log->length == 0) return SQLITE_OK;
    int length = log->length;
    log->length = 0;
    return log->below->pMethods->xWrite(log->below, log->bytes, length, log->offset);
}

static bool is_last_frame(const unsigned char *header) {
    // The size of the database behind a commit, in pages; 0 within one.
    return header[4] | header[5] | header[6] | header[7];
}

static int log_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    GatheredLog *log = (GatheredLog *)file;
    if (offset != log->offset + log->length || length > capacity - log->length) {
        int result = flush(log);
        if (result != SQLITE_OK) return result;
        log->offset = offset;
    }
    if (length > capacity) return log->below->pMethods->xWrite(log->below, bytes, length, offset);
    if (!log->bytes && !(log->bytes = sqlite3_malloc(capacity))) return SQLITE_IOERR_NOMEM;
    memcpy(log->bytes + log->length, bytes, (size_t)length);
    log->length += length;
    if (length == frame_header) {
        log->ends_commit = is_last_frame(bytes);
        return SQLITE_OK;
    }
    return log->ends_commit ? flush(log) : SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    GatheredLog *log = (GatheredLog *)file;
    int result = flush(log);
    return result == SQLITE_OK ? log->below->pMethods->xRead(log->below, bytes, length, offset) : result;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
    GatheredLog *log = (GatheredLog *)file;
    int result = flush(log);
    return result == SQLITE_OK ? log->below->pMethods->xTruncate(log->below, size) : result;
}

static int log_sync(sqlite3_file *file, int flags) {
    GatheredLog *log = (GatheredLog *)file;
    int result = flush(log);
    return result == SQLITE_OK ? log->below->pMethods->xSync(log->below, flags) : result;
}

static int log_file_size(sqlite3_file *file, sqlite3_int64 *size) {
    GatheredLog *log = (GatheredLog *)file;
    int result = flush(log);
    return result == SQLITE_OK ? log->below->pMethods->xFileSize(log->below, size) : result;
}

static int log_close(sqlite3_file *file) {
    GatheredLog *log = (GatheredLog *)file;
    int flushed = flush(log);
    int closed = log->below->pMethods->xClose(log->below);
    sqlite3_free(log->bytes);
    return flushed == SQLITE_OK ? closed : flushed;
}

static int log_lock(sqlite3_file *file, int level) {
    GatheredLog *log = (GatheredLog *)file;
    return log->below->pMethods->xLock(log->below, level);
}

static int log_unlock(sqlite3_file *file, int level) {
    GatheredLog *log = (GatheredLog *)file;
    return log->below->pMethods->xUnlock(log->below, level);
}

static int log_check_reserved_lock(sqlite3_file *file, int *result) {
    GatheredLog *log = (GatheredLog *)file;
    return log->below->pMethods->xCheckReservedLock(log->below, result);
}

static int log_file_control(sqlite3_file *file, int operation, void *argument) {
    GatheredLog *log = (GatheredLog *)file;
    return log->below->pMethods->xFileControl(log->below, operation, argument);
}

static int log_sector_size(sqlite3_file *file) {
    GatheredLog *log = (GatheredLog *)file;
    return log->below->pMethods->xSectorSize(log->below);
}

static int log_device_characteristics(sqlite3_file *file) {
    GatheredLog *log = (GatheredLog *)file;
    return log->below->pMethods->xDeviceCharacteristics(log->below);
}

// Version 1: a log is never mapped into memory, and the index that connections share hangs on the database's file.
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_file_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_reserved_lock,
    .xFileControl = log_file_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_device_characteristics,
};

static int gathering_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *flags_out) {
    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL)) return below->xOpen(below, path, file, flags, flags_out);
    GatheredLog *log = (GatheredLog *)file;
    memset(log, 0, sizeof *log);
    log->below = (sqlite3_file *)(log + 1);
    int result = below->xOpen(below, path, log->below, flags, flags_out);
    if (result == SQLITE_OK) log->file.pMethods = &methods;
    return result;
}

// A rollback isn't heard of here. What was spilled before it would be kept, and be written over what others have committed
// meanwhile. So pages stay in SQLite's memory until their commit, which writes them all, the last one with its mark.
static int begin_connection(sqlite3 *database, char **message, const struct sqlite3_api_routines *routines) {
    (void)message, (void)routines;
    return sqlite3_exec(database, "PRAGMA cache_spill = OFF", NULL, NULL, NULL);
}

int gathered_log_register(void) {
    int result = sqlite3_initialize();
    if (result == SQLITE_OK) result = sqlite3_auto_extension((void (*)(void))begin_connection);
    if (result != SQLITE_OK) return result;
    below = sqlite3_vfs_find(NULL);
    if (!below) return SQLITE_ERROR;
    // Everything else of the VFS below works on the copy as on itself: what is its own it finds by pAppData.
    gathering = *below;
    gathering.pNext = NULL;
    gathering.zName = "ringback";
    gathering.szOsFile = (int)sizeof(GatheredLog) + below->szOsFile;
    gathering.xOpen = gathering_open;
    return sqlite3_vfs_register(&gathering, 1);
}
