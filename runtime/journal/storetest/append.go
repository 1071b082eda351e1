package storetest

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/segno-run/segno/runtime/journal"
)

func appendAndLoad(t *testing.T, s *suite) {
	inc := s.join("a")
	id := s.id()
	first := birth(id)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{first}), "Append")
	s.ok(s.Append(ctx, inc, 1, []journal.Transition{fact(id, 2)}), "Append by the other writer")
	s.ok(s.Append(ctx, inc, 0, nil), "Append of nothing")

	h, err := s.Load(ctx, id)
	s.ok(err, "Load")
	if h.Run != id || h.UUID != first.New.UUID || h.Flow != "order" || h.Version != 3 || h.Status != "running" {
		t.Errorf("Load: got %+v, want run %d, %s, order, 3, running", h, id, first.New.UUID)
	}
	if len(h.Records) != 2 || !h.Records[1].At.Equal(at) || h.Records[1].At.Location() != time.UTC {
		t.Errorf("Load: got records %+v, want two, the second at %v", h.Records, at)
	}
	s.seqs(id, 1, 2)
	for _, spelling := range []string{first.New.UUID, strings.ToUpper(first.New.UUID)} {
		if run, err := s.Find(ctx, spelling); err != nil || run != id {
			t.Errorf("Find(%q): got %d, %v, want %d", spelling, run, err, id)
		}
	}
	s.owned(inc, id)
}

func loadSeveral(t *testing.T, s *suite) {
	inc := s.join("a")
	first, second := s.run(inc), s.run(inc)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{fact(first, 2), fact(second, 2), fact(second, 3)}), "Append")
	all, err := s.Loads(ctx, []int64{second, 4711, first})
	s.ok(err, "Loads")
	if len(all) != 2 || all[0].Run != first || all[1].Run != second || len(all[0].Records) != 2 || len(all[1].Records) != 3 {
		t.Fatalf("Loads: got %+v, want runs %d and %d with two and three records", all, first, second)
	}
	for _, h := range all {
		one, err := s.Load(ctx, h.Run)
		s.ok(err, "Load")
		if !reflect.DeepEqual(one, h) {
			t.Errorf("run %d: Loads gives %+v, Load %+v", h.Run, h, one)
		}
	}
	if all, err := s.Loads(ctx, nil); len(all) != 0 || err != nil {
		t.Errorf("Loads of nothing: got %v, %v", all, err)
	}
}

func appendIsAtomic(t *testing.T, s *suite) {
	inc := s.join("a")
	old := s.run(inc)
	msg := s.post(old, "cancel")
	id := s.id()
	change := fact(old, 2)
	change.Row = &journal.RunRow{Status: "paused"}
	change.Inbox = []journal.Consumed{{ID: msg, Answer: []byte("yes")}}
	err := s.Append(ctx, inc, 0, []journal.Transition{birth(id), change, fact(old, 1)})
	s.bad(err, 2)

	_, err = s.Load(ctx, id)
	s.is(err, journal.ErrNoRun, "Load of the run that was in the batch")
	s.seqs(old, 1)
	if got := s.o.Row(t, s.Store, old).Status; got != "running" {
		t.Errorf("status after a refused batch: got %q, want running", got)
	}
	if _, ok, err := s.Answer(ctx, msg); ok || err != nil {
		t.Errorf("message after a refused batch: got consumed %v, %v, want it to wait", ok, err)
	}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{birth(id), change}), "Append without the bad one")
	s.seqs(old, 1, 2)
	s.seqs(id, 1)
}

func duplicateSeq(_ *testing.T, s *suite) {
	inc := s.join("a")
	a, b, c := s.run(inc), s.run(inc), s.run(inc)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{fact(b, 2)}), "Append")
	s.bad(s.Append(ctx, inc, 0, []journal.Transition{fact(a, 2), fact(b, 2), fact(c, 2)}), 1)
	// Of two in one batch the later is the bad one.
	s.bad(s.Append(ctx, inc, 0, []journal.Transition{fact(a, 2), fact(c, 2), fact(a, 2)}), 2)
	s.bad(s.Append(ctx, inc, 0, []journal.Transition{fact(b, 2)}), 0)
	s.seqs(a, 1)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{fact(a, 2), fact(c, 2)}), "Append of the good ones")
}

