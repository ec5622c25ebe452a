"""Fills a new database with users who are signed in, and with the history of calls that they would have made.

Straight into the tables of migrations/0001_schema.sql: through the API ten million events would take hours.
"""

import contextlib
import hashlib
import json
import sqlite3
import time

EVENTS_PER_CALL = 17
# The server reads what came after the last checkpoint of the heads when it starts: as much of it as there can be.
EVENTS_AFTER_CHECKPOINT = 9_999


def user_name(user):
    return f"user{user:07}"


def token(user, device):
    return f"benchmark-{device:03}{user:030}"


def fill(path, users, events=0, devices=1):
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
        with db:
            add_users(db, users, devices, now)
            if events:
                add_events(db, users, events, now)
                add_calls(db, users, events // EVENTS_PER_CALL, now)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def add_users(db, users, devices, now):
    db.executemany(
        "INSERT INTO users (user_id, display_name, password_hash, busy, created_at) VALUES (?, ?, '', 'wait', ?)",
        ((user_name(user), f"User {user}", now) for user in range(users)))
    db.executemany(
        "INSERT INTO devices (device_id, user_id, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        ((f"device{device:03}{user:07}", user_name(user), hashlib.sha256(token(user, device).encode()).digest(), now,
          now + 30 * 86_400_000) for user in range(users) for device in range(devices)))


def add_events(db, users, events, now):
    """The users take turns, so that each one's chain of events runs through the whole log."""
    body = json.dumps({
        "id": "AAAAAAAAAAAAAAAA", "type": "call.candidates", "time": "2026-01-01T00:00:00.000Z",
        "callId": "AAAAAAAAAAAAAAAAAAAAAA", "callSeq": 1, "actor": {"userId": "user0000000", "deviceId": "device0000000000"},
        "data": {"candidates": [{"candidate": "candidate:1 1 udp 2113937151 192.0.2.1 51556 typ host", "sdpMid": "0"}]},
    }, separators=(",", ":"))[1:-1]
    db.execute(
        """
        WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :events)
        INSERT INTO events (id, user_id, position, previous, type, time, body)
        SELECT n + 1, printf('user%07d', n % :users), n / :users + 1, CASE WHEN n >= :users THEN n + 1 - :users END,
            'call.candidates', :now, CAST(:body AS BLOB)
        FROM number
        """, {"events": events, "users": users, "now": now, "body": body})
    until = max(0, events - EVENTS_AFTER_CHECKPOINT)
    db.execute(
        """
        INSERT INTO feed_heads (user_id, event_id, position)
        SELECT user_id, max(id), max(position) FROM events WHERE id > :until - :users AND id <= :until GROUP BY user_id
        """, {"until": until, "users": users})
    db.execute("UPDATE meta SET value = ? WHERE key = 'heads_until'", [str(until)])


def add_calls(db, users, calls, now):
    """Calls that have ended and whose descriptions and candidates were removed, with their legs and timelines."""
    db.execute(
        """
        WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :calls)
        INSERT INTO calls (id, call_id, caller_id, caller_device, callee_id, callee_device, state, audio, video,
            concealed, merged, negotiation, event_count, timeline_count, created_at, rings_until, ringing_at, accepted_at,
            active_at, ended_at, end_reason, ended_kind, pruned, caller_connected, caller_answered, caller_candidates,
            callee_connected, callee_answered, callee_candidates)
        SELECT n + 1, lower(hex(randomblob(11))), printf('user%07d', n % :users), printf('device%010d', n % :users),
            printf('user%07d', (n + 1) % :users), printf('device%010d', (n + 1) % :users), 'ended', 1, 1, 0, 0, 1, 17, 7,
            :now, :now, :now, :now, :now, :now, 'completed', 'device', 1, 1, 0, 5, 0, 1, 5
        FROM number
        """, {"calls": calls, "users": users, "now": now})
    db.execute(
        """
        INSERT INTO call_legs (call, position, device_id, state, alerted)
        SELECT id, 0, callee_device, 'accepted', 1 FROM calls
        """)
    db.execute(
        """
        INSERT INTO timeline (call, seq, time, what, user_id, device_id)
        SELECT calls.id, line.value, created_at, 'invited', caller_id, caller_device
        FROM calls, json_each('[1, 2, 3, 4, 5, 6, 7]') AS line
        """)
