package bench

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// stepsOfFilling is how many steps each run has that the tables are filled with.
const stepsOfFilling = 5

// fill puts so many finished steps into the tables: one real run, copied by the database.
func (s *server) fill(ctx context.Context, steps int) error {
	version, err := s.publish(ctx, "bench_chain", chainText(stepsOfFilling))
	if err != nil {
		return err
	}
	if err := s.play(ctx, "bench_chain", version, []byte(`{"n":1}`)); err != nil {
		return err
	}
	s.clock.take(true, false)
	return s.db.copies(ctx, steps/stepsOfFilling)
}

// copies makes so many copies of the run that was started last, with its history.
func (d *database) copies(ctx context.Context, runs int) error {
	const most = 100_000 // in one transaction
	for done := 0; done < runs; done += most {
		n := min(most, runs-done)
		err := pgx.BeginFunc(ctx, d.conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL search_path = "+schema); err != nil {
				return err
			}
			var first, last int64
			if err := tx.QueryRow(ctx, `SELECT max(id) FROM runs WHERE flow LIKE 'bench%'`).Scan(&last); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, `UPDATE counters SET next = next + $1 WHERE name = 'run' RETURNING next - $1`, n).Scan(&first); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO runs (id, uuid, flow, version, status, needs, owner, reader, wake_at, created_at, updated_at, ended_at)
				SELECT $1 + g, gen_random_uuid(), flow, version, status, needs, owner, reader, wake_at, created_at, updated_at, ended_at
				FROM runs, generate_series(0, $2::bigint - 1) g WHERE id = $3`, first, n, last); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO journal (run, seq, at, facts) SELECT $1 + g, seq, at, facts FROM generate_series(0, $2::bigint - 1) g, journal WHERE run = $3`,
				first, n, last)
			return err
		})
		if err != nil {
			return fmt.Errorf("copying runs: %w", err)
		}
	}
	for _, table := range []string{"runs", "journal"} {
		if _, err := d.conn.Exec(ctx, "VACUUM ANALYZE "+schema+"."+table); err != nil {
			return err
		}
	}
	return nil
}
