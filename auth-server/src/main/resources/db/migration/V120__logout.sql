-- Where a client's people may go after signing out, and where it hears of it (OpenID Connect RP-Initiated and
-- Back-Channel Logout 1.0). Lists are separated by single spaces.
ALTER TABLE oauth_client ADD COLUMN post_logout_redirect_uris VARCHAR(16384) DEFAULT '' NOT NULL;
ALTER TABLE oauth_client ADD COLUMN backchannel_logout_uri VARCHAR(500);
ALTER TABLE oauth_client ADD COLUMN backchannel_logout_session_required BOOLEAN DEFAULT FALSE NOT NULL;

-- Which clients a sign-in session gave tokens to, as far as they want to hear of its end.
CREATE TABLE session_client (
  sid        VARCHAR(22)  NOT NULL,
  client_id  VARCHAR(100) NOT NULL,
  account_id VARCHAR(36)  NOT NULL,
  since_ms   BIGINT       NOT NULL,
  PRIMARY KEY (sid, client_id)
);
CREATE INDEX session_client_account ON session_client (account_id);
CREATE INDEX session_client_since ON session_client (since_ms);

-- What clients are still to be told. A row is written in the transaction that ends the session, and deleted once
-- the client has answered, or has been asked for too long.
CREATE TABLE logout_delivery (
  id              VARCHAR(36)  NOT NULL PRIMARY KEY,
  client_id       VARCHAR(100) NOT NULL,
  account_id      VARCHAR(36)  NOT NULL,
  sid             VARCHAR(22)  NOT NULL,
  created_at_ms   BIGINT       NOT NULL,
  attempts        INTEGER      NOT NULL,
  -- Not before then; moved ahead by whoever takes it, so that of several nodes one delivers.
  due_at_ms       BIGINT       NOT NULL
);
CREATE INDEX logout_delivery_due ON logout_delivery (due_at_ms);
