package sim

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// folded is what the judge has read of a run's history so far, and what it has noted of it.
type folded struct {
	run              int64
	state            *planner.State
	last             time.Time                // when it last concluded anything
	outcomes         map[outcome]bool         // attempts that have one
	passed           map[planner.Ref]int      // iterations of a loop that completed
	kills            map[planner.Ref]int      // servers that a unit's calls have taken with them, since a person had it called again
	refs             map[planner.Payload]bool // that its facts refer to
	taken            map[taken]int            // transitions that took a button
	late             map[string]bool          // steps whose deadline has passed; "" for the run's
	again            map[string]bool          // steps that somebody wants called a second time
	undone           map[planner.Ref]int      // undos that happened
	known            map[planner.Ref]int      // the last attempt of which a person has said what became of it
	dismissed        map[string]bool          // keys of which a person has said that nothing happened
	restarting, anew bool                     // a restart was asked for; the run is looked through for one
	begun            int                      // how often it began
	children         map[string]string        // that it started, and for which unit
}

type outcome struct {
	planner.Ref
	attempt int
}

// taken names a button by its presser and its kind.
type taken struct {
	by   string
	kind runtime.ButtonKind
}

// call names one call of a run.
type call struct {
	run int64
	outcome
}

// historian is a store that reads a part of a history.
type historian interface {
	After(run, seq int64) []journal.Record
}

// follow reads what has become durable of a run since it was last asked, and judges it.
func (w *World) follow(run int64) *folded {
	f := w.folded[run]
	if f == nil {
		f = &folded{run: run, state: planner.NewState(), outcomes: map[outcome]bool{}, passed: map[planner.Ref]int{}, kills: map[planner.Ref]int{}, refs: map[planner.Payload]bool{},
			taken: map[taken]int{}, late: map[string]bool{}, children: map[string]string{}, again: map[string]bool{}, undone: map[planner.Ref]int{}, dismissed: map[string]bool{}, known: map[planner.Ref]int{}}
		f.state.ReadFrom(w.read)
		w.folded[run] = f
	}
	for _, rec := range w.records(run, f.state.Seq) {
		facts, err := planner.Decode(rec.Facts)
		if err != nil {
			w.violated(poisonAlone, "run %d: %v", run, err)
			return f
		}
		pressed := map[taken]bool{} // a button is taken in one transition, whatever that holds of its doing
		for _, fact := range facts {
			if by, kind := madeBy(fact); by != "" {
				pressed[taken{by, kind}] = true
			}
			w.judgeTime(f, rec, fact)
			w.judgeFact(f, fact)
			planner.Apply(f.state, fact, rec.At)
		}
		for b := range pressed {
			f.taken[b]++
		}
		for _, p := range planner.Payloads(facts) {
			f.refs[p] = true
			if !w.kept(p) {
				w.violated(durableFirst, "run %d: transition %d refers to payload %s, which is not durable", run, rec.Seq, p.Name())
			}
		}
		f.state.Seq = rec.Seq
		f.last = rec.At
	}
	return f
}

// records are the transitions of a run behind a sequence number.
func (w *World) records(run, after int64) []journal.Record {
	if h, ok := w.store.(historian); ok {
		return h.After(run, after)
	}
	h, err := w.store.Load(background(), run)
	if err != nil {
		if !errors.Is(err, journal.ErrNoRun) {
			w.violated(nothingLost, "run %d can't be loaded: %v", run, err)
		}
		return nil
	}
	return h.Records[min(int64(len(h.Records)), after):]
}

// durable is the state of a run as the store has it.
func (w *World) durable(run int64) *planner.State { return w.follow(run).state }

