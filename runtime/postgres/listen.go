package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/journal"
)

var _ journal.Hinter = (*Store)(nil)

// Each incarnation has a channel of its own, so that nobody wakes for what is not for him.
const channelPrefix = "segno_"

const (
	listenAgain = 500 * time.Millisecond // after the connection was lost
	listenProbe = 15 * time.Second       // how long nothing may be heard before the connection is tried
)

// notify resolves owners where they are asked for. Nothing durable is written, so nobody waits for the disk.
const notify = `SELECT count(pg_notify('` + channelPrefix + `' || coalesce(u.target, r.owner), u.payload)), set_config('synchronous_commit', 'off', true)
	FROM unnest($1::bigint[], $2::uuid[], $3::text[]) AS u (target, run, payload) LEFT JOIN runs r ON u.target IS NULL AND r.uuid = u.run
	WHERE coalesce(u.target, r.owner) <> $4`

// Others implements journal.Hinter.
func (s *Store) Others(ctx context.Context, inc journal.Incarnation) (n int, err error) {
	if err := s.others.QueryRow(ctx, `SELECT count(*) FROM incarnations WHERE id <> $1`, int64(inc)).Scan(&n); err != nil {
		return 0, fmt.Errorf("postgres: counting the servers: %w", err)
	}
	return n, nil
}

// Hint implements journal.Hinter.
func (s *Store) Hint(ctx context.Context, from journal.Incarnation, hints []journal.Hint) error {
	if len(hints) == 0 {
		return nil
	}
	var (
		targets  []*int64
		runs     []*[16]byte
		payloads []string
	)
	for _, h := range hints {
		var target *int64
		var run *[16]byte
		if h.To != 0 {
			target = new(int64)
			*target = int64(h.To)
		} else if id, err := journal.ParseUUID(h.Run); err == nil {
			run = &id
		} else {
			continue
		}
		h.From = from
		targets, runs, payloads = append(targets, target), append(runs, run), append(payloads, wrap(h))
	}
	if _, err := s.others.Exec(ctx, notify, targets, runs, payloads, int64(from)); err != nil {
		return fmt.Errorf("postgres: sending %d hints: %w", len(hints), err)
	}
	return nil
}

// wrap is a hint as it travels: words between spaces, none of which has one.
func wrap(h journal.Hint) string {
	return strings.Join([]string{string(h.Kind), strconv.FormatInt(int64(h.From), 10), h.Run, h.ID}, " ")
}

func unwrap(payload string) (h journal.Hint, ok bool) {
	words := strings.Split(payload, " ")
	if len(words) < 4 { // a later release may say more
		return h, false
	}
	from, err := strconv.ParseInt(words[1], 10, 64)
	return journal.Hint{Kind: journal.HintKind(words[0]), From: journal.Incarnation(from), Run: words[2], ID: words[3]}, err == nil
}

// Listen implements journal.Hinter, on a connection of its own.
func (s *Store) Listen(ctx context.Context, inc journal.Incarnation, hear func(journal.Hint)) {
	for ctx.Err() == nil {
		_ = s.listen(ctx, inc, hear) // the polls go on, and say what is wrong with the database
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (s *Store) listen(ctx context.Context, inc journal.Incarnation, hear func(journal.Hint)) error {
	conn, err := pgx.ConnectConfig(ctx, s.listener.Copy())
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channelPrefix+strconv.FormatInt(int64(inc), 10)); err != nil {
		return err
	}
	hear(journal.Hint{Kind: journal.HintDeaf, To: inc})
	for {
		waiting, cancel := context.WithTimeout(ctx, listenProbe)
		said, err := conn.WaitForNotification(waiting)
		quiet := waiting.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			if h, ok := unwrap(said.Payload); ok {
				h.To = inc
				hear(h)
			}
		case quiet && !conn.IsClosed():
			probing, cancel := context.WithTimeout(ctx, lostAfter)
			err := conn.Ping(probing)
			cancel()
			if err != nil {
				return err
			}
		default:
			return err
		}
	}
}
