-- Devices without a browser that ask to be let in from another (RFC 8628). Both codes are kept as HMAC-SHA-256, base64url.
CREATE TABLE pairing (
  id               VARCHAR(36)   NOT NULL PRIMARY KEY,
  device_code_mac  VARCHAR(43)   NOT NULL,
  -- Null once it was answered: it can be entered no more.
  user_code_mac    VARCHAR(43),
  client_id        VARCHAR(100)  NOT NULL,
  -- What was asked for: scopes, and the request as JSON.
  scopes           VARCHAR(2048) NOT NULL,
  request          VARCHAR(4096) NOT NULL,
  -- RFC 7638 thumbprint of the key that the tokens will be bound to.
  jkt              VARCHAR(43),
  -- From where, and by what, for the eyes of whoever is asked.
  address          VARCHAR(45)   NOT NULL,
  user_agent       VARCHAR(200)  NOT NULL,
  requested_at_ms  BIGINT        NOT NULL,
  expires_at_ms    BIGINT        NOT NULL,
  interval_s       INTEGER       NOT NULL,
  polled_at_ms     BIGINT,
  -- pending, approved, denied or redeemed
  state            VARCHAR(16)   NOT NULL,
  -- Who approved it, as they were signed in, and what of it.
  account_id       VARCHAR(36),
  sid              VARCHAR(64),
  auth_time_ms     BIGINT,
  acr              VARCHAR(200),
  amr              VARCHAR(200),
  granted          VARCHAR(2048),
  -- The family of tokens that it became.
  authorization_id VARCHAR(36),
  CONSTRAINT pairing_device_code UNIQUE (device_code_mac),
  CONSTRAINT pairing_user_code UNIQUE (user_code_mac)
);
CREATE INDEX pairing_expiry ON pairing (expires_at_ms);
