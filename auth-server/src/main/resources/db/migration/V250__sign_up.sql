-- Links by which someone who has no account makes one, each good once. There is no account before that.
create table sign_up (
  token_hash varchar(43) primary key,
  email varchar(254) not null,
  expires_at timestamp(6) with time zone not null
);
create index sign_up_email on sign_up (email);
create index sign_up_expiry on sign_up (expires_at);
