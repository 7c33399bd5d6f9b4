-- What its owner calls it; '' for nothing. Nobody else sees it.
alter table device add column name varchar(100) default '' not null;
