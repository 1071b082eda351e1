package runview

import "github.com/segno-run/segno/web/view"

// HasChildren reports whether a run may have children that go on.
func HasChildren(run view.Run) bool {
	for _, s := range run.Steps {
		if s.Kind != "flow" {
			continue
		}
		switch s.Status {
		case "running", "retrying", "waiting", "compensating", "uncertain":
			return true
		}
	}
	return false
}

// TellChildren says of each of a run's Children how it shows, and of the steps that wait for one what that run waits for: the first of each step's.
func TellChildren(run *view.Run) {
	told := map[string]bool{}
	for i := range run.Children {
		c := &run.Children[i]
		c.Shown = shownAbove(*c)
		if told[c.Step] || c.Shown == "" {
			continue
		}
		told[c.Step] = true
		for i := range run.Steps {
			if st := &run.Steps[i]; st.ID == c.Step && st.Status == "running" {
				st.Below, st.Reason = c.Shown, childNoun(*c)+" "+childWaits[c.Shown]
			}
		}
	}
}

// shownAbove is what a run says of one below it that goes on; "" if that is simply under way.
func shownAbove(c view.ChildState) string {
	switch {
	case c.Status == "uncertain":
		return "uncertain"
	case c.Needs == "person":
		return "ask"
	case c.Needs == "retry":
		return "retrying"
	case c.Status == "paused" || c.Status == "waiting" || c.Status == "compensating":
		return c.Status
	}
	return ""
}

// childWaits is the rest of a sentence, by what shows.
var childWaits = map[string]string{
	"uncertain": "is uncertain: a person has to say what happened", "ask": "waits for a person", "retrying": "is retrying", "paused": "is paused", "waiting": "is waiting",
	"compensating": "undoes what it did",
}

// childNoun names a run below by what it is of the step.
func childNoun(c view.ChildState) string {
	switch {
	case c.Depth > 1:
		return "a run below it, of `" + c.Flow + "`,"
	case c.Item != nil:
		return "the run of one of its items"
	}
	return "its run"
}
