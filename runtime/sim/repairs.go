package sim

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// repair is what somebody does about a run that has failed: mostly Retry, now and then with another version or another input, or from an earlier step.
func (w *World) repair(s *planner.State) *runtime.Button {
	b := &runtime.Button{Kind: runtime.ButtonRetry}
	switch w.rng.IntN(8) {
	case 0, 1:
		b.Version = 1 + w.rng.IntN(len(w.flows[s.Flow]))
	case 2, 3:
		b.Given = w.give(s)
	case 4:
		return w.restart(s)
	}
	return b
}

// give edits the inputs of what failed.
func (w *World) give(s *planner.State) (given []planner.GivenInput) {
	for _, p := range w.of(s).Steps {
		st := s.Steps[p.Name]
		if st == nil || st.Status != planner.Failed || p.Kind != flow.Call {
			continue
		}
		edit := func(item int) {
			given = append(given, planner.GivenInput{Step: p.Name, Item: item, Input: fmt.Appendf(nil, `{"edited":%d}`, w.rng.IntN(3))})
		}
		if !st.Planned {
			edit(planner.NoItem)
			continue
		}
		for i, u := range st.Items {
			if u != nil && u.State == planner.Failed {
				edit(i)
			}
		}
	}
	return given
}

// restart goes back to some step. Whether what may not happen twice may do so is a matter of mood.
func (w *World) restart(s *planner.State) *runtime.Button {
	p := w.of(s)
	b := &runtime.Button{Kind: runtime.ButtonRestart, Step: p.Steps[w.rng.IntN(len(p.Steps))].Name}
	if w.rng.IntN(3) == 0 {
		b.Version = 1 + w.rng.IntN(len(w.flows[s.Flow]))
	}
	if w.rng.IntN(2) == 0 {
		b.Again = w.risky(p, b.Step)
	}
	return b
}

// risky lists a step with those behind it, as far as they may not happen twice.
func (w *World) risky(p *check.Program, step string) (names []string) {
	behind := map[string]bool{}
	var add func(i int)
	add = func(i int) {
		st := p.Steps[i]
		if behind[st.Name] {
			return
		}
		behind[st.Name] = true
		if st.Call != nil && !st.Call.Idempotent {
			names = append(names, st.Name)
		}
		for _, e := range st.Out {
			add(e.To)
		}
	}
	add(p.Step(step).Index)
	return names
}

// plan is what a person sees before they press a button that repairs: why it would be refused; nil if it would not. The button is for the run as it is now.
func (w *World) plan(run int64, b *runtime.Button) error {
	var in planner.Input
	s := w.durable(run)
	switch {
	case b.Kind == runtime.ButtonRestart:
		in = &planner.Restart{Step: b.Step, Version: b.Version, Again: b.Again}
	case b.Kind == runtime.ButtonRetry && (b.Version != 0 || len(b.Given) > 0):
		in = &planner.Retry{Version: b.Version, Given: b.Given}
	default:
		return nil
	}
	b.Seq = s.Seq
	programs := planner.Programs{Now: w.of(s), Others: map[int]*check.Program{}}
	for i, p := range w.flows[s.Flow] {
		programs.Others[i+1] = p
	}
	outlook, err := programs.Foretell(s, in, w.storeNow())
	if err == nil && outlook.Blocks {
		err = errBlocked
	}
	return err
}

var errBlocked = errors.New("something is in the way")

// planned lists the buttons that repair and are taken by transitions of a batch before anything has happened since their plan was made, with their answers.
func (w *World) planned(batch []journal.Transition) map[*message][]byte {
	seq, found := map[int64]int64{}, map[*message][]byte{}
	for _, t := range batch {
		if len(t.Inbox) > 0 && seq[t.Run] == 0 {
			seq[t.Run] = w.durable(t.Run).Seq
		}
		for _, c := range t.Inbox {
			if m := w.posted[c.ID]; m != nil && m.seq > 0 && m.seq == seq[t.Run] && m.answer == nil {
				found[m] = c.Answer
			}
		}
		if t.Seq > 0 {
			seq[t.Run] = t.Seq
		}
	}
	return found
}

// repaired holds what became of a button that repairs against the plan that its presser saw, if nothing has happened in between.
func (w *World) repaired(m *message, answer []byte) {
	taken := bytes.Contains(answer, []byte(`"ok":true`))
	if taken {
		w.report.Repaired++
	}
	switch {
	case taken && m.blocked != nil:
		w.violated(neededFirst, "button %s (%s) of run %d was taken, and the plan said: %v", m.id, m.kind, m.run, m.blocked)
	case !taken && m.blocked == nil && m.version == 0 && !bytes.Contains(answer, []byte(errUnfit.Error())):
		w.violated(nothingLost, "button %s (%s) of run %d was refused, and its plan said nothing: %s", m.id, m.kind, m.run, answer)
	}
}
