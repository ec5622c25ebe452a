"""Fills a new database with signed-in users, and with the log and the history of their calls.

It writes the tables directly, because ten million events through the API would take hours. The calls are those of
Benchmarks/Sources/load/pair.cpp, one after the other, and the users take turns in pairs, so that the chain of events of each user
runs through the whole log. Only the sizes are smaller: an SDP has a few bytes, and events omit the members of the call that the
server does not read. An event takes about 300 bytes of the file, a call about 900.
"""

import contextlib
import hashlib
import itertools
import pathlib
import re
import sqlite3
import time

HEADS = pathlib.Path(__file__).parent.parent / "Sources/RingbackSQLite/Log/LogHeads.swift"
MILESTONE_DISTANCE = 64
# About the size of a commit of a busy server.
ENTRIES_PER_ROW = 40

# The events of a call, in order: the number within the call, the type, and the users whose logs contain it. Both users receive the
# events of the call; an offer, an answer and candidates are only for the other device.
EVENTS = [
    (1, "call.incoming", "callee"),
    (2, "call.ringing", "caller"), (2, "call.ringing", "callee"),
    (3, "call.accepted", "caller"), (3, "call.accepted", "callee"),
    (4, "call.offer", "callee"),
    (5, "call.answer", "caller"),
    *((6 + number, "call.candidates", ("callee", "caller")[number % 2]) for number in range(10)),
    (16, "call.active", "caller"), (16, "call.active", "callee"),
    (17, "call.ended", "caller"), (17, "call.ended", "callee"),
]
PAYLOADS = ("call.offer", "call.answer", "call.candidates")
TIMELINE = ["invited", "alerting", "accepted", "offer", "answer", "connected", "active", "ended"]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def user_name(user):
    return f"user{user:07}"


def device_name(user, device=0):
    return f"device{device:03}{user:07}"


def token(user, device):
    return f"benchmark-{device:03}{user:030}"


def call_name(call):
    """22 characters, the first of which look random, as in real identifiers."""
    scattered = call * 48271 % 2147483647
    return f"{ALPHABET[scattered % 64]}{ALPHABET[scattered // 64 % 64]}{call:020}"


def events_per_checkpoint():
    return int(re.search(r"eventsPerCheckpoint = ([\d_]+)", HEADS.read_text())[1].replace("_", ""))


def fill(path, users, events=0, devices=1, now=None):
    """At least this number of events, in complete calls; all of them at a moment, by default the present."""
    now = int((now or time.time()) * 1000)
    calls = -(-events // len(EVENTS))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(
            "PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")
        with db:
            add_users(db, users, devices, now)
            if calls:
                add_events(db, users, calls, now)
                add_calls(db, users, calls, now)
        db.execute("PRAGMA journal_mode = WAL")


def add_users(db, users, devices, now):
    db.executemany(
        "INSERT INTO users (user_id, display_name, password_hash, busy, created_at) VALUES (?, ?, '', 'wait', ?)",
        ((user_name(user), f"User {user}", now) for user in range(users)))
    db.executemany(
        "INSERT INTO devices (device_id, user_id, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        ((device_name(user, device), user_name(user), hashlib.sha256(token(user, device).encode()).digest(), now,
          now + 30 * 86_400_000) for user in range(users) for device in range(devices)))


def add_events(db, users, calls, now):
    # At the start, the server reads the log after the last checkpoint of the heads: here as much as there can be.
    until = max(0, calls * len(EVENTS) - (events_per_checkpoint() - 1)) // ENTRIES_PER_ROW * ENTRIES_PER_ROW
    heads = {}
    entries = entries_of(users, calls, now, until, heads)
    db.executemany(
        "INSERT INTO log (last, first, time, entries, bodies) VALUES (?, ?, ?, ?, ?)", rows_of(entries, now))
    db.executemany(
        "INSERT INTO feed_heads (user_id, event_id, position, milestone) VALUES (?, ?, ?, ?)",
        ((user_name(user), *head) for user, head in heads.items()))
    db.execute("UPDATE meta SET value = ? WHERE key = 'heads_until'", [str(until)])


def rows_of(entries, now):
    """The rows of the log, in the format of Sources/RingbackSQLite/Log/LogRow.swift."""
    last = 0
    while batch := list(itertools.islice(entries, ENTRIES_PER_ROW)):
        first, last = last + 1, last + len(batch)
        yield last, first, now, b"".join(entry for entry, _ in batch), b"".join(body for _, body in batch)


