export const runTables = `
create table runs (
  number integer primary key,
  experiment text not null,
  status text not null,
  created_at integer not null,
  body text not null
) strict;
create index runs_by_experiment on runs (experiment, number);

-- What a finished stage gave, by the key of everything it depended on.
create table outcomes (
  stage text not null,
  key text not null,
  run integer not null references runs (number),
  gives text not null,
  primary key (stage, key)
) strict, without rowid;

create table metrics (
  run integer not null references runs (number),
  name text not null,
  step integer not null,
  epoch real not null,
  value real not null,
  at integer not null
) strict;
create index metrics_by_name on metrics (run, name, step);

create table datasets (
  name text not null,
  version integer not null,
  hash text not null,
  body text not null,
  primary key (name, version),
  unique (name, hash)
) strict, without rowid;

create table models (
  name text not null,
  version integer not null,
  run integer not null references runs (number),
  body text not null,
  primary key (name, version)
) strict, without rowid;

create table aliases (
  model text not null,
  alias text not null,
  version integer not null,
  primary key (model, alias),
  foreign key (model, version) references models (name, version)
) strict, without rowid;

create table alias_moves (
  id integer primary key,
  model text not null,
  alias text not null,
  from_version integer,
  to_version integer,
  by text not null,
  why text not null,
  at integer not null
) strict;
create index alias_moves_by_model on alias_moves (model, id);
`;
