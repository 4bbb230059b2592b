export const endpointTables = `
create table endpoints (
  name text primary key,
  body text not null
) strict, without rowid;

-- Closed windows of live traffic: sketches, never rows.
create table windows (
  id integer primary key,
  endpoint text not null references endpoints (name),
  version integer not null,
  opened_at integer not null,
  closed_at integer not null,
  rows integer not null,
  body text not null
) strict;
create index windows_by_endpoint on windows (endpoint, id);

-- The window that is filling, saved now and then, so that a restart loses little of it.
create table open_windows (
  endpoint text not null references endpoints (name),
  version integer not null,
  body text not null,
  primary key (endpoint, version)
) strict, without rowid;

-- The newest predictions, so that labels can be posted later; old ones are removed.
create table live_predictions (
  endpoint text not null references endpoints (name),
  id text not null,
  version integer not null,
  at integer not null,
  predicted text not null,
  confidence real,
  label text,
  labelled_at integer,
  primary key (endpoint, id)
) strict, without rowid;
create index live_predictions_by_endpoint on live_predictions (endpoint, at);
create index live_predictions_labelled on live_predictions (endpoint, version) where label is not null;
`;
