-- What devices sealed for the devices that come after them. The row of the account is what its writers wait for.
create table backup_account (
    user_id      varchar(36) not null primary key,
    -- counted on for ever, so that no version is taken for another
    last_version bigint      not null,
    parts        integer     not null,
    bytes        bigint      not null,
    -- null while the account lives; kept, so that nothing is written after it
    closed_at    bigint
);
create table backup_version (
    user_id    varchar(36) not null references backup_account,
    version    bigint      not null,
    algorithm  varchar(64) not null,
    key_info   bytea       not null,
    device_id  varchar(36) not null,
    created_at bigint      not null,
    primary key (user_id, version)
);
create table backup_part (
    user_id    varchar(36) not null,
    version    bigint      not null,
    id         varchar(64) not null,
    digest     bytea       not null,
    size       integer     not null,
    blob       bytea       not null,
    device_id  varchar(36) not null,
    written_at bigint      not null,
    primary key (user_id, version, id),
    foreign key (user_id, version) references backup_version (user_id, version) on delete cascade
);
-- Which device was there last, so that an owner sees the one that should not have been.
create table backup_access (
    user_id    varchar(36) not null,
    device_id  varchar(36) not null,
    first_at   bigint      not null,
    read_at    bigint,
    written_at bigint,
    primary key (user_id, device_id)
);
