ALTER TABLE users ADD COLUMN banned_at INTEGER;

-- Keys of the platform's back end. A revoked key keeps its row, because its name is in the audit log.
CREATE TABLE server_keys (
    name TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- Separated by spaces.
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- The uses of server keys and of the administrator's token.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    key_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    user_id TEXT,
    object TEXT
) STRICT;

CREATE INDEX audit_by_key ON audit (key_name, number);
CREATE INDEX audit_by_user ON audit (user_id, number) WHERE user_id IS NOT NULL;
