-- A token is that of the device that has registered it last. The digits of a token of APNs have no case.
DELETE FROM push_tokens WHERE EXISTS (
    SELECT 1 FROM push_tokens AS other
    WHERE other.service = push_tokens.service AND other.device_id <> push_tokens.device_id
    AND (other.token = push_tokens.token OR other.service = 'apns' AND lower(other.token) = lower(push_tokens.token))
    AND (other.created_at, other.device_id) > (push_tokens.created_at, push_tokens.device_id)
);

UPDATE push_tokens SET token = lower(token) WHERE service = 'apns';

DROP INDEX push_tokens_by_token;

CREATE UNIQUE INDEX push_tokens_by_token ON push_tokens (token, service);
