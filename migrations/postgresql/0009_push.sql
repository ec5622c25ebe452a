-- Where browsers receive pushes for their devices.
CREATE TABLE push_subscriptions (
    device_id text COLLATE "C" PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    endpoint text NOT NULL CHECK (length(endpoint) BETWEEN 1 AND 2048),
    public_key bytea NOT NULL CHECK (length(public_key) = 65),
    secret bytea NOT NULL CHECK (length(secret) = 16),
    created_at bigint NOT NULL
);
