package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"testing"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// put stores a payload.
func (s *suite) put(raw []byte) planner.Payload {
	s.t.Helper()
	p := planner.PayloadOf(raw)
	s.ok(s.PutPayload(ctx, p, raw), "PutPayload")
	return p
}

// holds checks a payload byte by byte.
func (s *suite) holds(p planner.Payload, want []byte) {
	s.t.Helper()
	var got bytes.Buffer
	s.ok(s.ReadPayload(ctx, p, 0, p.Size, &got), "ReadPayload")
	if !bytes.Equal(got.Bytes(), want) {
		s.t.Fatalf("payload of %d bytes: got %d others", len(want), got.Len())
	}
}

func (s *suite) lacks(p planner.Payload) {
	s.t.Helper()
	s.is(s.ReadPayload(ctx, p, 0, p.Size, &bytes.Buffer{}), journal.ErrNoPayload, "ReadPayload")
}

func (s *suite) sweep(want int) {
	s.t.Helper()
	n, _, err := s.SweepPayloads(ctx, -time.Hour, 100)
	s.ok(err, "SweepPayloads")
	if n != want {
		s.t.Fatalf("SweepPayloads: got %d deleted, want %d", n, want)
	}
}

func payloadOnce(_ *testing.T, s *suite) {
	raw := []byte(`"` + strings.Repeat("a", 100_000) + `"`)
	p := s.put(raw)
	s.put(raw)
	s.holds(p, raw)
	s.lacks(planner.PayloadOf([]byte("2")))
	s.lacks(planner.Payload{Hash: p.Hash, Size: p.Size + 1}) // another length under the same hash is another value
	s.sweep(1)
	s.lacks(p)
}

// noise is text that no compression makes smaller.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return out
}

func payloadPieces(_ *testing.T, s *suite) {
	const mib = 1 << 20
	for _, n := range []int{1, mib - 1, mib, mib + 1, 3*mib + 5} {
		raw := noise(n)
		p := s.put(raw)
		s.holds(p, raw)
		for _, at := range [][2]int{{0, 1}, {n - 1, n}, {mib - 1, mib + 1}, {mib, 2 * mib}, {n / 2, n}, {n, n + 10}, {5, 5}, {-3, 2}} {
			var got bytes.Buffer
			s.ok(s.ReadPayload(ctx, p, int64(at[0]), int64(at[1]), &got), "ReadPayload")
			from, to := min(max(at[0], 0), n), min(at[1], n)
			if want := raw[from:max(from, to)]; !bytes.Equal(got.Bytes(), want) {
				s.t.Fatalf("%d bytes from %d to %d: got %d bytes, want %d", n, at[0], at[1], got.Len(), len(want))
			}
		}
	}
}

func payloadBytes(_ *testing.T, s *suite) {
	for _, raw := range []string{"\x00", "\xff\xfe", strings.Repeat("[", 100_000), `{"a":` + strings.Repeat(`"\u0000"`, 9) + `}`, strings.Repeat("\x00", 200_000)} {
		s.holds(s.put([]byte(raw)), []byte(raw))
	}
}

