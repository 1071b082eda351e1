package runview

import (
	"fmt"
	"time"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/web/view"
)

// Turn says that calls of a function wait for their turn on the server that carries a run.
type Turn struct {
	Waiting   int
	Since     time.Time // when the oldest of them came; zero: not known
	Limits    *flow.Function
	Elsewhere bool // other servers call the function, too
}

// turnSlack is by how much a call may have been scheduled before it came to wait.
const turnSlack = 100 * time.Millisecond

// TellTurns adds to the steps that call, and whose calls wait, why they do. A server hands turns out in the order in which calls came, so a call waits if it came no
// earlier than the oldest that does.
func TellTurns(run *view.Run, turns map[string]Turn) {
	for i := range run.Steps {
		st := &run.Steps[i]
		turn, ok := turns[st.Function]
		switch {
		case !ok || st.Function == "" || st.Reason != "":
		case st.Items != nil:
			if st.Items.Running > 0 {
				st.Reason = "some of its calls wait " + turn.text(st.Function)
			}
		case st.Status == "running" && len(st.Attempts) > 0:
			if last := st.Attempts[len(st.Attempts)-1]; last.EndedAt == nil && !last.QueuedAt.Add(turnSlack).Before(turn.Since) {
				st.Reason = "waits " + turn.text(st.Function)
			}
		}
	}
}

func (t Turn) text(function string) string {
	text := ""
	if f := t.Limits; f != nil {
		switch {
		case f.Concurrency > 0 && f.Rate.Calls > 0:
			text = fmt.Sprintf(": at most %s under way (`concurrency`) and %s (`rate`)", count(f.Concurrency, "call"), flow.FormatRate(f.Rate))
		case f.Concurrency > 0:
			text = fmt.Sprintf(": at most %s under way (`concurrency`)", count(f.Concurrency, "call"))
		case f.Rate.Calls > 0:
			text = fmt.Sprintf(": at most %s (`rate`)", flow.FormatRate(f.Rate))
		}
	}
	if text != "" && t.Elsewhere {
		text += " over all servers"
	}
	return fmt.Sprintf("for its turn at `%s`%s; %s", function, text, queued(t.Waiting))
}

func queued(n int) string {
	if n == 1 {
		return "1 waits"
	}
	return fmt.Sprintf("%d wait", n)
}
