-- Tokens of the platform that were issued until a sign-out: of one device, or of all devices of a user ('').
CREATE TABLE void_tokens (
    user_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    device_id text COLLATE "C" NOT NULL,
    issued_until bigint NOT NULL,
    PRIMARY KEY (user_id, device_id)
);

ALTER TABLE tickets ADD COLUMN holder_until bigint;
