-- A closed account keeps its id, so that it is nobody else's, and nothing that says whose it was.
alter table account add column closed_at timestamp(6) with time zone;
