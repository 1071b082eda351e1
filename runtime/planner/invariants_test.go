package planner

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
)

// witness makes decisions and checks, after each, everything that must hold whatever happens. It keeps a second state that knows the run from the
// encoded facts alone.
type witness struct {
	p      *check.Program
	s      *State
	folded *State
	now    time.Time
	rows   []row // what a journal would hold
	done   map[Ref]bool
	kids   map[string]bool      // children that were started
	maybe  map[Ref]bool         // units that may have happened, by the facts
	passed map[Ref]int          // iterations that completed, counted from the facts alone
	latest map[Ref]string       // the child that a unit started last
	ends   map[string]RunStatus // how children ended
	owing  map[Ref][]string     // the children of a unit that did something and have not undone it, in the order in which they were started
	broken []string

	others map[int]*check.Program // versions that the run was on, or may be asked to go on with
	mends
}

type row struct {
	at  time.Time
	raw []byte
}

func newWitness(p *check.Program) *witness {
	return &witness{p: p, s: NewState(), folded: NewState(), now: epoch, done: map[Ref]bool{}, maybe: map[Ref]bool{}, passed: map[Ref]int{}, latest: map[Ref]string{}, ends: map[string]RunStatus{}, owing: map[Ref][]string{}, others: map[int]*check.Program{}, mends: newMends()}
}

