package sim

import (
	"maps"
	"slices"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// clientOf is who looks after a run; of a run that another one started it is found by that. Nil: nobody knows it yet.
func (w *World) clientOf(run int64) *client {
	if c := w.byRun[run]; c != nil {
		return c
	}
	h, err := w.store.Load(background(), run)
	if err != nil || h.Parent == "" {
		return nil
	}
	parent, err := w.store.Find(background(), h.Parent)
	if err != nil {
		w.violated(nothingLost, "run %d was started by %s, which is not there", run, h.Parent)
		return nil
	}
	from := w.clientOf(parent)
	if from == nil {
		return nil
	}
	c := &client{n: from.n, uuid: h.UUID, flow: h.Flow, run: run, parent: from, poison: from.poison}
	w.byRun[run] = c
	w.kids = append(w.kids, c)
	w.report.Children++
	w.after(0, func() { w.look(c) })
	return c
}

// meet has the children of a run looked after. What its facts say was started is there.
func (w *World) meet(s *planner.State) {
	for _, name := range slices.Sorted(maps.Keys(s.Steps)) {
		for _, f := range children1(s, s.Steps[name]) {
			run, err := w.store.Find(background(), f.run)
			if err != nil {
				w.violated(durableFirst, "%s has started %s, which is not there", s.ID, f.run)
				continue
			}
			w.clientOf(run)
		}
	}
}

// child1 is a run that a unit started.
type child1 struct {
	u      *planner.Unit
	run    string
	former int // of a loop: the iteration, if another one has begun since; else 0
}

// children1 lists the runs that a step's units started: of each iteration of a loop the last one.
func children1(s *planner.State, st *planner.Step) []child1 {
	var out []child1
	list := func(item int, u *planner.Unit) {
		if u == nil || u.Child == "" {
			return
		}
		for n := 1; n < u.Iteration; n++ {
			out = append(out, child1{u, u.Former(s.ID, planner.Ref{Step: st.Name, Item: item}, n), n})
		}
		out = append(out, child1{u, u.Child, 0})
	}
	for i, u := range st.Items {
		list(i, u)
	}
	list(planner.NoItem, &st.Unit)
	return out
}

// glanceAtKid does what an operator does who looks at a run that another one started: answer, resolve, pause; and press what is not theirs to press.
func (w *World) glanceAtKid(c *client, s *planner.State) {
	var b *runtime.Button
	switch {
	case s.ID == "": // it has not begun
	case s.Ended != "":
		c.over = c.parent.over
		if c.clicks < 8 && w.chance(0.05) {
			b = &runtime.Button{Kind: []runtime.ButtonKind{runtime.ButtonRetry, runtime.ButtonCompensate, runtime.ButtonCancel}[w.rng.IntN(3)]}
		}
	case s.Status() == planner.StatusPaused:
		b = &runtime.Button{Kind: runtime.ButtonResume}
	default:
		b = w.ask(s)
		if b == nil && c.clicks < 8 && w.chance(0.04) {
			b = &runtime.Button{Kind: runtime.ButtonPause}
		}
	}
	w.press(c, b)
}

// auditFamilies judges parents and children in the end: every child is of one unit, nothing goes on below a run that has ended, what a parent says of a
// child is so, and nothing was left to be compensated.
func (w *World) auditFamilies() {
	owner := map[string]string{}
	for _, c := range append(slices.Clone(w.runs), w.kids...) {
		if c.run == 0 || c.gone {
			continue
		}
		h, err := w.store.Load(background(), c.run)
		if err != nil {
			w.violated(nothingLost, "run %d: %v", c.run, err)
			continue
		}
		f := w.follow(c.run)
		s := f.state
		for i, rec := range h.Records {
			if rec.Seq != int64(i)+1 {
				w.violated(oneOutcome, "run %d: transition %d stands where %d belongs", c.run, rec.Seq, i+1)
			}
		}
		if h.Status != string(s.Status()) {
			w.violated(oneOutcome, "run %d: its row says %s, its history %s", c.run, h.Status, s.Status())
		}
		if f.begun != 1 {
			w.violated(oneOutcome, "run %d began %d times", c.run, f.begun)
		}
		started := slices.Sorted(maps.Keys(f.children))
		for _, child := range started {
			if other, ok := owner[child]; ok {
				w.violated(oneOutcome, "%s is the child of %s and of %s", child, other, f.children[child])
			}
			owner[child] = f.children[child]
		}
		if store, ok := w.store.(interface{ Family(string) []string }); ok {
			if there := slices.Sorted(slices.Values(store.Family(s.ID))); !slices.Equal(there, started) {
				w.violated(oneOutcome, "run %d says it started %v, and there are %v", c.run, started, there)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(s.Steps)) {
			for _, f := range children1(s, s.Steps[name]) {
				w.judgeChild(s, f)
			}
		}
	}
}

// judgeChild holds what a parent says of a child in the end against what the child says.
func (w *World) judgeChild(s *planner.State, f child1) {
	u := f.u
	run, err := w.store.Find(background(), f.run)
	if err != nil {
		w.violated(durableFirst, "%s has started %s, which is not there", s.ID, f.run)
		return
	}
	kid := w.durable(run)
	told, undoing := u.ChildStatus, u.Undo
	if undoing != nil && undoing.Iteration > 0 { // a loop's are undone one after the other
		at := f.former
		if at == 0 {
			at = u.Iteration
		}
		switch {
		case undoing.Iteration < at:
			undoing = &planner.Unit{ChildStatus: planner.StatusCompensated}
		case undoing.Iteration > at:
			undoing = nil
		}
	}
	if f.former > 0 {
		told = planner.StatusSucceeded
	}
	if undoing != nil && undoing.ChildStatus != "" {
		told = undoing.ChildStatus
	}
	switch {
	case s.Ended != "" && kid.Ended == "":
		w.violated(nothingLost, "%s has ended %s, and its child %s goes on: %s", s.ID, s.Ended, f.run, describe(kid))
	case s.Ended != "" && kid.Ended != told:
		w.violated(oneOutcome, "%s takes its child %s for %s, and it is %s", s.ID, f.run, told, kid.Ended)
	case s.Ended == planner.StatusCompensated && kid.Ended != planner.StatusCompensated:
		w.violated(nothingLost, "%s is compensated, and its child %s is %s", s.ID, f.run, kid.Ended)
	case s.Ended == planner.StatusSucceeded && u.State == planner.Succeeded && kid.Ended != planner.StatusSucceeded:
		w.violated(oneOutcome, "%s succeeded with its child %s, which is %s", s.ID, f.run, kid.Ended)
	}
	if kid.Parent == nil || kid.Parent.Run != s.ID {
		w.violated(oneOutcome, "%s is a child of %s, and says %+v", f.run, s.ID, kid.Parent)
	}
}
