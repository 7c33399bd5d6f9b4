-- How people show who they are.
create table password (
  account_id varchar(36) primary key references account (id),
  hash varchar(255) not null,
  one_time boolean not null,
  changed_at timestamp(6) with time zone not null
);

create table totp (
  account_id varchar(36) primary key references account (id),
  secret bytea not null,
  enrolled_at timestamp(6) with time zone not null,
  last_step bigint not null
);

create table recovery_code (
  account_id varchar(36) not null references account (id),
  code_hash varchar(43) not null,
  used_at timestamp(6) with time zone,
  primary key (account_id, code_hash)
);

-- Attempts at a credential since the last right one; not tied to an account, so that none is given away.
create table credential_attempt (
  subject varchar(64) primary key,
  attempts int not null,
  last_at timestamp(6) with time zone not null
);
create index credential_attempt_age on credential_attempt (last_at);
