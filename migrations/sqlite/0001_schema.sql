-- Users, devices, calls and the event log. Times are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The name of this event log. `ringback restored` gives it another, so that cursors of the lost log are refused.
INSERT INTO meta (key, value) VALUES ('epoch', lower(hex(randomblob(6))));
-- The entries of the log up to this one are covered by feed_heads, and every call has a row as of this entry.
INSERT INTO meta (key, value) VALUES ('heads_until', '0');
-- The calls up to this one are in history, and have rows.
INSERT INTO meta (key, value) VALUES ('history_until', '0');

-- An erased user keeps its row: names are never reused.
CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY CHECK (length(user_id) BETWEEN 1 AND 64),
    display_name TEXT NOT NULL CHECK (length(display_name) <= 100),
    password_hash TEXT NOT NULL,
    busy TEXT NOT NULL CHECK (busy IN ('wait', 'reject')),
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER,
    erased_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    device_id TEXT NOT NULL PRIMARY KEY CHECK (length(device_id) BETWEEN 8 AND 64),
    user_id TEXT NOT NULL REFERENCES users (user_id),
    name TEXT CHECK (length(name) BETWEEN 1 AND 100),
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    last_seen_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX devices_by_user ON devices (user_id, last_seen_at);
CREATE INDEX devices_by_expiry ON devices (expires_at);

CREATE TABLE blocks (
    blocker_id TEXT NOT NULL REFERENCES users (user_id),
    blocked_id TEXT NOT NULL REFERENCES users (user_id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

CREATE TABLE watches (
    device_id TEXT NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (user_id),
    PRIMARY KEY (device_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX watches_by_user ON watches (user_id);

-- A live call is in memory. It has no row, or one as of an earlier entry of the log: what happened since is found by replaying
-- the log. The row has no checks and no foreign keys, for it is written with every call and the machine has checked more.
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL UNIQUE,
    caller_id TEXT NOT NULL,
    caller_device TEXT NOT NULL,
    callee_id TEXT NOT NULL,
    callee_device TEXT,
    state TEXT NOT NULL,
    audio INTEGER NOT NULL,
    video INTEGER NOT NULL,
    custom BLOB,
    concealed INTEGER NOT NULL,
    merged INTEGER NOT NULL,
    negotiation INTEGER NOT NULL,
    open_offerer TEXT,
    open_since INTEGER,
    event_count INTEGER NOT NULL,
    timeline_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rings_until INTEGER NOT NULL,
    ringing_at INTEGER,
    accepted_at INTEGER,
    active_at INTEGER,
    ended_at INTEGER,
    end_reason TEXT,
    ended_kind TEXT,
    ended_user TEXT,
    ended_device TEXT,
    message TEXT,
    caller_connected INTEGER NOT NULL,
    caller_answered INTEGER NOT NULL,
    caller_lost_at INTEGER,
    caller_candidates INTEGER NOT NULL,
    caller_media BLOB,
    callee_connected INTEGER NOT NULL,
    callee_answered INTEGER NOT NULL,
    callee_lost_at INTEGER,
    callee_candidates INTEGER NOT NULL,
    callee_media BLOB,
    -- JSON: [{"deviceId","state","reason"?,"alerted"}]
    legs TEXT NOT NULL,
    -- JSON: [[seq, milliseconds, what, actor, detail?]] (StoredTimeline)
    timeline TEXT NOT NULL,
    -- The log's newest entry when this row was written. What later entries tell is not in the row.
    as_of INTEGER NOT NULL,
    -- The newest entry with an offer, an answer or candidates; NULL when there is none, and long after the end.
    last_payload INTEGER,
    -- The keys of its writes (CallRow.keys); NULL when there are none.
    keys BLOB
) STRICT;

CREATE INDEX calls_live ON calls (id) WHERE ended_at IS NULL;
CREATE INDEX calls_with_payload ON calls (ended_at) WHERE ended_at IS NOT NULL AND last_payload IS NOT NULL;

-- Each user's calls, written by checkpoints: an index of calls over each side has a page of its own to write for each call.
CREATE TABLE history (
    user_id TEXT NOT NULL,
    call INTEGER NOT NULL,
    PRIMARY KEY (user_id, call)
) STRICT, WITHOUT ROWID;

CREATE TABLE quality (
    call INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    summary BLOB NOT NULL,
    PRIMARY KEY (call, user_id)
) STRICT, WITHOUT ROWID;

-- The log, append-only, with no index beside the key. A row has what was committed together. An entry is an event in the log
-- of one user; it names the one before it, so that what a user has missed is found by walking back from the newest
-- (feed_heads).
CREATE TABLE log (
    -- The number of its last entry.
    last INTEGER PRIMARY KEY,
    -- The number of its first entry.
    first INTEGER NOT NULL,
    -- When the newest of its events happened.
    time INTEGER NOT NULL,
    -- Its events without their bodies, each with those it was told to (LogRow).
    entries BLOB NOT NULL,
    -- The bodies, one behind the other.
    bodies BLOB NOT NULL
) STRICT;

-- Each user's newest entry as of meta.heads_until; later ones are found by reading the log from there.
CREATE TABLE feed_heads (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (user_id),
    event_id INTEGER NOT NULL,
    -- Counted from 1 in the user's log.
    position INTEGER NOT NULL CHECK (position >= 1),
    -- The newest entry before this one whose position is a multiple of 64, to walk back in large steps.
    milestone INTEGER
) STRICT, WITHOUT ROWID;
