-- Who someone is, and what admins say about them.
create table account (
  id varchar(36) primary key,
  username varchar(64) not null unique,
  display_name varchar(128) not null,
  email varchar(254),
  suspended boolean not null,
  attributes varchar(65536) not null,
  created_at timestamp(6) with time zone not null,
  version bigint not null
);

create table account_role (
  account_id varchar(36) not null references account (id),
  role_name varchar(64) not null,
  primary key (account_id, role_name)
);

create table account_group (
  account_id varchar(36) not null references account (id),
  group_name varchar(64) not null,
  primary key (account_id, group_name)
);
create index account_group_name on account_group (group_name);
