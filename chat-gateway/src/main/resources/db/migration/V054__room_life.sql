-- '' stands for the room's id: the group that its creation began.
alter table room add column group_id varchar(36) default '' not null;

-- How long messages are kept, 0 for ever, and up to which entry they are gone.
alter table room add column retention_seconds bigint default 0 not null;
alter table room add column erased_to bigint default 0 not null;

create index room_by_retention on room (retention_seconds, id);

-- Kept when the muted one leaves: who comes back is as silent as before.
create table room_mute (
  room_id varchar(36) not null references room,
  user_id varchar(36) not null,
  primary key (room_id, user_id)
);

-- Whether the rooms of its user were told that it came, or went.
alter table device add column announced boolean default true not null;
create index device_by_announced on device (announced, id);
