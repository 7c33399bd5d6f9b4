-- Emergency end of a signing key: what it signed is refused; its private half is overwritten.
ALTER TABLE signing_key ADD COLUMN revoked_at_ms BIGINT;

-- One row: grows with every key that is made or ends. Locked by whoever changes them.
CREATE TABLE key_ring (
  id      INTEGER NOT NULL PRIMARY KEY,
  version BIGINT  NOT NULL
);
INSERT INTO key_ring (id, version) VALUES (1, 1);

-- Public halves of token keys that are published no longer, by which ID tokens are still known as hints.
CREATE TABLE hint_key (
  kid           VARCHAR(64)   NOT NULL PRIMARY KEY,
  public_jwk    VARCHAR(4096) NOT NULL,
  kept_until_ms BIGINT        NOT NULL
);
