-- What came of the runs of a bulk retry is counted as it is recorded, and how each ended is recorded once: a page reads one row (ADR 21).

-- +goose Up
ALTER TABLE bulks
  ADD retried   int NOT NULL DEFAULT 0,
  ADD refused   int NOT NULL DEFAULT 0,
  ADD stopped   int NOT NULL DEFAULT 0,
  ADD succeeded int NOT NULL DEFAULT 0, -- of those retried, like the two below; the others are under way
  ADD failed    int NOT NULL DEFAULT 0,
  ADD otherwise int NOT NULL DEFAULT 0; -- cancelled, compensated or deleted
ALTER TABLE bulks SET (fillfactor = 50); -- a few rows that are written again and again: new versions stay on their page
ALTER TABLE bulk_runs ADD outcome text NOT NULL DEFAULT ''; -- retried: the status in which it was first found ended, or deleted; '': under way

-- How they have ended is found by the servers, as it is for those that end from now on.
UPDATE bulks SET retried = c.retried, refused = c.refused, stopped = c.stopped
  FROM (SELECT bulk, count(*) FILTER (WHERE state = 'retried') AS retried, count(*) FILTER (WHERE state = 'refused') AS refused,
    count(*) FILTER (WHERE state = 'stopped') AS stopped FROM bulk_runs GROUP BY bulk) c WHERE c.bulk = bulks.id;
CREATE INDEX bulk_runs_under_way ON bulk_runs (bulk, n) WHERE state = 'retried' AND outcome = '';

-- +goose Down
DROP INDEX bulk_runs_under_way;
ALTER TABLE bulk_runs DROP outcome;
ALTER TABLE bulks RESET (fillfactor);
ALTER TABLE bulks DROP retried, DROP refused, DROP stopped, DROP succeeded, DROP failed, DROP otherwise;
