package templates

import (
	"testing"

	"github.com/segno-run/segno/web/view"
)

func TestNothingSaysWhyAndWhatComes(t *testing.T) {
	t.Parallel()
	call := func(status, reason string) Inspector {
		return Inspector{Step: &view.Step{ID: "ship", Function: "shipping.book", Status: status, Reason: reason}}
	}
	for _, c := range []struct{ name, got, want string }{
		{"pending", call("pending", "waits for `stock`").noOutput(), "Not started yet: it waits for `stock`. Its output comes when it has succeeded."},
		{"pending, nothing known", call("pending", "").noOutput(), "Not started yet. Its output comes when it has succeeded."},
		{"skipped", call("skipped", "`big.review` was not taken").noOutput(), "Skipped: `big.review` was not taken. A skipped step has no output."},
		{"failed", call("failed", "").noOutput(), "It failed before it gave an output; what it said is under Attempts."},
		{"succeeded", call("succeeded", "").noOutput(), "It succeeded without an output."},
		{"not called", call("pending", "waits for `stock`").noAttempt("attempts"), "Not called yet: it waits for `stock`. Its attempts come with its first call."},
		{"never called", call("skipped", "").noAttempt("lines"), "Skipped. It was never called."},
		{"no call", Inspector{Step: &view.Step{Kind: "switch", Status: "succeeded"}}.noAttempt("attempts"), "This step calls no function: it has no attempts."},
		{"silent so far", call("running", "").noLines(), "The function has written nothing yet; its lines come as it writes them."},
		{"silent", call("succeeded", "").noLines(), "The function wrote nothing."},
		{"run under way", noRunOutput("waiting"), "No output yet: it comes when the run has succeeded."},
		{"run failed", noRunOutput("failed"), "No output: the run failed. It has one once a retry has succeeded."},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}
