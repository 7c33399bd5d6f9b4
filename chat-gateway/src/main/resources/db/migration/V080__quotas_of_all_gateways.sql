-- What a user may ask of all gateways together: when the bucket will be full again.
create table quota (
    kind       varchar(16) not null,
    user_id    varchar(36) not null,
    full_at_ms bigint      not null,
    primary key (kind, user_id)
);
create index quota_full on quota (full_at_ms);
