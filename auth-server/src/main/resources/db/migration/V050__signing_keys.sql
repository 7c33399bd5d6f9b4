-- Signing keys of this server. Times are epoch milliseconds. A key is active from active_from_ms until the
-- next generation's; it stays published for as long as something it signed may live.
CREATE TABLE signing_key (
  kid            VARCHAR(64)   NOT NULL PRIMARY KEY,
  purpose        VARCHAR(16)   NOT NULL,
  alg            VARCHAR(16)   NOT NULL,
  generation     INTEGER       NOT NULL,
  active_from_ms BIGINT        NOT NULL,
  -- The private JWK, sealed by the vault, base64url.
  sealed_jwk     VARCHAR(16384) NOT NULL,
  -- Two nodes that make the same generation at once: one wins, the other reads the winner's.
  CONSTRAINT signing_key_generation UNIQUE (purpose, alg, generation)
);

-- Symmetric keys that all nodes share (nonces, client secrets), sealed by the vault.
CREATE TABLE shared_key (
  name       VARCHAR(64)  NOT NULL PRIMARY KEY,
  sealed_key VARCHAR(512) NOT NULL
);

-- What may be used once only: `jti` of DPoP proofs, client assertions and device proofs.
CREATE TABLE used_once (
  value_hash    VARCHAR(43) NOT NULL PRIMARY KEY,
  expires_at_ms BIGINT      NOT NULL
);
CREATE INDEX used_once_expiry ON used_once (expires_at_ms);
