-- For whom a key package was served on the strength of an invitation alone: once for each room and device.
create table invited_claim (
  room_id   varchar(36) not null references room,
  device_id varchar(36) not null references device,
  primary key (room_id, device_id)
);
