-- What each living server says of itself every few seconds: for people. Nothing is decided by it; leases and ownership are in incarnations and runs.

-- +goose Up
CREATE TABLE replicas (
  incarnation bigint PRIMARY KEY,
  host        text NOT NULL,
  addr        text NOT NULL,        -- where it listens
  release     text NOT NULL,
  reader      int NOT NULL,         -- the latest histories that it understands
  since       timestamptz NOT NULL, -- when its process began
  runs        int NOT NULL,         -- in its memory
  calls       int NOT NULL,         -- that it is making
  queued      int NOT NULL,         -- calls that wait for their turn
  events      int NOT NULL,         -- that its engine has not taken note of
  transitions int NOT NULL,         -- that wait for a commit
  late_ms     bigint NOT NULL,      -- how long the next timer in its memory has been due
  said_at     timestamptz NOT NULL
) WITH (fillfactor = 50);           -- a few rows that are written again and again: new versions stay on their page

-- +goose Down
DROP TABLE replicas;
