-- Refusals of the second door, for the admins who are asked why. Kept seven days, at most 100,000.
create table decision (
  id varchar(36) not null primary key,
  decided_at_ms bigint not null,
  user_id varchar(64) not null,
  device_id varchar(64),
  client_id varchar(256) not null,
  action varchar(64) not null,
  resource varchar(512) not null,
  policy_version bigint not null,
  failed_closed boolean not null,
  -- JSON arrays
  determining varchar(8000) not null,
  errors varchar(8000) not null
);

create index decision_by_time on decision (decided_at_ms);
