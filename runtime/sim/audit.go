package sim

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// quiet reports whether every run has come to its end and every button has its answer.
func (w *World) quiet() bool {
	if w.faulty() {
		return false
	}
	goesOn := func(c *client) bool { return !w.rests(c) }
	if slices.ContainsFunc(w.runs, goesOn) || slices.ContainsFunc(w.kids, goesOn) {
		return false
	}
	for _, m := range w.posted {
		if !w.answered(m) {
			return false
		}
	}
	return true
}

// answered reports whether a button has its answer, and notes it.
func (w *World) answered(m *message) bool {
	if m.answer == nil {
		if answer, ok, err := w.store.Answer(background(), m.id); ok && err == nil {
			m.answer = answer
		}
	}
	return m.answer != nil
}

// audit judges the end: nothing lost, nothing recorded twice.
func (w *World) audit() {
	for _, c := range w.runs {
		if c.run == 0 {
			w.violated(nothingLost, "client %d never got its run", c.n)
			continue
		}
		if c.gone {
			continue
		}
		h, err := w.store.Load(background(), c.run)
		if err != nil {
			w.violated(durableFirst, "run %d was acknowledged and is lost: %v", c.run, err)
			continue
		}
		s := w.durable(c.run)
		w.report.Statuses[string(s.Status())]++
		if !c.over {
			w.violated(nothingLost, "run %d (%s) never ended: %s", c.run, h.Flow, describe(s))
		}
		if s.Status() == planner.StatusCompensated {
			w.judgeLeft(c.run, s)
		}
	}
	w.auditFamilies()
	for _, m := range w.buttons() {
		w.judgeButton(m)
	}
	w.auditPayloads()
}

// buttons lists what was posted to runs that are there, in a fixed order.
func (w *World) buttons() []*message {
	return slices.SortedFunc(maps.Values(w.posted), func(a, b *message) int { return cmp.Compare(a.id, b.id) })
}

// judgeLeft asks the functions whether anything is left of a run that was compensated, of steps that undo what may have happened. What a person took for
// not happened while it was still about to happen is that person's affair.
func (w *World) judgeLeft(run int64, s *planner.State) {
	for _, key := range slices.Sorted(maps.Keys(w.ledger)) {
		e := w.ledger[key]
		if e.run != run || e.ref.Undo || !e.effect || e.undone || !w.edition(s, e.ref).UndoAttempts {
			continue
		}
		if !w.folded[run].dismissed[key] {
			w.violated(nothingLost, "run %d is compensated, and what %s did is left", run, key)
		}
	}
}

// judgeButton checks that a button has one answer, and that it was taken exactly as often as the answer says.
func (w *World) judgeButton(m *message) {
	if m.judged {
		return
	}
	m.judged = true
	if !w.answered(m) {
		w.violated(nothingLost, "button %s (%s) of run %d was lost", m.id, m.kind, m.run)
		return
	}
	f := w.folded[m.run]
	if f == nil {
		return
	}
	did, want := f.taken[taken{m.id, m.kind}], 0
	if bytes.Contains(m.answer, []byte(`"ok":true`)) {
		want = 1
	}
	if did == 0 && want == 1 && m.kind == runtime.ButtonRetryNow && (f.late[m.step] || f.late[""]) {
		want = 0 // it found that there was no time left for another attempt, which then is what became of it
	}
	if want == 1 && (m.kind == runtime.ButtonRetryNow || m.kind == runtime.ButtonStopRetrying) {
		w.report.Hurried++
	}
	if did != want {
		w.violated(nothingLost, "button %s (%s) of run %d was answered %s and taken %d times", m.id, m.kind, m.run, m.answer, did)
	}
}

func describe(s *planner.State) string {
	text := fmt.Sprintf("%s, phase %d, in flight %d, waiting %d, uncertain %d;", s.Status(), s.Phase, s.InFlight, s.Waiting, s.Uncertain)
	for name, st := range s.Steps {
		text += fmt.Sprintf(" %s %s", name, st.Show())
	}
	return text
}
