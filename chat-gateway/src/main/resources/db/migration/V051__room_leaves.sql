-- The devices in a room's MLS group, by what its Commits declared.
create table room_leaf (
  room_id   varchar(36) not null references room,
  -- '' before the first Commit of a room made without a device: any device of that user may begin
  device_id varchar(36) not null,
  user_id   varchar(36) not null,
  primary key (room_id, device_id)
);

-- False for rooms whose history does not tell; V052 looks.
alter table room add column leaves_known boolean default false not null;
