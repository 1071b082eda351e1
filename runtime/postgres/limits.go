package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/journal"
)

var _ journal.Limiter = (*Store)(nil)

// Share implements journal.Limiter. Who asks for the same function at the same time takes turns by the function's row.
func (s *Store) Share(ctx context.Context, inc journal.Incarnation, wants []journal.Want) (out []journal.Grant, err error) {
	err = pgx.BeginFunc(ctx, s.others, func(tx pgx.Tx) error {
		out, err = share(ctx, tx, inc, wants)
		return err
	})
	if err != nil && !errors.Is(err, journal.ErrFenced) {
		err = fmt.Errorf("postgres: sharing the calls of %d functions: %w", len(wants), err)
	}
	return out, err
}

func share(ctx context.Context, tx pgx.Tx, inc journal.Incarnation, wants []journal.Want) ([]journal.Grant, error) {
	var names []string
	for _, w := range wants {
		names = append(names, journal.CleanKey(w.Function))
	}
	// The fence is held to the end: what a lost server has is cleared away under it.
	var fences int
	err := tx.QueryRow(ctx, `WITH fence AS MATERIALIZED (SELECT 1 FROM fences WHERE incarnation = $1 ORDER BY writer LIMIT 1 FOR KEY SHARE),
		known AS (INSERT INTO function_limits (function) SELECT name FROM unnest($2::text[]) AS u (name) WHERE EXISTS (SELECT FROM fence)
			AND NOT EXISTS (SELECT FROM function_limits WHERE function = name) ORDER BY name ON CONFLICT DO NOTHING)
		SELECT count(*) FROM fence`, int64(inc), names).Scan(&fences)
	switch {
	case err != nil:
		return nil, err
	case fences == 0:
		return nil, journal.ErrFenced
	}
	var now time.Time
	if err := tx.QueryRow(ctx, `WITH locked AS MATERIALIZED (SELECT function FROM function_limits WHERE function = ANY($1) ORDER BY function FOR UPDATE)
		SELECT clock_timestamp() FROM (SELECT count(*) FROM locked) AS l`, names).Scan(&now); err != nil {
		return nil, err
	}
	// Another statement: it sees what was committed before the locks were ours.
	rows, _ := tx.Query(ctx, `SELECT function, incarnation, slots, wanted, turn FROM function_shares WHERE function = ANY($1) ORDER BY function, incarnation`, names)
	all := map[string][]journal.Share{}
	var function string
	var id int64
	var sh journal.Share
	if _, err := pgx.ForEachRow(rows, []any{&function, &id, &sh.Slots, &sh.Wanted, &sh.Turn}, func() error {
		sh.Incarnation = journal.Incarnation(id)
		all[function] = append(all[function], sh)
		return nil
	}); err != nil {
		return nil, err
	}
	var (
		out                    []journal.Grant
		slots, wanted, waiting []int
		since                  []*time.Time
		turns                  []time.Time
		kept, gone             []string
	)
	for i, w := range wants {
		mine := journal.Share{Incarnation: inc}
		others := slices.DeleteFunc(all[names[i]], func(s journal.Share) bool {
			if s.Incarnation == inc {
				mine = s
			}
			return s.Incarnation == inc
		})
		mine.Wanted = w.Want
		next, grant := journal.Divide(w.Most, w.Keep, mine, others, now)
		out = append(out, grant)
		if next.Slots == 0 && w.Want == 0 && w.Waiting == 0 {
			gone = append(gone, names[i])
			continue
		}
		var oldest *time.Time
		if !w.Since.IsZero() {
			oldest = &w.Since
		}
		kept, slots, wanted, waiting = append(kept, names[i]), append(slots, next.Slots), append(wanted, w.Want), append(waiting, w.Waiting)
		since, turns = append(since, oldest), append(turns, next.Turn)
	}
	_, err = tx.Exec(ctx, `WITH gone AS (DELETE FROM function_shares WHERE incarnation = $1 AND function = ANY($2))
		INSERT INTO function_shares (function, incarnation, slots, wanted, waiting, since, turn)
		SELECT u.function, $1, u.slots, u.wanted, u.waiting, u.since, u.turn
		FROM unnest($3::text[], $4::int[], $5::int[], $6::int[], $7::timestamptz[], $8::timestamptz[]) AS u (function, slots, wanted, waiting, since, turn)
		ON CONFLICT (function, incarnation) DO UPDATE SET slots = excluded.slots, wanted = excluded.wanted, waiting = excluded.waiting,
			since = excluded.since, turn = excluded.turn`, int64(inc), gone, kept, slots, wanted, waiting, since, turns)
	return out, err
}

// Reserve implements journal.Limiter.
func (s *Store) Reserve(ctx context.Context, function string, n int, every time.Duration) (time.Time, error) {
	if n < 1 || every < time.Microsecond {
		return time.Time{}, fmt.Errorf("postgres: reserving %d calls every %s makes no sense", n, every)
	}
	var first time.Time
	took := time.Duration(n) * every.Truncate(time.Microsecond)
	err := s.others.QueryRow(ctx, `INSERT INTO function_limits AS l (function, next_at) VALUES ($1, clock_timestamp() + $2::interval)
		ON CONFLICT (function) DO UPDATE SET next_at = greatest(l.next_at, clock_timestamp()) + $2::interval RETURNING next_at - $2::interval`,
		journal.CleanKey(function), took).Scan(&first)
	if err != nil {
		return time.Time{}, fmt.Errorf("postgres: reserving %d calls of %q: %w", n, function, err)
	}
	return first.UTC(), nil
}
