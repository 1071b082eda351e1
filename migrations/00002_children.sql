-- Runs that other runs start: which run it was, and which unit of it.

-- +goose Up
ALTER TABLE runs
  ADD COLUMN parent uuid,                         -- NULL: nobody's
  ADD COLUMN parent_step text NOT NULL DEFAULT '',
  ADD COLUMN parent_item int NOT NULL DEFAULT -1; -- -1: the step has no for_each
CREATE INDEX runs_parent ON runs (parent) WHERE parent IS NOT NULL;

-- +goose Down
ALTER TABLE runs DROP COLUMN parent, DROP COLUMN parent_step, DROP COLUMN parent_item;
