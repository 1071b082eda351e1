package runview

import (
	"fmt"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Stops says what of a run is under way, step by step in written order, and what a cancel does to it.
func Stops(s *planner.State, o *Outline) (out []view.PlanStep) {
	for _, def := range o.Steps {
		st, ok := s.Steps[def.ID]
		if !ok {
			continue
		}
		v := view.PlanStep{ID: def.ID, Function: def.Function, Flow: def.Flow, Does: "stop"}
		switch {
		case st.Status == planner.Waiting:
			v.Reason = "it stops waiting"
			if st.Ask {
				v.Reason = "nobody is asked any more"
			}
		case unsure(st):
			v.Reason = "nobody knows whether it happened: that stays to be answered"
		case st.Status != planner.Running:
			continue
		case st.Planned:
			v.Items = st.Open
			v.Reason = stoppedItems(def, st)
		case st.Unit.Child != "":
			v.Reason = "its run is cancelled too"
		case st.Unit.State == planner.Retrying:
			v.Reason = "its next attempt is not made"
		case st.Unit.State == planner.Waiting:
			v.Reason = "its next iteration is not made"
		default:
			v.Reason = "it is told to stop; what it has done by then stays done"
		}
		out = append(out, v)
	}
	return out
}

// stoppedItems says what becomes of the items of a for_each.
func stoppedItems(def Step, st *planner.Step) string {
	calls := st.Open - st.Retries - st.Between
	text := fmt.Sprintf("%s told to stop", are(calls, "item"))
	if def.Flow != "" {
		text = fmt.Sprintf("the runs of %s are cancelled too", count(calls, "item"))
	}
	if st.Retries > 0 {
		text += fmt.Sprintf(", the next attempts of %d not made", st.Retries)
	}
	if rest := len(st.Items) - st.Done - len(st.Lost) - st.Open - st.Unsure; rest > 0 {
		text += fmt.Sprintf(", %d never started", rest)
	}
	return text
}

// are is "1 item is" or "3 items are".
func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return count(n, noun) + " are"
}
