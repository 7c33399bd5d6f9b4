-- Identities at other providers, each linked to an account by its owner.
create table federated_identity (
  id varchar(36) primary key,
  idp varchar(64) not null,
  issuer varchar(512) not null,
  subject varchar(255) not null,
  account_id varchar(36) not null references account (id),
  label varchar(254) not null,
  linked_at timestamp(6) with time zone not null,
  unique (idp, issuer, subject)
);
create index federated_identity_account on federated_identity (account_id);
