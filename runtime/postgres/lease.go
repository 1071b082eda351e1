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

// takeoverLock is the advisory lock under which takeovers go one after the other, so that two servers which both think the other dead don't
// deadlock: the second finds that it was fenced. The number is the text "segno" and a 1.
const takeoverLock = 0x7365676e6f01

// errTakingTurns says that another takeover is under way.
var errTakingTurns = errors.New("another server is taking over")

// takeoverAgain is when its end is looked for.
const takeoverAgain = 50 * time.Millisecond

// Join implements journal.Store.
func (s *Store) Join(ctx context.Context, replica string, writers int, lease time.Duration) (journal.Incarnation, error) {
	var id int64
	err := s.others.QueryRow(ctx, `WITH joined AS (
			INSERT INTO incarnations (replica, lease_until) VALUES ($1, clock_timestamp() + $3::interval) RETURNING id
		), fenced AS (
			INSERT INTO fences (incarnation, writer) SELECT id, w FROM joined, generate_series(0, $2::int - 1) AS w
		) SELECT id FROM joined`, journal.CleanKey(replica), writers, lease).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("postgres: joining as %q with %d writers: %w", replica, writers, err)
	}
	return journal.Incarnation(id), nil
}

// Renew implements journal.Store.
func (s *Store) Renew(ctx context.Context, inc journal.Incarnation, lease time.Duration) (time.Time, error) {
	var now time.Time
	err := s.leases.QueryRow(ctx, `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
		UPDATE incarnations SET lease_until = clock.now + $2::interval FROM clock WHERE id = $1 RETURNING clock.now`, int64(inc), lease).Scan(&now)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return time.Time{}, journal.ErrFenced
	case err != nil:
		return time.Time{}, fmt.Errorf("postgres: renewing the lease of incarnation %d: %w", inc, err)
	}
	return now.UTC(), nil
}

// release makes all runs of some incarnations claimable at once, but for those that have ended.
const release = `UPDATE runs SET owner = NULL, wake_at = CASE WHEN ended_at IS NULL THEN now() ELSE wake_at END WHERE owner = ANY($1)`

// Leave implements journal.Store.
func (s *Store) Leave(ctx context.Context, inc journal.Incarnation) error {
	err := pgx.BeginFunc(ctx, s.others, func(tx pgx.Tx) error {
		if err := fence(ctx, tx, []int64{int64(inc)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, release, []int64{int64(inc)}); err != nil {
			return fmt.Errorf("releasing its runs: %w", err)
		}
		_, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM incarnations WHERE id = $1)
			SELECT pg_notify('`+channelPrefix+`' || id, $2) FROM incarnations WHERE id <> $1`, int64(inc), wrap(journal.Hint{Kind: journal.HintLeft, From: inc}))
		return err
	})
	if err != nil {
		return fmt.Errorf("postgres: leaving as incarnation %d: %w", inc, err)
	}
	return nil
}

// fence locks the fence rows of incarnations, which waits for the batches in flight, and removes them. What those batches wrote is seen by the
// statements that follow in the same transaction (READ COMMITTED), and no later batch writes anything.
func fence(ctx context.Context, tx pgx.Tx, dead []int64) error {
	if _, err := tx.Exec(ctx, `SELECT FROM fences WHERE incarnation = ANY($1) ORDER BY incarnation, writer FOR UPDATE`, dead); err != nil {
		return fmt.Errorf("locking the fences: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM fences WHERE incarnation = ANY($1)`, dead); err != nil {
		return fmt.Errorf("removing the fences: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM function_shares WHERE incarnation = ANY($1)`, dead); err != nil {
		return fmt.Errorf("giving back what they had of functions: %w", err)
	}
	return nil
}

// Takeover implements journal.Store. Without anything to take over it is one short statement.
func (s *Store) Takeover(ctx context.Context, inc journal.Incarnation, replica string) ([]int64, error) {
	replica = journal.CleanKey(replica)
	var alive, dead bool
	err := s.others.QueryRow(ctx, `SELECT EXISTS (SELECT FROM incarnations WHERE id = $1),
		EXISTS (SELECT FROM incarnations WHERE id <> $1 AND (replica = $2 OR lease_until < clock_timestamp()))`, int64(inc), replica).Scan(&alive, &dead)
	switch {
	case err != nil:
		return nil, fmt.Errorf("postgres: looking for dead servers: %w", err)
	case !alive:
		return nil, journal.ErrFenced
	case !dead:
		return nil, nil
	}
	var runs []int64
	for {
		err = pgx.BeginFunc(ctx, s.others, func(tx pgx.Tx) error {
			runs, err = takeover(ctx, tx, int64(inc), replica, s.reader)
			return err
		})
		if !errors.Is(err, errTakingTurns) {
			break
		}
		select { // without a connection, of which there may be few
		case <-ctx.Done():
		case <-time.After(takeoverAgain):
		}
	}
	switch {
	case errors.Is(err, journal.ErrFenced):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("postgres: taking over as incarnation %d: %w", inc, err)
	}
	slices.Sort(runs)
	return runs, nil
}

func takeover(ctx context.Context, tx pgx.Tx, inc int64, replica string, reader int) ([]int64, error) {
	var ours bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(takeoverLock)).Scan(&ours); err != nil {
		return nil, fmt.Errorf("looking for other takeovers: %w", err)
	}
	if !ours {
		return nil, errTakingTurns
	}
	var alive bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM incarnations WHERE id = $1)`, inc).Scan(&alive); err != nil {
		return nil, fmt.Errorf("looking at our own lease: %w", err)
	}
	if !alive {
		return nil, journal.ErrFenced
	}
	// A lease that is renewed just now makes the lock's recheck drop the row.
	rows, _ := tx.Query(ctx, `SELECT id FROM incarnations WHERE id <> $1 AND (replica = $2 OR lease_until < clock_timestamp()) ORDER BY id FOR UPDATE`,
		inc, replica)
	dead, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("locking the leases that have passed: %w", err)
	}
	if len(dead) == 0 {
		return nil, nil
	}
	if err := fence(ctx, tx, dead); err != nil {
		return nil, err
	}
	rows, _ = tx.Query(ctx, `UPDATE runs SET owner = $1 WHERE owner = ANY($2) AND reader <= $3 RETURNING id`, inc, dead, reader)
	runs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("moving the runs of incarnations %v: %w", dead, err)
	}
	// What is left is of a later release, and for a server of that to claim.
	if _, err := tx.Exec(ctx, release, dead); err != nil {
		return nil, fmt.Errorf("releasing the runs of incarnations %v: %w", dead, err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM incarnations WHERE id = ANY($1)`, dead); err != nil {
		return nil, fmt.Errorf("removing incarnations %v: %w", dead, err)
	}
	return runs, nil
}

