package runtime

import (
	"context"
	"log/slog"
	"time"

	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// Meter hears what an engine does, to count it. It is told from several goroutines, between things that runs wait for: it must not block.
type Meter interface {
	// Committed is told of each durable transition of a run that has facts.
	Committed(Committed)
	// Called is told how a call ended, whether or not its outcome will be recorded. waited is how long it was queued, took how long it lasted after that.
	Called(function string, res invoke.Result, waited, took time.Duration)
	// Batch is told of each attempt to commit.
	Batch(journal.Batch)
	// TookOver is told that runs of servers that are gone are this one's now.
	TookOver(runs int)
	// LostLease is told that this server may not write any more, and begins again.
	LostLease()
	// Stored is told that a payload of so many bytes was brought to the store.
	Stored(bytes int64)
}

// deaf is the Meter of nobody.
type deaf struct{}

func (deaf) Committed(Committed)                                        {}
func (deaf) Called(string, invoke.Result, time.Duration, time.Duration) {}
func (deaf) Batch(journal.Batch)                                        {}
func (deaf) TookOver(int)                                               {}
func (deaf) LostLease()                                                 {}
func (deaf) Stored(int64)                                               {}

// Held is what an engine holds at one moment. The zero Held is that of an engine which owns nothing: it is starting, stopping, or without its database.
type Held struct {
	Incarnation int64          // 0: none
	Lease       time.Duration  // how much of it is left for certain
	Renewed     time.Time      // by this machine's clock, when the lease was last renewed
	Runs        int            // in memory
	Calls       map[string]int // by function, those that have not ended: queued or under way
	Events      int            // that wait for the core
	Transitions int            // that wait for a commit
	Late        time.Duration  // how long the next timer in memory has been due
}

// Held tells what the engine holds now.
func (e *Engine) Held() Held {
	s := e.current()
	if s == nil {
		return Held{}
	}
	now := time.Now()
	s.mu.Lock()
	asked := s.asked
	s.mu.Unlock()
	h := Held{Incarnation: int64(s.inc), Lease: max(0, e.cfg.Lease-now.Sub(asked)), Renewed: asked, Runs: int(s.inMemory.Load()), Calls: s.calls.byFunction(),
		Events: s.mail.size(), Transitions: s.journal.Waiting()}
	if at := s.next.Load(); at != 0 {
		h.Late = max(0, s.at(now).Sub(time.Unix(0, at)))
	}
	return h
}

// byFunction counts the calls that have not ended.
func (c *calls) byFunction() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := map[string]int{}
	for _, open := range c.open {
		n[open.function]++
	}
	return n
}

func (m *mailbox) size() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.events)
}

// tell counts what a transition has made true, and logs what somebody may look for: a run's begin and end, and what failed in it. Values, inputs and
// messages are never logged: messages may hold values. The run's page has them.
func (s *session) tell(c Committed) {
	s.e.cfg.Meter.Committed(c)
	log := s.e.cfg.Logger
	debug := log.Enabled(context.Background(), slog.LevelDebug)
	for _, f := range c.Facts {
		switch f := f.(type) {
		case *planner.RunStarted:
			s.log(log, slog.LevelDebug, "run started", c)
		case *planner.CallFailed:
			level := slog.LevelInfo
			if f.Next == planner.NextUncertain {
				level = slog.LevelWarn
			}
			s.log(log, level, "attempt failed", c, append(unit(f.Step, f.Item), slog.Int("attempt", f.Attempt), slog.String("class", string(f.Fault.Class)),
				slog.String("effect", string(f.Fault.Effect)))...)
		case *planner.StepFailed:
			s.log(log, slog.LevelWarn, "step failed", c, append(unit(f.Step, f.Item), slog.String("class", string(f.Fault.Class)), slog.Bool("handled", f.Handled))...)
		case *planner.StepCompleted:
			if debug { // there are many of them: what the line would say is not even put together
				s.log(log, slog.LevelDebug, "step succeeded", c, slog.String("step", f.Step))
			}
		case *planner.RunFailed:
			s.log(log, slog.LevelWarn, "run failed", c, append(unit(f.Step, f.Item), slog.String("class", string(f.Fault.Class)))...)
		case *planner.RunCompensationFailed:
			s.log(log, slog.LevelError, "compensation failed", c, append(unit(f.Step, f.Item), slog.String("class", string(f.Fault.Class)))...)
		case *planner.RunSucceeded:
			s.log(log, slog.LevelDebug, "run succeeded", c)
		case *planner.RunCancelled:
			s.log(log, slog.LevelInfo, "run cancelled", c)
		case *planner.RunCompensated:
			s.log(log, slog.LevelInfo, "run compensated", c)
		}
	}
}

// unit names a step, and the item of its for_each if there is one.
func unit(step string, item int) []slog.Attr {
	var attrs []slog.Attr
	if step != "" {
		attrs = append(attrs, slog.String("step", step))
	}
	if item != planner.NoItem {
		attrs = append(attrs, slog.Int("item", item))
	}
	return attrs
}

func (s *session) log(to *slog.Logger, level slog.Level, what string, c Committed, attrs ...slog.Attr) {
	ctx := context.Background()
	if !to.Enabled(ctx, level) {
		return
	}
	to.LogAttrs(ctx, level, what, append([]slog.Attr{slog.String("run", c.UUID), slog.String("flow", c.Flow), slog.Int("version", c.Version),
		slog.Int64("seq", c.Seq), slog.Int64("incarnation", int64(s.inc))}, attrs...)...)
}
