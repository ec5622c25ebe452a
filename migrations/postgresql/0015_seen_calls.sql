-- The time of the newest missed call that the user has seen.
ALTER TABLE users ADD COLUMN calls_seen_until bigint;
