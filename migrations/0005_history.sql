-- A user's calls, written by checkpoints: an index of `calls` over each side had a page of its own to write for each call.

CREATE TABLE history (
    user_id TEXT NOT NULL,
    call INTEGER NOT NULL,
    PRIMARY KEY (user_id, call)
) STRICT, WITHOUT ROWID;

-- The calls up to this one are in history, and have rows. At the last checkpoint of the log every call had one.
INSERT INTO meta (key, value) VALUES ('history_until', (
    SELECT coalesce(max(id), 0) FROM calls
    WHERE as_of <= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'heads_until')));

INSERT INTO history (user_id, call)
SELECT caller_id, id FROM calls WHERE id <= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'history_until')
UNION ALL
SELECT callee_id, id FROM calls WHERE id <= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'history_until')
    AND NOT concealed
ORDER BY 1, 2;

DROP INDEX calls_by_caller;
DROP INDEX calls_by_callee;