// payloadAtOnce has many bring the same values in different orders.
func payloadAtOnce(_ *testing.T, s *suite) {
	values := make([][]byte, 4)
	for i := range values {
		values[i] = bytes.Repeat(fmt.Appendf(nil, "%d", i), 1<<20+i)
	}
	var all sync.WaitGroup
	failed := make(chan error, 8*len(values))
	for who := range 8 {
		all.Go(func() {
			for i := range values {
				raw := values[(i+who)%len(values)]
				failed <- s.PutPayload(ctx, planner.PayloadOf(raw), raw)
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		s.ok(err, "PutPayload")
	}
	for _, raw := range values {
		s.holds(planner.PayloadOf(raw), raw)
	}
	s.sweep(len(values))
}

func payloadRefused(_ *testing.T, s *suite) {
	for _, p := range []planner.Payload{{Size: 0}, {Size: 2}, {Size: planner.MaxValue + 1}} {
		if err := s.PutPayload(ctx, p, []byte("1")); err == nil {
			s.t.Fatalf("a payload said to have %d bytes and having 1: got no error", p.Size)
		}
	}
}

// refer is a transition that refers to payloads and brings others along.
func refer(run, seq int64, refs []planner.Payload, kept ...[]byte) journal.Transition {
	t := fact(run, seq)
	t.Refs = refs
	for _, raw := range kept {
		p := planner.PayloadOf(raw)
		t.Refs = append(t.Refs, p)
		t.Kept = append(t.Kept, journal.Kept{Payload: p, Raw: raw})
	}
	return t
}

func payloadKeptWithAppend(_ *testing.T, s *suite) {
	inc := s.join("a")
	one, two := s.run(inc), s.run(inc)
	shared, own := bytes.Repeat([]byte("s"), 70_000), bytes.Repeat([]byte("o"), 70_000)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{refer(one, 2, nil, shared, own), refer(two, 2, nil, shared)}), "Append")
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{refer(one, 3, []planner.Payload{planner.PayloadOf(shared)})}), "Append of the same reference")
	s.holds(planner.PayloadOf(shared), shared)
	s.holds(planner.PayloadOf(own), own)
	s.sweep(0)

	// Nothing refers to what a fenced writer brought.
	s.ok(s.Leave(ctx, inc), "Leave")
	late := bytes.Repeat([]byte("l"), 70_000)
	s.is(s.Append(ctx, inc, 0, []journal.Transition{refer(one, 4, nil, late)}), journal.ErrFenced, "Append of the fenced")
	for range 2 { // it may have been stored or not
		_, _, err := s.SweepPayloads(ctx, -time.Hour, 100)
		s.ok(err, "SweepPayloads")
	}
	s.lacks(planner.PayloadOf(late))
	s.holds(planner.PayloadOf(own), own)
}

// payloadMissing: no history refers to what is not there, and the rest of a batch is not held up by one that would.
func payloadMissing(_ *testing.T, s *suite) {
	inc := s.join("a")
	one, two := s.run(inc), s.run(inc)
	there := s.put(bytes.Repeat([]byte("t"), 70_000))
	gone := planner.PayloadOf([]byte("gone"))
	err := s.Append(ctx, inc, 0, []journal.Transition{refer(one, 2, []planner.Payload{there}), refer(two, 2, []planner.Payload{there, gone})})
	s.bad(err, 1)
	s.seqs(one, 1)
	s.seqs(two, 1)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{refer(one, 2, []planner.Payload{there})}), "Append of the rest")
	s.seqs(one, 1, 2)
}

func payloadSwept(_ *testing.T, s *suite) {
	inc := s.join("a")
	run := s.run(inc)
	used, loose := bytes.Repeat([]byte("u"), 70_000), bytes.Repeat([]byte("l"), 70_000)
	s.ok(s.Append(ctx, inc, 0, []journal.Transition{refer(run, 2, nil, used)}), "Append")
	p := s.put(loose)
	n, _, err := s.SweepPayloads(ctx, time.Hour, 100)
	s.ok(err, "SweepPayloads")
	if n != 0 {
		s.t.Fatalf("swept %d within their grace", n)
	}
	s.holds(p, loose)
	n, size, err := s.SweepPayloads(ctx, -time.Hour, 100)
	s.ok(err, "SweepPayloads")
	if n != 1 || size != int64(len(loose)) {
		s.t.Fatalf("swept %d of %d bytes, want 1 of %d", n, size, len(loose))
	}
	s.lacks(p)
	s.holds(planner.PayloadOf(used), used)
	s.holds(s.put(loose), loose) // it may come again
}

// payloadSweptUnderAppends sweeps without any grace while runs refer to what was just stored: a transition either is refused or finds its payload there.
func payloadSweptUnderAppends(_ *testing.T, s *suite) {
	inc := s.join("a")
	over, swept := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-over:
				swept <- nil
				return
			default:
			}
			if _, _, err := s.SweepPayloads(ctx, -time.Hour, 10); err != nil {
				swept <- err
				return
			}
		}
	}()
	run := s.run(inc)
	var written []planner.Payload
	seq := int64(2)
	for i := range 60 {
		p := s.put(fmt.Appendf(nil, "%0*d", 1000, i))
		err := s.Append(ctx, inc, 0, []journal.Transition{refer(run, seq, []planner.Payload{p})})
		var refused *journal.BatchError
		if errors.As(err, &refused) {
			continue
		}
		s.ok(err, "Append")
		seq++
		written = append(written, p)
	}
	close(over)
	s.ok(<-swept, "SweepPayloads")
	for _, p := range written {
		var got bytes.Buffer
		s.ok(s.ReadPayload(ctx, p, 0, p.Size, &got), "ReadPayload of what a transition refers to")
	}
	s.t.Logf("%d of 60 referred to, the others swept before", len(written))
}
