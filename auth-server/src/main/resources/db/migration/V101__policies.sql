-- What is looked up by an id that someone was shown: for a refusal, its decision id.
alter table security_event add column reference varchar(64);
create unique index security_event_reference on security_event (reference);

-- Every content that was ever in force; rows are only ever added.
create table policy_version (
  version bigint primary key,
  policies varchar(1048576) not null,
  cedar_schema varchar(1048576) not null,
  entities varchar(1048576) not null,
  note varchar(500) not null,
  rollback_of bigint references policy_version (version),
  activated_by varchar(64),
  activated_at timestamp(6) with time zone not null
);

-- One row, locked by whoever activates. 0: none, before the first start has finished.
create table policy_active (
  id integer primary key,
  version bigint not null
);
insert into policy_active (id, version) values (1, 0);

create table policy_draft (
  id varchar(36) primary key,
  revision bigint not null,
  base_version bigint not null,
  policies varchar(1048576) not null,
  cedar_schema varchar(1048576) not null,
  entities varchar(1048576) not null,
  note varchar(500) not null,
  saved_by varchar(64) not null,
  saved_at timestamp(6) with time zone not null
);
