-- What servers have of the calls that a function allows, over all of them (ADR 19). Rows are few: one a function, and one a server that calls it.

-- +goose Up
CREATE TABLE function_limits (
  function text PRIMARY KEY,
  next_at  timestamptz NOT NULL DEFAULT '-infinity' -- when the next call may begin that no server has reserved yet (rate)
);

CREATE TABLE function_shares (
  function    text NOT NULL,
  incarnation bigint NOT NULL,
  slots       int NOT NULL,         -- calls that it may have under way (concurrency)
  wanted      int NOT NULL,         -- that it has under way, or waits for
  waiting     int NOT NULL,         -- that wait for one
  since       timestamptz,          -- when the oldest of those came
  turn        timestamptz NOT NULL, -- since when it has slots, or waits for the first
  PRIMARY KEY (function, incarnation)
);
CREATE INDEX function_shares_incarnation ON function_shares (incarnation);

-- +goose Down
DROP TABLE function_shares, function_limits;
