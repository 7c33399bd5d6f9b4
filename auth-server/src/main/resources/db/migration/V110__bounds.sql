-- When a browser first came with a pushed request: from then on it waits for a sign-in, once.
ALTER TABLE oauth_authorization ADD COLUMN awaited_at_ms BIGINT;

-- Old events are forgotten by their age.
CREATE INDEX security_event_age ON security_event (occurred_at);
