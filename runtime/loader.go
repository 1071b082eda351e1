package runtime

import (
	"context"
	"errors"
	"sync"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime/journal"
)

// loaders is how many reads of histories are under way at once. They share the store's small pool, so more would only queue.
const loaders = 4

// Bounds of one read. Waking a thousand runs one by one is two thousand round trips; reading a thousand long histories at once is a heap full.
const (
	mostLoaded  = 64      // runs
	mostHistory = 4 << 20 // bytes of history, judged by what the reads before brought
)

// tries is how often a version or a function is asked for before its runs or calls fail: for longer than a lease survives without the database.
const tries = 20

// loader reads histories for the core.
type loader struct {
	ctx  context.Context
	s    *session
	open map[int64]bool // asked for and not answered; the session's loop alone touches it

	mu     sync.Mutex
	queue  []int64
	also   map[int64][]int // the versions that are wanted with a run, beside its own
	under  int             // reads under way
	weight int             // bytes of a history, about
}

func newLoader(ctx context.Context, s *session) *loader {
	return &loader{ctx: ctx, s: s, open: map[int64]bool{}, weight: mostHistory / 8} // the first read is a careful one
}

// idle reports whether everything asked for has been answered, and nothing waits in the mailbox that could ask for more.
func (l *loader) idle() bool { return len(l.open) == 0 }

func (l *loader) answered(ev Event) {
	switch ev := ev.(type) {
	case Loaded:
		delete(l.open, ev.History.Run)
	case LoadFailed:
		delete(l.open, ev.Run)
	}
}

func (l *loader) load(run int64, also []int) {
	l.open[run] = true
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(also) > 0 {
		if l.also == nil {
			l.also = map[int64][]int{}
		}
		l.also[run] = also
	}
	l.queue = append(l.queue, run)
	if l.under < loaders {
		l.under++
		go l.work()
	}
}

// work reads what waits until nothing does.
func (l *loader) work() {
	for {
		runs := l.take()
		if len(runs) == 0 {
			return
		}
		l.read(runs)
	}
}

func (l *loader) take() []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.queue), mostLoaded, max(1, mostHistory/max(1, l.weight)))
	runs := l.queue[:n:n]
	if l.queue = l.queue[n:]; n == 0 {
		l.queue = nil
		l.under--
	}
	return runs
}

// weigh notes how long histories are.
func (l *loader) weigh(all []journal.History) {
	size := 0
	for _, h := range all {
		for _, r := range h.Records {
			size += len(r.Facts)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.weight = size / max(1, len(all))
}

// read answers for each of the runs.
func (l *loader) read(runs []int64) {
	all, err := l.s.e.cfg.Store.Loads(l.ctx, runs)
	for err != nil && l.ctx.Err() == nil {
		l.s.e.cfg.Logger.Warn("runs could not be loaded; they are tried again", "runs", len(runs), "first", runs[0], "error", err)
		pause(l.ctx, rejoin)
		all, err = l.s.e.cfg.Store.Loads(l.ctx, runs)
	}
	l.weigh(all)
	there := make(map[int64]bool, len(all))
	for _, h := range all {
		there[h.Run] = true
		l.s.mail.put(l.ready(h))
	}
	for _, run := range runs {
		if !there[run] {
			l.s.mail.put(LoadFailed{run})
		}
	}
}

// ready finds the program that a history goes with.
func (l *loader) ready(h journal.History) Event {
	contents, err := journal.Contents(l.ctx, l.s.e.cfg.Store, &h)
	for err != nil {
		if l.ctx.Err() != nil {
			return LoadFailed{h.Run}
		}
		l.s.e.cfg.Logger.Warn("a run's payloads could not be read; it is tried again", "run", h.UUID, "number", h.Run, "error", err)
		pause(l.ctx, rejoin)
		contents, err = journal.Contents(l.ctx, l.s.e.cfg.Store, &h)
	}
	l.mu.Lock()
	also := l.also[h.Run]
	delete(l.also, h.Run)
	l.mu.Unlock()
	loaded := Loaded{History: h, Payloads: contents}
	if loaded.Program, loaded.Broken = l.program(h.Flow, h.Version); loaded.Broken == nil && len(also) > 0 {
		loaded.Others = map[int]*check.Program{}
		for _, version := range also {
			if loaded.Others[version], loaded.Broken = l.program(h.Flow, version); loaded.Broken != nil {
				break
			}
		}
	}
	switch {
	case l.ctx.Err() != nil:
		return LoadFailed{h.Run}
	case loaded.Broken != nil:
		loaded.Program, loaded.Others = nil, nil
	}
	return loaded
}

// program is a version of a flow, asked for again for a while where that could help.
func (l *loader) program(flow string, version int) (*check.Program, error) {
	for try := 1; ; try++ {
		p, err := l.s.e.cfg.Programs.Program(l.ctx, flow, version)
		var broken *BrokenVersion
		if err == nil || l.ctx.Err() != nil || errors.As(err, &broken) || try == tries {
			return p, err
		}
		l.s.e.cfg.Logger.Warn("a version could not be read; it is tried again", "flow", flow, "version", version, "error", err)
		pause(l.ctx, rejoin)
	}
}

// find answers a Need.
func (l *loader) find(n Need) {
	go func() {
		p, err := l.program(n.Flow, n.Version)
		if l.ctx.Err() != nil {
			return
		}
		if err != nil {
			p = nil
			l.s.e.cfg.Logger.Warn("a run was asked to go on with a version that cannot be read", "run", n.Run, "flow", n.Flow, "version", n.Version, "error", err)
		}
		l.s.mail.put(Found{n.Run, n.Version, p})
	}()
}
