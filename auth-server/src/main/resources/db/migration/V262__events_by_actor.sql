-- Who did what, and what happened when.
create index security_event_actor on security_event (actor_id, id);
