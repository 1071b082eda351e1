package storetest

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

func claimDue(t *testing.T, s *suite) {
	inc := s.join("a")
	early, late, never, mine := s.run(inc), s.run(inc), s.run(inc), s.run(inc)
	now := s.now(inc)
	soon, later := now.Add(time.Minute), now.Add(10*time.Minute)
	s.sleep(inc, early, 2, &soon)
	s.sleep(inc, late, 2, &later)
	s.sleep(inc, never, 2, nil)
	s.owned(inc, mine)
	s.claim(inc, 10)
	s.o.Advance(t, s.Store, 2*time.Minute)
	s.claim(inc, 10, early)
	s.claim(inc, 10)
	s.o.Advance(t, s.Store, 10*time.Minute)
	other := s.join("b")
	s.claim(other, 10, late)
	s.owned(inc, early, mine)
	s.owned(other, late)

	// Of several that are due, those that have waited longest come first.
	s.sleep(inc, early, 3, &later)
	s.sleep(other, late, 3, &soon)
	s.o.Advance(t, s.Store, time.Hour/2)
	s.claim(inc, 1, late)
	s.claim(inc, 1, early)
}

func claimWithMessage(t *testing.T, s *suite) {
	inc := s.join("a")
	id, due := s.run(inc), s.run(inc)
	past := s.now(inc).Add(-time.Minute)
	s.sleep(inc, id, 2, nil)
	s.sleep(inc, due, 2, &past)
	s.post(id, "approve")
	s.post(id, "cancel")
	if in, err := s.Inbox(ctx, inc, 10); err != nil || len(in) != 0 {
		t.Errorf("Inbox before the claim: got %v, %v, want nothing", in, err)
	}
	s.claim(inc, 1, id) // somebody waits for an answer: before what is merely due
	s.claim(inc, 10, due)
	in, err := s.Inbox(ctx, inc, 10)
	if err != nil || len(in) != 2 || in[0].Kind != "approve" {
		t.Errorf("Inbox after the claim: got %v, %v, want both in order", in, err)
	}
	release := journal.Transition{Run: id, At: at, Row: &journal.RunRow{Status: "waiting", Release: true}}
	for _, m := range in {
		release.Inbox = append(release.Inbox, journal.Consumed{ID: m.ID})
	}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{release}), "Append")
	s.claim(inc, 10)
}

