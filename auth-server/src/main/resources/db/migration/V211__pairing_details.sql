-- Of what was asked for: the rooms and actions that it is limited to (RFC 9396), as JSON; null where it is not.
ALTER TABLE pairing ADD COLUMN details VARCHAR(4096);
