package templates

import (
	"time"

	"github.com/segno-run/segno/web/words"
)

// RunsPage is GET /runs, its filters and its place in the list in the address.
type RunsPage struct {
	Chrome
	Filter    RunsFilter
	Flows     []string // offered by the filter
	Classes   []string
	Counts    []Count    // by status and by need, for the chips; Href keeps the other filters
	Chosen    []Chosen   // filters that are set, but for what the first row of the form shows
	Histogram *Histogram // nil without anything to select
	Capped    bool       // the counts stop at a bound: shown as "1000+"
	Rows      []RunRow
	Older     string    // link to the page below, "" at the end
	Newer     string    // link to the page above, "" on the first
	Newest    string    // link to the first page, "" on it
	Live      string    // where the script asks for what has changed; "" on pages below the first
	ByInput   bool      // an input is asked for
	Unread    time.Time // when the newest run began that no input finds yet; zero: all are found
	HasAny    bool      // any run at all, whatever the filter
	StartAt   string    // flow to suggest when there is none
	Sample    string    // an input that fits it, JSON on one line
	Query     string    // the filters as an address has them
	Views     []RunView // kept on the server
}

// RunsFilter is what the URL says, as typed.
type RunsFilter struct {
	Flow, Version, Status, Needs, Class, Step, Fingerprint, Since, From, To, Longer, Shorter, Input, Q, Parent, Over string
}

// Chosen is a filter that is set, with the address of the list without it.
type Chosen struct{ Text, Href string }

// RunView is a filter with a name.
type RunView struct {
	Name, Href string
	On         bool
}

// runTone is the status by which a list shows a run: one that waits for a person, or calls again what failed, never looks healthy.
func runTone(r RunRow) string {
	if r.Status != "running" && r.Status != "waiting" {
		return r.Status
	}
	switch r.Needs {
	case "person":
		return "ask"
	case "retry":
		return "retrying"
	}
	return r.Status
}

// sinceWords are the times back that the filter offers.
var sinceWords = [][2]string{{"", "Any time"}, {"1h", "Last hour"}, {"24h", "Last 24 hours"}, {"7d", "Last 7 days"}, {"30d", "Last 30 days"}}

// chipOn reports whether the filter is at a chip's status or need.
func (f RunsFilter) chipOn(status string) bool {
	switch status {
	case "ask":
		return f.Needs == "person"
	case "retrying":
		return f.Needs == "retry"
	}
	return f.Status == status
}

// ShortID is an id as the lists show it.
func ShortID(id string) string { return shortID(id) }

func className(class string) string { return words.Class(class) }
