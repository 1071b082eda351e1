package templates

import (
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

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
var planWords = map[string]string{"reuse": "reuse", "run_again": "run again", "run": "run", "in_the_way": "in the way", "undo": "undo", "nothing": "nothing to undo",
	"skip": "skip", "compensate_first": "undo, then run", "gone": "not there"}

// planTone colours them.
var planTone = map[string]string{"reuse": "tone-ok", "run_again": "tone-run", "run": "tone-idle", "in_the_way": "tone-fail", "undo": "tone-undo", "nothing": "tone-idle",
	"skip": "tone-idle", "compensate_first": "tone-undo", "gone": "tone-idle"}

// planSums says a plan in one line: "4 steps reused, 1 runs again, 2 to come".
func planSums(p view.Plan) string {
	if p.Action == "compensate" {
		if n := p.Counts("undo"); n > 0 {
			return "Undoes " + count(n, "step") + ", the last one first."
		}
		return "Nothing was done that could be undone: the run just ends as compensated."
	}
	var parts []string
	if p.Blocked {
		if n := planBlocks(p); n > 0 {
			return strings.ToUpper(count(n, "step")[:1]) + count(n, "step")[1:] + " in the way: nothing is done as it stands."
		}
		return "It is refused as it stands."
	}
	if n := p.Counts("undo"); n > 0 {
		parts = append(parts, "undoes "+count(n, "step")+" again")
	}
	if n := p.Counts("compensate_first"); n > 0 {
		parts = append(parts, count(n, "step")+" undone first")
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
func resumes(p RunPage, plan view.Plan, st view.PlanStep) bool {
	switch {
	case plan.Action == "restart":
		return st.ID == plan.From
	case plan.Blocked || st.Does != "run_again" && st.Does != "in_the_way":
		return false
	}
	for _, step := range p.Run.Steps {
		if step.ID == st.ID {
			return step.Status == "failed"
		}
	}
	return false
}

// planBlocks counts the steps because of which a button is refused.
func planBlocks(p view.Plan) (n int) {
	for _, st := range p.Steps {
		if st.Blocks {
			n++
		}
	}
	return n
}

// planTwice reports whether all that is in the way only has to be named.
func planTwice(p view.Plan) bool {
	if len(p.Why) > 0 || !p.Blocked {
		return false
	}
	for _, st := range p.Steps {
		if st.Blocks && !st.Twice {
			return false
		}
	}
	return true
}

// planAt is the page with a plan of its open: of a version, from a step. What the page shows beside stays selected.
func planAt(p RunPage, plan view.Plan, action, from string, version int) templ.SafeURL {
	q := planQuery(p, action, from)
	if version != 0 && version != plan.RunVersion {
		q.Set("version", strconv.Itoa(version))
	}
	return templ.SafeURL("/runs/" + p.Run.ID + "?" + q.Encode())
}

// planQuery is the address of a plan without its version. A restart's step is the one that is selected, so what is selected of another one is dropped.
func planQuery(p RunPage, action, from string) url.Values {
	q := url.Values{}
	if from == "" || from == p.Selection.Get("step") {
		maps.Copy(q, p.Selection)
	} else {
		q.Set("step", from)
	}
	q.Set("plan", action)
	return q
}

// given is the editor of a step's failed call in the plan of Retry, by its item.
func (p RunPage) given(step string, item *int) *GivenInput {
	ref := step
	if item != nil {
		ref = fmt.Sprintf("%s#%d", step, *item)
	}
	for i := range p.Given {
		if p.Given[i].Ref == ref {
			return &p.Given[i]
		}
	}
	return nil
}

// planned is the step's items beside its name, or "".
func plannedItems(st view.PlanStep) string {
	if st.Items > 0 {
		return fmt.Sprintf("×%d", st.Items)
	}
	return ""
}

// moreInputs is how many of a step's calls a plan has no input of.
func moreInputs(st view.PlanStep) int { return max(0, st.Items-len(st.Inputs)) }
