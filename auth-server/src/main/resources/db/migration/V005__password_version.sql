-- Grows each time a password is replaced: a sign-in that began with an earlier one does not go on.
alter table password add column version bigint default 1 not null;
