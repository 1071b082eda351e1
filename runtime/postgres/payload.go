package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// pieceSize is how much of a payload is compressed at once: what is read or written of a large one at any moment is no more.
const pieceSize = 1 << 20

// movers is how many payloads a server writes and reads at once, at most. They share the pool of the leases, which must always find a connection, or one soon.
const movers = 2

// packer compresses and unpacks. Both halves are safe for concurrent use of their whole-buffer calls.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newPacker() (packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(movers), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return packer{}, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(movers), zstd.WithDecoderMaxMemory(2*pieceSize))
	return packer{enc, dec}, err
}

// mover waits for its turn to move a payload.
func (s *Store) mover(ctx context.Context) (done func(), err error) {
	select {
	case s.moving <- struct{}{}:
		return func() { <-s.moving }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// PutPayload implements journal.Store. A payload is whole or not there, because its pieces are one transaction; who brings the same one at the same time
// waits for it.
func (s *Store) PutPayload(ctx context.Context, p planner.Payload, raw []byte) error {
	if err := journal.CheckPayload(p, raw); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	done, err := s.mover(ctx)
	if err != nil {
		return err
	}
	defer done()
	err = pgx.BeginFunc(ctx, s.others, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`); err != nil {
			return err
		}
		var fresh bool
		err := tx.QueryRow(ctx, `INSERT INTO payloads (hash, size, packed) VALUES ($1, $2, 0)
			ON CONFLICT (hash) DO UPDATE SET touched_at = now() RETURNING xmax = 0`, p.Hash[:], p.Size).Scan(&fresh)
		if err != nil || !fresh {
			return err
		}
		var packed int64
		var piece []byte
		for n := 0; n*pieceSize < len(raw); n++ {
			piece = s.packer.enc.EncodeAll(raw[n*pieceSize:min(len(raw), (n+1)*pieceSize)], piece[:0])
			packed += int64(len(piece))
			if _, err := tx.Exec(ctx, `INSERT INTO payload_pieces (hash, n, body) VALUES ($1, $2, $3)`, p.Hash[:], n, piece); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE payloads SET packed = $2 WHERE hash = $1`, p.Hash[:], packed)
		return err
	})
	if err != nil {
		return fmt.Errorf("postgres: storing a payload of %d bytes: %w", p.Size, err)
	}
	return nil
}

// ReadPayload implements journal.Store.
func (s *Store) ReadPayload(ctx context.Context, p planner.Payload, from, to int64, w io.Writer) error {
	from, to = max(from, 0), min(to, p.Size)
	if to <= from {
		return nil
	}
	var piece []byte
	for n := from / pieceSize; n*pieceSize < to; n++ {
		var err error
		if piece, err = s.piece(ctx, p, n, piece[:0]); err != nil {
			return fmt.Errorf("postgres: reading payload %s: %w", p.Name(), err)
		}
		at := n * pieceSize
		if _, err := w.Write(piece[max(from-at, 0):min(to-at, int64(len(piece)))]); err != nil {
			return err
		}
	}
	return nil
}

// piece reads one piece. It holds no connection while the reader is slow.
func (s *Store) piece(ctx context.Context, p planner.Payload, n int64, dst []byte) ([]byte, error) {
	done, err := s.mover(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var packed []byte
	err = s.others.QueryRow(ctx, `SELECT body FROM payload_pieces WHERE hash = $1 AND n = $2`, p.Hash[:], n).Scan(&packed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, journal.ErrNoPayload
	}
	if err != nil {
		return nil, err
	}
	if dst, err = s.packer.dec.DecodeAll(packed, dst); err != nil {
		return nil, err
	}
	if want := min(p.Size-n*pieceSize, pieceSize); int64(len(dst)) != want {
		return nil, fmt.Errorf("piece %d has %d bytes, want %d: %w", n, len(dst), want, journal.ErrNoPayload)
	}
	return dst, nil
}

// SweepPayloads implements journal.Store. Rows are locked before they are looked at again: one that a transition is about to refer to is locked by its
// foreign key, and skipped; one that it refers to since is not deleted.
func (s *Store) SweepPayloads(ctx context.Context, grace time.Duration, limit int) (n int, size int64, err error) {
	err = pgx.BeginFunc(ctx, s.others, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `SELECT hash FROM payloads p WHERE touched_at < clock_timestamp() - $1::interval
			AND NOT EXISTS (SELECT FROM payload_refs r WHERE r.hash = p.hash) LIMIT $2 FOR UPDATE SKIP LOCKED`, grace, limit)
		old, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil || len(old) == 0 {
			return err
		}
		// A new snapshot: it sees the references that were committed before the locks were taken.
		err = tx.QueryRow(ctx, `WITH gone AS (DELETE FROM payloads p WHERE hash = ANY($1) AND NOT EXISTS (SELECT FROM payload_refs r WHERE r.hash = p.hash)
			RETURNING hash, size), pieces AS (DELETE FROM payload_pieces USING gone WHERE payload_pieces.hash = gone.hash)
			SELECT count(*), coalesce(sum(size), 0) FROM gone`, old).Scan(&n, &size)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("postgres: sweeping payloads: %w", err)
	}
	return n, size, nil
}

// keep stores what a batch brings along.
func (s *Store) keep(ctx context.Context, batch []journal.Transition) error {
	for i := range batch {
		for _, k := range batch[i].Kept {
			if err := s.PutPayload(ctx, k.Payload, k.Raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// The rows that stand for what a batch's facts refer to. In one order for all writers, so that none waits for another in a circle.
const refsPart = `, referred AS (INSERT INTO payload_refs (run, hash) SELECT run, hash FROM unnest(%s::bigint[], %s::bytea[]) AS u (run, hash)
 WHERE EXISTS (SELECT FROM fence) ON CONFLICT DO NOTHING)`

func (s *sheet) refs(batch []journal.Transition) {
	type ref struct {
		run  int64
		hash []byte
	}
	var all []ref
	for i := range batch {
		for k := range batch[i].Refs {
			all = append(all, ref{batch[i].Run, batch[i].Refs[k].Hash[:]})
		}
	}
	if all == nil {
		return
	}
	slices.SortFunc(all, func(a, b ref) int { return cmp.Or(cmp.Compare(a.run, b.run), bytes.Compare(a.hash, b.hash)) })
	c := s.add(referred)
	for _, r := range all {
		c[0].int64(r.run)
		c[1].bytes(r.hash)
	}
}