func duplicateUUID(_ *testing.T, s *suite) {
	inc := s.join("a")
	first, again, other := birth(s.id()), birth(s.id()), birth(s.id())
	again.New.UUID = strings.ToUpper(first.New.UUID)
	s.bad(s.Append(ctx, inc, 0, []journal.Transition{first, other, again}), 2)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{first, other}), "Append")
	s.bad(s.Append(ctx, inc, 0, []journal.Transition{again}), 0)
}

// badData hides several transitions that can't be stored in a full batch, of kinds that are found before and by the store.
func badData(_ *testing.T, s *suite) {
	inc := s.join("a")
	var batch []journal.Transition
	for range 200 {
		batch = append(batch, birth(s.id()))
	}
	clean := append([]journal.Transition{}, batch...)
	batch[7].New = &journal.NewRun{UUID: "no uuid", Flow: "order", Version: 1}
	batch[31].At = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	batch[32].Facts = nil
	batch[33].Inbox = []journal.Consumed{{ID: "{}"}}
	batch[34].New = &journal.NewRun{UUID: newUUID(), Flow: "order", Version: 1 << 40}
	s.bad(s.Append(ctx, inc, 0, batch), 7, 31, 32, 33, 34)

	batch = append([]journal.Transition{}, clean...)
	batch[0] = fact(clean[199].Run, 1) // before the birth that it collides with: the birth is refused
	batch[100] = clean[99]
	s.bad(s.Append(ctx, inc, 0, batch), 100, 199)
	s.ok(s.Append(ctx, inc, 0, clean), "Append of the clean batch")
}

func poisonousBytes(t *testing.T, s *suite) {
	inc := s.join("a")
	id := s.run(inc)
	poison := "a\x00b\xff\xfe" + strings.Repeat("é", 400)
	tr := journal.Transition{Run: id, Seq: 2, At: at, Facts: []byte(poison)}
	tr.Row = &journal.RunRow{Status: "failed", EndedAt: &at, Class: "cra\x00shed", Step: "\xffstep", Message: poison}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{tr}), "Append of NUL and invalid UTF-8")

	facts, ok, err := s.Committed(ctx, id, 2)
	if err != nil || !ok || string(facts) != poison {
		t.Errorf("facts: got %q, %v, %v, want them unchanged", facts, ok, err)
	}
	row := s.o.Row(t, s.Store, id)
	if row.Class != "cra\uFFFDshed" || row.Step != "\uFFFDstep" {
		t.Errorf("class, step: got %q, %q, want U+FFFD in place of what no text holds", row.Class, row.Step)
	}
	if !strings.HasPrefix(row.Message, "a\uFFFDb\uFFFDé") || !utf8.ValidString(row.Message) || len(row.Message) > 500 || len(row.Message) < 497 {
		t.Errorf("message: got %d bytes %q, want 500 at most, cut between characters", len(row.Message), row.Message)
	}
	kind := "sig\x00nal"
	msg := newUUID()
	s.ok(s.Post(ctx, journal.Message{ID: msg, Run: id, Kind: kind, Body: []byte(poison)}), "Post")
	in, err := s.Inbox(ctx, inc, 10)
	s.ok(err, "Inbox")
	if len(in) != 1 || string(in[0].Body) != poison || in[0].Kind != "sig\uFFFDnal" {
		t.Errorf("Inbox: got %+v, want the body unchanged", in)
	}
	for _, key := range []string{"k\x00", "k\xff", strings.Repeat("k", 5000), strings.Repeat("k", 5000) + "2"} {
		want := newUUID()
		got, _, err := s.ReserveStart(ctx, "order", key, want, nil)
		if err != nil || got != want {
			t.Errorf("ReserveStart(%.10q…): got %s, %v, want %s", key, got, err, want)
		}
	}
}

