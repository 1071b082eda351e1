// Package memory keeps histories in memory: the journal's Store for tests and simulations.
//
// It behaves as runtime/postgres does, to the microsecond and the refusal, and is deterministic: no goroutines, no clock but the one given to
// it, every list in a stated order. Faults are injected by wrapping it. It knows nothing of flows or steps.
package memory

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

var _ journal.Store = (*Store)(nil)

// Store is a journal.Store in memory.
type Store struct {
	clock func() time.Time

	mu        sync.Mutex
	lastInc   journal.Incarnation
	incs      map[journal.Incarnation]*incarnation
	nextRun   int64
	runs      map[int64]*run
	uuids     map[string]int64
	histories map[int64]map[int64]journal.Record // by run and seq; also of runs without a row
	starts    map[[2]string]start
	inbox     map[string]*message
	arrived   []*message // in the order in which they came
	payloads  map[[32]byte]*payload
	listeners map[journal.Incarnation]chan journal.Hint
	limited   map[string]*limits
}

type incarnation struct {
	replica string
	writers int
	until   time.Time
}

type run struct {
	uuid, flow string
	version    int
	reader     int
	row        journal.RunRow
	owner      journal.Incarnation // 0: released

	parent, step string // "": nobody's
	item         int
	born         time.Time
}

type start struct {
	uuid  string
	input []byte
}

type message struct {
	journal.Message
	consumed bool
	answer   []byte
}

// New returns an empty store. clock is the store's clock, as PostgreSQL has its own; nil: time.Now.
func New(clock func() time.Time) *Store {
	if clock == nil {
		clock = time.Now
	}
	return &Store{
		clock: clock, nextRun: 1,
		incs: map[journal.Incarnation]*incarnation{}, runs: map[int64]*run{}, uuids: map[string]int64{},
		histories: map[int64]map[int64]journal.Record{}, starts: map[[2]string]start{}, inbox: map[string]*message{},
		payloads: map[[32]byte]*payload{}, listeners: map[journal.Incarnation]chan journal.Hint{}, limited: map[string]*limits{},
	}
}

// now is the store's time as PostgreSQL would keep it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// lock enters the store unless ctx is done already.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	return s.mu.Unlock, nil
}

// Join implements journal.Store.
func (s *Store) Join(ctx context.Context, replica string, writers int, lease time.Duration) (journal.Incarnation, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	s.lastInc++
	s.incs[s.lastInc] = &incarnation{replica: journal.CleanKey(replica), writers: writers, until: s.now().Add(lease)}
	return s.lastInc, nil
}

// Renew implements journal.Store.
func (s *Store) Renew(ctx context.Context, inc journal.Incarnation, lease time.Duration) (time.Time, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer unlock()
	in, ok := s.incs[inc]
	if !ok {
		return time.Time{}, journal.ErrFenced
	}
	now := s.now()
	in.until = now.Add(lease)
	return now, nil
}

// Leave implements journal.Store.
func (s *Store) Leave(ctx context.Context, inc journal.Incarnation) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	delete(s.incs, inc)
	for _, other := range slices.Sorted(maps.Keys(s.incs)) {
		s.hint(journal.Hint{Kind: journal.HintLeft, From: inc, To: other})
	}
	now := s.now()
	for _, r := range s.runs {
		if r.owner == inc {
			r.release(now)
		}
	}
	return nil
}

// release makes a run claimable at once, unless it has ended.
func (r *run) release(now time.Time) {
	r.owner = 0
	if r.row.EndedAt == nil {
		r.row.WakeAt = &now
	}
}

// Release is a store as the servers of another release have it.
type Release struct {
	*Store
	Reader int // the latest reader version that it understands
}

// Takeover implements journal.Store.
func (r Release) Takeover(ctx context.Context, inc journal.Incarnation, replica string) ([]int64, error) {
	return r.takeover(ctx, inc, replica, r.Reader)
}

// Claim implements journal.Store.
func (r Release) Claim(ctx context.Context, inc journal.Incarnation, limit int) ([]int64, error) {
	return r.claim(ctx, inc, limit, r.Reader)
}

// Takeover implements journal.Store.
func (s *Store) Takeover(ctx context.Context, inc journal.Incarnation, replica string) ([]int64, error) {
	return s.takeover(ctx, inc, replica, planner.Reader)
}

func (s *Store) takeover(ctx context.Context, inc journal.Incarnation, replica string, reader int) ([]int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if s.incs[inc] == nil {
		return nil, journal.ErrFenced
	}
	now, replica := s.now(), journal.CleanKey(replica)
	dead := map[journal.Incarnation]bool{}
	for id, in := range s.incs {
		if id != inc && (in.replica == replica || in.until.Before(now)) {
			dead[id] = true
			delete(s.incs, id)
		}
	}
	var moved []int64
	for _, id := range s.sorted() {
		switch r := s.runs[id]; {
		case !dead[r.owner]:
		case r.reader > reader: // it is of a later release
			r.release(now)
		default:
			r.owner = inc
			moved = append(moved, id)
		}
	}
	return moved, nil
}

// Claim implements journal.Store.
func (s *Store) Claim(ctx context.Context, inc journal.Incarnation, limit int) ([]int64, error) {
	return s.claim(ctx, inc, limit, planner.Reader)
}

func (s *Store) claim(ctx context.Context, inc journal.Incarnation, limit, reader int) ([]int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if s.incs[inc] == nil {
		return nil, journal.ErrFenced
	}
	called := map[int64]bool{}
	for _, m := range s.arrived {
		called[m.Run] = called[m.Run] || !m.consumed
	}
	now := s.now()
	var first, then []int64 // with messages, due
	for _, id := range s.sorted() {
		switch r := s.runs[id]; {
		case r.owner != 0, r.reader > reader:
		case called[id]:
			first = append(first, id)
		case r.row.WakeAt != nil && !r.row.WakeAt.After(now):
			then = append(then, id)
		}
	}
	slices.SortStableFunc(then, func(a, b int64) int { return s.runs[a].row.WakeAt.Compare(*s.runs[b].row.WakeAt) })
	claimed := append(first, then...)
	claimed = claimed[:min(len(claimed), limit)]
	for _, id := range claimed {
		s.runs[id].owner = inc
	}
	slices.Sort(claimed)
	return claimed, nil
}

// Owned implements journal.Store.
func (s *Store) Owned(ctx context.Context, inc journal.Incarnation) ([]int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var owned []int64
	for _, id := range s.sorted() {
		if s.runs[id].owner == inc {
			owned = append(owned, id)
		}
	}
	return owned, nil
}

// sorted returns the numbers of all runs, ascending.
func (s *Store) sorted() []int64 { return slices.Sorted(maps.Keys(s.runs)) }
