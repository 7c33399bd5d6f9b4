-- People's devices, as MLS members know them. Times are epoch milliseconds.
CREATE TABLE device (
  device_id                VARCHAR(36)  NOT NULL PRIMARY KEY,
  account_id               VARCHAR(36)  NOT NULL,
  name                     VARCHAR(100) NOT NULL,
  -- Ed25519 MLS signature key, base64url of its 32 bytes.
  signature_key            VARCHAR(43)  NOT NULL,
  -- The DPoP key that the device's gateway tokens are bound to.
  jkt                      VARCHAR(43)  NOT NULL,
  created_at_ms            BIGINT       NOT NULL,
  credential_expires_at_ms BIGINT       NOT NULL,
  revoked_at_ms            BIGINT
);
CREATE INDEX device_account ON device (account_id);
