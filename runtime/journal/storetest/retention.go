package storetest

import (
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// ended makes a run that is over, with a payload of its own.
func (s *suite) ended(inc journal.Incarnation, status string, raw []byte) journal.Transition {
	s.t.Helper()
	b := birth(s.id())
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{b}), "Append")
	s.end(inc, b.Run, 2, status, raw)
	return b
}

func (s *suite) end(inc journal.Incarnation, run, seq int64, status string, raw []byte) {
	s.t.Helper()
	t := fact(run, seq)
	if raw != nil {
		t = refer(run, seq, nil, raw)
	}
	now := s.now(inc)
	t.At, t.Row = now, &journal.RunRow{Status: status, Release: true, EndedAt: &now}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{t}), "Append of the end")
}

// expire deletes what a retention gives up, and all that belonged to it.
func (s *suite) expire(r journal.Retention, want int) {
	s.t.Helper()
	n, err := s.Expire(ctx, r, 100)
	s.ok(err, "Expire")
	if n != want {
		s.t.Fatalf("Expire %+v: got %d runs, want %d", r, n, want)
	}
	for left := 1; left > 0; {
		left, err = s.Clear(ctx, 2)
		s.ok(err, "Clear")
	}
}

// gone checks that nothing is left of a run; there that all is.
func (s *suite) gone(b journal.Transition) {
	s.t.Helper()
	_, err := s.Find(ctx, b.New.UUID)
	s.is(err, journal.ErrNoRun, "Find of a deleted run")
	_, err = s.Load(ctx, b.Run)
	s.is(err, journal.ErrNoRun, "Load of a deleted run")
	for seq := int64(1); seq < 4; seq++ {
		if _, ok, err := s.Committed(ctx, b.Run, seq); ok || err != nil {
			s.t.Fatalf("seq %d of a deleted run: got there %v, %v", seq, ok, err)
		}
	}
	s.is(s.Post(ctx, journal.Message{ID: newUUID(), Run: b.Run, Kind: "retry"}), journal.ErrNoRun, "Post to a deleted run")
}

func (s *suite) there(b journal.Transition) {
	s.t.Helper()
	s.seqs1(b.Run)
}

func (s *suite) seqs1(run int64) {
	s.t.Helper()
	h, err := s.Load(ctx, run)
	s.ok(err, "Load")
	if len(h.Records) < 2 {
		s.t.Fatalf("run %d has %d records", run, len(h.Records))
	}
}

func expireByAge(t *testing.T, s *suite) {
	inc := s.join("a")
	raw := noise(70_000)
	old := s.ended(inc, "succeeded", raw)
	_, _, err := s.ReserveStart(ctx, "order", "key", old.New.UUID, nil)
	s.ok(err, "ReserveStart")
	s.o.Advance(t, s.Store, 2*time.Hour)
	inc = s.join("a")
	young, failed := s.ended(inc, "cancelled", nil), s.ended(inc, "failed", nil)
	r := journal.Retention{Flow: "order", Age: time.Hour}
	s.expire(journal.Retention{Flow: "order"}, 0)
	s.expire(journal.Retention{Flow: "other", Age: time.Hour}, 0)
	s.expire(r, 1)
	s.gone(old)
	s.there(young)
	if _, _, ok, err := s.Reserved(ctx, "order", "key"); ok || err != nil {
		t.Errorf("the key of a deleted run: got bound %v, %v", ok, err)
	}
	s.sweep(1) // its payload
	s.lacks(planner.PayloadOf(raw))
	s.o.Advance(t, s.Store, 2*time.Hour)
	s.expire(r, 1)
	s.there(failed)
	r.Failed = true
	s.expire(r, 1)
	s.gone(failed)
}

func expireByCount(_ *testing.T, s *suite) {
	inc := s.join("a")
	raw := noise(70_000)
	var all []journal.Transition
	for range 7 {
		all = append(all, s.ended(inc, "succeeded", raw))
	}
	going := birth(s.id())
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{going}), "Append")
	r := journal.Retention{Flow: "order", Runs: 3}
	if n, err := s.Expire(ctx, r, 2); n != 2 || err != nil { // the oldest first, so many
		s.t.Fatalf("Expire of at most 2: got %d, %v", n, err)
	}
	s.expire(r, 2)
	for i, b := range all {
		if i < 4 {
			s.gone(b)
		} else {
			s.there(b)
		}
	}
	s.expire(r, 0)
	s.seqs(going.Run, 1)
	s.holds(planner.PayloadOf(raw), raw) // the others refer to it
	s.sweep(0)
}

// expireSparesTheLiving: what has been asked to go on stays.
func expireSparesTheLiving(t *testing.T, s *suite) {
	inc := s.join("a")
	asked, owned, free := s.ended(inc, "failed", nil), s.ended(inc, "failed", nil), s.ended(inc, "failed", nil)
	s.o.Advance(t, s.Store, 2*time.Hour)
	inc = s.join("a")
	s.post(owned.Run, "retry")
	s.claim(inc, 10, owned.Run)
	s.post(asked.Run, "retry")
	s.expire(journal.Retention{Flow: "order", Age: time.Hour, Failed: true}, 1)
	s.gone(free)
	s.there(owned)
	s.there(asked)
}

// expireFamilies: a run goes with all that it started, when the last of them is over, and never before it.
func expireFamilies(t *testing.T, s *suite) {
	inc := s.join("a")
	mum, kid := birth(s.id()), newUUID()
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{mum, parent(mum.Run, 2, mum.New.UUID, kid)}), "Append")
	run, err := s.Find(ctx, kid)
	s.ok(err, "Find")
	s.claim(inc, 10, run)
	in, err := s.Inbox(ctx, inc, 10)
	s.ok(err, "Inbox")
	began := fact(run, 1)
	began.Row = &journal.RunRow{Status: "running"}
	began.Inbox = []journal.Consumed{{ID: in[0].ID}}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{began}), "Append of the child")
	s.end(inc, mum.Run, 3, "cancelled", nil) // as a run that was stopped by force
	s.o.Advance(t, s.Store, 2*time.Hour)
	r := journal.Retention{Flow: "order", Age: time.Hour}
	s.expire(r, 0)
	inc = s.join("b")
	_, err = s.Takeover(ctx, inc, "b")
	s.ok(err, "Takeover")
	s.end(inc, run, 2, "succeeded", nil)
	s.o.Advance(t, s.Store, 2*time.Hour)
	s.expire(journal.Retention{Flow: "child", Age: time.Hour, Runs: 1}, 0) // it belongs to the other
	s.expire(r, 1)
	s.gone(mum)
	_, err = s.Load(ctx, run)
	s.is(err, journal.ErrNoRun, "Load of the child of a deleted run")
}
