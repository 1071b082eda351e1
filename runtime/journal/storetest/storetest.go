// Package storetest is the conformance suite of journal.Store: what every store must do, and what it must refuse.
//
// It knows the interface only. A store's own test calls Run.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/runtime/journal"
)

// Options are what the suite needs beyond the interface.
type Options struct {
	// Advance lets d pass on the store's clock.
	Advance func(t *testing.T, s journal.Store, d time.Duration)
	// Row reads a run's row as the lists show it.
	Row func(t *testing.T, s journal.Store, run int64) journal.RunRow
}

// lease is long enough for any test; only Advance ends it.
const lease = time.Hour

// Run runs the suite; open gives each test an empty store.
func Run(t *testing.T, open func(t *testing.T) journal.Store, o Options) {
	tests := []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"AppendAndLoad", appendAndLoad},
		{"LoadSeveral", loadSeveral},
		{"AppendIsAtomic", appendIsAtomic},
		{"DuplicateSeq", duplicateSeq},
		{"DuplicateUUID", duplicateUUID},
		{"BadData", badData},
		{"PoisonousBytes", poisonousBytes},
		{"SeveralTransitionsOfOneRun", severalOfOneRun},
		{"RowOfAnotherOwner", rowOfAnotherOwner},
		{"RowOfAnotherTime", rowOfAnotherTime},
		{"UnknownRun", unknownRun},
		{"Committed", committed},
		{"JoinGivesFreshFences", joinGivesFreshFences},
		{"LeaseExpiry", leaseExpiry},
		{"TakeoverOfSameReplica", takeoverOfSameReplica},
		{"TakeoverAgainstAppends", takeoverAgainstAppends},
		{"TakeoverByTheDead", takeoverByTheDead},
		{"Leave", leave},
		{"ClaimDue", claimDue},
		{"ClaimWithMessage", claimWithMessage},
		{"ClaimOnce", claimOnce},
		{"LaterReader", laterReader},
		{"RaisedReader", raisedReader},
		{"Inbox", inbox},
		{"ConsumeWithAppend", consumeWithAppend},
		{"Refusal", refusal},
		{"ChildrenAndLetters", childrenAndLetters},
		{"ChildrenAreAtomic", childrenAreAtomic},
		{"PayloadOnce", payloadOnce},
		{"PayloadPieces", payloadPieces},
		{"PayloadBytes", payloadBytes},
		{"PayloadAtOnce", payloadAtOnce},
		{"PayloadRefused", payloadRefused},
		{"PayloadKeptWithAppend", payloadKeptWithAppend},
		{"PayloadMissing", payloadMissing},
		{"PayloadSwept", payloadSwept},
		{"PayloadSweptUnderAppends", payloadSweptUnderAppends},
		{"ExpireByAge", expireByAge},
		{"ExpireByCount", expireByCount},
		{"ExpireSparesTheLiving", expireSparesTheLiving},
		{"ExpireFamilies", expireFamilies},
		{"Hints", hints},
		{"Shares", shares},
		{"SharesAtOnce", sharesAtOnce},
		{"Reserve", reserve},
		{"ReserveIDs", reserveIDs},
		{"ReserveStart", reserveStart},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, &suite{Store: open(t), t: t, o: o}) })
	}
}

// suite is a store with helpers that fail the test.
type suite struct {
	journal.Store
	t *testing.T
	o Options
}

var ctx = context.Background()

// at is when things happen in the tests: with microseconds, for no store keeps more.
var at = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func (s *suite) join(replica string) journal.Incarnation {
	s.t.Helper()
	inc, err := s.Join(ctx, replica, 2, lease)
	s.ok(err, "Join")
	return inc
}

func (s *suite) ok(err error, what string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: got error %v, want none", what, err)
	}
}

func (s *suite) is(err, want error, what string) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Fatalf("%s: got error %v, want %v", what, err, want)
	}
}

// bad checks that err refuses exactly these transitions.
func (s *suite) bad(err error, want ...int) {
	s.t.Helper()
	var b *journal.BatchError
	if !errors.As(err, &b) {
		s.t.Fatalf("got error %v, want a BatchError", err)
	}
	if !slices.Equal(b.Bad, want) {
		s.t.Fatalf("refused: got %v (%v), want %v", b.Bad, b.Err, want)
	}
	if b.Err == nil {
		s.t.Fatal("a BatchError without a reason")
	}
}

// run makes a run that inc owns, with one record.
func (s *suite) run(inc journal.Incarnation) int64 {
	s.t.Helper()
	id := s.id()
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{birth(id)}), "Append")
	return id
}

func (s *suite) id() int64 {
	s.t.Helper()
	id, err := s.ReserveIDs(ctx, 1)
	s.ok(err, "ReserveIDs")
	return id
}

// sleep releases a run; wake nil: until a message comes.
func (s *suite) sleep(inc journal.Incarnation, run, seq int64, wake *time.Time) {
	s.t.Helper()
	t := fact(run, seq)
	t.Row = &journal.RunRow{Status: "waiting", Release: true, WakeAt: wake}
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{t}), "Append")
}

func (s *suite) now(inc journal.Incarnation) time.Time {
	s.t.Helper()
	now, err := s.Renew(ctx, inc, lease)
	s.ok(err, "Renew")
	return now
}

func (s *suite) post(run int64, kind string) string {
	s.t.Helper()
	id := newUUID()
	s.ok(s.Post(ctx, journal.Message{ID: id, Run: run, Kind: kind, Body: []byte(kind)}), "Post")
	return id
}

func (s *suite) claim(inc journal.Incarnation, limit int, want ...int64) {
	s.t.Helper()
	got, err := s.Claim(ctx, inc, limit)
	s.ok(err, "Claim")
	if !slices.Equal(got, want) {
		s.t.Fatalf("Claim: got runs %v, want %v", got, want)
	}
}

func (s *suite) owned(inc journal.Incarnation, want ...int64) {
	s.t.Helper()
	got, err := s.Owned(ctx, inc)
	s.ok(err, "Owned")
	if !slices.Equal(got, want) {
		s.t.Fatalf("Owned: got runs %v, want %v", got, want)
	}
	for _, run := range want {
		if h, err := s.Load(ctx, run); err != nil || h.Owner != inc {
			s.t.Fatalf("owner of run %d as loaded: got %d, %v, want %d", run, h.Owner, err, inc)
		}
	}
}

// seqs checks which rows of history a run has.
func (s *suite) seqs(run int64, want ...int64) {
	s.t.Helper()
	h, err := s.Load(ctx, run)
	s.ok(err, "Load")
	var got []int64
	for _, r := range h.Records {
		got = append(got, r.Seq)
		if want := facts(run, r.Seq); !bytes.Equal(r.Facts, want) {
			s.t.Fatalf("facts of seq %d: got %q, want %q", r.Seq, r.Facts, want)
		}
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("history of run %d: got seqs %v, want %v", run, got, want)
	}
}

func birth(run int64) journal.Transition {
	t := fact(run, 1)
	t.New = &journal.NewRun{UUID: newUUID(), Flow: "order", Version: 3, Reader: 1}
	t.Row = &journal.RunRow{Status: "running"}
	return t
}

func fact(run, seq int64) journal.Transition {
	return journal.Transition{Run: run, Seq: seq, At: at, Facts: facts(run, seq)}
}

func facts(run, seq int64) []byte { return fmt.Appendf(nil, "facts %d of %d", seq, run) }

func newUUID() string { return uuid.Must(uuid.NewV7()).String() }
