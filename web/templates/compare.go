package templates

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/view"
)

// ComparePage is GET /runs/{id}/compare?with=.
type ComparePage struct {
	Chrome
	Flow          string
	Comparison    view.Comparison
	CreatedAt     time.Time
	WithCreatedAt time.Time
	Named         bool // the other run was asked for; else it is the last success
}

// ComparedRun is a run as a comparison heads and offers it.
type ComparedRun struct {
	ID        string
	Version   int
	Status    string
	CreatedAt time.Time
	TookMS    *int64 // nil: it has not begun, or goes on
}

func (p ComparePage) run() ComparedRun {
	c := p.Comparison
	return ComparedRun{c.Run, c.Version, c.Status, p.CreatedAt, c.TookMS}
}

func (p ComparePage) with() ComparedRun {
	c := p.Comparison
	return ComparedRun{c.With, c.WithVersion, c.WithStatus, p.WithCreatedAt, c.WithTookMS}
}

// CompareWithPage is GET /runs/{id}/compare where there is nothing to compare the run with: no run before it succeeded, or the one that was named can't be.
type CompareWithPage struct {
	Chrome
	Flow      string
	Run       ComparedRun
	Why       string        // a sentence
	With      string        // the run that was named; "" for none
	Successes []ComparedRun // that began after it, the newest first
	Others    []ComparedRun // the newest ones
}

func (p CompareWithPage) title() string {
	if p.With == "" {
		return "No success before this run"
	}
	return "There is no such comparison"
}

func (p ComparePage) other() string {
	if p.Named {
		return "The other run"
	}
	return "The last success before it"
}

// Difference is the inspector's tab Diff: the selection against something that went before.
type Difference struct {
	Bases    []DiffBase // what it can be compared with
	Sections []DiffSection
	None     string     // why there is nothing to compare
	Choose   bool       // another run may be chosen
	Compare  string     // link to the whole comparison
	With     string     // the other run, if it is one
	WithAt   *time.Time // when that was started
}

// DiffBase is something to compare with.
type DiffBase struct {
	Label, Href string
	Current     bool
}

// DiffSection is how one value differs.
type DiffSection struct {
	Title   string
	Changes []view.ValueChange
	More    int // that are not listed
}

// Current is the tab that is shown.
func (in Inspector) Current() string { return in.current() }

// DiffHref is the address of the tab Diff.
func (in Inspector) DiffHref(run string) string { return in.href(run, "diff", in.Attempt) }

// TwoAttempts is the selected attempt, the last without one, and the one before it; nil for what is not there.
func (in Inspector) TwoAttempts() (before, now *view.Attempt) {
	now = in.attempt()
	if now == nil {
		return nil, nil
	}
	all := in.attempts()
	for i := range all {
		if all[i].Number < now.Number {
			before = &all[i]
		}
	}
	return before, now
}

// moreChanges says what a list of differences leaves out.
func moreChanges(n int) string { return "and " + count(n, "more difference") + "." }

// changeSign tells what became of a place: added, removed or changed.
func changeSign(c view.ValueChange) string {
	switch {
	case c.Was == nil:
		return "+"
	case c.Is == nil:
		return "−"
	}
	return "~"
}

func changePath(c view.ValueChange) string {
	if c.Path == "" {
		return "the whole value"
	}
	return c.Path
}

// changed is a value of a difference, short enough for its place.
func changed(raw []byte) string {
	var apart view.Payload
	if json.Unmarshal(raw, &apart) == nil && strings.HasPrefix(apart.Payload, "sha256:") && apart.Bytes > 0 {
		return "a value of " + bytes1024(int(apart.Bytes)) + ", " + apart.Payload[:min(len(apart.Payload), 15)]
	}
	return shortened([]byte(readable(string(raw))), 300)
}

// tookWords is a time of a comparison; "" for none.
func tookWords(ms *int64) string {
	if ms == nil {
		return "–"
	}
	return span(time.Duration(*ms) * time.Millisecond)
}

// tookChange says how much longer or shorter something took, where that is worth a word.
func tookChange(is, was *int64) string {
	if is == nil || was == nil || max(*is, *was) < 20 {
		return ""
	}
	switch a, b := float64(*is), float64(max(*was, 1)); {
	case a >= 1.5*b:
		return fmt.Sprintf("%.1f× as long", a/b)
	case a <= b/1.5:
		return fmt.Sprintf("%.0f %% of it", 100*a/b)
	}
	return ""
}

// summary says where two runs part, and from where on their values differ.
func (p ComparePage) summary() string {
	c := p.Comparison
	var text string
	for _, st := range c.Steps {
		if st.ID == c.First {
			text = "`" + st.ID + "`: " + st.Differs + ". "
		}
	}
	switch {
	case c.FirstValue != "":
		return text + "Values differ from `" + c.FirstValue + "` on."
	case len(c.Input) > 0:
		return text + "They had different inputs; no step was sent or answered anything else."
	}
	return text + "Every value is the same."
}

func comparedRun(r ComparedRun) string {
	return shortID(r.ID) + ", version " + strconv.Itoa(r.Version)
}

func compareStepURL(run, step string) string {
	return "/runs/" + url.PathEscape(run) + "?step=" + url.QueryEscape(step) + "&view=diff"
}

func versionsDiff(flow string, from, to int) templ.SafeURL {
	return templ.SafeURL("/flows/" + url.PathEscape(flow) + "/diff?from=" + strconv.Itoa(from) + "&to=" + strconv.Itoa(to))
}
