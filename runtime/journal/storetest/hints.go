package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

// hear listens until the test ends.
func (s *suite) hear(h journal.Hinter, inc journal.Incarnation) <-chan journal.Hint {
	s.t.Helper()
	heard, done := make(chan journal.Hint, 100), make(chan struct{})
	listening, stop := context.WithCancel(ctx)
	go func() {
		defer close(done)
		h.Listen(listening, inc, func(hint journal.Hint) { heard <- hint })
	}()
	s.t.Cleanup(func() { stop(); <-done })
	s.hears(heard, journal.Hint{Kind: journal.HintDeaf, To: inc})
	return heard
}

func (s *suite) hears(heard <-chan journal.Hint, want journal.Hint) {
	s.t.Helper()
	select {
	case got := <-heard:
		if got != want {
			s.t.Fatalf("heard %+v, want %+v", got, want)
		}
	case <-time.After(30 * time.Second):
		s.t.Fatalf("heard nothing, want %+v", want)
	}
}

// hints go to whom they name, or to the owner of the run that they name, and never back.
func hints(t *testing.T, s *suite) {
	h, ok := s.Store.(journal.Hinter)
	if !ok {
		t.Fatal("the store carries no hints")
	}
	a, b := s.join("a"), s.join("b")
	if n, err := h.Others(ctx, a); n != 1 || err != nil {
		t.Errorf("Others: got %d, %v, want 1", n, err)
	}
	heardA, heardB := s.hear(h, a), s.hear(h, b)
	mine, theirs, nobodys := birth(s.id()), birth(s.id()), birth(s.id())
	nobodys.Row = &journal.RunRow{Status: "waiting", Release: true}
	s.ok(s.Append(ctx, a, 0, []journal.Transition{mine, nobodys}), "Append")
	s.ok(s.Append(ctx, b, 0, []journal.Transition{theirs}), "Append")
	id := newUUID()
	s.ok(h.Hint(ctx, a, []journal.Hint{
		{Kind: journal.HintInbox, Run: mine.New.UUID},    // to itself
		{Kind: journal.HintInbox, Run: nobodys.New.UUID}, // to nobody
		{Kind: journal.HintInbox, Run: newUUID()},        // about nothing
		{Kind: journal.HintInbox, Run: "no uuid"},
		{Kind: journal.HintMoved, To: a, Run: mine.New.UUID},
		{Kind: journal.HintInbox, Run: theirs.New.UUID, ID: id},
	}), "Hint")
	s.hears(heardB, journal.Hint{Kind: journal.HintInbox, From: a, To: b, Run: theirs.New.UUID, ID: id})
	s.ok(h.Hint(ctx, b, []journal.Hint{{Kind: journal.HintAnswer, To: a, ID: id}}), "Hint")
	s.hears(heardA, journal.Hint{Kind: journal.HintAnswer, From: b, To: a, ID: id})
	s.ok(h.Hint(ctx, a, nil), "Hint of nothing")
	s.ok(s.Leave(ctx, a), "Leave")
	s.hears(heardB, journal.Hint{Kind: journal.HintLeft, From: a, To: b})
	if len(heardA) > 0 {
		t.Errorf("heard of itself: %+v", <-heardA)
	}
	if n, err := h.Others(ctx, b); n != 0 || err != nil {
		t.Errorf("Others after a Leave: got %d, %v, want none", n, err)
	}
}
