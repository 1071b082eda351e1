package runview

import (
	"fmt"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// loop shows where a step with `until` stands; nil for every other one, and for one whose items loop each on its own.
func loop(def Step, st *planner.Step, values bool) *view.Loop {
	if st.Planned {
		return nil
	}
	return unitLoop(def, &st.Unit, values)
}

func unitLoop(def Step, u *planner.Unit, values bool) *view.Loop {
	if u.Iteration == 0 {
		return nil
	}
	v := &view.Loop{Iteration: u.Iteration, Completed: u.Passed, Condition: def.Until, NextAt: moment(u.NextAt)}
	if u.State == planner.Waiting {
		v.Iteration++ // the one that is waited for
	}
	if def.MaxIterations > 0 {
		v.Max = u.Base + def.MaxIterations
	}
	if values && u.State != planner.Succeeded {
		v.Output = shown(u.Last)
	}
	return v
}

// looping says what a loop waits for between two iterations.
func looping(def Step, st *planner.Step) string {
	switch {
	case st.Show() != planner.Waiting:
		return ""
	case st.Planned:
		return fmt.Sprintf("%s for the next iteration", waits(st.Between))
	case def.Until != "":
		return "`" + def.Until + "` was false"
	}
	return "waits for its next iteration"
}

func waits(n int) string {
	if n == 1 {
		return "1 item waits"
	}
	return fmt.Sprintf("%d items wait", n)
}
