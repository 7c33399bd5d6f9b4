-- Passkeys (WebAuthn): several for each account. The credential id is the authenticator's own, base64url.
create table passkey (
  id varchar(36) primary key,
  credential_id varchar(1400) not null unique,
  account_id varchar(36) not null references account (id),
  name varchar(64) not null,
  public_key bytea not null,
  signature_count bigint not null,
  uv_initialized boolean not null,
  backup_eligible boolean not null,
  backup_state boolean not null,
  transports varchar(200) not null,
  attestation_object bytea not null,
  created_at timestamp(6) with time zone not null,
  last_used_at timestamp(6) with time zone not null
);
create index passkey_account on passkey (account_id);
