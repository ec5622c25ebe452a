-- Identifiers of devices that were signed out. They stay their user's: nobody else can sign in with one.
CREATE TABLE former_devices (
    device_id TEXT NOT NULL PRIMARY KEY CHECK (length(device_id) BETWEEN 8 AND 64),
    user_id TEXT NOT NULL REFERENCES users (user_id),
    ended_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX former_devices_by_user ON former_devices (user_id, ended_at);
