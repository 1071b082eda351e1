package templates

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/segno-run/segno/web/view"
)

// BulkPlanPage is GET /flows/{name}/retries: what retrying all runs with one failure would do, and what was retried before.
type BulkPlanPage struct {
	Chrome
	Head FlowHead
	Plan view.BulkPlan
	Key  string // of this page's button: pressed twice, it starts once
	Past []view.Bulk
}

// mostInList is how many versions are a list to choose from. More are a number to type.
const mostInList = 20

// BulkPage is GET /flows/{name}/retries/{id}.
type BulkPage struct {
	Chrome
	Head  FlowHead
	Bulk  view.Bulk
	State string // of the runs shown; "": all
	Runs  []view.BulkRun
	First bool // of the pages
	Next  int  // after which the next page begins; 0: there is none
}

func (p BulkPage) here(state string, after int) string {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	if after > 0 {
		q.Set("after", strconv.Itoa(after))
	}
	return strings.TrimSuffix(bulkURL(p.Bulk)+"?"+q.Encode(), "?")
}

func bulkURL(b view.Bulk) string { return "/flows/" + b.Flow + "/retries/" + b.ID }

// bulkWhat says which failures are meant; "" for all.
func bulkWhat(class, step, fingerprint string) string {
	var parts []string
	if step != "" {
		parts = append(parts, "at `"+step+"`")
	}
	if class != "" {
		parts = append(parts, "as "+className(class))
	}
	if fingerprint != "" {
		parts = append(parts, "with one message but for its numbers")
	}
	return strings.Join(parts, ", ")
}

// bulkThey says which runs are meant.
func bulkThey(class, step, fingerprint string) string {
	if what := bulkWhat(class, step, fingerprint); what != "" {
		return "They failed " + what
	}
	return "These are all failed runs of the flow"
}

// bulkNone says that there are none.
func bulkNone(p view.BulkPlan) string {
	what := strings.ReplaceAll(bulkWhat(p.Class, p.Step, p.Fingerprint), "`", "")
	return strings.TrimSpace("No run of this flow has failed "+what) + "."
}

// bulkVersion says what the runs go on with.
func bulkVersion(v int) string {
	if v == 0 {
		return "each on its own version"
	}
	return fmt.Sprintf("on v%d", v)
}

// bulkSum says how a bulk retry stands.
func bulkSum(b view.Bulk) string {
	parts := []string{fmt.Sprintf("%s of %s retried", thousands(b.Retried), thousands(b.Runs))}
	for _, c := range []struct {
		n    int
		text string
	}{{b.Refused, "in the way"}, {b.Waiting, bulkToGo(b)}, {b.Stopped, "left out when it was stopped"}} {
		if c.n > 0 {
			parts = append(parts, thousands(c.n)+" "+c.text)
		}
	}
	return strings.Join(parts, ", ")
}

// bulkToGo is what is said of the runs that wait.
func bulkToGo(b view.Bulk) string {
	if b.StoppedAt != nil {
		return "not decided yet" // they had had their turn when it was stopped
	}
	return "to go"
}

// bulkUnderWay counts the retried runs that have not ended.
func bulkUnderWay(b view.Bulk) int { return b.Retried - b.Succeeded - b.Failed - b.Otherwise }

// liveAt is where the page is asked for again: as long as its runs may change.
func (p BulkPage) liveAt() string {
	if p.Bulk.Done && bulkUnderWay(p.Bulk) == 0 {
		return ""
	}
	after := 0
	if !p.First && len(p.Runs) > 0 {
		after = p.Runs[0].N - 1
	}
	return p.here(p.State, after)
}

// bulkVersionField is a version as a form has it.
func bulkVersionField(v int) string {
	if v == 0 {
		return ""
	}
	return strconv.Itoa(v)
}

// bulkPart is a segment of the bar, in per mille of the whole.
type bulkPart struct {
	class, name string
	x, width    float64
}

func bulkBar(b view.Bulk) (parts []bulkPart) {
	at := 0.0
	for _, p := range []struct {
		class, name string
		n           int
	}{{"ok", "succeeded", b.Succeeded}, {"run", "under way", bulkUnderWay(b)}, {"fail", "failed again", b.Failed}, {"undo", "ended otherwise", b.Otherwise}, {"wait", "in the way", b.Refused}} {
		if p.n <= 0 || b.Runs == 0 {
			continue
		}
		width := 1000 * float64(p.n) / float64(b.Runs)
		parts = append(parts, bulkPart{p.class, thousands(p.n) + " " + p.name, at, width})
		at += width
	}
	return parts
}

// bulkStates are the views of a bulk's runs, with how many are in each.
func (p BulkPage) states() [][2]string {
	b := p.Bulk
	toGo := bulkToGo(b)
	out := [][2]string{{"", "All " + thousands(b.Runs)}}
	for _, s := range []struct {
		state, name string
		n           int
	}{{"retried", "Retried", b.Retried}, {"refused", "In the way", b.Refused}, {"waiting", strings.ToUpper(toGo[:1]) + toGo[1:], b.Waiting}, {"stopped", "Left out", b.Stopped}} {
		if s.n > 0 || p.State == s.state {
			out = append(out, [2]string{s.state, s.name + " " + thousands(s.n)})
		}
	}
	return out
}

// bulkStateText is what came of one run.
func bulkStateText(b view.Bulk, r view.BulkRun) string {
	switch r.State {
	case "retried":
		return bulkOutcome(r.Outcome)
	case "refused":
		return "in the way"
	case "stopped":
		return "left out"
	}
	return bulkToGo(b)
}

// bulkOutcome is how a retried run ended.
func bulkOutcome(outcome string) string {
	switch outcome {
	case "":
		return "under way"
	case "failed":
		return "failed again"
	case "compensation_failed":
		return "could not be compensated"
	}
	return outcome // succeeded, cancelled, compensated, deleted
}