// claimOnce lets several servers claim at the same time.
func claimOnce(t *testing.T, s *suite) {
	inc := s.join("a")
	past := s.now(inc).Add(-time.Minute)
	var all []int64
	for range 40 {
		id := s.run(inc)
		s.sleep(inc, id, 2, &past)
		all = append(all, id)
	}
	var mu sync.Mutex
	var got []int64
	var wg sync.WaitGroup
	for _, replica := range []string{"b", "c", "d"} {
		other := s.join(replica)
		wg.Go(func() {
			for range 20 {
				runs, err := s.Claim(ctx, other, 7)
				if err != nil {
					t.Errorf("Claim: %v", err)
					return
				}
				if len(runs) > 7 {
					t.Errorf("Claim: got %d runs, want 7 at most", len(runs))
				}
				mu.Lock()
				got = append(got, runs...)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	if !slices.Equal(got, all) {
		t.Errorf("claimed by three: got %v, want each of %v once", got, all)
	}
}

func inbox(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	mine, theirs := s.run(a), s.run(b)
	m := journal.Message{ID: newUUID(), Run: mine, Kind: "retry", Body: []byte("first")}
	s.ok(s.Post(ctx, m), "Post")
	again := m
	again.Body = []byte("second")
	s.ok(s.Post(ctx, again), "Post of a known id")
	if got, err := s.Posted(ctx, m.ID); err != nil || got.ID != m.ID || got.Run != mine || got.Kind != "retry" || string(got.Body) != "first" || got.At.IsZero() {
		t.Errorf("Posted: got %+v, %v, want the first", got, err)
	}
	for _, id := range []string{newUUID(), "x"} {
		_, err := s.Posted(ctx, id)
		s.is(err, journal.ErrNoMessage, "Posted of an unknown id")
	}
	s.post(theirs, "cancel")
	s.post(mine, "cancel")
	in, err := s.Inbox(ctx, a, 10)
	s.ok(err, "Inbox")
	if len(in) != 2 || in[0].ID != m.ID || in[0].Run != mine || in[0].Kind != "retry" || string(in[0].Body) != "first" || in[1].Kind != "cancel" {
		t.Errorf("Inbox: got %+v, want the first and the third message", in)
	}
	if len(in) > 0 && (in[0].At.IsZero() || in[0].At.Location() != time.UTC) {
		t.Errorf("time of a message: got %v, want the store's in UTC", in[0].At)
	}
	if in, err := s.Inbox(ctx, a, 1); err != nil || len(in) != 1 || in[0].ID != m.ID {
		t.Errorf("Inbox with limit 1: got %+v, %v, want the oldest", in, err)
	}
	if answer, ok, err := s.Answer(ctx, m.ID); answer != nil || ok || err != nil {
		t.Errorf("Answer while it waits: got %q, %v, %v, want false", answer, ok, err)
	}
}

func consumeWithAppend(t *testing.T, s *suite) {
	inc := s.join("a")
	id := s.run(inc)
	first, second := s.post(id, "approve"), s.post(id, "cancel")
	tr := fact(id, 2)
	tr.Inbox = []journal.Consumed{{ID: first, Answer: []byte("done\x00")}, {ID: second}, {ID: newUUID(), Answer: []byte("of an unknown message")}}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{tr}), "Append")
	answer, ok, err := s.Answer(ctx, first)
	if err != nil || !ok || string(answer) != "done\x00" {
		t.Errorf("Answer: got %q, %v, %v, want the answer", answer, ok, err)
	}
	if answer, ok, err := s.Answer(ctx, second); err != nil || !ok || len(answer) != 0 {
		t.Errorf("Answer of an empty one: got %q, %v, %v, want it consumed", answer, ok, err)
	}
	if in, err := s.Inbox(ctx, inc, 10); err != nil || len(in) != 0 {
		t.Errorf("Inbox: got %v, %v, want nothing left", in, err)
	}
	s.ok(s.Post(ctx, journal.Message{ID: first, Run: id, Kind: "approve"}), "Post of a consumed id")
	if got, err := s.Posted(ctx, first); err != nil || got.Kind != "approve" || string(got.Body) != "approve" {
		t.Errorf("Posted of a consumed id: got %+v, %v", got, err)
	}
	if in, err := s.Inbox(ctx, inc, 10); err != nil || len(in) != 0 {
		t.Errorf("Inbox after posting a consumed id again: got %v, %v, want nothing", in, err)
	}
	// The first answer stays.
	again := fact(id, 3)
	again.Inbox = []journal.Consumed{{ID: first, Answer: []byte("other")}}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{again}), "Append")
	if answer, _, _ := s.Answer(ctx, first); string(answer) != "done\x00" {
		t.Errorf("Answer after a second consumption: got %q, want the first", answer)
	}
}

// refusal consumes a message without writing history.
func refusal(t *testing.T, s *suite) {
	inc := s.join("a")
	id := s.run(inc)
	msg := s.post(id, "retry")
	s.ok(s.Append(ctx, inc, 1, []journal.Transition{{Run: id, At: at, Inbox: []journal.Consumed{{ID: msg, Answer: []byte("no")}}}, fact(id, 2)}), "Append")
	s.seqs(id, 1, 2)
	if answer, ok, err := s.Answer(ctx, msg); err != nil || !ok || string(answer) != "no" {
		t.Errorf("Answer: got %q, %v, %v, want no", answer, ok, err)
	}
}

func reserveIDs(t *testing.T, s *suite) {
	a, err := s.ReserveIDs(ctx, 100)
	s.ok(err, "ReserveIDs")
	b, err := s.ReserveIDs(ctx, 1)
	s.ok(err, "ReserveIDs")
	if a < 1 || b < a+100 {
		t.Errorf("ReserveIDs: got %d, then %d, want 100 apart at least", a, b)
	}
	if _, err := s.ReserveIDs(ctx, 0); err == nil {
		t.Error("ReserveIDs(0): got no error")
	}
}

