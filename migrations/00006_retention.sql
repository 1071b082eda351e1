-- What deletes finished runs: first a run's row goes, and with it the run from every list; what belonged to it follows in small pieces.

-- +goose Up

-- Runs whose rows are gone and whose histories are not yet.
CREATE TABLE doomed (
  run bigint PRIMARY KEY
);
CREATE INDEX starts_run ON starts (run);
CREATE INDEX inbox_run ON inbox (run);

-- Vacuum follows what is deleted in steps of some thousand rows, not of a fifth of the table: the room of old histories is used again before much more is
-- taken. Its pace is its own (autovacuum_vacuum_cost_delay).
ALTER TABLE journal SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
ALTER TABLE runs SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
ALTER TABLE inbox SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
ALTER TABLE payload_pieces SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200, toast.autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_threshold = 1000);

-- +goose Down
ALTER TABLE payload_pieces RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, toast.autovacuum_vacuum_scale_factor, toast.autovacuum_vacuum_threshold);
ALTER TABLE inbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE runs RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE journal RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
DROP INDEX inbox_run, starts_run;
DROP TABLE doomed;
