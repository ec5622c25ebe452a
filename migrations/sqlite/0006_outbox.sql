-- Messages to services outside, written by the transaction that caused them. Of a lane and a key, only the oldest that
-- waits is sent.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL,
    key TEXT NOT NULL,
    type TEXT NOT NULL,
    -- The device it is for, in a lane for several.
    recipient TEXT,
    -- The position in its user's log before the events of the same change.
    position INTEGER,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- When it is tried next; NULL once it was delivered or given up.
    due_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    done_at INTEGER,
    delivered INTEGER NOT NULL DEFAULT 0,
    error TEXT
) STRICT;

CREATE INDEX outbox_due ON outbox (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_by_key ON outbox (lane, key, number) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_expiring ON outbox (expires_at) WHERE due_at IS NOT NULL;
