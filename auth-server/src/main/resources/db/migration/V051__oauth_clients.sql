CREATE TABLE oauth_client (
  client_id        VARCHAR(100)   NOT NULL PRIMARY KEY,
  name             VARCHAR(200)   NOT NULL,
  profile          VARCHAR(16)    NOT NULL,
  authentication   VARCHAR(32)    NOT NULL,
  -- HMAC-SHA-256 of the secret under a shared key, base64url.
  secret_hash      VARCHAR(43),
  -- Public keys for private_key_jwt, as a JWK set.
  jwks             VARCHAR(65536),
  -- Lists, separated by single spaces.
  redirect_uris    VARCHAR(16384) NOT NULL,
  grant_types      VARCHAR(1024)  NOT NULL,
  scopes           VARCHAR(2048)  NOT NULL,
  id_token_alg     VARCHAR(16)    NOT NULL,
  consent_required BOOLEAN        NOT NULL,
  created_at_ms    BIGINT         NOT NULL
);
