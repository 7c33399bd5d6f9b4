-- Who registered a client: built_in, configured (settings sallyport.clients[n]) or registered.
ALTER TABLE oauth_client ADD COLUMN origin VARCHAR(16) DEFAULT 'registered' NOT NULL;
-- No client any more, since then; its row keeps the id from meaning another.
ALTER TABLE oauth_client ADD COLUMN disabled_at_ms BIGINT;

-- Until now the settings were the only other way.
UPDATE oauth_client SET origin = 'configured' WHERE client_id NOT IN ('chat-gateway', 'sallyport-demo');
UPDATE oauth_client SET origin = 'built_in' WHERE client_id IN ('chat-gateway', 'sallyport-demo');