// claim takes runs with messages first, for somebody waits for those. It stands behind the fence like an append does; runs that another server is
// claiming at this moment are passed over.
const claim = `WITH fence AS MATERIALIZED (SELECT 1 FROM fences WHERE incarnation = $1 ORDER BY writer LIMIT 1 FOR KEY SHARE),
	called AS MATERIALIZED (SELECT id FROM runs WHERE owner IS NULL AND reader <= $3 AND id IN (SELECT run FROM inbox WHERE consumed_at IS NULL)
		LIMIT $2 FOR UPDATE SKIP LOCKED),
	due AS MATERIALIZED (SELECT id FROM runs WHERE owner IS NULL AND reader <= $3 AND wake_at <= now() ORDER BY wake_at LIMIT $2 FOR UPDATE SKIP LOCKED),
	picked AS (SELECT id, min(o) AS o FROM (SELECT id, 0 FROM called UNION ALL SELECT id, 1 FROM due) AS u (id, o) GROUP BY id ORDER BY o, id LIMIT $2),
	claimed AS (UPDATE runs SET owner = $1 FROM picked WHERE runs.id = picked.id AND EXISTS (SELECT FROM fence) RETURNING runs.id)
	SELECT (SELECT count(*) FROM fence), (SELECT array_agg(id ORDER BY id) FROM claimed)`

// Claim implements journal.Store.
func (s *Store) Claim(ctx context.Context, inc journal.Incarnation, limit int) ([]int64, error) {
	var fences int
	var runs []int64
	if err := s.others.QueryRow(ctx, claim, int64(inc), limit, s.reader).Scan(&fences, &runs); err != nil {
		return nil, fmt.Errorf("postgres: claiming at most %d runs: %w", limit, err)
	}
	if fences == 0 {
		return nil, journal.ErrFenced
	}
	return runs, nil
}

// Owned implements journal.Store.
func (s *Store) Owned(ctx context.Context, inc journal.Incarnation) ([]int64, error) {
	rows, _ := s.others.Query(ctx, `SELECT id FROM runs WHERE owner = $1 ORDER BY id`, int64(inc))
	runs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("postgres: listing the runs of incarnation %d: %w", inc, err)
	}
	return runs, nil
}
