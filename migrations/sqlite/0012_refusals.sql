ALTER TABLE audit ADD COLUMN refusal TEXT;

-- Pruned by time.
CREATE INDEX audit_by_time ON audit (time);
