-- Where the leaf stands in the ratchet tree; null for '' alone. V061 finds out for the rooms that are there.
alter table room_leaf add column leaf_index integer;
-- The event since which the leaf has to go; 0: it may stay.
alter table room_leaf add column expelled_at bigint default 0 not null;
-- How many leaves of the room have to go.
alter table room add column removals_pending integer default 0 not null;

-- Where the gateway stands among the group's external senders, and by which key; '' for nowhere.
alter table room add column sender_index integer default 0 not null;
alter table room add column sender_key varchar(64) default '' not null;
