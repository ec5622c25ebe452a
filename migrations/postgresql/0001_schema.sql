-- Users, devices, calls and the event log, for several nodes. Times are milliseconds since 1970-01-01T00:00:00Z.
-- Identifiers sort by their bytes, whatever the database's collation is.

CREATE TABLE meta (
    key text PRIMARY KEY,
    value text NOT NULL
);

-- The name of this event log. `ringback restored` gives it another, so that cursors of the lost log are refused.
INSERT INTO meta (key, value) VALUES ('epoch', substr(replace(gen_random_uuid()::text, '-', ''), 1, 12));

-- An erased user keeps its row: names are never reused.
CREATE TABLE users (
    user_id text COLLATE "C" PRIMARY KEY CHECK (length(user_id) BETWEEN 1 AND 64),
    display_name text NOT NULL CHECK (length(display_name) <= 100),
    password_hash text NOT NULL,
    busy text NOT NULL CHECK (busy IN ('wait', 'reject')),
    created_at bigint NOT NULL,
    last_seen_at bigint,
    erased_at bigint
);

CREATE INDEX users_closed ON users (user_id) WHERE erased_at IS NOT NULL AND password_hash <> '';

CREATE TABLE devices (
    device_id text COLLATE "C" PRIMARY KEY CHECK (length(device_id) BETWEEN 8 AND 64),
    user_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    name text CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_seen_at bigint
);

CREATE INDEX devices_by_user ON devices (user_id);
CREATE INDEX devices_by_expiry ON devices (expires_at);

-- Identifiers of devices that were signed out. They stay their user's: nobody else can sign in with one.
CREATE TABLE former_devices (
    device_id text COLLATE "C" PRIMARY KEY CHECK (length(device_id) BETWEEN 8 AND 64),
    user_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    ended_at bigint NOT NULL
);

CREATE INDEX former_devices_by_user ON former_devices (user_id, ended_at);

-- Tickets that were not used.
CREATE TABLE tickets (
    hash bytea PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    user_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX tickets_by_device ON tickets (device_id, user_id, number);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

CREATE TABLE blocks (
    blocker_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    blocked_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    created_at bigint NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
);

CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

CREATE TABLE watches (
    device_id text COLLATE "C" NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
    user_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    PRIMARY KEY (device_id, user_id)
);

CREATE INDEX watches_by_user ON watches (user_id);

-- Most changes of a call touch no indexed column, and find room for the new version of the row in its page. Up to 8 KB a row is
-- neither compressed nor moved elsewhere.
CREATE TABLE calls (
    call_id text COLLATE "C" PRIMARY KEY,
    -- The order of the histories.
    number bigint GENERATED ALWAYS AS IDENTITY,
    caller_id text COLLATE "C" NOT NULL,
    callee_id text COLLATE "C" NOT NULL,
    -- The callee has blocked the caller, and must not know of it.
    concealed boolean NOT NULL,
    state text NOT NULL,
    live boolean NOT NULL,
    ended_at bigint,
    -- When time alone changes the call, and the node that has taken it up.
    deadline bigint,
    leased_by text,
    leased_until bigint,
    -- Counted up with each change of the row.
    version bigint NOT NULL,
    -- How many events with an offer, an answer or candidates it has told, and whether they can still be asked for.
    payloads integer NOT NULL,
    payloads_kept boolean NOT NULL DEFAULT true,
    -- Everything, as JSON.
    body text NOT NULL,
    -- The entries of the timeline as JSON, each with a comma behind it.
    timeline text NOT NULL
) WITH (fillfactor = 70, toast_tuple_target = 8160);

CREATE INDEX calls_by_caller ON calls (caller_id, number);
CREATE INDEX calls_by_callee ON calls (callee_id, number) WHERE NOT concealed;
CREATE INDEX calls_live_by_caller ON calls (caller_id) WHERE live;
CREATE INDEX calls_live_by_callee ON calls (callee_id) WHERE live;
CREATE INDEX calls_due ON calls (deadline) WHERE live AND deadline IS NOT NULL;
CREATE INDEX calls_with_payloads ON calls (ended_at) WHERE ended_at IS NOT NULL AND payloads_kept;

-- The calls that devices have invited, or were merged into, with a key: to find them when the invitation is repeated.
CREATE TABLE invitations (
    device_id text COLLATE "C" NOT NULL,
    key_id bigint NOT NULL,
    call_id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (device_id, key_id)
);

CREATE INDEX invitations_by_time ON invitations (created_at);

CREATE TABLE quality (
    call_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    summary bytea NOT NULL,
    PRIMARY KEY (call_id, user_id)
);

-- The newest position of each user's log. Whoever appends to a log has its row locked.
CREATE TABLE user_logs (
    user_id text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL,
    -- Events up to this one are gone.
    pruned_until bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE events (
    user_id text COLLATE "C" NOT NULL,
    -- Counted from 1 in the user's log, without gaps.
    position bigint NOT NULL,
    time bigint NOT NULL,
    type text NOT NULL,
    only_device text COLLATE "C",
    except_device text COLLATE "C",
    -- Of an offer, an answer or candidates: the call, and which of its events with one of these it is.
    call_id text COLLATE "C",
    payload integer,
    members bytea NOT NULL,
    PRIMARY KEY (user_id, position)
) WITH (toast_tuple_target = 8160);

CREATE INDEX events_by_time ON events (time);
CREATE INDEX events_by_payload ON events (call_id, payload) WHERE payload IS NOT NULL;

-- The processes that serve this database. One that has not been seen for 5 seconds is dead.
CREATE TABLE nodes (
    node_id text PRIMARY KEY,
    name text NOT NULL,
    started_at bigint NOT NULL,
    seen_at bigint NOT NULL
) WITH (fillfactor = 50);

-- What each node knows of devices that it hears from, or expects to. A device is lost when no living node has a row of it that says
-- otherwise.
CREATE TABLE device_presence (
    device_id text COLLATE "C" NOT NULL,
    node_id text NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    present boolean NOT NULL,
    lost boolean NOT NULL,
    last_seen_at bigint NOT NULL,
    PRIMARY KEY (device_id, node_id)
) WITH (fillfactor = 70);

CREATE INDEX device_presence_by_user ON device_presence (user_id);
CREATE INDEX device_presence_by_node ON device_presence (node_id);
