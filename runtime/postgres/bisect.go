package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/journal"
)

// bisect finds the transitions that PostgreSQL refuses, in a transaction that is rolled back at the end. Halves that pass stay applied while
// the others are tried: of two transitions that exclude each other the later one is bad. It costs about b·log₂(n) statements for b bad of n.
func (s *Store) bisect(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition, cause error) error {
	tx, err := s.writers.Begin(ctx)
	if err != nil {
		return fmt.Errorf("postgres: looking for the bad one of %d transitions: %w", len(batch), err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	p := probe{store: s, inc: inc, writer: writer, batch: batch}
	if err := p.try(ctx, tx, 0, len(batch)); err != nil {
		if errors.Is(err, journal.ErrFenced) {
			return err
		}
		return fmt.Errorf("postgres: looking for the bad one of %d transitions: %w", len(batch), err)
	}
	if len(p.bad) == 0 {
		// What stood in the way has gone meanwhile (another transaction that was rolled back): the batch as a whole deserves another try.
		return fmt.Errorf("postgres: appending %d transitions: %w", len(batch), cause)
	}
	return &journal.BatchError{Bad: p.bad, Err: p.first}
}

type probe struct {
	store  *Store
	inc    journal.Incarnation
	writer int
	batch  []journal.Transition
	bad    []int
	first  error
}

func (p *probe) try(ctx context.Context, tx pgx.Tx, from, to int) error {
	save, err := tx.Begin(ctx) // a savepoint
	if err != nil {
		return err
	}
	fenced, err := p.store.appendOn(ctx, save.Conn(), p.inc, p.writer, p.batch[from:to])
	if err == nil {
		if fenced {
			return journal.ErrFenced
		}
		return save.Commit(ctx)
	}
	if !isData(err) {
		return err
	}
	if err := save.Rollback(ctx); err != nil {
		return err
	}
	if to-from == 1 {
		p.bad = append(p.bad, from)
		if p.first == nil {
			p.first = err
		}
		return nil
	}
	mid := from + (to-from)/2
	if err := p.try(ctx, tx, from, mid); err != nil {
		return err
	}
	return p.try(ctx, tx, mid, to)
}
