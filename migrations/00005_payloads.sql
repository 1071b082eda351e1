-- Values above 64 KiB: once each, by their content, in compressed pieces. What refers to them is counted by run.

-- +goose Up

CREATE TABLE payloads (
  hash       bytea PRIMARY KEY,  -- SHA-256 of the value
  size       bigint NOT NULL,    -- bytes of JSON
  packed     bigint NOT NULL,    -- bytes of its pieces
  touched_at timestamptz NOT NULL DEFAULT now() -- when somebody last brought it
);

-- A piece is a zstd frame over 1 MiB of the value; the last one is over the rest. What is compressed already is not tried again.
CREATE TABLE payload_pieces (
  hash bytea NOT NULL,
  n    int NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (hash, n)
);
ALTER TABLE payload_pieces ALTER COLUMN body SET STORAGE EXTERNAL;

-- The one foreign key: no history can refer to a value that is being deleted, and none that is referred to can be, whoever comes first.
CREATE TABLE payload_refs (
  run  bigint NOT NULL,
  hash bytea NOT NULL REFERENCES payloads (hash),
  PRIMARY KEY (run, hash)
);
CREATE INDEX payload_refs_hash ON payload_refs (hash);

-- +goose Down
DROP TABLE payload_refs, payload_pieces, payloads;
