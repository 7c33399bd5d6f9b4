-- A signal that does not fit would hold up all that come after it: what bounds it is what gateways read.
alter table signal alter column token set data type varchar;
