-- Third-party identity providers that admins describe. Times are epoch milliseconds.
CREATE TABLE identity_provider (
  id            VARCHAR(64)    NOT NULL PRIMARY KEY,
  -- The whole description as JSON, but for the secret.
  document      VARCHAR(200000) NOT NULL,
  -- What this server shows there to be who it is, sealed by the vault, base64url.
  sealed_secret VARCHAR(16384),
  version       BIGINT         NOT NULL,
  created_at_ms BIGINT         NOT NULL,
  changed_at_ms BIGINT         NOT NULL
);

-- Which sign-in sessions began with a provider's word, so that its word can end them.
CREATE TABLE federated_session (
  sid          VARCHAR(22)  NOT NULL PRIMARY KEY,
  account_id   VARCHAR(36)  NOT NULL,
  idp          VARCHAR(64)  NOT NULL,
  issuer       VARCHAR(512) NOT NULL,
  subject      VARCHAR(255) NOT NULL,
  -- The provider's own session, where it named one.
  upstream_sid VARCHAR(255),
  begun_at_ms  BIGINT       NOT NULL
);
CREATE INDEX federated_session_subject ON federated_session (idp, issuer, subject);
CREATE INDEX federated_session_upstream ON federated_session (idp, issuer, upstream_sid);
CREATE INDEX federated_session_begun ON federated_session (begun_at_ms);

-- Roles and groups that an account has by a provider's claims alone: what its admins gave is not here.
CREATE TABLE federated_claim (
  account_id VARCHAR(36) NOT NULL,
  idp        VARCHAR(64) NOT NULL,
  -- `role` or `group`.
  kind       VARCHAR(8)  NOT NULL,
  name       VARCHAR(64) NOT NULL,
  PRIMARY KEY (account_id, idp, kind, name)
);

-- Sign-outs that a provider told of, for as long as a sign-in that began before may still be under way.
CREATE TABLE provider_logout (
  idp          VARCHAR(64)  NOT NULL,
  issuer       VARCHAR(512) NOT NULL,
  -- Empty: whoever it is about, that session.
  subject      VARCHAR(255) NOT NULL,
  -- Empty: every session of that subject.
  upstream_sid VARCHAR(255) NOT NULL,
  at_ms        BIGINT       NOT NULL,
  PRIMARY KEY (idp, issuer, subject, upstream_sid)
);
CREATE INDEX provider_logout_at ON provider_logout (at_ms);
