-- Under which keys a run is found by its input: hashes of a path and the value there, made by the program. A table of its own: the row of a run is
-- written anew with each change of its status, and would put its keys into the index again.

-- +goose Up
CREATE TABLE run_keys (
  run  bigint PRIMARY KEY,
  keys bigint[] NOT NULL
);
-- No list of what is pending: merging it would hold up one commit of many.
CREATE INDEX run_keys_keys ON run_keys USING gin (keys) WITH (fastupdate = off);

-- +goose StatementBegin
CREATE FUNCTION forget_run_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM run_keys USING gone WHERE run_keys.run = gone.id;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER runs_forget_keys AFTER DELETE ON runs REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_run_keys();

-- Children that wait: the runs above them say so.
CREATE INDEX runs_needs_parent ON runs (parent) WHERE needs = 'person' AND parent IS NOT NULL;

-- Runs that are there already are read by the server, the newest first: down from this number.
INSERT INTO settings (key, value) SELECT 'inputs-unread', convert_to(max(id)::text, 'UTF8') FROM runs HAVING count(*) > 0;

-- +goose Down
DROP INDEX runs_needs_parent;
DROP TRIGGER runs_forget_keys ON runs;
DROP FUNCTION forget_run_keys();
DROP TABLE run_keys;
DELETE FROM settings WHERE key = 'inputs-unread';
