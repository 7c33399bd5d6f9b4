-- The GroupInfo of a room's current epoch, where its last Commit brought one.
create table room_group_info (
  room_id varchar(36) not null primary key references room,
  epoch   bigint      not null,
  blob    bytea       not null
);
