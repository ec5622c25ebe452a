-- Where apps receive pushes for their devices. A device has a row here, in push_subscriptions, or in neither.
CREATE TABLE push_tokens (
    device_id text COLLATE "C" PRIMARY KEY REFERENCES devices (device_id) ON DELETE CASCADE,
    service text NOT NULL CHECK (service IN ('apns', 'fcm')),
    token text COLLATE "C" NOT NULL CHECK (length(token) BETWEEN 1 AND 2048),
    created_at bigint NOT NULL
);

CREATE INDEX push_tokens_by_token ON push_tokens (token);
