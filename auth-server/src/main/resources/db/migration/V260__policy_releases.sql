-- The policies, schema and entities that shipped with the server, as far as this installation took them up: what
-- admins changed is told by them. 0: with what it began, before releases were numbered.
create table policy_shipped (
  release_number integer primary key,
  policies varchar(1048576) not null,
  cedar_schema varchar(1048576) not null,
  entities varchar(1048576) not null
);
insert into policy_shipped (release_number, policies, cedar_schema, entities)
  select 0, policies, cedar_schema, entities from policy_version where version = 1;

-- Up to which of them a version was brought.
alter table policy_version add column release_number integer default 0 not null;
