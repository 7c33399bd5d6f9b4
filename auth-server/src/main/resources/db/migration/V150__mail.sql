-- Whether the owner of the account has shown to read what is sent there. Addresses are kept in lower case.
alter table account add column email_verified boolean default false not null;
update account set email = lower(email) where email is not null;
create index account_email on account (email);

-- Mail that waits for the mail server. Sealed: it may hold a link that opens an account.
create table outgoing_mail (
  id varchar(36) primary key,
  recipient varchar(254) not null,
  sealed bytea not null,
  attempts int not null,
  due_at timestamp(6) with time zone not null
);
create index outgoing_mail_due on outgoing_mail (due_at);

-- Links sent by mail, each good once.
create table mail_link (
  token_hash varchar(43) primary key,
  purpose varchar(16) not null,
  account_id varchar(36) not null references account (id),
  email varchar(254) not null,
  password_version bigint not null,
  made_at timestamp(6) with time zone not null,
  expires_at timestamp(6) with time zone not null
);
create index mail_link_account on mail_link (account_id);
create index mail_link_expiry on mail_link (expires_at);
