package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// within is how many seeds it may take until a mutant is caught.
const within = 1000

// TestTheSimulatorIsSharp plants one bug after the other and says which seed caught it, and by which guarantee. Every guarantee has to catch one.
func TestTheSimulatorIsSharp(t *testing.T) {
	var (
		mu     sync.Mutex
		lines  []string
		caught = map[Guarantee]bool{}
	)
	t.Run("mutants", func(t *testing.T) {
		for name, m := range mutants {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for seed := uint64(1); seed <= within; seed++ {
					r := run(Config{Seed: seed, Most: 20 * time.Minute, Store: newStore}, m)
					if len(r.Violations) == 0 {
						continue
					}
					mu.Lock()
					defer mu.Unlock()
					v := r.Violations[0]
					caught[v.Of] = true
					lines = append(lines, fmt.Sprintf("%s: by seed %d, guarantee %s: %.160s", name, seed, v.Of, v.What))
					return
				}
				t.Errorf("%d seeds did not notice", within)
			})
		}
	})
	slices.Sort(lines)
	t.Logf("%d planted bugs were caught:\n%s", len(lines), strings.Join(lines, "\n"))
	for _, g := range Guarantees {
		if !caught[g] {
			t.Errorf("no planted bug was caught by guarantee %s", g)
		}
	}
}

// unfenced is a store that lets an incarnation write that was taken over.
type unfenced struct {
	journal.Store
	valid journal.Incarnation
}

func (u *unfenced) Join(ctx context.Context, replica string, writers int, lease time.Duration) (journal.Incarnation, error) {
	inc, err := u.Store.Join(ctx, replica, writers, lease)
	u.valid = inc
	return inc, err
}

func (u *unfenced) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	err := u.Store.Append(ctx, inc, writer, batch)
	if !errors.Is(err, journal.ErrFenced) {
		return err
	}
	other, err := u.Store.Join(ctx, "nobody", writers, lease) // any fence will do
	if err != nil {
		return err
	}
	return u.Store.Append(ctx, other, writer, batch)
}

// rewrite is a history without the facts that keep refuses. keep may change what it is given.
func rewrite(h journal.History, keep func(planner.Fact) bool) journal.History {
	records := make([]journal.Record, len(h.Records))
	for i, rec := range h.Records {
		facts, err := planner.Decode(rec.Facts)
		if err != nil {
			return h
		}
		var kept []planner.Fact
		for _, f := range facts {
			if keep(f) {
				kept = append(kept, f)
			}
		}
		raw, err := planner.Encode(kept)
		if err != nil {
			return h
		}
		records[i] = journal.Record{Seq: rec.Seq, At: rec.At, Facts: raw}
	}
	h.Records = records
	return h
}

// apart takes the messages out of what is appended and has them consumed on their own.
func apart(out []runtime.Output, consume func(journal.Transition)) []runtime.Output {
	for i, o := range out {
		a, ok := o.(runtime.Append)
		if !ok || len(a.Transition.Inbox) == 0 || a.Transition.NoFacts() {
			continue
		}
		consume(journal.Transition{Run: a.Transition.Run, At: a.Transition.At, Inbox: a.Transition.Inbox})
		a.Transition.Inbox = nil
		out[i] = a
	}
	return out
}

// later takes letters out of what is appended and has them sent on their own, after a while.
func later(s *server, out []runtime.Output, which func(runtime.Append) bool) []runtime.Output {
	for i, o := range out {
		a, ok := o.(runtime.Append)
		if !ok || len(a.Transition.Outbox) == 0 || !which(a) {
			continue
		}
		letters := a.Transition.Outbox
		a.Transition.Outbox = nil
		out[i] = a
		s.soon(100*time.Millisecond, func() { send(s, letters) })
	}
	return out
}

func send(s *server, letters []journal.Letter) {
	for _, l := range letters {
		if run, err := s.store.Find(background(), l.To); err == nil {
			_ = s.store.Post(background(), journal.Message{ID: l.ID, Run: run, Kind: l.Kind, Body: l.Body})
		}
	}
}

func flowOf(s *server, run int64) string {
	if c := s.w.byRun[run]; c != nil {
		return c.flow
	}
	return names[0]
}

// holds reports whether an append holds a fact of that kind.
func holds[F planner.Fact](a runtime.Append) bool {
	facts, err := planner.Decode(a.Transition.Facts)
	return err == nil && slices.ContainsFunc(facts, func(f planner.Fact) bool { _, is := f.(F); return is })
}

// forgetful is a store that does not know a message again.
type forgetful struct {
	journal.Store
	seen map[string]int
}

func (f *forgetful) Post(ctx context.Context, m journal.Message) error {
	if f.seen[m.ID]++; f.seen[m.ID] > 1 {
		m.ID = fmt.Sprintf("%08x%s", f.seen[m.ID], m.ID[8:])
	}
	return f.Store.Post(ctx, m)
}

// careless is a store that does not look after what runs refer to. A late one stores a payload only when the next one comes.
type careless struct {
	journal.Store
	late    bool
	payload planner.Payload
	raw     []byte
}

func (c *careless) PutPayload(ctx context.Context, p planner.Payload, raw []byte) error {
	if !c.late {
		return c.Store.PutPayload(ctx, p, raw)
	}
	was, old := c.payload, c.raw
	c.payload, c.raw = p, raw
	if old == nil {
		return nil
	}
	return c.Store.PutPayload(ctx, was, old)
}

func (c *careless) ReadPayload(ctx context.Context, p planner.Payload, from, to int64, w io.Writer) error {
	if p == c.payload && c.raw != nil {
		_, err := w.Write(c.raw[from:to])
		return err
	}
	return c.Store.ReadPayload(ctx, p, from, to, w)
}

func (c *careless) Append(ctx context.Context, inc journal.Incarnation, writer int, batch []journal.Transition) error {
	batch = slices.Clone(batch)
	for i := range batch {
		batch[i].Refs = nil
	}
	return c.Store.Append(ctx, inc, writer, batch)
}

// greedy is a store whose retention takes failed runs for finished.
type greedy struct{ journal.Store }

func (g greedy) Expire(ctx context.Context, r journal.Retention, limit int) (int, error) {
	r.Failed = true
	return g.Store.Expire(ctx, r, limit)
}
