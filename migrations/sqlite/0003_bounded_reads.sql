-- Each user's calls with one other user, written together with `history`, so that a page of them costs what it has.
CREATE TABLE history_by_peer (
    user_id TEXT NOT NULL,
    peer_id TEXT NOT NULL,
    call INTEGER NOT NULL,
    PRIMARY KEY (user_id, peer_id, call)
) STRICT, WITHOUT ROWID;

INSERT INTO history_by_peer (user_id, peer_id, call)
SELECT history.user_id, iif(history.user_id = calls.caller_id, calls.callee_id, calls.caller_id), history.call
FROM history JOIN calls ON calls.id = history.call
ORDER BY 1, 2, 3;

-- Ended calls that have more than what a history shows.
CREATE INDEX calls_with_details ON calls (ended_at) WHERE ended_at IS NOT NULL AND timeline <> '[]';