// judgeFact holds a fact that has become durable at this moment against the guarantees. The state is that before it.
func (w *World) judgeFact(f *folded, fact planner.Fact) {
	switch fact := fact.(type) {
	case *planner.RunStarted:
		f.begun++
	case *planner.ChildStarted:
		f.children[fact.Child] = planner.Key(f.state.ID, fact.Ref, fact.Iteration, 0)
	case *planner.CallSucceeded:
		w.judgeOutcome(f, fact.Ref, fact.Attempt, fact.Output)
		if fact.Undo {
			f.undone[fact.Ref]++
		}
	case *planner.IterationCompleted:
		w.judgeOutcome(f, fact.Ref, fact.Attempt, fact.Output)
		if f.passed[fact.Ref]++; fact.Iteration != f.passed[fact.Ref] {
			w.violated(oneOutcome, "run %d: %v completed iteration %d where %d belongs", f.run, fact.Ref, fact.Iteration, f.passed[fact.Ref])
		}
	case *planner.CallFailed:
		w.judgeOutcome(f, fact.Ref, fact.Attempt, nil)
	case *planner.ChildEnded:
		if !fact.Open { // of that another fact tells what it came to
			w.judgeOutcome(f, fact.Ref, fact.Attempt, nil)
		}
	case *planner.RetryRequested:
		clear(f.kills)
	case *planner.RestartRequested:
		clear(f.kills)
		f.restarting = true
		for _, step := range fact.Again {
			f.again[step] = true
		}
	case *planner.RunRevised:
		f.anew = f.restarting
		f.restarting = false
	case *planner.StepRenewed:
		w.judgeRenewal(f, fact.Step)
	case *planner.UncertainResolved:
		u := f.state.Unit(fact.Ref)
		f.known[fact.Ref] = u.Made()
		if fact.Undo && fact.As == planner.Happened {
			f.undone[fact.Ref]++
		}
		if fact.As == planner.DidNotHappen {
			f.dismissed[u.Key(f.state.ID, fact.Ref)] = true
		}
	case *planner.DeadlinePassed:
		f.late[fact.Step] = true
	case *planner.RunTimedOut:
		f.late[""] = true
	}
}

// judgeRenewal checks that what a step did is not forgotten when it begins anew: only a person who goes back to a step has anything done a second time, and
// what undoes it comes first.
func (w *World) judgeRenewal(f *folded, name string) {
	st := f.state.Steps[name]
	if done, _ := st.Undoable(); done > 0 && !f.anew {
		w.violated(neededFirst, "run %d: %s has done something and begins anew, and nobody went back to it", f.run, name)
	}
	was := w.edition(f.state, planner.Ref{Step: name, Item: planner.NoItem})
	for _, u := range append(slices.Clone(st.Items), &st.Unit) {
		if u != nil && u.Did() && was != nil && was.Compensate != nil && (u.Undo == nil || u.Undo.State != planner.Succeeded) {
			w.violated(nothingLost, "run %d: %s begins anew, and what it did is not undone", f.run, name)
		}
	}
	// Its calls are numbered on, and those of its undo and its iterations begin again under other keys.
	for id := range f.outcomes {
		if id.Step == name && id.Undo {
			delete(f.outcomes, id)
		}
	}
	for r := range f.passed {
		if r.Step == name {
			delete(f.passed, r)
		}
	}
}

// judgeOutcome checks that an attempt has one outcome, and that its output is what that very call returned.
func (w *World) judgeOutcome(f *folded, r planner.Ref, attempt int, output planner.JSON) {
	if attempt == 0 {
		return
	}
	id := outcome{r, attempt}
	if f.outcomes[id] {
		w.violated(oneOutcome, "run %d: %v attempt %d has two outcomes", f.run, r, attempt)
	}
	f.outcomes[id] = true
	said, called := w.said[call{f.run, id}]
	if v := valueOf(said); v != nil {
		said = v.payload.StandIn()
	}
	if output != nil && f.state.Unit(r) != nil && f.state.Unit(r).Child == "" && !(called && bytes.Equal(said, output)) {
		w.violated(oneOutcome, "run %d: %v attempt %d is recorded with %.60q, and its call said %.60q", f.run, r, attempt, output, said)
	}
}