def number(value):
    """LEB128."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def text(value):
    return number(len(value)) + value.encode()


def entries_of(users, calls, now, until, heads):
    """The entries of the log and their bodies, with one user per event. `heads` receives each user's newest entry up to
    `until`, with its position and milestone."""
    moment = rfc3339(now)
    newest = [(None, 0, None)] * users
    entry = 0
    for call in range(calls):
        caller = 2 * call % users
        sides = {"caller": caller, "callee": caller + 1}
        names = {user: (user_name(user), device_name(user)) for user in sides.values()}
        name = call_name(call)
        payload = None
        for sequence, kind, side in EVENTS:
            entry += 1
            user = sides[side]
            previous, position, milestone = newest[user]
            if position and position % MILESTONE_DISTANCE == 0:
                milestone = previous
            newest[user] = (entry, position + 1, milestone)
            if entry <= until:
                heads[user] = newest[user]
            user_id, device = names[user]
            body = f'"id":"{name}.{sequence}","type":"{kind}","time":"{moment}","callId":"{name}","callSeq":{sequence}'
            payload_distance, only = 0, ""
            if kind in PAYLOADS:
                payload_distance, only = back(entry, payload), device
                payload = entry
                body += data_of(kind, name, names[2 * caller + 1 - user], moment)
            else:
                body += ',"data":{"call":{}}'
            body = body.encode()
            yield (b"".join((
                number(1), number(call + 1), number(payload_distance), text(kind), number(now), number(len(body)), number(0),
                text(user_id), number(position + 1), number(back(entry, previous)), number(back(entry, milestone)),
                text(only), text(""))), body)


def back(entry, earlier):
    """The distance to a previous entry; 0 for none."""
    return entry - earlier if earlier else 0


def data_of(kind, call, sender, moment):
    who = f'{{"userId":"{sender[0]}","deviceId":"{sender[1]}"}}'
    if kind == "call.candidates":
        return f',"actor":{who},"data":{{"candidates":[{{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host"}}]}}'
    description = f'{{"type":"{kind.removeprefix("call.")}","sdp":"v=0"}}'
    return (f',"actor":{who},"data":{{"callId":"{call}","negotiation":1,"description":{description},"from":{who},'
            f'"createdAt":"{moment}"}}')


def add_calls(db, users, calls, now):
    """Ended calls."""
    timeline = ",".join(
        f'[{seq},{now},"{what}",null]' for seq, what in enumerate(TIMELINE, 1))
    last_payload = max(index for index, event in enumerate(EVENTS, 1) if event[1] in PAYLOADS)

    def row(call):
        caller = 2 * call % users
        legs = f'[{{"deviceId":"{device_name(caller + 1)}","state":"accepted","alerted":true}}]'
        return {"id": call + 1, "call_id": call_name(call), "legs": legs,
                "caller": user_name(caller), "caller_device": device_name(caller),
                "callee": user_name(caller + 1), "callee_device": device_name(caller + 1),
                "timeline": f"[{timeline}]", "entries": len(TIMELINE), "now": now,
                "as_of": (call + 1) * len(EVENTS), "last_payload": call * len(EVENTS) + last_payload}

    db.executemany(
        """
        INSERT INTO calls (id, call_id, caller_id, caller_device, callee_id, callee_device, state, audio, video,
            concealed, merged, negotiation, event_count, timeline_count, created_at, rings_until, ringing_at, accepted_at,
            active_at, ended_at, end_reason, ended_kind, ended_user, ended_device, caller_connected, caller_answered,
            caller_candidates, callee_connected, callee_answered, callee_candidates, legs, timeline, as_of, last_payload)
        VALUES (:id, :call_id, :caller, :caller_device, :callee, :callee_device, 'ended', 1, 1, 0, 0, 1, 17, :entries, :now,
            :now, :now, :now, :now, :now, 'completed', 'device', :caller, :caller_device, 1, 0, 5, 0, 1, 5, :legs, :timeline,
            :as_of, :last_payload)
        """, map(row, range(calls)))
    db.execute(
        """
        INSERT INTO history (user_id, call)
        SELECT caller_id, id FROM calls UNION ALL SELECT callee_id, id FROM calls ORDER BY 1, 2
        """)
    db.execute("UPDATE meta SET value = ? WHERE key = 'history_until'", [str(calls)])


def rfc3339(milliseconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds / 1000)) + f".{milliseconds % 1000:03}Z"
