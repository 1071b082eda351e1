package scenario

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// The kinds of Finding.
const (
	FoundLeft       = "left"           // an effect is there in the end, and nothing undid it
	FoundNoEffect   = "without_effect" // an undo ran whose effect was not there, or not any more
	FoundOutOfOrder = "out_of_order"   // an undo ran before that of what was built on it
	FoundNoEnd      = "no_end"         // the run ends in no terminal state, or its compensation never does
)

// effect is something that a function did to the world.
type effect struct {
	m      *member     // whose step it was
	ref    planner.Ref // of the unit whose call did it
	key    string      // idempotency key
	nth    int         // of a loop: the iteration
	times  int         // how often it was done; more than once only without idempotency
	undone bool
	early  []string // steps that were undone while this was there, though it was built on them
	marks  []string // texts by which an undo can name it: of the call's output and input, and the key
}

// ledger is what the functions of one play have done, as they themselves know it: by idempotency key.
type ledger struct {
	w       *world
	effects map[string]*effect
	order   []*effect
	found   []Finding
	play    *play // whose members call; nil: only the scenario's own run does
	own     *member
}

func newLedger(w *world) *ledger {
	return &ledger{w: w, effects: map[string]*effect{}, own: &member{program: w.m.s.Program, state: planner.NewState()}}
}

func (l *ledger) report(kind, format string, args ...any) {
	l.found = append(l.found, Finding{Kind: kind, Message: fmt.Sprintf(format, args...)})
}

// member is the run that calls.
func (l *ledger) member(in runtime.Invoke) *member {
	if l.play == nil || in.Run == 0 {
		return l.own
	}
	return l.play.member(in.Run)
}

// name writes the unit whose effect it is.
func (e *effect) name() string { return e.m.path + unitName(e.ref) }

// did notes the effect of a forward call. output is what the function would say if it could.
func (l *ledger) did(in runtime.Invoke, call *check.Call, output []byte) {
	if l.w.m.undoers[in.Function] {
		l.undoneByHand(in)
		return
	}
	if l.w.m.effectless[in.Function] {
		return
	}
	m := l.member(in)
	e := l.effects[in.Key]
	if e == nil {
		e = &effect{m: m, ref: in.Ref, key: in.Key, nth: in.Iteration, marks: append(texts(plainValue(output)), in.Key)}
		e.marks = append(e.marks, texts(plainValue(in.Input))...)
		l.effects[in.Key] = e
		l.order = append(l.order, e)
	}
	if e.undone { // the same key again: a function that keeps its word does nothing
		return
	}
	if e.times == 0 || !call.Idempotent {
		e.times++
	}
	if e.times == 2 {
		l.report(FoundLeft, "what `%s` does was done twice", e.name())
	}
}

// of finds the effect of a forward unit that is still there, else one that was undone.
func (l *ledger) of(m *member, r planner.Ref) *effect {
	var there, gone *effect
	for _, e := range l.order {
		switch {
		case e.m.path != m.path || e.ref.Step != r.Step || e.ref.Item != r.Item:
		case e.undone:
			gone = e
		case e.nth == 0:
			return e
		case e.nth <= m.undoes(r): // of a loop the last iteration that the undo is for
			there = e
		}
	}
	return cmp.Or(there, gone)
}

// undoes is up to which of its iterations the undo of a loop is for: the last that completed or, with `after: attempt`, that was called.
func (m *member) undoes(r planner.Ref) int {
	if m.program.Step(r.Step).UndoAttempts {
		return m.unit(r).Iteration
	}
	return m.unit(r).Passed
}

// undid judges a compensation's call that has its effect, and notes it.
func (l *ledger) undid(in runtime.Invoke, again bool) {
	forward, m := in.Ref, l.member(in)
	forward.Undo = false
	own := m.path + unitName(forward)
	if l.w.m.effectless[m.program.Step(in.Step).Call.Function] {
		return
	}
	its := l.of(m, forward)
	target := its
	byKey := slices.Contains(texts(plainValue(in.Input)), m.unit(forward).Key(m.id(), forward))
	if named := l.named(in, its); named != nil && !byKey {
		l.report(FoundNoEffect, "the undo of `%s` names what `%s` did", own, named.name())
		target = named
	}
	attempts := m.program.Step(in.Step).UndoAttempts
	switch {
	case target == nil && attempts && byKey: // it looks under the key, and finds that nothing happened
		return
	case target == nil && attempts:
		l.report(FoundNoEffect, "the undo of `%s` runs, though nothing happened, and it has no `key` by which to know", own)
		return
	case target == nil:
		l.report(FoundNoEffect, "the undo of `%s` runs, though there is nothing to undo", own)
		return
	case target.undone && !again:
		l.report(FoundNoEffect, "the undo of `%s` runs, though what it undoes was undone before", own)
		return
	}
	l.judgeOrder(in)
	target.undone = true
	for _, e := range l.order { // a loop is undone as a whole
		if e.nth > 0 && e.m.path == target.m.path && e.ref == target.ref && e.nth <= e.m.undoes(e.ref) {
			e.undone = true
		}
	}
	for _, step := range target.early { // of what is never undone one finding is enough
		l.report(FoundOutOfOrder, "`%s` is undone before `%s`, which needs it", step, target.name())
	}
}

// judgeOrder notes what was built on a step and is still there when the step is undone.
func (l *ledger) judgeOrder(in runtime.Invoke) {
	for _, e := range l.order {
		st, m := e.m.program.Step(e.ref.Step), l.member(in)
		if !e.undone && st.Compensate != nil && l.w.m.after(m.path+in.Step, e.m.path+e.ref.Step) {
			e.early = append(e.early, m.path+in.Step)
		}
	}
}

// named finds the effect of another unit that an undo names, when it names nothing of its own.
func (l *ledger) named(in runtime.Invoke, own *effect) *effect {
	said := texts(plainValue(in.Input))
	var other *effect
	for _, s := range said {
		if own != nil && slices.Contains(own.marks, s) {
			return nil
		}
		for _, e := range l.order {
			// A text of the run's input names nobody, except one item among its like.
			if e != own && other == nil && (e.ref.Step == in.Step && e.m.program == l.member(in).program || !slices.Contains(l.w.known, s)) && slices.Contains(e.marks, s) {
				other = e
			}
		}
	}
	return other
}

// undoneByHand judges a forward step that calls a function which elsewhere is a `compensate`: what it names, it undoes.
func (l *ledger) undoneByHand(in runtime.Invoke) {
	said := texts(plainValue(in.Input))
	for _, e := range l.order {
		st := e.m.program.Step(e.ref.Step)
		if st.Compensate == nil || st.Compensate.Function != in.Function {
			continue
		}
		if slices.ContainsFunc(said, func(s string) bool { return slices.Contains(e.marks, s) }) {
			if e.undone {
				l.report(FoundNoEffect, "`%s` undoes what `%s` did, though it was undone before", l.member(in).path+in.Step, e.name())
			}
			e.undone = true
		}
	}
}

// left lists the effects that are still there.
func (l *ledger) left() []*effect {
	var out []*effect
	for _, e := range l.order {
		if !e.undone {
			out = append(out, e)
		}
	}
	return out
}

// texts lists the texts of a JSON value that are long enough to name something.
func texts(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		if len(v) >= 3 {
			out = append(out, v)
		}
	case []any:
		for _, it := range v {
			out = append(out, texts(it)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			out = append(out, texts(v[key])...)
		}
	}
	return out
}