// How far from the store's time a transition may be dated: a server knows it within half of a slow answer's way.
const (
	mostEarly = mostSlow/2 + mostSkew
	mostLate  = 20 * time.Second // of a timer, in a kind world: a lease, and what it takes to look
	settling  = 90 * time.Second // until the last paused run has been resumed
)

// judgeTime checks that what waited for its time came then, by the store's clock. One that was set back lately is not known to all.
func (w *World) judgeTime(f *folded, rec journal.Record, fact planner.Fact) {
	now, due := w.storeNow(), w.due(f.state, fact)
	if due.IsZero() {
		return
	}
	w.report.Timers++
	settled := w.jumped.IsZero() || w.now.Sub(w.jumped) > 4*lease
	switch {
	case rec.At.Before(due), settled && now.Before(due.Add(-mostEarly)):
		w.violated(nothingLost, "run %d: what was due at %s came at %s, dated %s", f.run, due, now, rec.At)
	case w.now.Sub(epoch) > w.cfg.Faults+settling && now.Sub(due) > mostLate && now.Sub(f.last) > mostLate:
		w.violated(nothingLost, "run %d: what was due at %s came %s late", f.run, due, now.Sub(due))
	}
}

// due is when the time comes that a fact says has come; zero if it says nothing of the kind.
func (w *World) due(s *planner.State, fact planner.Fact) time.Time {
	switch fact := fact.(type) {
	case *planner.TimerFired:
		if fact.Early {
			return time.Time{}
		}
		return timer(s, fact.Ref)
	case *planner.StepCompleted:
		if st := s.Steps[fact.Step]; st != nil && st.Status == planner.Waiting && !st.Ask && st.Awaits == "" {
			return st.Until
		}
	case *planner.CallScheduled:
		return nextRound(s, fact.Ref)
	case *planner.ChildStarted:
		return nextRound(s, fact.Ref)
	case *planner.DeadlinePassed:
		return s.Steps[fact.Step].Deadline
	case *planner.RunTimedOut:
		if s.Parent == nil { // a child is told by its parent
			return s.Deadline
		}
	}
	return time.Time{}
}

// timer is when a timer of a unit, or of its step, is due; zero if it has none.
func timer(s *planner.State, r planner.Ref) time.Time {
	st, u := s.Steps[r.Step], s.Unit(r)
	switch {
	case u != nil && u.State == planner.Retrying:
		return u.RetryAt
	case st != nil && st.Status == planner.Waiting:
		return st.Until
	}
	return time.Time{}
}

// nextRound is when the next iteration of a loop is due; zero if none is waited for.
func nextRound(s *planner.State, r planner.Ref) time.Time {
	if u := s.Unit(r); u != nil && u.State == planner.Waiting {
		return u.NextAt
	}
	return time.Time{}
}

// madeBy says which button a fact is of, and who pressed it.
func madeBy(f planner.Fact) (by string, kind runtime.ButtonKind) {
	switch f := f.(type) {
	case *planner.RetryRequested:
		return f.By, runtime.ButtonRetry
	case *planner.RestartRequested:
		return f.By, runtime.ButtonRestart
	case *planner.RunPaused:
		return f.By, runtime.ButtonPause
	case *planner.RunResumed:
		return f.By, runtime.ButtonResume
	case *planner.CancelRequested:
		return f.By, runtime.ButtonCancel
	case *planner.CompensationStarted:
		return f.By, runtime.ButtonCompensate
	case *planner.SignalReceived:
		return f.By, runtime.ButtonSignal
	case *planner.ApprovalDecided:
		return f.By, runtime.ButtonApprove
	case *planner.UncertainResolved:
		return f.By, runtime.ButtonResolve
	case *planner.TimerFired:
		if f.Early {
			return f.By, runtime.ButtonRetryNow
		}
	case *planner.CallFailed:
		for _, d := range f.Fault.Evidence {
			if by, stopped := strings.CutPrefix(d.Value, "stopped by "); stopped && d.Name == "no further attempt" {
				return by, runtime.ButtonStopRetrying
			}
		}
	}
	return "", ""
}
