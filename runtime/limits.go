package runtime

import (
	"container/list"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
)

const (
	limitsRest = 20 * time.Millisecond // between two statements, whatever is wished for meanwhile
	slotsIdle  = time.Second           // after the last call a server has no use for slots that others could have
	saidEvery  = 4                     // looks: how often who waits is told, while nothing can be done about it
)

// limits keep to what functions allow over all servers. A server has slots and times of its own, taken from the store in advance, and hands them to its calls in
// the order in which they came: a call costs no statement, and a server alone takes all slots of a function with the first.
type limits struct {
	s     *session
	store journal.Limiter // nil: the store knows of no other server
	wake  chan struct{}

	mu   sync.Mutex
	all  map[string]*limit
	told bool      // another server says that it is time to look
	soon time.Time // when times must be reserved again; zero: when somebody asks
}

// limit is what a server has of one function.
type limit struct {
	name    string
	done    func() // when a call has ended
	bounds  invoke.Limits
	waiters *list.List // *ticket, of all calls that have not begun, in the order in which they came

	slots, fair int // calls that may be under way, and below which one may begin
	keep        int // instead of them, while the store is asked
	asking      bool
	used        int
	queue       *list.List // *ticket, that wait for a slot
	last        time.Time  // when a call ended or began
	said        bool       // the store was told that somebody waits

	timed  *list.List // *ticket, that wait for a time to begin at
	next   time.Time  // the first reserved time that nobody has yet, by the store's clock
	left   int        // how many there are
	until  time.Time  // the last of them
	chunk  int        // how many were reserved the last time
	looked int        // looks since the store was told
}

// ticket is a call that waits for its turn.
type ticket struct {
	came  time.Time // by the store's clock
	turn  chan time.Time
	given bool // a slot, or a time
}

func newLimits(s *session) *limits {
	l := &limits{s: s, wake: make(chan struct{}, 1), all: map[string]*limit{}}
	l.store, _ = s.e.cfg.Store.(journal.Limiter)
	return l
}

var noLimit = func() {}

// take waits until a call of the function may begin. done is called when it has ended.
func (l *limits) take(ctx context.Context, name string, bounds invoke.Limits) (done func(), err error) {
	if l.store == nil || bounds == (invoke.Limits{}) {
		return noLimit, nil
	}
	l.mu.Lock()
	f := l.of(name, bounds)
	if bounds.Every == 0 && f.queue.Len() == 0 && f.used < f.room() { // as nearly always
		f.used++
		l.mu.Unlock()
		return f.done, nil
	}
	t := &ticket{came: l.s.now(), turn: make(chan time.Time, 1)}
	place := f.waiters.PushBack(t)
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		f.waiters.Remove(place)
		l.mu.Unlock()
	}()
	done = noLimit
	if bounds.Concurrency > 0 {
		if err := l.slot(ctx, f, t); err != nil {
			return nil, err
		}
		done = f.done
	}
	if bounds.Every > 0 {
		if err := l.time(ctx, f, t); err != nil {
			done()
			return nil, err
		}
	}
	return done, nil
}

func (l *limits) of(name string, bounds invoke.Limits) *limit {
	f := l.all[name]
	if f == nil {
		f = &limit{name: name, waiters: list.New(), queue: list.New(), timed: list.New()}
		f.done = func() { l.ended(f) }
		l.all[name] = f
	}
	if f.bounds != bounds { // registered anew
		if bounds.Concurrency < f.bounds.Concurrency {
			f.fair = min(f.fair, bounds.Concurrency)
		}
		f.bounds, f.left, f.chunk, f.until = bounds, 0, 0, time.Time{}
		f.hand() // who waits for what is not bounded any more goes on
		for bounds.Every == 0 && f.timed.Len() > 0 {
			f.begin(time.Time{})
		}
		l.poke()
	}
	return f
}

// look has the store asked soon, because another server says so.
func (l *limits) look() {
	l.mu.Lock()
	l.told = true
	l.mu.Unlock()
	l.poke()
}

func (l *limits) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// slot waits for one of the calls that may be under way.
func (l *limits) slot(ctx context.Context, f *limit, t *ticket) error {
	l.mu.Lock()
	if f.queue.Len() == 0 && f.used < f.room() {
		f.used++
		l.mu.Unlock()
		return nil
	}
	place := f.queue.PushBack(t)
	l.poke()
	l.mu.Unlock()
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.given {
		f.free()
	} else {
		f.queue.Remove(place)
	}
	return ctx.Err()
}

// room is how many calls may be under way now.
func (f *limit) room() int {
	if f.bounds.Concurrency == 0 {
		return math.MaxInt
	}
	room := min(f.slots, f.fair)
	if f.asking {
		room = min(room, f.keep)
	}
	return room
}

