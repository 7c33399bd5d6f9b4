-- Where people let codes be sent as a second factor. By e-mail: to the address of the account, which is confirmed.
create table sent_code_factor (
  account_id varchar(36) not null references account (id),
  channel varchar(8) not null,
  phone varchar(16),
  confirmed_at timestamp(6) with time zone not null,
  primary key (account_id, channel)
);

-- Codes on their way, as what checks them; one of each purpose for an account.
create table sent_code (
  id varchar(43) primary key,
  account_id varchar(36) not null references account (id),
  purpose varchar(8) not null,
  channel varchar(8) not null,
  phone varchar(16),
  code_hash varchar(43) not null,
  tries int not null,
  expires_at timestamp(6) with time zone not null,
  unique (account_id, purpose)
);
create index sent_code_expiry on sent_code (expires_at);
