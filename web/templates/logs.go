package templates

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/segno-run/segno/web/view"
)

// logLineID is the address of a line within the page.
func logLineID(attempt, n int) string { return fmt.Sprintf("l%d-%d", attempt, n) }

// shown lists the attempts whose lines are shown.
func (in Inspector) shown() []view.Attempt {
	if in.Merged {
		return in.attempts()
	}
	if a := in.attempt(); a != nil {
		return []view.Attempt{*a}
	}
	return nil
}

// shows reports whether an attempt alone is shown.
func (in Inspector) shows(a view.Attempt) bool {
	one := in.attempt()
	return !in.Merged && one != nil && one.Number == a.Number
}

// lines counts the lines that are shown.
func (in Inspector) lines() (n int) {
	for _, a := range in.shown() {
		n += len(a.Logs)
	}
	return n
}

// hrefMerged shows the lines of all attempts.
func (in Inspector) hrefMerged(run string) string { return in.href(run, "logs", 0) + "&attempt=all" }

// logFile is where the shown lines are a text file.
func (in Inspector) logFile(run string) templ.SafeURL {
	q := url.Values{}
	if in.Item != nil {
		q.Set("item", strconv.Itoa(in.Item.Index))
	}
	if a := in.attempt(); a != nil && !in.Merged {
		q.Set("attempt", strconv.Itoa(a.Number))
	}
	return templ.SafeURL(apiRun(run, "/steps/"+url.PathEscape(in.Step.ID)+"/logs?"+q.Encode()))
}