// hand gives what is free to those who wait.
func (f *limit) hand() {
	for f.queue.Len() > 0 && f.used < f.room() {
		t := f.queue.Remove(f.queue.Front()).(*ticket)
		t.given = true
		f.used++
		t.turn <- time.Time{}
	}
}

func (f *limit) free() {
	f.used--
	f.last = time.Now()
	f.hand()
}

func (l *limits) ended(f *limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.free()
	if f.slots > f.fair && f.used < f.slots { // somebody waits for it elsewhere
		l.poke()
	}
}

// run asks the store for what is lacking, and gives back what others lack, until ctx ends.
func (l *limits) run(ctx context.Context) {
	if l.store == nil {
		return
	}
	tick := time.NewTicker(l.s.e.cfg.Poll)
	defer tick.Stop()
	soon := time.NewTimer(time.Hour)
	defer soon.Stop()
	for {
		l.mu.Lock()
		wait := time.Hour
		if !l.soon.IsZero() {
			wait = l.soon.Sub(l.s.now())
		}
		l.mu.Unlock()
		soon.Reset(max(0, wait))
		look := false
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-soon.C:
		case <-tick.C:
			look = true
		}
		l.mu.Lock()
		look, l.told = look || l.told, false
		l.mu.Unlock()
		asked := l.reserve(ctx)
		asked = l.share(ctx, look) || asked
		if asked {
			pause(ctx, limitsRest)
		}
	}
}

func (l *limits) sorted() []*limit {
	all := make([]*limit, 0, len(l.all))
	for _, f := range l.all {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *limit) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	return all
}

// share asks for slots, and gives some back. look: it is time to see whether others want something.
func (l *limits) share(ctx context.Context, look bool) (asked bool) {
	alone := l.s.hints.alone()
	l.mu.Lock()
	var todo []*limit
	var wants []journal.Want
	for _, f := range l.sorted() {
		if w, ok := f.want(alone, look); ok {
			f.asking, f.keep = true, w.Keep
			todo, wants = append(todo, f), append(wants, w)
		}
	}
	l.mu.Unlock()
	if len(todo) == 0 {
		return false
	}
	asking, cancel := context.WithTimeout(ctx, l.s.e.cfg.Lease/4)
	defer cancel()
	grants, err := l.store.Share(asking, l.s.inc, wants)
	if err != nil && ctx.Err() == nil && !errors.Is(err, journal.ErrFenced) {
		l.s.e.cfg.Logger.Warn("calls of functions with a limit wait until the database answers", "functions", len(wants), "err", err)
	}
	var tell []journal.Hint
	l.mu.Lock()
	for i, f := range todo {
		f.asking = false
		if err != nil {
			f.slots, f.fair = wants[i].Keep, wants[i].Keep // whatever became of it, so many are ours
			continue
		}
		f.slots, f.fair = grants[i].Slots, grants[i].Fair
		if most := f.bounds.Concurrency; most > 0 && most != wants[i].Most { // registered anew meanwhile
			f.fair = min(f.fair, most)
		}
		f.said = wants[i].Waiting > 0
		f.hand()
		for _, inc := range grants[i].Tell {
			if hint := (journal.Hint{Kind: journal.HintSlots, To: inc}); !slices.Contains(tell, hint) {
				tell = append(tell, hint)
			}
		}
	}
	l.mu.Unlock()
	if len(tell) > 0 {
		l.s.hints.tell(tell...)
	}
	return true
}

// want is what the store is to be asked for; ok is false if there is nothing to ask.
func (f *limit) want(alone, look bool) (w journal.Want, ok bool) {
	most := f.bounds.Concurrency
	w = journal.Want{Function: f.name, Most: most, Keep: f.used, Want: f.used + f.queue.Len(), Waiting: f.waiters.Len()}
	if front := f.waiters.Front(); front != nil {
		w.Since = front.Value.(*ticket).came
	}
	busy := w.Want > 0 || time.Since(f.last) < slotsIdle
	if busy && most > 0 {
		w.Want = min(most, w.Want+1+most/10) // so that not each call more asks for one slot more
		if w.Want >= f.slots && f.slots <= f.fair {
			w.Keep = max(f.used, f.slots) // nothing is given back, so nobody has to wait for the answer
		}
	}
	if look {
		f.looked++
	}
	switch {
	case most > 0 && f.queue.Len() > 0 && f.used >= f.room() && f.slots < most: // it lacks some
	case most > 0 && f.slots > f.fair && f.used < f.slots: // others lack some
	case !look:
		return w, false
	case most > 0 && !alone && (f.slots > 0 || w.Waiting > 0):
	case most == 0 && f.slots > 0: // it has no such limit any more
	case (w.Waiting > 0) && f.looked >= saidEvery: // for who asks why it does not run
	case f.said && w.Waiting == 0:
	default:
		return w, false
	}
	f.looked = 0
	return w, true
}
