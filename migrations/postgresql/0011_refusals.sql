ALTER TABLE audit ADD COLUMN refusal text;

-- Pruned by time.
CREATE INDEX audit_by_time ON audit (time);
