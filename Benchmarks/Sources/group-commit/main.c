// group-commit FOLDER SECONDS ROWS plain|indexed
//
// The ceiling: what SQLite commits through its C API with WAL and synchronous=FULL, rows of 300 bytes, ROWS to a commit, with
// or without a secondary index whose keys come in random order. Prints one line of JSON; times are in microseconds.

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { maximumCommits = 1000000 };

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double cpuSeconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void check(sqlite3 *db, int result) {
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
    fprintf(stderr, "group-commit: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void run(sqlite3 *db, const char *sql) { check(db, sqlite3_exec(db, sql, NULL, NULL, NULL)); }

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "group-commit FOLDER SECONDS ROWS plain|indexed\n");
        return 1;
    }
    double duration = atof(arguments[2]);
    int rows = atoi(arguments[3]), isIndexed = strcmp(arguments[4], "indexed") == 0;
    char path[4096];
    snprintf(path, sizeof path, "%s/group-commit-%d.sqlite", arguments[1], getpid());
    sqlite3 *db;
    check(NULL, sqlite3_open(path, &db));
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000");
    run(db, "CREATE TABLE events (id INTEGER PRIMARY KEY, user INTEGER NOT NULL, position INTEGER NOT NULL, body BLOB)");
    if (isIndexed) run(db, "CREATE UNIQUE INDEX events_by_user ON events (user, position)");
    sqlite3_stmt *insert;
    check(db, sqlite3_prepare_v2(db, "INSERT INTO events (user, position, body) VALUES (?, ?, ?)", -1, &insert, NULL));

    static double commits[maximumCommits];
    static char body[300];
    int done = 0;
    double began = seconds(), cpu = cpuSeconds(), now = began;
    for (; now - began < duration && done < maximumCommits; done++) {
        run(db, "BEGIN IMMEDIATE");
        for (int row = 0; row < rows; row++) {
            sqlite3_bind_int(insert, 1, rand() % 100000);
            sqlite3_bind_int64(insert, 2, (sqlite3_int64)done * rows + row);
            sqlite3_bind_blob(insert, 3, body, sizeof body, SQLITE_STATIC);
            check(db, sqlite3_step(insert));
            sqlite3_reset(insert);
        }
        run(db, "COMMIT");
        double then = now;
        now = seconds();
        commits[done] = now - then;
    }
    double took = now - began, total = (double)done * rows;
    cpu = cpuSeconds() - cpu;
    qsort(commits, done, sizeof *commits, ascending);
    printf("{\"rowsPerSecond\":%.0f,\"cpuPerRow\":%.2f,\"commitP50\":%.0f,\"commitP99\":%.0f}\n", total / took,
           cpu / total * 1e6, commits[done / 2] * 1e6, commits[done * 99 / 100] * 1e6);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    const char *endings[] = {"", "-wal", "-shm"};
    for (int ending = 0; ending < 3; ending++) {
        char name[4200];
        snprintf(name, sizeof name, "%s%s", path, endings[ending]);
        unlink(name);
    }
    return 0;
}
