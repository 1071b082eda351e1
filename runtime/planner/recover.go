package planner

import (
	"slices"
	"time"

	"github.com/segno-run/segno/designer/fault"
)

// maxCrashes is after how many crashes in a row a unit fails, so that a step that kills its server ends (design, section 4).
const maxCrashes = 3

// recover judges what was in flight when the last owner was lost.
func (d *decider) recover(in *Recover) {
	stopped := d.s.Ended != "" // by a Poison: nothing is called until a person says Retry
	var unsent, judged []Ref
	look := func(r Ref, u *Unit) {
		switch {
		case u == nil, u.Child != "": // a child says itself what became of it
		case u.State == Running && !d.spec(r).Idempotent && !u.last().Sent:
			unsent = append(unsent, r) // it has certainly not been called
		case u.State == Running, u.State == Retrying && stopped:
			judged = append(judged, r)
		}
	}
	d.looseEnds(in.Owner)
	if d.s.InFlight > d.s.Children {
		for _, st := range d.p.Steps {
			s, ok := d.s.Steps[st.Name]
			if !ok {
				continue
			}
			s.units(func(i int, u *Unit) {
				look(Ref{Step: st.Name, Item: i}, u)
				look(Ref{Step: st.Name, Item: i, Undo: true}, u.Undo)
			})
		}
	}
	if len(judged) > 0 || stopped && len(unsent) > 0 {
		d.emit(&Recovered{Owner: in.Owner})
	}
	for _, r := range unsent {
		if stopped {
			d.halt(r)
			continue
		}
		d.invoke(r)
	}
	waited := d.queued(judged)
	for _, r := range judged {
		if d.s.Unit(r).State == Retrying {
			d.halt(r)
			continue
		}
		d.crashed(r, in.Left, waited[r])
	}
}

// queued tells the calls that most likely had not begun: at least as many of their function as one server makes at once were scheduled before them. Nothing
// is written when a call of an idempotent function begins, so this is as much as a history can say.
func (d *decider) queued(judged []Ref) map[Ref]bool {
	calls := slices.DeleteFunc(slices.Clone(judged), func(r Ref) bool { return d.s.Unit(r).State != Running })
	slices.SortStableFunc(calls, func(a, b Ref) int { return d.queuedAt(a).Compare(d.queuedAt(b)) })
	before, waited := map[string]int{}, map[Ref]bool{}
	for _, r := range calls {
		c := d.spec(r)
		waited[r] = c.Idempotent && c.AtOnce > 0 && before[c.Function] >= c.AtOnce
		before[c.Function]++
	}
	return waited
}

func (d *decider) queuedAt(r Ref) time.Time { return d.s.Unit(r).last().QueuedAt }

// halt fails a unit of a stopped run that is not being called, so that Retry takes it up.
func (d *decider) halt(r Ref) {
	f := fault.Fault{Class: fault.Expression, Effect: fault.None, Message: "the run was stopped before the call went out"}
	u := d.s.Unit(r)
	if u.Fault != nil {
		f = *u.Fault
	}
	fact := &CallFailed{Ref: r, Fault: f}
	if u.State == Running {
		fact.Attempt = u.Made()
	}
	d.emit(fact)
	d.halts = true
	d.unitFailed(d.p.Step(r.Step), r)
	d.halts = false
}

// crashed judges a call whose server is gone. One that left in good order, for another release say, does not count: otherwise three deployments
// would fail every step that takes longer than they are apart. Nor does one that waited for its turn: it did not bring the server down.
func (d *decider) crashed(r Ref, left, waited bool) {
	st, u, c := d.p.Step(r.Step), d.s.Unit(r), d.spec(r)
	crashes := u.Crashes
	if !left && !waited {
		crashes++
	}
	message := "the server stopped while " + u.Function + " was running"
	if waited {
		message = "the server stopped while the call of " + u.Function + " most likely still waited for its turn"
	}
	fact := &CallFailed{Ref: r, Attempt: u.Made(), Left: left || waited, Fault: fault.Fault{Class: fault.Crashed, Effect: fault.Maybe,
		Message: message, Evidence: []fault.Detail{{Name: "crashes in a row", Value: itoa(crashes)}}}}
	stopped := d.s.Ended != ""
	switch {
	case !c.Idempotent:
		fact.Next = NextUncertain
	case d.s.Phase == PhaseCancelling && !r.Undo:
		fact.Next = NextCancel
	case crashes < maxCrashes && !stopped && (r.Undo || !d.tooLate(st, d.now)):
		fact.Next, fact.RetryAt = NextRetry, d.now
	}
	d.emit(fact)
	switch fact.Next {
	case NextRetry:
		d.again(r, u.Round) // whatever the retry policy says: the function did not fail, the server did
	case NextFail:
		d.halts = stopped
		d.unitFailed(st, r)
		d.halts = false
	case NextCancel:
		d.unitCancelled(st, r)
	case NextUncertain:
	}
}
