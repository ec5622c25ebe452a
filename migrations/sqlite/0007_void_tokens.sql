-- Tokens of the platform that were issued until a sign-out: of one device, or of all devices of a user ('').
CREATE TABLE void_tokens (
    user_id TEXT NOT NULL REFERENCES users (user_id),
    device_id TEXT NOT NULL,
    issued_until INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;
