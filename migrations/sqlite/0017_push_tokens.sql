-- Where apps receive pushes for their devices. A device has a row here, in push_subscriptions, or in neither.
CREATE TABLE push_tokens (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    service TEXT NOT NULL CHECK (service IN ('apns', 'fcm')),
    token TEXT NOT NULL CHECK (length(token) BETWEEN 1 AND 2048),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX push_tokens_by_token ON push_tokens (token);
