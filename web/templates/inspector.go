package templates

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/view"
)

// tabs are the inspector's, in their order.
var tabs = []string{"error", "input", "resolved", "output", "diff", "attempts", "logs"}

// hasTab reports whether a tab has something to show for the selection.
func (in Inspector) hasTab(tab string) bool {
	if in.Step == nil {
		return tab == "input" || tab == "output" || tab == "diff"
	}
	calls := in.Step.Kind == "call" || in.Step.Kind == "flow"
	switch tab {
	case "error":
		return in.failure() != nil
	case "input":
		return calls || len(in.Written) > 0
	case "resolved":
		return calls || !empty(in.input())
	case "diff":
		return in.Step.Status != "pending" && in.Step.Status != "skipped" && (calls || !empty(in.output()))
	case "attempts":
		return calls || len(in.attempts()) > 0
	case "logs": // a flow writes none: its steps' lines are of its own run
		return in.Step.Kind != "flow" && (calls || len(in.attempts()) > 0)
	}
	return true // every step may have an output
}

// current is the tab that is shown: the one asked for, else the one that says most.
func (in Inspector) current() string {
	if in.Tab != "" && in.hasTab(in.Tab) {
		return in.Tab
	}
	switch {
	case in.Step == nil && in.Succeeded:
		return "output"
	case in.Step == nil:
		return "input"
	case in.failure() != nil:
		return "error"
	case !empty(in.output()):
		return "output"
	case len(in.attempts()) > 0 && in.Step.Status == "running" && in.hasTab("logs"):
		return "logs"
	case in.hasTab("resolved") && !empty(in.input()):
		return "resolved"
	case in.hasTab("input"):
		return "input"
	}
	return "output"
}

func (in Inspector) failure() *view.Failure {
	if a := in.Chosen(); a != nil {
		return a.Error
	}
	switch {
	case in.Item != nil:
		if in.Item.Error != nil {
			return in.Item.Error
		}
		if in.Item.Compensation != nil {
			return in.Item.Compensation.Error
		}
		return nil
	case in.Step == nil:
		return nil
	case in.Step.Error != nil:
		return in.Step.Error
	case in.Step.Compensation != nil:
		return in.Step.Compensation.Error
	}
	return nil
}

func (in Inspector) input() []byte {
	if in.Of != nil {
		return in.Of.Input
	}
	if in.Item != nil {
		return in.Item.Input
	}
	return in.Step.Input
}

func (in Inspector) output() []byte {
	if in.Of != nil {
		return in.Of.Output
	}
	if in.Item != nil {
		return in.Item.Output
	}
	return in.Step.Output
}

func (in Inspector) attempts() []view.Attempt {
	if in.Item != nil {
		return in.Item.Attempts
	}
	if in.Step == nil {
		return nil
	}
	return in.Step.Attempts
}

func (in Inspector) compensation() *view.Compensation {
	if in.Item != nil {
		return in.Item.Compensation
	}
	return in.Step.Compensation
}

// child is the run that the selection started, or nil.
func (in Inspector) child() *view.Child {
	if in.Item != nil {
		return in.Item.Child
	}
	return in.Step.Child
}

// ChildRun is the run that the selection has started: of a chosen attempt its own, else the latest; "" if there is none.
func (in Inspector) ChildRun() string {
	if in.Step == nil {
		return ""
	}
	if in.Attempt > 0 {
		if a := in.attempt(); a != nil && a.Run != "" {
			return a.Run
		}
	}
	if c := in.child(); c != nil {
		return c.Run
	}
	return ""
}

// why is what keeps the selection from running, or why it was skipped; "" if nothing does.
func (in Inspector) why() string {
	if in.Item != nil {
		return in.Item.Reason
	}
	return in.Step.Reason
}

// retrying reports whether the selection waits for another attempt; item is nil for the step with all its items.
func (in Inspector) retrying() (item *int, ok bool) {
	if in.Item != nil {
		return &in.Item.Index, in.Item.Status == "retrying" || in.Item.Compensation != nil && in.Item.Compensation.Status == "retrying"
	}
	return nil, in.Step.Status == "retrying" || in.Step.Compensation != nil && in.Step.Compensation.Status == "retrying"
}

// plainWords is a sentence for a tooltip: without the marks of code.
func plainWords(text string) string { return strings.ReplaceAll(text, "`", "") }