func (w *witness) violated(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// decide is Decide, watched.
func (w *witness) decide(in Input) ([]Fact, []Command, error) {
	before := dump(w.s)
	foreseen := w.foresee(in)
	facts, commands, err := Programs{Now: w.p, Others: w.others}.Decide(w.s, in, w.now)
	w.asForeseen(foreseen, in, facts, err)
	if err != nil {
		if len(facts)+len(commands) > 0 {
			w.violated("%T was refused (%v) and led to %d facts and %d commands", in, err, len(facts), len(commands))
		}
		if after := dump(w.s); after != before {
			w.violated("%T was refused (%v) and changed the state:\n%s", in, err, diff(before, after))
		}
		return facts, commands, err
	}
	if len(facts) == 0 && dump(w.s) != before {
		w.violated("%T led to no facts and changed the state:\n%s", in, diff(before, dump(w.s)))
	}
	if len(facts) > 0 {
		w.startsNothing(facts)
		w.fold(facts)
	}
	w.judge(commands)
	w.judgeKeys(commands)
	w.judgeChildren(facts, commands)
	w.recount()
	w.notStuck()
	return facts, commands, nil
}

// startsNothing checks that a paused run begins no step and no item.
func (w *witness) startsNothing(facts []Fact) {
	paused := w.folded.Paused
	begun, failing, timedOut := map[Ref]int{}, w.folded.Phase == PhaseFailing, w.folded.TimedOut
	for _, f := range facts {
		switch f := f.(type) {
		case *StepFailed:
			if f.Handled && timedOut {
				w.violated("an error port of %s handles the end of the run's time", f.Step)
			}
		case *RunTimedOut:
			timedOut = true
			if paused {
				w.violated("%s while the run is paused", factLine(f))
			}
		case *RetryRequested, *RunRevised: // it has its time anew
			failing, timedOut = false, false
		case *RunPaused:
			paused = true
		case *RunResumed, *CancelRequested:
			paused = false
		case *ChildStarted:
			if paused {
				w.violated("%s starts a run while the run is paused", f.Ref)
			}
			if failing && w.goesOn(f.Ref, f.Iteration) {
				w.violated("%s begins iteration %d after a failure", f.Ref, f.Iteration)
			}
		case *CallScheduled:
			if paused && f.Attempt == 1 {
				w.violated("%s is called for the first time while the run is paused", f.Ref)
			}
			if u := w.folded.Unit(f.Ref); paused && u != nil && f.Iteration > max(u.Iteration, begun[f.Ref]) {
				w.violated("%s begins iteration %d while the run is paused", f.Ref, f.Iteration)
			}
			if failing && w.goesOn(f.Ref, f.Iteration) {
				w.violated("%s begins iteration %d after a failure", f.Ref, f.Iteration)
			}
			begun[f.Ref] = f.Iteration
		case *StepWaiting, *ItemsPlanned, *TimerFired, *CompensationStarted, *DeadlinePassed:
			if paused {
				w.violated("%s while the run is paused", factLine(f))
			}
		}
	}
}

// goesOn reports whether a unit that is in the middle of its loop begins another iteration. One that Retry has reset begins the next with the rest of its
// step, whatever became of other steps meanwhile.
func (w *witness) goesOn(r Ref, iteration int) bool {
	u := w.folded.Unit(r)
	return u != nil && iteration > 1 && iteration > u.Iteration && (u.State == Waiting || u.State == Running || u.State == Retrying)
}

func (w *witness) fold(facts []Fact) {
	for _, f := range facts {
		w.doubts([]Fact{f})
		w.owes([]Fact{f})
		w.follow(f)
		switch f := f.(type) {
		case *IterationCompleted:
			if w.passed[f.Ref]++; f.Iteration != w.passed[f.Ref] {
				w.violated("%s completed iteration %d where %d belongs", f.Ref, f.Iteration, w.passed[f.Ref])
			}
		case *ChildStarted:
			if want := delta(w.p.Step(f.Step).Until != nil, false) * (w.passed[f.Ref] + 1); f.Iteration != want {
				w.violated("%s starts a run for iteration %d where %d belongs", f.Ref, f.Iteration, want)
			}
		case *CallScheduled:
			if st := w.p.Step(f.Step); st != nil && st.Until != nil && !f.Undo && f.Iteration == 0 {
				w.violated("%s is called for no iteration", f.Ref)
			}
		}
	}
	raw, err := Encode(facts)
	if err != nil {
		w.violated("encoding: %v", err)
		return
	}
	w.rows = append(w.rows, row{w.now, raw})
	back, err := Decode(raw)
	if err != nil {
		w.violated("decoding: %v", err)
		return
	}
	w.spend()
	w.s.Seq++
	Fold(w.folded, w.folded.Seq+1, w.now, back)
	if got, want := dump(w.folded), dump(w.s); got != want {
		w.violated("the folded state is another than the advanced one:\n%s", diff(want, got))
	}
	wake, ok := w.s.NextWake()
	var want time.Time
	soonest := func(at time.Time) {
		if !w.s.Paused && !at.IsZero() && (want.IsZero() || at.Before(want)) {
			want = at
		}
	}
	for _, st := range w.s.Steps {
		if st.Status == Waiting {
			soonest(st.Until)
		}
		if w.s.dueBy(st) {
			soonest(st.Deadline)
		}
		st.units(func(_ int, u *Unit) {
			if u.State == Waiting && w.s.Ended == "" && w.s.Phase == PhaseForward {
				soonest(u.NextAt)
			}
		})
	}
	if w.s.onTheClock() {
		soonest(w.s.Deadline)
	}
	if ok == want.IsZero() || !wake.Equal(want) {
		w.violated("next wake: got %s, want %s", moment(wake), moment(want))
	}
	for _, timer := range w.s.Timers() {
		if u := w.s.Unit(timer.Ref); !w.s.Paused && (u == nil || u.State != Retrying) && (want.IsZero() || timer.At.Before(want)) {
			w.violated("a timer of %s at %s, for which the run does not wait", timer.Ref, moment(timer.At))
		}
	}
}

// doubts keeps its own account of what may have happened, and holds the end of a compensation against it.
func (w *witness) doubts(facts []Fact) {
	for _, f := range facts {
		switch f := f.(type) {
		case *CallSucceeded:
			w.maybe[f.Ref] = false
		case *IterationCompleted:
			w.maybe[f.Ref] = false
		case *CallFailed:
			w.maybe[f.Ref] = w.maybe[f.Ref] || f.Attempt > 0 && f.Fault.Effect != fault.None
		case *UncertainResolved:
			w.maybe[f.Ref] = f.As == DidFail
		case *RunCompensated:
			for r, maybe := range w.maybe {
				u := w.s.Unit(r)
				if maybe && !r.Undo && w.calledBy(r).UndoAttempts && (u.Undo == nil || u.Undo.State != Succeeded) {
					w.violated("the run is compensated, and %s may have happened and is not undone", r)
				}
			}
		}
	}
}

// toUndo reports whether a compensation has to undo a unit.
func (w *witness) toUndo(st *check.Step, r Ref, u *Unit) bool {
	if u.Child != "" {
		return u.ChildStatus != "" && (u.ChildStatus != StatusCompensated || w.passed[r] > 0)
	}
	return u.Did() || w.calledBy(r).UndoAttempts && w.maybe[r] && u.State != Uncertain
}

// judge holds calls that are to go out against the tables.
func (w *witness) judge(commands []Command) {
	for _, c := range commands {
		inv, ok := c.(*Invoke)
		if !ok {
			continue
		}
		u := w.s.Unit(inv.Ref)
		switch {
		case u == nil || u.State != Running || inv.Attempt != u.Made():
			w.violated("%s attempt %d is invoked, and its unit is %+v", inv.Ref, inv.Attempt, u)
			continue
		case inv.Iteration > 0 && inv.Iteration != w.passed[inv.Ref]+1:
			w.violated("%s is invoked for iteration %d, and %d have completed", inv.Ref, inv.Iteration, w.passed[inv.Ref])
		case w.done[inv.Ref]:
			w.violated("%s is invoked again though it completed", inv.Ref)
		case w.s.Ended != "":
			w.violated("%s is invoked in a run that is %s", inv.Ref, w.s.Ended)
		case inv.Undo && w.s.Phase != PhaseCompensating, !inv.Undo && w.s.Phase == PhaseCompensating:
			w.violated("%s is invoked in phase %d", inv.Ref, w.s.Phase)
		}
		if inv.Undo {
			w.judgeUndo(inv.Ref)
		} else if why := w.unready(w.p.Step(inv.Step)); why != "" {
			w.violated("%s is invoked, but %s", inv.Ref, why)
		}
		call := w.p.Step(inv.Step).Call
		if inv.Undo {
			call = w.calledBy(inv.Ref).Compensate
		}
		if call.Idempotent {
			continue
		}
		if inv.Confirm == u.last().Sent {
			w.violated("%s: confirm %t, intent committed %t", inv.Ref, inv.Confirm, u.last().Sent)
		}
		for _, a := range u.Attempts[:len(u.Attempts)-1] {
			if a.Number > w.since[inv.Ref] && a.Sent && a.Iteration == inv.Iteration && a.Status != Succeeded && (a.Fault == nil || a.Fault.Effect != "none") && u.Resolved == nil {
				w.violated("%s: nobody knows what became of attempt %d, and nobody was asked", inv.Ref, a.Number)
			}
		}
	}
	for _, st := range w.s.Steps {
		st.units(func(i int, u *Unit) {
			w.done[Ref{Step: st.Name, Item: i}] = w.done[Ref{Step: st.Name, Item: i}] || u.State == Succeeded
			if u.Undo != nil && u.Undo.State == Succeeded {
				w.done[Ref{Step: st.Name, Item: i, Undo: true}] = true
			}
		})
	}
}

// edge says what an edge has become, by the table of ports and from nothing but its step.
func (w *witness) edge(e check.Edge) (settled, live bool) {
	st := w.s.Steps[w.p.Steps[e.From].Name]
	if st == nil {
		return false, false
	}
	switch st.Status {
	case Succeeded:
		return true, e.Port == st.Port || e.Port == flow.PortDone && st.Port != flow.PortRejected
	case Skipped:
		return true, false
	case Failed:
		return st.Handled, e.Port == flow.PortError
	}
	return false, false
}

// unready says why a step may not run by the table of joins; "" if it may.
func (w *witness) unready(st *check.Step) string {
	alive := 0
	for _, e := range st.In {
		settled, live := w.edge(e)
		from := w.p.Steps[e.From].Name + "." + e.Port
		switch {
		case !settled:
			return from + " is not settled"
		case !live && !st.Any:
			return from + " is dead"
		case live:
			alive++
		}
	}
	if len(st.In) > 0 && alive == 0 {
		return "none of its edges is live"
	}
	if st.If != nil && w.s.Steps[st.Name] != nil && w.s.Steps[st.Name].Status == Running {
		if yes, err := st.If.EvalBool(scope{s: w.s, item: NoItem}); !yes || err != nil {
			return "its condition is not true"
		}
	}
	return ""
}

// judgeUndo checks the order of undoing: whatever depends on the step is undone, or has nothing to undo, and nothing there is uncertain.
func (w *witness) judgeUndo(r Ref) {
	seen := map[int]bool{}
	var behind func(i int)
	behind = func(i int) {
		for _, e := range w.p.Steps[i].Out {
			if seen[e.To] {
				continue
			}
			seen[e.To] = true
			to := w.p.Steps[e.To]
			if st := w.s.Steps[to.Name]; st != nil {
				st.units(func(i int, u *Unit) {
					switch {
					case u.State == Uncertain:
						w.violated("%s is undone while %s is uncertain", r, Ref{Step: to.Name, Item: i})
					case (w.calledBy(Ref{Step: to.Name, Item: i}).Compensate != nil || to.Kind == flow.SubFlow) && w.toUndo(to, Ref{Step: to.Name, Item: i}, u) && (u.Undo == nil || u.Undo.State != Succeeded):
						w.violated("%s is undone before %s", r, Ref{Step: to.Name, Item: i})
					}
				})
			}
			behind(e.To)
		}
	}
	st, forward := w.p.Step(r.Step), Ref{Step: r.Step, Item: r.Item}
	behind(st.Index)
	if u := w.s.Unit(forward); !w.toUndo(st, forward, u) {
		w.violated("%s is undone, though it is %s and every effect is known", r, u.State)
	}
}

// recount counts everything anew that the state keeps count of.
func (w *witness) recount() {
	type counts struct{ InFlight, Children, Waiting, Asking, Uncertain, Retries, Settled, UndoOpen int }
	var got counts
	for _, st := range w.s.Steps {
		if st.Stale {
			w.violated("%s was not looked at when the run was revised", st.Name)
		}
		if w.p.Step(st.Name) == nil { // this version does not have it
			continue
		}
		type items struct{ Open, Retries, Between, Unsure, Done, Doubts, Owed, UndoTodo, UndoOpen, UndoDone, UndoLost, UndoUnsure int }
		var n items
		st.units(func(i int, u *Unit) {
			n.Doubts += delta(w.maybe[Ref{Step: st.Name, Item: i}] && !open(u.State) && u.State != Uncertain, false)
			if st.Undoing != nil && w.toUndo(w.p.Step(st.Name), Ref{Step: st.Name, Item: i}, u) {
				n.UndoTodo++
			}
			flying := delta(open(u.State), false)
			n.Between += delta(u.State == Waiting, false)
			n.Open += flying + delta(u.State == Waiting, false)
			got.InFlight += flying
			n.Retries += delta(u.State == Retrying, false)
			got.Retries += delta(u.State == Retrying, false) + delta(u.Undo != nil && u.Undo.State == Retrying, false)
			n.Unsure += delta(u.State == Uncertain, false)
			n.Done += delta(u.State == Succeeded, false)
			n.Owed += delta(u.Child != "" && w.toUndo(w.p.Step(st.Name), Ref{Step: st.Name, Item: i}, u), false)
			got.Children += delta(u.Child != "" && open(u.State), false)
			if v := u.Undo; v != nil {
				got.Children += delta(v.Child != "" && open(v.State), false)
				n.UndoOpen += delta(open(v.State), false)
				n.UndoDone += delta(v.State == Succeeded, false)
				n.UndoLost += delta(v.State == Failed, false)
				n.UndoUnsure += delta(v.State == Uncertain, false)
			}
		})
		got.InFlight += n.UndoOpen
		got.Waiting += n.Between
		got.Uncertain += n.Unsure + n.UndoUnsure
		got.Waiting += delta(st.Status == Waiting, false)
		got.Asking += delta(st.Status == Waiting && st.Ask, false)
		got.Settled += delta(st.Status == Succeeded || st.Status == Skipped || st.Status == Failed && st.Handled, false)
		if !st.Planned {
			n.Open, n.Retries, n.Unsure, n.Done, n.Doubts, n.Between = 0, 0, 0, 0, 0, 0
		}
		kept := items{Open: st.Open, Retries: st.Retries, Unsure: st.Unsure, Done: st.Done, Doubts: st.Doubts, Between: st.Between, Owed: st.Owed}
		if u := st.Undoing; u != nil {
			kept.UndoTodo, kept.UndoOpen, kept.UndoDone, kept.UndoLost, kept.UndoUnsure = u.Todo, u.Open, u.Done, u.Lost, u.Unsure
			got.UndoOpen += delta(!u.Settled, false)
		}
		if kept != n {
			w.violated("%s counts %+v, but there are %+v", st.Name, kept, n)
		}
		if st.Held != slices.Contains(w.s.Held, st.Name) {
			w.violated("%s: held %t, and the run holds %v", st.Name, st.Held, w.s.Held)
		}
		live, dead := 0, 0
		for _, e := range w.p.Step(st.Name).In {
			if settled, alive := w.edge(e); settled {
				live += delta(alive, false)
				dead += delta(!alive, false)
			}
		}
		if live != st.Live || dead != st.Dead {
			w.violated("%s counts %d live and %d dead edges, but there are %d and %d", st.Name, st.Live, st.Dead, live, dead)
		}
	}
	s := w.s
	if kept := (counts{s.InFlight, s.Children, s.Waiting, s.Asking, s.Uncertain, s.Retries, s.Settled, s.UndoOpen}); kept != got {
		w.violated("the run counts %+v, but there are %+v", kept, got)
	}
}

// notStuck checks that a run that goes on waits for something.
func (w *witness) notStuck() {
	s := w.s
	if s.Paused {
		return
	}
	if s.ID != "" && s.Ended == "" && s.InFlight+s.Uncertain == 0 && (s.Waiting == 0 || s.Phase != PhaseForward) {
		w.violated("the run is %s in phase %d and waits for nothing", s.Status(), s.Phase)
	}
	for _, st := range s.Steps {
		if st.Status == Waiting && st.Awaits != "" && len(s.Signals[st.Awaits]) > 0 {
			w.violated("%s waits for the signal %s, which is kept", st.Name, st.Awaits)
		}
		if w.p.Step(st.Name) == nil {
			continue
		}
		if st.Status == Pending && !st.Held && s.Phase == PhaseForward && s.Ended == "" && w.unready(w.p.Step(st.Name)) == "" {
			w.violated("%s is ready and has not begun", st.Name)
		}
	}
}

// dump is everything in a state that facts decide, as text: what is computed on demand is left out, and nil and empty lists are the same.
func dump(s *State) string {
	var b strings.Builder
	write(&b, "", reflect.ValueOf(s))
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range s.Steps {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, "%s.errValue %s\n", name, text(s.Steps[name].errValue))
	}
	return b.String()
}

func write(b *strings.Builder, path string, v reflect.Value) {
	if !v.IsValid() {
		return
	}
	if v.CanInterface() {
		switch x := v.Interface().(type) {
		case *expr.Value:
			if x != nil {
				fmt.Fprintf(b, "%s %s\n", path, x.JSON())
			}
			return
		case time.Time:
			if !x.IsZero() {
				fmt.Fprintf(b, "%s %s\n", path, x.UTC().Format(time.RFC3339Nano))
			}
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			fmt.Fprintf(b, "%s set\n", path)
			write(b, path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				write(b, path+"."+f.Name, v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Len() > 0 {
			fmt.Fprintf(b, "%s has %d\n", path, v.Len())
		}
		for i := range v.Len() {
			write(b, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, k := range keys {
			write(b, path+"."+fmt.Sprint(k), v.MapIndex(k))
		}
	default:
		if !v.IsZero() {
			fmt.Fprintf(b, "%s %v\n", path, v)
		}
	}
}

// diff lists the lines that only one of two texts has.
func diff(want, got string) string {
	var out strings.Builder
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, line := range a {
		if !slices.Contains(b, line) {
			out.WriteString("- " + line + "\n")
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			out.WriteString("+ " + line + "\n")
		}
	}
	return out.String()
}
