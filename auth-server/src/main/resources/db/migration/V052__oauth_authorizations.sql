-- From an authorization request to the family of tokens it became. Tokens, codes and states are kept only as
-- their SHA-256, base64url. Times are epoch milliseconds.
CREATE TABLE oauth_authorization (
  id                 VARCHAR(36)    NOT NULL PRIMARY KEY,
  client_id          VARCHAR(100)   NOT NULL,
  principal_name     VARCHAR(200)   NOT NULL,
  -- Who signed in, and how; null while a request is only pushed (RFC 9126).
  account_id         VARCHAR(36),
  sid                VARCHAR(64),
  auth_time_ms       BIGINT,
  acr                VARCHAR(200),
  amr                VARCHAR(200),
  -- The authorization request as JSON.
  request            VARCHAR(100000) NOT NULL,
  scopes             VARCHAR(2048)  NOT NULL,
  state_hash         VARCHAR(43),
  code_hash          VARCHAR(43),
  code_expires_at_ms BIGINT,
  redeemed_at_ms     BIGINT,
  revoked_at_ms      BIGINT,
  -- RFC 7638 thumbprint of the key that the tokens are bound to.
  jkt                VARCHAR(43),
  expires_at_ms      BIGINT         NOT NULL,
  CONSTRAINT oauth_authorization_state UNIQUE (state_hash),
  CONSTRAINT oauth_authorization_code UNIQUE (code_hash)
);
CREATE INDEX oauth_authorization_expiry ON oauth_authorization (expires_at_ms);
CREATE INDEX oauth_authorization_account ON oauth_authorization (account_id);

CREATE TABLE refresh_token (
  token_hash       VARCHAR(43) NOT NULL PRIMARY KEY,
  authorization_id VARCHAR(36) NOT NULL REFERENCES oauth_authorization (id) ON DELETE CASCADE,
  expires_at_ms    BIGINT      NOT NULL,
  spent_at_ms      BIGINT,
  successor_hash   VARCHAR(43),
  -- A successor that the retry rule replaced before it was used.
  replaced         BOOLEAN     NOT NULL
);
CREATE INDEX refresh_token_family ON refresh_token (authorization_id);
CREATE INDEX refresh_token_expiry ON refresh_token (expires_at_ms);

-- Access tokens revoked one by one (RFC 7009), until they would have expired.
CREATE TABLE revoked_token (
  jti           VARCHAR(100) NOT NULL PRIMARY KEY,
  expires_at_ms BIGINT       NOT NULL
);
CREATE INDEX revoked_token_expiry ON revoked_token (expires_at_ms);

CREATE TABLE oauth_consent (
  client_id      VARCHAR(100)  NOT NULL,
  principal_name VARCHAR(200)  NOT NULL,
  scopes         VARCHAR(2048) NOT NULL,
  PRIMARY KEY (client_id, principal_name)
);
CREATE INDEX oauth_consent_principal ON oauth_consent (principal_name);
