package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/journal"
)

// expiredPart picks finished runs that no other run started, the oldest first, and locks them: a Retry that comes now waits and finds nothing, one that came
// before has its row, or its message, seen.
const expiredPart = `SELECT id FROM runs WHERE flow = $1 AND parent IS NULL AND owner IS NULL AND ended_at IS NOT NULL AND status = ANY($2)
 AND (($3::interval > '0' AND created_at < clock_timestamp() - $3::interval AND ended_at < clock_timestamp() - $3::interval)
  OR ($4::int > 0 AND (created_at, id) < (SELECT created_at, id FROM runs WHERE flow = $1 AND parent IS NULL AND ended_at IS NOT NULL AND status = ANY($2)
   ORDER BY created_at DESC, id DESC OFFSET greatest($4::int - 1, 0) LIMIT 1)))
 ORDER BY created_at, id LIMIT $5 FOR UPDATE SKIP LOCKED`

// familyPart lists what the picked runs started, directly or through others, each with the picked run above it.
const familyPart = `WITH RECURSIVE family AS (SELECT id, uuid, id AS root, owner, ended_at FROM runs WHERE id = ANY($1)
 UNION ALL SELECT r.id, r.uuid, f.root, r.owner, r.ended_at FROM runs r JOIN family f ON r.parent = f.uuid)
 SELECT id, root, owner IS NOT NULL OR ended_at IS NULL OR EXISTS (SELECT FROM inbox WHERE run = family.id AND consumed_at IS NULL) FROM family`

// goneParts take runs out of all lists, and remember that their histories are to follow.
const goneParts = `WITH gone AS (DELETE FROM runs WHERE id = ANY($1) RETURNING id, uuid),
 keys AS (DELETE FROM starts USING gone WHERE starts.run = gone.uuid)
 INSERT INTO doomed (run) SELECT id FROM gone ON CONFLICT DO NOTHING`

// Expire implements journal.Store.
func (s *Store) Expire(ctx context.Context, r journal.Retention, limit int) (runs int, err error) {
	err = pgx.BeginFunc(ctx, s.others, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, expiredPart, r.Flow, r.Finished(), r.Age, r.Runs, limit)
		roots, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(roots) == 0 {
			return err
		}
		// A statement of its own: it sees what was committed before the locks were taken.
		var id, root int64
		var busy bool
		family, living := map[int64][]int64{}, map[int64]bool{}
		rows, _ = tx.Query(ctx, familyPart, roots)
		if _, err := pgx.ForEachRow(rows, []any{&id, &root, &busy}, func() error {
			family[root] = append(family[root], id)
			living[root] = living[root] || busy
			return nil
		}); err != nil {
			return err
		}
		var gone []int64
		for _, root := range roots {
			if !living[root] {
				gone = append(gone, family[root]...)
				runs++
			}
		}
		if len(gone) == 0 {
			return nil
		}
		_, err = tx.Exec(ctx, goneParts, gone)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("postgres: expiring runs of %q: %w", r.Flow, err)
	}
	return runs, nil
}

// clearParts delete a piece of what belonged to runs that are gone. A run is forgotten when its last transition is.
const clearParts = `WITH picked AS (SELECT run FROM doomed ORDER BY run LIMIT $1 FOR UPDATE SKIP LOCKED),
 rows AS (SELECT j.run, j.seq FROM picked CROSS JOIN LATERAL (SELECT run, seq FROM journal WHERE journal.run = picked.run ORDER BY seq LIMIT $1) j LIMIT $1),
 history AS (DELETE FROM journal USING rows WHERE journal.run = rows.run AND journal.seq = rows.seq RETURNING journal.run),
 letters AS (DELETE FROM inbox USING picked WHERE inbox.run = picked.run),
 refs AS (DELETE FROM payload_refs USING picked WHERE payload_refs.run = picked.run),
 done AS (DELETE FROM doomed USING picked WHERE doomed.run = picked.run
  AND (SELECT count(*) FROM journal WHERE journal.run = picked.run) = (SELECT count(*) FROM rows WHERE rows.run = picked.run))
 SELECT (SELECT count(*) FROM history) + (SELECT count(*) FROM picked)`

// Clear implements journal.Store.
func (s *Store) Clear(ctx context.Context, limit int) (n int, err error) {
	if err := s.others.QueryRow(ctx, clearParts, limit).Scan(&n); err != nil {
		return 0, fmt.Errorf("postgres: clearing deleted runs: %w", err)
	}
	return n, nil
}
