-- Users, devices, calls and the event log. Times are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The name of this event log. `ringback restored` gives it another, so that cursors of the lost log are refused.
INSERT INTO meta (key, value) VALUES ('epoch', lower(hex(randomblob(6))));
-- The events up to this one are covered by feed_heads.
INSERT INTO meta (key, value) VALUES ('heads_until', '0');

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

-- One row a call. Devices have no foreign key: they come and go, the history stays.
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL UNIQUE CHECK (length(call_id) BETWEEN 8 AND 64),
    caller_id TEXT NOT NULL REFERENCES users (user_id),
    caller_device TEXT NOT NULL,
    callee_id TEXT NOT NULL REFERENCES users (user_id),
    callee_device TEXT,
    state TEXT NOT NULL CHECK (state IN ('inviting', 'ringing', 'connecting', 'active', 'ended')),
    audio INTEGER NOT NULL CHECK (audio IN (0, 1)),
    video INTEGER NOT NULL CHECK (video IN (0, 1)),
    custom BLOB CHECK (length(custom) <= 4096),
    concealed INTEGER NOT NULL CHECK (concealed IN (0, 1)),
    merged INTEGER NOT NULL CHECK (merged IN (0, 1)),
    negotiation INTEGER NOT NULL CHECK (negotiation >= 0),
    open_offerer TEXT CHECK (open_offerer IN ('caller', 'callee')),
    open_since INTEGER,
    event_count INTEGER NOT NULL,
    timeline_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rings_until INTEGER NOT NULL,
    ringing_at INTEGER,
    accepted_at INTEGER,
    active_at INTEGER,
    ended_at INTEGER,
    end_reason TEXT CHECK (end_reason IN ('completed', 'canceled', 'declined', 'busy', 'no_answer', 'unreachable',
        'connect_timeout', 'connection_lost', 'ice_failed', 'media_failed', 'unsupported', 'admin')),
    ended_kind TEXT CHECK (ended_kind IN ('device', 'timer', 'policy', 'administrator')),
    ended_user TEXT,
    ended_device TEXT,
    message TEXT CHECK (length(message) <= 200),
    -- When time alone changes the call; NULL when it never does.
    deadline INTEGER,
    -- Its descriptions and candidates were removed, long after it ended.
    pruned INTEGER NOT NULL DEFAULT 0 CHECK (pruned IN (0, 1)),
    caller_connected INTEGER NOT NULL CHECK (caller_connected IN (0, 1)),
    caller_answered INTEGER NOT NULL CHECK (caller_answered IN (0, 1)),
    caller_lost_at INTEGER,
    caller_candidates INTEGER NOT NULL CHECK (caller_candidates >= 0),
    caller_media BLOB,
    callee_connected INTEGER NOT NULL CHECK (callee_connected IN (0, 1)),
    callee_answered INTEGER NOT NULL CHECK (callee_answered IN (0, 1)),
    callee_lost_at INTEGER,
    callee_candidates INTEGER NOT NULL CHECK (callee_candidates >= 0),
    callee_media BLOB,
    CHECK (caller_id <> callee_id),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'ended') = (end_reason IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_kind IS NOT NULL)),
    CHECK (state <> 'ended' OR deadline IS NULL),
    CHECK ((accepted_at IS NULL) = (callee_device IS NULL)),
    CHECK (state NOT IN ('connecting', 'active') OR callee_device IS NOT NULL),
    CHECK (state NOT IN ('inviting', 'ringing') OR callee_device IS NULL),
    CHECK ((open_offerer IS NULL) = (open_since IS NULL))
) STRICT;

CREATE INDEX calls_live_by_caller ON calls (caller_id) WHERE ended_at IS NULL;
CREATE INDEX calls_live_by_callee ON calls (callee_id) WHERE ended_at IS NULL;
CREATE INDEX calls_due ON calls (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX calls_unpruned ON calls (ended_at) WHERE ended_at IS NOT NULL AND pruned = 0;
CREATE INDEX calls_by_caller ON calls (caller_id, id);
CREATE INDEX calls_by_callee ON calls (callee_id, id);

CREATE TABLE call_legs (
    call INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('invited', 'alerting', 'accepted', 'stopped')),
    reason TEXT,
    alerted INTEGER NOT NULL CHECK (alerted IN (0, 1)),
    PRIMARY KEY (call, position),
    CHECK ((state = 'stopped') = (reason IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Offers and answers. The SDP is the JSON string it came in.
CREATE TABLE descriptions (
    call INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    negotiation INTEGER NOT NULL CHECK (negotiation >= 1),
    kind TEXT NOT NULL CHECK (kind IN ('offer', 'answer')),
    ice_restart INTEGER NOT NULL CHECK (ice_restart IN (0, 1)),
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    sdp BLOB NOT NULL,
    PRIMARY KEY (call, kind, negotiation)
) STRICT;

CREATE TABLE candidates (
    call INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 1),
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    negotiation INTEGER CHECK (negotiation >= 1),
    created_at INTEGER NOT NULL,
    candidate BLOB NOT NULL CHECK (length(candidate) <= 4096),
    PRIMARY KEY (call, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE timeline (
    call INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    time INTEGER NOT NULL,
    what TEXT NOT NULL,
    user_id TEXT,
    device_id TEXT,
    detail TEXT,
    PRIMARY KEY (call, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE quality (
    call INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    summary BLOB NOT NULL,
    PRIMARY KEY (call, user_id)
) STRICT, WITHOUT ROWID;

-- The log: append-only, in the order of the commits, with no index beside the key. Each event names the one before it in
-- its user's log, so that what a user has missed is found by walking back from the newest (feed_heads).
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id),
    position INTEGER NOT NULL CHECK (position >= 1),
    previous INTEGER CHECK (previous < id),
    -- The newest event before this one whose position is a multiple of 64, to walk back in large steps.
    milestone INTEGER CHECK (milestone <= previous),
    only_device TEXT,
    except_device TEXT,
    type TEXT NOT NULL,
    time INTEGER NOT NULL,
    body BLOB NOT NULL,
    CHECK ((position = 1) = (previous IS NULL))
) STRICT;

-- Each user's newest event, as of the event meta.heads_until; later ones are found by reading the log from there.
CREATE TABLE feed_heads (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (user_id),
    event_id INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 1)
) STRICT, WITHOUT ROWID;

-- Answers to writes that came with an Idempotency-Key.
CREATE TABLE answers (
    device_id TEXT NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    status INTEGER NOT NULL,
    location TEXT,
    created_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (device_id, route, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_by_age ON answers (created_at);
