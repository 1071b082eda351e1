-- Retries of many runs at once (ADR 21): what was asked for, and what came of it run by run.

-- +goose Up
CREATE TABLE bulks (
  id          uuid PRIMARY KEY,
  flow        text NOT NULL,
  class       text NOT NULL, -- of the failure; '' leaves it open, like the two below
  step        text NOT NULL,
  fingerprint text NOT NULL,
  version     int NOT NULL,  -- to go on with; 0: each run's own
  actor       text NOT NULL,
  runs        int NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  stopped_at  timestamptz    -- what had not been retried by then is not
);
CREATE INDEX bulks_flow ON bulks (flow, created_at);

CREATE TABLE bulk_runs (
  bulk  uuid NOT NULL REFERENCES bulks ON DELETE CASCADE,
  n     int NOT NULL,                      -- from 1, the newest run first
  run   uuid NOT NULL,                     -- retention may have deleted it since
  state text NOT NULL DEFAULT 'waiting',   -- waiting, retried, refused or stopped
  why   text NOT NULL DEFAULT '',          -- refused: the reason
  at    timestamptz,                       -- when it was settled
  until timestamptz NOT NULL DEFAULT '-infinity', -- a server is at it until then
  PRIMARY KEY (bulk, n)
);
CREATE INDEX bulk_runs_waiting ON bulk_runs (until) WHERE state = 'waiting';

-- +goose Down
DROP TABLE bulk_runs, bulks;