// severalOfOneRun commits a whole life in one batch.
func severalOfOneRun(t *testing.T, s *suite) {
	inc := s.join("a")
	id := s.id()
	batch := []journal.Transition{birth(id), fact(id, 2), fact(id, 3)}
	batch[0].Row = nil
	batch[1].Row = &journal.RunRow{Status: "running", Needs: "person"}
	batch[2].Row = &journal.RunRow{Status: "failed", Release: true, EndedAt: &at, Class: "timeout", Step: "ship", Message: "too late"}
	s.ok(s.Append(ctx, inc, 0, batch), "Append")
	s.seqs(id, 1, 2, 3)
	row := s.o.Row(t, s.Store, id)
	if row.Status != "failed" || row.EndedAt == nil || !row.EndedAt.Equal(at) || row.Class != "timeout" || row.Step != "ship" || row.Message != "too late" || row.Needs != "" {
		t.Errorf("row: got %+v, want the last of the batch", row)
	}
	s.owned(inc)

	bare := birth(s.id())
	bare.Row = nil
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{bare}), "Append")
	if got := s.o.Row(t, s.Store, bare.Run).Status; got != "pending" {
		t.Errorf("status of a run born without a row: got %q, want pending", got)
	}
	a, b := fact(bare.Run, 2), fact(bare.Run, 3)
	a.Row, b.Row = &journal.RunRow{Status: "running"}, &journal.RunRow{Status: "waiting", Needs: "person"}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{a, b}), "Append of two rows")
	if got := s.o.Row(t, s.Store, bare.Run); got.Status != "waiting" || got.Needs != "person" {
		t.Errorf("row after two in a batch: got %+v, want waiting for a person", got)
	}
	s.owned(inc, bare.Run)
}

// rowOfAnotherOwner repeats a release after the run has gone to another server: the repetition must not take it away.
func rowOfAnotherOwner(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	id := s.run(a)
	release := journal.Transition{Run: id, At: at, Row: &journal.RunRow{Status: "waiting", Release: true}, After: 1}
	s.ok(s.Append(ctx, a, 0, []journal.Transition{release}), "Append of a release")
	s.post(id, "go")
	s.claim(b, 10, id)
	s.ok(s.Append(ctx, a, 0, []journal.Transition{release}), "Append of the release again")
	s.owned(b, id)
}

// rowOfAnotherTime repeats a release after the run has gone on at another server and has come back: the repetition must neither release it nor say what it
// was then.
func rowOfAnotherTime(t *testing.T, s *suite) {
	a, b := s.join("a"), s.join("b")
	id := s.run(a)
	release := journal.Transition{Run: id, At: at, Row: &journal.RunRow{Status: "failed", Release: true}, After: 1}
	s.ok(s.Append(ctx, a, 0, []journal.Transition{release}), "Append of a release")
	s.post(id, "go")
	s.claim(b, 10, id)
	on := fact(id, 2)
	on.Row = &journal.RunRow{Status: "compensating"}
	s.ok(s.Append(ctx, b, 0, []journal.Transition{on}), "Append of what follows")
	s.ok(s.Leave(ctx, b), "Leave")
	s.claim(a, 10, id)
	s.ok(s.Append(ctx, a, 0, []journal.Transition{release}), "Append of the release again")
	s.owned(a, id)
	if row := s.o.Row(t, s.Store, id); row.Status != "compensating" {
		t.Errorf("got a row that says %s, want compensating", row.Status)
	}
	release.After = 2
	s.ok(s.Append(ctx, a, 0, []journal.Transition{release}), "Append of a release that knows all")
	s.owned(a)
}

func unknownRun(t *testing.T, s *suite) {
	inc := s.join("a")
	_, err := s.Load(ctx, 4711)
	s.is(err, journal.ErrNoRun, "Load")
	for _, id := range []string{newUUID(), "", "1", "not-a-uuid", "\x00", "urn:uuid:" + newUUID(), strings.ReplaceAll(newUUID(), "-", "")} {
		_, err := s.Find(ctx, id)
		s.is(err, journal.ErrNoRun, fmt.Sprintf("Find(%q)", id))
		_, _, err = s.Answer(ctx, id)
		s.is(err, journal.ErrNoMessage, fmt.Sprintf("Answer(%q)", id))
	}
	s.is(s.Post(ctx, journal.Message{ID: newUUID(), Run: 4711, Kind: "cancel"}), journal.ErrNoRun, "Post")
	if err := s.Post(ctx, journal.Message{ID: "x", Run: s.run(inc), Kind: "cancel"}); err == nil {
		t.Error("Post without a UUID: got no error")
	}
}

func committed(t *testing.T, s *suite) {
	inc := s.join("a")
	id := s.run(inc)
	got, ok, err := s.Committed(ctx, id, 1)
	if err != nil || !ok || !bytes.Equal(got, facts(id, 1)) {
		t.Errorf("Committed(1): got %q, %v, %v, want the facts", got, ok, err)
	}
	if _, ok, err := s.Committed(ctx, id, 2); ok || err != nil {
		t.Errorf("Committed(2): got %v, %v, want false", ok, err)
	}
}
