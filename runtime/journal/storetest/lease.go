package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
)

func joinGivesFreshFences(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	if b <= a {
		t.Errorf("incarnations: got %d then %d, want them to rise", a, b)
	}
	id := s.run(a)
	s.is(s.Append(ctx, a, 2, []journal.Transition{fact(id, 2)}), journal.ErrFenced, "Append by a writer beyond the joined")
	s.is(s.Append(ctx, b+100, 0, []journal.Transition{fact(id, 2)}), journal.ErrFenced, "Append by an unknown incarnation")
	_, err := s.Renew(ctx, b+100, lease)
	s.is(err, journal.ErrFenced, "Renew by an unknown incarnation")
	_, err = s.Claim(ctx, b+100, 1)
	s.is(err, journal.ErrFenced, "Claim by an unknown incarnation")
	s.seqs(id, 1)
}

func leaseExpiry(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	first, second := s.run(a), s.run(a)
	other := s.run(b)
	moved, err := s.Takeover(ctx, b, "b")
	if err != nil || len(moved) != 0 {
		t.Fatalf("Takeover before any lease has passed: got %v, %v, want nothing", moved, err)
	}
	s.o.Advance(t, s.Store, lease-time.Minute)
	before := s.now(b) // b renews, a does not
	s.o.Advance(t, s.Store, 2*time.Minute)
	if now := s.now(b); now.Before(before) || now.Location() != time.UTC {
		t.Errorf("the store's clock: got %v after %v, want it to rise, in UTC", now, before)
	}
	s.ok(s.Append(ctx, a, 0, []journal.Transition{fact(first, 2)}), "Append after the lease, before the takeover")

	moved, err = s.Takeover(ctx, b, "b")
	s.ok(err, "Takeover")
	if !slices.Equal(moved, []int64{first, second}) {
		t.Fatalf("Takeover: got runs %v, want %v", moved, []int64{first, second})
	}
	s.owned(b, first, second, other)
	s.is(s.Append(ctx, a, 1, []journal.Transition{fact(first, 3)}), journal.ErrFenced, "Append of the fenced")
	s.is(s.Append(ctx, a, 0, []journal.Transition{birth(s.id())}), journal.ErrFenced, "birth by the fenced")
	_, err = s.Renew(ctx, a, lease)
	s.is(err, journal.ErrFenced, "Renew of the fenced")
	_, err = s.Claim(ctx, a, 1)
	s.is(err, journal.ErrFenced, "Claim of the fenced")
	s.ok(s.Append(ctx, b, 0, []journal.Transition{fact(first, 3)}), "Append of the new owner")
	s.seqs(first, 1, 2, 3)
	if moved, err := s.Takeover(ctx, b, "b"); err != nil || len(moved) != 0 {
		t.Errorf("second Takeover: got %v, %v, want nothing", moved, err)
	}
}

func takeoverOfSameReplica(t *testing.T, s *suite) {
	old := s.join("a")
	elsewhere := s.join("b")
	id := s.run(old)
	kept := s.run(elsewhere)
	inc := s.join("a")
	moved, err := s.Takeover(ctx, inc, "a")
	if err != nil || !slices.Equal(moved, []int64{id}) {
		t.Fatalf("Takeover: got %v, %v, want run %d at once", moved, err, id)
	}
	s.is(s.Append(ctx, old, 0, []journal.Transition{fact(id, 2)}), journal.ErrFenced, "Append of the earlier life")
	s.owned(elsewhere, kept)
}

// takeoverAgainstAppends checks the one promise that all rests on: what a takeover has not seen is never written.
func takeoverAgainstAppends(t *testing.T, s *suite) {
	for round := range 5 {
		old := s.join("a")
		runs := [2]int64{s.run(old), s.run(old)}
		var wg sync.WaitGroup
		var acknowledged [2]int64
		started := make(chan struct{}, 2)
		for w := range runs {
			wg.Go(func() {
				for seq := int64(2); ; seq++ {
					err := s.Append(ctx, old, w, []journal.Transition{fact(runs[w], seq), birth(s.id())})
					if errors.Is(err, journal.ErrFenced) {
						return
					}
					if err != nil {
						t.Errorf("Append: %v", err)
						return
					}
					acknowledged[w] = seq
					if seq == 4 {
						started <- struct{}{}
					}
				}
			})
		}
		<-started
		<-started
		inc := s.join("a")
		moved, err := s.Takeover(ctx, inc, "a")
		s.ok(err, "Takeover")
		var lengths [2]int
		for w, run := range runs {
			h, err := s.Load(ctx, run)
			s.ok(err, "Load")
			lengths[w] = len(h.Records)
		}
		wg.Wait()
		born := 0
		for w, run := range runs {
			h, err := s.Load(ctx, run)
			s.ok(err, "Load")
			if len(h.Records) != lengths[w] || int64(lengths[w]) != acknowledged[w] {
				t.Errorf("round %d, run %d: %d records at the takeover, %d later, %d acknowledged; want no difference",
					round, run, lengths[w], len(h.Records), acknowledged[w])
			}
			born += len(h.Records) - 1
		}
		if len(moved) != born+2 {
			t.Errorf("round %d: Takeover moved %d runs, want %d", round, len(moved), born+2)
		}
		s.owned(inc, moved...)
		s.ok(s.Leave(ctx, inc), "Leave")
		s.drain()
	}
}

// drain claims all that is due and puts it to sleep for good.
func (s *suite) drain() {
	s.t.Helper()
	inc := s.join("drain")
	runs, err := s.Claim(ctx, inc, 1<<20)
	s.ok(err, "Claim")
	var batch []journal.Transition
	for _, run := range runs {
		batch = append(batch, journal.Transition{Run: run, At: at, Row: &journal.RunRow{Status: "waiting", Release: true}})
	}
	s.ok(s.Append(ctx, inc, 0, batch), "Append of releases")
	s.ok(s.Leave(ctx, inc), "Leave")
}

func takeoverByTheDead(t *testing.T, s *suite) {
	a := s.join("a")
	id := s.run(a)
	s.o.Advance(t, s.Store, 2*lease)
	b := s.join("b")
	moved, err := s.Takeover(ctx, b, "b")
	if err != nil || !slices.Equal(moved, []int64{id}) {
		t.Fatalf("Takeover: got %v, %v, want run %d", moved, err, id)
	}
	s.o.Advance(t, s.Store, 2*lease) // b's lease has passed too, but a is fenced
	_, err = s.Takeover(ctx, a, "a")
	s.is(err, journal.ErrFenced, "Takeover by the fenced")
	s.owned(b, id)
}

func leave(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	asleep, ended, awake := s.run(a), s.run(a), s.run(a)
	s.sleep(a, asleep, 2, nil)
	over := fact(ended, 2)
	over.Row = &journal.RunRow{Status: "succeeded", EndedAt: &at}
	s.ok(s.Append(ctx, a, 0, []journal.Transition{over}), "Append")
	s.ok(s.Leave(ctx, a), "Leave")
	s.is(s.Append(ctx, a, 0, []journal.Transition{fact(awake, 2)}), journal.ErrFenced, "Append after Leave")
	_, err := s.Renew(ctx, a, lease)
	s.is(err, journal.ErrFenced, "Renew after Leave")
	s.claim(b, 10, awake)
	if got := s.o.Row(t, s.Store, awake).Status; got != "running" {
		t.Errorf("status: got %q, want running as before", got)
	}
	s.ok(s.Leave(ctx, a), "second Leave")
}
