-- What one asker may still have, on whichever node: when its bucket is full again. A full one has no row for long.
CREATE TABLE rate_bucket (
  bucket     VARCHAR(64) PRIMARY KEY,
  full_at_us BIGINT NOT NULL
);
CREATE INDEX rate_bucket_full ON rate_bucket (full_at_us);
