-- What applications may be told of a person (OpenID Connect Core 5.1), beside what is in the account. Erased with it.
create table person_card (
  account_id varchar(36) primary key references account (id),
  claims varchar(10000) not null,
  updated_at_ms bigint not null,
  version bigint not null
);
