-- Messages to services outside, written by the transaction that caused them. Of a lane and a key, only the oldest that
-- waits is sent.
CREATE TABLE outbox (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    type text NOT NULL,
    -- The device it is for, in a lane for several.
    recipient text COLLATE "C",
    -- The position in its user's log before the events of the same change.
    position bigint,
    body bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    -- When it is tried next; NULL once it was delivered or given up.
    due_at bigint,
    attempts integer NOT NULL DEFAULT 0,
    done_at bigint,
    delivered boolean NOT NULL DEFAULT false,
    error text,
    -- The node that sends it.
    leased_by text,
    leased_until bigint
) WITH (fillfactor = 80);

CREATE INDEX outbox_due ON outbox (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_by_key ON outbox (lane, key, number) WHERE due_at IS NOT NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_expiring ON outbox (expires_at) WHERE due_at IS NOT NULL;