func reserveStart(t *testing.T, s *suite) {
	first, second := newUUID(), newUUID()
	if _, _, ok, err := s.Reserved(ctx, "order", "k"); ok || err != nil {
		t.Errorf("Reserved of nothing: got %t, %v", ok, err)
	}
	got, input, err := s.ReserveStart(ctx, "order", "k", first, []byte("hash"))
	if err != nil || got != first || !bytes.Equal(input, []byte("hash")) {
		t.Errorf("first: got %s, %q, %v, want its own", got, input, err)
	}
	got, input, err = s.ReserveStart(ctx, "order", "k", second, []byte("other"))
	if err != nil || got != first || !bytes.Equal(input, []byte("hash")) {
		t.Errorf("same key: got %s, %q, %v, want what was bound", got, input, err)
	}
	got, input, ok, err := s.Reserved(ctx, "order", "k")
	if err != nil || !ok || got != first || !bytes.Equal(input, []byte("hash")) {
		t.Errorf("Reserved: got %s, %q, %t, %v, want what was bound", got, input, ok, err)
	}
	if _, _, ok, err := s.Reserved(ctx, "refund", "k"); ok || err != nil {
		t.Errorf("Reserved of another flow: got %t, %v", ok, err)
	}
	if got, _, err := s.ReserveStart(ctx, "refund", "k", second, nil); err != nil || got != second {
		t.Errorf("another flow: got %s, %v, want its own", got, err)
	}
	if _, _, err := s.ReserveStart(ctx, "order", "x", "no uuid", nil); err == nil {
		t.Error("without a UUID: got no error")
	}
	var mu sync.Mutex
	bound := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, _, err := s.ReserveStart(ctx, "order", "race", newUUID(), nil)
			if err != nil {
				t.Errorf("racing: %v", err)
			}
			mu.Lock()
			bound[got] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(bound) != 1 {
		t.Errorf("eight racing for one key: got %d UUIDs, want 1", len(bound))
	}
}

// raisedReader gives a run that is under way a later reader: from then on the servers of older releases leave it alone, and nothing lowers it again.
func raisedReader(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	id, kept := s.run(a), s.run(a)
	raise := func(run, seq int64, reader int) journal.Transition {
		return journal.Transition{Run: run, Seq: seq, At: at, Facts: []byte("x"), Row: &journal.RunRow{Status: "running", Reader: reader}}
	}
	s.ok(s.Append(ctx, a, 0, []journal.Transition{raise(id, 2, planner.Reader+1), raise(id, 3, 0), raise(kept, 2, planner.Reader)}), "Append")
	s.ok(s.Append(ctx, a, 0, []journal.Transition{raise(id, 4, 1)}), "Append")
	born := birth(s.id())
	s.ok(s.Append(ctx, a, 0, []journal.Transition{born, raise(born.Run, 2, planner.Reader+1)}), "Append of a run that is born and raised at once")
	s.bad(s.Append(ctx, a, 0, []journal.Transition{raise(kept, 3, -1)}), 0)
	on := func(seq int64, version int) journal.Transition {
		return journal.Transition{Run: kept, Seq: seq, At: at, Facts: []byte("x"), Row: &journal.RunRow{Status: "running", Version: version}}
	}
	s.ok(s.Append(ctx, a, 0, []journal.Transition{on(3, 7), on(4, 0)}), "Append of a run that goes on with another version")
	s.ok(s.Append(ctx, a, 0, []journal.Transition{on(5, 0)}), "Append of a row without a version")
	if h, err := s.Load(ctx, kept); err != nil || h.Version != 7 {
		t.Errorf("a run that goes on with version 7 is loaded with %d, %v", h.Version, err)
	}
	s.o.Advance(t, s.Store, lease-time.Minute)
	s.now(b)
	s.o.Advance(t, s.Store, 2*time.Minute)
	if moved, err := s.Takeover(ctx, b, "b"); err != nil || !slices.Equal(moved, []int64{kept}) {
		t.Errorf("Takeover: got runs %v, %v, want %d alone", moved, err, kept)
	}
	s.post(id, "cancel")
	s.claim(b, 10)
}

// laterReader leaves the runs of a later release to the servers of that release.
func laterReader(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	id := s.id()
	born := birth(id)
	born.New.Reader = planner.Reader + 1
	s.ok(s.Append(ctx, a, 0, []journal.Transition{born}), "Append")
	s.post(id, "cancel")
	s.o.Advance(t, s.Store, lease-time.Minute)
	s.now(b)
	s.o.Advance(t, s.Store, 2*time.Minute)
	if moved, err := s.Takeover(ctx, b, "b"); err != nil || len(moved) != 0 {
		t.Errorf("Takeover: got runs %v, %v, want none", moved, err)
	}
	s.claim(b, 10)
	if h, err := s.Load(ctx, id); err != nil || h.Owner != 0 {
		t.Errorf("owner: got %d, %v, want nobody, so that a later release can claim the run", h.Owner, err)
	}
}
