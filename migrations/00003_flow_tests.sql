-- The test files of flows with the inputs that they name, and what the last tests said.

-- +goose Up

-- Revisions are taken from a sequence, so that a file that is removed and written again never has one that somebody has seen before.
CREATE SEQUENCE flow_test_revs;

CREATE TABLE flow_tests (
  flow       text NOT NULL,
  file       text NOT NULL,      -- order.yaml: scenarios, tests/order.yaml of a project; order.json: an input, inputs/order.json
  source     bytea NOT NULL,     -- exactly as written
  rev        bigint NOT NULL DEFAULT nextval('flow_test_revs'),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (flow, file)
);

CREATE TABLE flow_test_results (
  flow    text NOT NULL,
  version int NOT NULL,          -- 0: the draft
  kind    text NOT NULL,         -- scenarios, faults
  basis   text NOT NULL,         -- hash of everything that was tested
  report  bytea NOT NULL,        -- JSON
  at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (flow, version, kind)
);

-- +goose Down
DROP TABLE flow_test_results, flow_tests;
DROP SEQUENCE flow_test_revs;
