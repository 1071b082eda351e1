package memory

import (
	"context"

	"github.com/segno-run/segno/runtime/journal"
)

var _ journal.Hinter = (*Store)(nil)

// heard is how many hints wait for a listener before further ones are lost.
const heard = 1000

// Others implements journal.Hinter.
func (s *Store) Others(ctx context.Context, inc journal.Incarnation) (int, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := len(s.incs)
	if s.incs[inc] != nil {
		n--
	}
	return n, nil
}

// Hint implements journal.Hinter.
func (s *Store) Hint(ctx context.Context, from journal.Incarnation, hints []journal.Hint) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for _, h := range hints {
		h.From = from
		if h.To == 0 {
			if run := s.runs[s.uuids[h.Run]]; run != nil {
				h.To = run.owner
			}
		}
		s.hint(h)
	}
	return nil
}

func (s *Store) hint(h journal.Hint) {
	if h.To == h.From {
		return
	}
	select {
	case s.listeners[h.To] <- h:
	default: // nobody listens, or too slowly
	}
}

// Listen implements journal.Hinter.
func (s *Store) Listen(ctx context.Context, inc journal.Incarnation, hear func(journal.Hint)) {
	hints := make(chan journal.Hint, heard)
	s.mu.Lock()
	s.listeners[inc] = hints
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, inc)
	}()
	hear(journal.Hint{Kind: journal.HintDeaf, To: inc})
	for {
		select {
		case <-ctx.Done():
			return
		case h := <-hints:
			hear(h)
		}
	}
}
