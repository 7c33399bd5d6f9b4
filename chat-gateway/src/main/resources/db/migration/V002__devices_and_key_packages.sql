create table device (
  id                    varchar(36)   not null primary key,
  user_id               varchar(36)   not null,
  -- the issuer's signed word, which is the identity in the device's key packages
  credential            varchar(8192) not null,
  signature_key         bytea         not null,
  credential_expires_at bigint        not null,
  registered_at         bigint        not null,
  -- null while it lives
  revoked_at            bigint
);

create index device_by_user on device (user_id);

create table key_package (
  -- SHA-256 of the init key, which is what must not serve twice
  ref         bytea       not null primary key,
  device_id   varchar(36) not null references device,
  -- null once served, so that the same package cannot come back
  blob        bytea,
  last_resort boolean     not null,
  not_after   bigint      not null,
  created_at  bigint      not null
);

create index key_package_by_device on key_package (device_id, last_resort, created_at);
