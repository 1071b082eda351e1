package runtime

import (
	"context"
	"errors"

	"github.com/segno-run/segno/runtime/journal"
)

// loaders is how many histories are read at once. They share the store's small pool, so more would only queue.
const loaders = 4

// tries is how often a version or a function is asked for before its runs or calls fail: for longer than a lease survives without the database.
const tries = 20

// loader reads histories for the core.
type loader struct {
	ctx  context.Context
	s    *session
	slot chan struct{}
	open map[int64]bool
}

func newLoader(ctx context.Context, s *session) *loader {
	return &loader{ctx: ctx, s: s, slot: make(chan struct{}, loaders), open: map[int64]bool{}}
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

func (l *loader) load(run int64) {
	l.open[run] = true
	go func() {
		select {
		case l.slot <- struct{}{}:
			defer func() { <-l.slot }()
		case <-l.ctx.Done():
			return
		}
		l.s.mail.put(l.read(run))
	}()
}

func (l *loader) read(run int64) Event {
	h, err := l.s.e.cfg.Store.Load(l.ctx, run)
	for err != nil {
		if errors.Is(err, journal.ErrNoRun) || l.ctx.Err() != nil {
			return LoadFailed{run}
		}
		l.s.e.cfg.Logger.Warn("a run could not be loaded; it is tried again", "run", run, "err", err)
		pause(l.ctx, rejoin)
		h, err = l.s.e.cfg.Store.Load(l.ctx, run)
	}
	contents, err := journal.Contents(l.ctx, l.s.e.cfg.Store, &h)
	for err != nil {
		if l.ctx.Err() != nil {
			return LoadFailed{run}
		}
		l.s.e.cfg.Logger.Warn("a run's payloads could not be read; it is tried again", "run", run, "err", err)
		pause(l.ctx, rejoin)
		contents, err = journal.Contents(l.ctx, l.s.e.cfg.Store, &h)
	}
	for try := 1; ; try++ {
		p, err := l.s.e.cfg.Programs.Program(l.ctx, h.Flow, h.Version)
		var broken *BrokenVersion
		switch {
		case err == nil:
			return Loaded{History: h, Payloads: contents, Program: p}
		case l.ctx.Err() != nil:
			return LoadFailed{run}
		case errors.As(err, &broken) || try == tries:
			return Loaded{History: h, Payloads: contents, Broken: err}
		}
		l.s.e.cfg.Logger.Warn("a version could not be read; it is tried again", "flow", h.Flow, "version", h.Version, "err", err)
		pause(l.ctx, rejoin)
	}
}
