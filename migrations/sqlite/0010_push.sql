-- Where browsers receive pushes for their devices.
CREATE TABLE push_subscriptions (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    endpoint TEXT NOT NULL CHECK (length(endpoint) BETWEEN 1 AND 2048),
    public_key BLOB NOT NULL CHECK (length(public_key) = 65),
    secret BLOB NOT NULL CHECK (length(secret) = 16),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether somebody outside was asked to wake a device of the callee, for whom the call waits.
ALTER TABLE calls ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0;
