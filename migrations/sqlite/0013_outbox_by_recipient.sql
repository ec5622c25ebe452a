-- The messages that wait for a device.
CREATE INDEX outbox_by_recipient ON outbox (recipient, type) WHERE due_at IS NOT NULL AND recipient IS NOT NULL;
