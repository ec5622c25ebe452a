-- The sign-ins that have ended, for an hour: nodes look there each second for those whose signal was lost.
CREATE TABLE revocations (
    -- Of the transaction that ended it. What a snapshot does not show yet is not older than the oldest transaction under way.
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- The node that knows it already.
    node_id text NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    ended_at bigint NOT NULL
);

CREATE INDEX revocations_by_xid ON revocations (xid);
CREATE INDEX revocations_by_time ON revocations (ended_at);
