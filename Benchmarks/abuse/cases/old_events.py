"""None: 30 s after the start, the server removes 200,000 events and 12,000 calls that are too old."""

import sqlite3
import time

import fill as database_fill

USERS, EVENTS = 10_000, 200_000
# Rows of the log.
LEAST = 1000
# A step holds the writer for less.
LONGEST_MS = 50
OLD_SECONDS = 3 * 86_400
# Of the server: when its first pruning begins. The others are measured for six seconds before the attack.
FIRST_PRUNING, BEFORE = 30, 7


def fill(database):
    database_fill.fill(database, USERS, EVENTS, now=time.time() - OLD_SECONDS)


def prepare(server):
    time.sleep(FIRST_PRUNING - BEFORE - 1)
    return count(server)


def attack(server, before):
    while True:
        rows = count(server)
        yield before - rows, f"{before - rows:,} of {before:,} rows of the log are removed"
        time.sleep(1)


def count(server):
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        return database.execute("SELECT count(*) FROM log").fetchone()[0]
