ALTER TABLE users ADD COLUMN banned_at bigint;

-- Keys of the platform's back end. A revoked key keeps its row, because its name is in the audit log.
CREATE TABLE server_keys (
    name text COLLATE "C" PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- Separated by spaces.
    scopes text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint
);

-- The uses of server keys and of the administrator's token.
CREATE TABLE audit (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time bigint NOT NULL,
    key_name text COLLATE "C" NOT NULL,
    operation text NOT NULL,
    user_id text COLLATE "C",
    object text
);

CREATE INDEX audit_by_key ON audit (key_name, number);
CREATE INDEX audit_by_user ON audit (user_id, number) WHERE user_id IS NOT NULL;
