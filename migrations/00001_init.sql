-- The first schema. Histories are opaque bytes (never jsonb: a NUL in one value must not poison a batch), and there are no foreign keys: the
-- fence is what keeps writers honest, and every key here is made by the program.

-- +goose Up

-- One life of one server. Ids rise and are never used again.
CREATE TABLE incarnations (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  replica     text NOT NULL,
  lease_until timestamptz NOT NULL,
  started_at  timestamptz NOT NULL DEFAULT now()
);

-- One row a writer: every batch locks its own FOR KEY SHARE, a takeover locks all of a dead incarnation's FOR UPDATE and deletes them.
CREATE TABLE fences (
  incarnation bigint NOT NULL,
  writer      int NOT NULL,
  PRIMARY KEY (incarnation, writer)
);

-- Blocks of numbers are taken off by an UPDATE; a sequence can't hand out consecutive ones safely.
CREATE TABLE counters (
  name text PRIMARY KEY,
  next bigint NOT NULL
);
INSERT INTO counters (name, next) VALUES ('run', 1);

CREATE TABLE runs (
  id         bigint PRIMARY KEY,
  uuid       uuid NOT NULL UNIQUE,
  flow       text NOT NULL,
  version    int NOT NULL,
  status     text NOT NULL,
  owner      bigint,             -- incarnation; NULL: released
  reader     int NOT NULL,       -- the lowest reader version that understands the history
  wake_at    timestamptz,        -- when a released run is due
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  ended_at   timestamptz,
  class      text NOT NULL DEFAULT '',
  step       text NOT NULL DEFAULT '',
  message    text NOT NULL DEFAULT ''
) WITH (fillfactor = 70);
CREATE INDEX runs_owner ON runs (owner) WHERE owner IS NOT NULL;
CREATE INDEX runs_wake ON runs (wake_at) WHERE owner IS NULL AND wake_at IS NOT NULL;
CREATE INDEX runs_created ON runs (created_at DESC, id DESC);
CREATE INDEX runs_flow ON runs (flow, created_at DESC, id DESC);
CREATE INDEX runs_status ON runs (status, created_at DESC, id DESC);

-- One row a transition.
CREATE TABLE journal (
  run   bigint NOT NULL,
  seq   bigint NOT NULL,
  at    timestamptz NOT NULL,
  facts bytea NOT NULL,
  PRIMARY KEY (run, seq)
);

-- Wishes of people and programs that wait for a run's owner.
CREATE TABLE inbox (
  id          uuid PRIMARY KEY,
  n           bigint GENERATED ALWAYS AS IDENTITY, -- the order of arrival
  run         bigint NOT NULL,
  kind        text NOT NULL,
  body        bytea NOT NULL,
  at          timestamptz NOT NULL DEFAULT now(),
  consumed_at timestamptz,
  answer      bytea
);
CREATE INDEX inbox_waiting ON inbox (run) WHERE consumed_at IS NULL;

-- Idempotency keys of starts.
CREATE TABLE starts (
  flow  text NOT NULL,
  key   text NOT NULL,
  run   uuid NOT NULL,
  input bytea NOT NULL,          -- hash of the input
  at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (flow, key)
);

CREATE TABLE flows (
  name       text PRIMARY KEY,
  draft      bytea,              -- NULL: no draft
  draft_rev  bigint NOT NULL DEFAULT 0,
  published  int,                -- the latest version; NULL: none
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE flow_versions (
  flow       text NOT NULL,
  version    int NOT NULL,
  source     bytea NOT NULL,     -- exactly as written
  hash       text NOT NULL,
  contracts  bytea NOT NULL DEFAULT '', -- what the version was checked against
  message    text NOT NULL DEFAULT '',
  author     text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (flow, version)
);

CREATE TABLE functions (
  name       text PRIMARY KEY,
  spec       bytea NOT NULL,     -- JSON
  rev        bigint NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE settings (
  key   text PRIMARY KEY,
  value bytea NOT NULL
);

CREATE TABLE tokens (
  hash         bytea PRIMARY KEY,
  name         text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('session', 'bearer')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,      -- NULL: never
  last_used_at timestamptz
);

-- +goose Down
DROP TABLE tokens, settings, functions, flow_versions, flows, starts, inbox, journal, runs, counters, fences, incarnations;
