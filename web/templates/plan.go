package templates

import (
	"fmt"
	"strings"

	"github.com/segno-run/segno/web/view"
)

// Plan is the plan of a button that fits, or nil.
func (p RunPage) Plan(action string) *view.Plan {
	for i := range p.Plans {
		if p.Plans[i].Action == action {
			return &p.Plans[i]
		}
	}
	return nil
}

// planWords are what a plan does with a step.
var planWords = map[string]string{"reuse": "reuse", "run_again": "run again", "run": "run", "in_the_way": "in the way", "undo": "undo", "nothing": "nothing to undo"}

// planTone colours them.
var planTone = map[string]string{"reuse": "tone-ok", "run_again": "tone-run", "run": "tone-idle", "in_the_way": "tone-fail", "undo": "tone-undo", "nothing": "tone-idle"}

// planSums says a plan in one line: "4 steps reused, 1 runs again, 2 to come".
func planSums(p view.Plan) string {
	if p.Action == "compensate" {
		if n := p.Counts("undo"); n > 0 {
			return "Undoes " + count(n, "step") + ", the last one first."
		}
		return "Nothing was done that could be undone: the run just ends as compensated."
	}
	var parts []string
	if n := p.Counts("undo"); n > 0 {
		parts = append(parts, "undoes "+count(n, "step")+" again")
	}
	if n := p.Counts("reuse"); n > 0 {
		parts = append(parts, count(n, "step")+" reused")
	}
	if n := p.Counts("run_again", "in_the_way"); n == 1 {
		parts = append(parts, "1 runs again")
	} else if n > 1 {
		parts = append(parts, fmt.Sprintf("%d run again", n))
	}
	if n := p.Counts("run"); n > 0 {
		parts = append(parts, fmt.Sprintf("%d to come", n))
	}
	if len(parts) == 0 {
		return "The run goes on."
	}
	text := strings.Join(parts, ", ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

// resumes reports whether the run goes on at a step of a retry's plan: the segno mark.
func resumes(st view.PlanStep) bool { return st.Does == "run_again" || st.Does == "in_the_way" }

// planned is the step's items beside its name, or "".
func plannedItems(st view.PlanStep) string {
	if st.Items > 0 {
		return fmt.Sprintf("×%d", st.Items)
	}
	return ""
}

// moreInputs is how many of a step's calls a plan has no input of.
func moreInputs(st view.PlanStep) int { return max(0, st.Items-len(st.Inputs)) }
