-- What a client says of itself beside what has a column: JSON, by the names of RFC 7591.
ALTER TABLE oauth_client ADD COLUMN metadata VARCHAR(65536) DEFAULT '{}' NOT NULL;
-- Grows with each change: the ETag of the admin API.
ALTER TABLE oauth_client ADD COLUMN version BIGINT DEFAULT 1 NOT NULL;
-- SHA-256 of the registration access token (RFC 7592), base64url.
ALTER TABLE oauth_client ADD COLUMN registration_token_hash VARCHAR(43);

-- Tokens with which clients may register themselves (RFC 7591 section 3). Times are epoch milliseconds.
CREATE TABLE initial_access_token (
  id            VARCHAR(36)  NOT NULL PRIMARY KEY,
  token_hash    VARCHAR(43)  NOT NULL,
  note          VARCHAR(200) NOT NULL,
  -- A list, separated by single spaces.
  profiles      VARCHAR(100) NOT NULL,
  uses_max      INTEGER      NOT NULL,
  uses          INTEGER      NOT NULL,
  created_at_ms BIGINT       NOT NULL,
  expires_at_ms BIGINT       NOT NULL,
  revoked_at_ms BIGINT,
  CONSTRAINT initial_access_token_hash UNIQUE (token_hash)
);
