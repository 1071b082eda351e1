-- What the lists of runs ask beside the status: what a run waits for, and which failures are one and the same.

-- +goose Up

ALTER TABLE runs
  ADD COLUMN needs text NOT NULL DEFAULT '',      -- person, retry; '': nothing that the status does not say
  -- Failures that differ in numbers, ids and quoted values alone have one fingerprint. The database makes it, so runs of every release have theirs.
  ADD COLUMN fingerprint text NOT NULL GENERATED ALWAYS AS (CASE WHEN class = '' THEN '' ELSE left(md5(class || chr(10) || step || chr(10) ||
    regexp_replace(regexp_replace(message, '"[^"]*"', '"…"', 'g'), '\m[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\M|0x[0-9a-fA-F]+|[0-9]+([.][0-9]+)?', '#', 'g')), 12) END) STORED;
UPDATE runs SET needs = 'person' WHERE status = 'uncertain';
-- Both hold few rows of many, and cost a run that goes well nothing.
CREATE INDEX runs_needs ON runs (needs, created_at DESC, id DESC) WHERE needs <> '';
CREATE INDEX runs_class ON runs (class, created_at DESC, id DESC) WHERE class <> '';

-- +goose Down
ALTER TABLE runs DROP COLUMN needs, DROP COLUMN fingerprint;
