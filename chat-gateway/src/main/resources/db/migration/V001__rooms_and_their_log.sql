-- A room as its events made it: written in the transaction that appends the event.
create table room (
  id             varchar(36)  not null primary key,
  name           varchar(200) not null,
  join_rule      varchar(16)  not null,
  classification varchar(64)  not null,
  archived       boolean      not null,
  -- sequence numbers of the newest event, and of the newest one that could take a right away
  version        bigint       not null,
  restricted_at  bigint       not null,
  epoch          bigint       not null,
  last_seq       bigint       not null,
  -- milliseconds; time never goes backwards within a room
  last_at        bigint       not null,
  chain_hash     bytea        not null
);

create table room_member (
  room_id varchar(36) not null references room,
  user_id varchar(36) not null,
  state   varchar(8)  not null,
  role    varchar(16) not null,
  -- what came before this sequence number is not theirs to read
  since   bigint      not null,
  primary key (room_id, user_id)
);

create index room_member_by_user on room_member (user_id, room_id);

create table room_entry (
  room_id           varchar(36) not null,
  seq               bigint      not null,
  kind              smallint    not null,
  sender_user       varchar(36) not null,
  sender_device     varchar(36) not null,
  -- null where the client gave none
  client_message_id bytea,
  accepted_at       bigint      not null,
  epoch             bigint      not null,
  -- the MLS message; null for events and where it was erased
  blob              bytea,
  -- the event, or what a Commit declares, as in the socket contract
  detail            bytea,
  blob_hash         bytea       not null,
  chain_hash        bytea       not null,
  primary key (room_id, seq)
);

-- A message is stored once, however often its device repeats it.
create unique index room_entry_once on room_entry (sender_device, client_message_id);

-- One Commit ends an epoch: the key says so, whatever the code does.
create table room_epoch (
  room_id    varchar(36) not null,
  epoch      bigint      not null,
  commit_seq bigint      not null,
  primary key (room_id, epoch)
);

create table inbox (
  device_id varchar(36) not null primary key,
  last_seq  bigint      not null,
  -- entries up to this one are gone
  pruned_to bigint      not null
);

create table inbox_entry (
  device_id   varchar(36) not null,
  seq         bigint      not null,
  room_id     varchar(36) not null,
  kind        smallint    not null,
  detail      bytea       not null,
  accepted_at bigint      not null,
  primary key (device_id, seq)
);
