-- What the blocked user sees: when the blocker was last seen before the block.
ALTER TABLE blocks ADD COLUMN last_seen_at INTEGER;

UPDATE blocks SET last_seen_at = created_at;
