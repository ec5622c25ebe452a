-- The users whom a message is about, with whom it is removed.
ALTER TABLE outbox ADD COLUMN user_id text COLLATE "C";
ALTER TABLE outbox ADD COLUMN peer_id text COLLATE "C";
-- A user whom it is about was erased: it is removed as soon as it was delivered or given up.
ALTER TABLE outbox ADD COLUMN forgotten boolean NOT NULL DEFAULT false;

CREATE INDEX outbox_by_user ON outbox (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX outbox_by_peer ON outbox (peer_id) WHERE peer_id IS NOT NULL;
