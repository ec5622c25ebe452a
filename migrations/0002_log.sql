-- A message writes one row. A live call is in memory: its row is as of an earlier event, and what has happened since is
-- found in the log by running the machine over it again. Offers, answers and candidates are kept in the events that tell
-- them, legs and the timeline in the row of their call. What is written with every message has no checks and no foreign
-- keys: the machine before it has checked more.

-- The log, append-only, with no index beside the key.
CREATE TABLE new_events (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    -- Counted from 1 in the user's log.
    position INTEGER NOT NULL,
    -- The event before this one in the user's log; NULL for the first.
    previous INTEGER,
    -- The newest event before this one whose position is a multiple of 64, to walk back in large steps.
    milestone INTEGER,
    -- The id of its call; NULL for events from before migration 2.
    call INTEGER,
    -- Of an offer, an answer, candidates: the event before this one in its call that has one of these; NULL for the first.
    payload_previous INTEGER,
    only_device TEXT,
    except_device TEXT,
    type TEXT NOT NULL,
    time INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE new_calls (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL UNIQUE,
    caller_id TEXT NOT NULL,
    caller_device TEXT NOT NULL,
    callee_id TEXT NOT NULL,
    callee_device TEXT,
    state TEXT NOT NULL CHECK (state IN ('inviting', 'ringing', 'connecting', 'active', 'ended')),
    audio INTEGER NOT NULL,
    video INTEGER NOT NULL,
    custom BLOB,
    concealed INTEGER NOT NULL,
    merged INTEGER NOT NULL,
    negotiation INTEGER NOT NULL,
    open_offerer TEXT,
    open_since INTEGER,
    event_count INTEGER NOT NULL,
    timeline_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    rings_until INTEGER NOT NULL,
    ringing_at INTEGER,
    accepted_at INTEGER,
    active_at INTEGER,
    ended_at INTEGER,
    end_reason TEXT,
    ended_kind TEXT,
    ended_user TEXT,
    ended_device TEXT,
    message TEXT,
    caller_connected INTEGER NOT NULL,
    caller_answered INTEGER NOT NULL,
    caller_lost_at INTEGER,
    caller_candidates INTEGER NOT NULL,
    caller_media BLOB,
    callee_connected INTEGER NOT NULL,
    callee_answered INTEGER NOT NULL,
    callee_lost_at INTEGER,
    callee_candidates INTEGER NOT NULL,
    callee_media BLOB,
    -- JSON: [{"deviceId","state","reason"?,"alerted"}]
    legs TEXT NOT NULL,
    -- JSON: [{"seq","time","what","actor"?,"detail"?}]
    timeline TEXT NOT NULL,
    -- The newest event when this row was written. What later events tell is not in the row.
    as_of INTEGER NOT NULL,
    -- The newest event with an offer, an answer or candidates; NULL when there is none, and long after the end.
    last_payload INTEGER,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
) STRICT;

CREATE TABLE new_quality (
    call INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    summary BLOB NOT NULL,
    PRIMARY KEY (call, user_id)
) STRICT, WITHOUT ROWID;

CREATE TEMP TABLE payload_chain AS
WITH payload AS (
    SELECT id, json_extract('{' || CAST(body AS TEXT) || '}', '$.callId') AS call_id FROM events
    WHERE type IN ('call.offer', 'call.answer', 'call.candidates')
)
SELECT id, call_id, lag(id) OVER (PARTITION BY call_id ORDER BY id) AS previous FROM payload;
CREATE INDEX temp.payload_chain_by_id ON payload_chain (id);
CREATE INDEX temp.payload_chain_by_call ON payload_chain (call_id, id);

INSERT INTO new_events (id, user_id, position, previous, milestone, payload_previous, only_device, except_device, type, time,
    body)
SELECT id, user_id, position, events.previous, milestone,
    (SELECT previous FROM temp.payload_chain AS chain WHERE chain.id = events.id), only_device, except_device, type, time,
    body
FROM events;

INSERT INTO new_calls (id, call_id, caller_id, caller_device, callee_id, callee_device, state, audio, video, custom,
    concealed, merged, negotiation, open_offerer, open_since, event_count, timeline_count, created_at, rings_until,
    ringing_at, accepted_at, active_at, ended_at, end_reason, ended_kind, ended_user, ended_device, message,
    caller_connected, caller_answered, caller_lost_at, caller_candidates, caller_media, callee_connected, callee_answered,
    callee_lost_at, callee_candidates, callee_media, legs, timeline, as_of, last_payload)
SELECT id, call_id, caller_id, caller_device, callee_id, callee_device, state, audio, video, custom,
    concealed, merged, negotiation, open_offerer, open_since, event_count, timeline_count, created_at, rings_until,
    ringing_at, accepted_at, active_at, ended_at, end_reason, ended_kind, ended_user, ended_device, message,
    caller_connected, caller_answered, caller_lost_at, caller_candidates, caller_media, callee_connected, callee_answered,
    callee_lost_at, callee_candidates, callee_media,
    (
        SELECT json_group_array(json_patch('{}', json_object('deviceId', device_id, 'state', state, 'reason', reason,
            'alerted', json(iif(alerted, 'true', 'false')))))
        FROM (SELECT * FROM call_legs WHERE call = calls.id ORDER BY position)
    ),
    (
        SELECT json_group_array(json_patch('{}', json_object('seq', seq,
            'time', strftime('%Y-%m-%dT%H:%M:', time / 1000, 'unixepoch')
                || printf('%06.3fZ', (time % 60000) / 1000.0),
            'what', what,
            'actor', iif(user_id IS NULL, NULL, json_object('userId', user_id, 'deviceId', device_id)), 'detail', detail)))
        FROM (SELECT * FROM timeline WHERE call = calls.id ORDER BY seq)
    ),
    (SELECT coalesce(max(id), 0) FROM events),
    iif(pruned, NULL, (SELECT max(id) FROM temp.payload_chain AS chain WHERE chain.call_id = calls.call_id))
FROM calls;

INSERT INTO new_quality SELECT * FROM quality;

DROP TABLE temp.payload_chain;
DROP TABLE quality;
DROP TABLE timeline;
DROP TABLE candidates;
DROP TABLE descriptions;
DROP TABLE call_legs;
DROP TABLE calls;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
ALTER TABLE new_calls RENAME TO calls;
ALTER TABLE new_quality RENAME TO quality;

CREATE INDEX calls_live ON calls (id) WHERE ended_at IS NULL;
CREATE INDEX calls_with_payload ON calls (ended_at) WHERE ended_at IS NOT NULL AND last_payload IS NOT NULL;
CREATE INDEX calls_by_caller ON calls (caller_id, id);
CREATE INDEX calls_by_callee ON calls (callee_id, id);
