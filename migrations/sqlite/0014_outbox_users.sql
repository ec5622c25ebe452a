-- The users whom a message is about, with whom it is removed.
ALTER TABLE outbox ADD COLUMN user_id TEXT;
ALTER TABLE outbox ADD COLUMN peer_id TEXT;
-- A user whom it is about was erased: it is removed as soon as it was delivered or given up.
ALTER TABLE outbox ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

CREATE INDEX outbox_by_user ON outbox (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX outbox_by_peer ON outbox (peer_id) WHERE peer_id IS NOT NULL;
