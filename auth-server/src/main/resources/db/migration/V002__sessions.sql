-- Completed sign-ins: sid is the claim in every token that came of one.
create table sign_in_session (
  sid varchar(22) primary key,
  account_id varchar(36) not null references account (id),
  auth_time timestamp(6) with time zone not null,
  acr varchar(64) not null,
  amr varchar(128) not null,
  user_agent varchar(200) not null,
  address varchar(45) not null,
  expires_at timestamp(6) with time zone not null,
  ended_at timestamp(6) with time zone,
  ended_by varchar(16)
);
create index sign_in_session_account on sign_in_session (account_id);
create index sign_in_session_expiry on sign_in_session (expires_at);

-- Spring Session's tables: browsers, signed in or half way.
create table spring_session (
  primary_id char(36) not null primary key,
  session_id char(36) not null,
  creation_time bigint not null,
  last_access_time bigint not null,
  max_inactive_interval int not null,
  expiry_time bigint not null,
  principal_name varchar(100)
);
create unique index spring_session_id on spring_session (session_id);
create index spring_session_expiry on spring_session (expiry_time);
create index spring_session_principal on spring_session (principal_name);

create table spring_session_attributes (
  session_primary_id char(36) not null references spring_session (primary_id) on delete cascade,
  attribute_name varchar(200) not null,
  attribute_bytes bytea not null,
  primary key (session_primary_id, attribute_name)
);
