#pragma once

/// Makes a VFS SQLite's default that writes what a commit adds to a write-ahead log with one call, not two for each page.
///
/// What is written to a log is kept, in its order, until the last page of a commit has come, the log is synced, measured,
/// truncated or closed, or 120 KiB are together. So other connections find a commit whole before they are told of it, and
/// nothing that was synced is only in memory. Other files are not touched.
///
/// What can't be written is dropped, and the write or the sync fails: SQLite undoes the whole transaction then.
///
/// Connections that are opened behind this keep all that a transaction changes in memory until its commit (`cache_spill`):
/// nothing of one that is undone was ever written.
///
/// To be called once, before the first connection.
///
/// - Returns: `SQLITE_OK`, or the error of `sqlite3_initialize` or `sqlite3_vfs_register`.
int gathered_log_register(void);