// parentURL is where the step stands that started a run.
func parentURL(p view.Parent) templ.SafeURL {
	at := "/runs/" + url.PathEscape(p.Run) + "?step=" + url.QueryEscape(p.Step)
	if p.Item != nil {
		at += "&item=" + strconv.Itoa(*p.Item)
	}
	return templ.SafeURL(at)
}

// childWords says of which flow a run is, and how it ended.
func childWords(c view.Child) string {
	text := "of version " + strconv.Itoa(c.Version)
	if c.Status != "" {
		text += ", " + statusText(c.Status)
	}
	return text
}

// loop is where the selection's loop stands, or nil.
func (in Inspector) loop() *view.Loop {
	switch {
	case in.Item != nil:
		return in.Item.Loop
	case in.Step == nil:
		return nil
	}
	return in.Step.Loop
}

// loopText says where a loop stands: "Iteration 3 of at most 30".
func loopText(l view.Loop) string {
	text := "Iteration " + strconv.Itoa(l.Iteration)
	if l.Max > 0 {
		text += " of at most " + strconv.Itoa(l.Max)
	}
	if l.Condition != "" {
		text += ", until " + l.Condition
	}
	return text
}

// forgotten is how many attempts came before those that are shown: of a loop only the last are kept.
func (in Inspector) forgotten() int {
	if all := in.attempts(); len(all) > 0 {
		return all[0].Number - 1
	}
	return 0
}

func (in Inspector) status() string {
	if in.Item != nil {
		return in.Item.Status
	}
	return shownStatus(*in.Step)
}

// Chosen is the attempt that the address names, whose own values, error and lines are shown; nil if it names none that is kept.
func (in Inspector) Chosen() *view.Attempt {
	if a := in.attempt(); in.Attempt > 0 && a != nil && a.Number == in.Attempt {
		return a
	}
	return nil
}

// picks reports whether a tab offers the attempts to choose from.
func (in Inspector) picks(tab string) bool {
	return len(in.attempts()) > 1 && (tab == "error" || tab == "resolved" || tab == "output")
}

// attempt is the one whose log lines are shown: the chosen one, else the last.
func (in Inspector) attempt() *view.Attempt {
	all := in.attempts()
	for i := range all {
		if all[i].Number == in.Attempt {
			return &all[i]
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}

// href is the run page's address with this selection, another tab, and optionally an attempt.
func (in Inspector) href(run, tab string, attempt int) string {
	q := url.Values{}
	for name, v := range in.Keep {
		q[name] = v
	}
	if in.Step != nil {
		q.Set("step", in.Step.ID)
	}
	if in.Item != nil {
		q.Set("item", strconv.Itoa(in.Item.Index))
	}
	if attempt > 0 {
		q.Set("attempt", strconv.Itoa(attempt))
	}
	if tab != "" {
		q.Set("view", tab)
	}
	return "/runs/" + run + "?" + q.Encode()
}

// sizes are those of the step's values, of the selected item's, or of the chosen attempt's.
func (in Inspector) sizes() view.Values {
	switch {
	case in.Of != nil:
		return *in.Of
	case in.Item != nil:
		return in.Item.Values
	}
	return in.Step.Values
}

// worthNoting says a size from 1 KiB on.
func worthNoting(bytes int64) string {
	if bytes < 1<<10 {
		return ""
	}
	return bytes1024(int(bytes))
}

// tabNote is the little number beside a tab's name.
func (in Inspector) tabNote(tab string) string {
	if in.Step == nil {
		return ""
	}
	switch tab {
	case "input":
		if in.Item != nil {
			return worthNoting(in.Item.ItemBytes)
		}
	case "resolved":
		return worthNoting(in.sizes().InputBytes)
	case "output":
		return worthNoting(in.sizes().OutputBytes)
	case "attempts":
		if n := len(in.attempts()); n > 1 {
			return strconv.Itoa(n)
		}
	case "logs":
		if a := in.attempt(); a != nil && len(a.Logs) > 0 {
			return strconv.Itoa(len(a.Logs))
		}
	}
	return ""
}

// attemptHref selects an attempt of a step; who looks at log lines goes on with log lines.
func (in Inspector) attemptHref(run, step string, attempt int) string {
	tab := "attempts"
	if in.Step != nil && in.current() == "logs" {
		tab = "logs"
	}
	q := url.Values{"step": {step}, "attempt": {strconv.Itoa(attempt)}, "view": {tab}}
	return "/runs/" + url.PathEscape(run) + "?" + q.Encode()
}
