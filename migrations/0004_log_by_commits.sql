-- The log has a row for what was told together, most often by one commit, in place of one for each event and user.

CREATE TABLE log (
    -- The number of its last entry. An entry is an event in the log of one user.
    last INTEGER PRIMARY KEY,
    -- The number of its first entry.
    first INTEGER NOT NULL,
    -- When the newest of its events happened.
    time INTEGER NOT NULL,
    -- Its events without their bodies, each with those it was told to (LogRow).
    entries BLOB NOT NULL,
    -- The bodies, one behind the other.
    bodies BLOB NOT NULL
) STRICT;

-- The function is the migrator's own.
INSERT INTO log (last, first, time, entries, bodies)
SELECT id, id, time, log_entries(id, user_id, position, previous, milestone, call, payload_previous, only_device,
    except_device, type, time, length(body)), body
FROM events ORDER BY id;

ALTER TABLE feed_heads ADD COLUMN milestone INTEGER;
UPDATE feed_heads SET milestone = (SELECT events.milestone FROM events WHERE id = event_id);

DROP TABLE events;
