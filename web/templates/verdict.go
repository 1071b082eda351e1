package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/segno-run/segno/web/view"
	"github.com/segno-run/segno/web/words"
)

// Verdict is the first thing a run page says: what is, why, the evidence, and what to do next.
type Verdict struct {
	Status   string // of the run, or "retrying" and "ask" where that says more
	Sentence string // one sentence; names in `backticks` become code
	Step     string // the step it speaks of, "" for none
	Item     *int
	Class    string // of the failure
	Effect   string // none or maybe
	Evidence []view.Detail
	Logs     []view.LogLine   // the last lines of the failed attempt
	Next     string           // what happens or can be done next
	Primary  string           // the action to offer first: retry, compensate, cancel or ""
	Others   []string         // the other actions that fit
	Reused   int              // steps that a retry keeps
	Again    int              // steps that a retry runs again
	Deciding *view.Step       // an approval that waits for a person
	Doubt    *view.Step       // a step whose outcome nobody knows
	Child    *view.ChildState // the run below this one that the sentence speaks of
}

// tailLines is how many log lines a verdict quotes: enough for a message with its cause, without pushing the graph down.
const tailLines = 4

// VerdictOf concludes the verdict of a run as it stands. now is for "next in 12 s".
func VerdictOf(run view.Run, now time.Time) Verdict {
	v := Verdict{Status: run.Status}
	v.plan(run)
	for i := range run.Steps {
		s := &run.Steps[i]
		if v.Deciding == nil && s.Deciding != nil && s.Status == "waiting" {
			v.Deciding = s
		}
		if v.Doubt == nil && (s.Status == "uncertain" || s.Compensation != nil && s.Compensation.Status == "uncertain") {
			v.Doubt = s
		}
	}
	switch run.Status {
	case "succeeded":
		v.Sentence = "Finished in " + took(&run.CreatedAt, run.EndedAt, now) + ": " + settledWords(run) + "."
	case "failed", "compensation_failed":
		v.failed(run)
	case "uncertain":
		v.doubtful(run)
	case "compensating":
		v.Sentence = "Undoing what was done, in reverse order: " + undoProgress(run) + "."
		v.blame(run.Error)
	case "compensated":
		v.Sentence = "Everything that was done has been undone: " + undoProgress(run) + "."
		v.blame(run.Error)
	case "cancelled":
		v.Sentence = "Cancelled after " + took(&run.CreatedAt, run.EndedAt, now) + ": " + settledWords(run) + "."
	case "pending":
		v.Sentence = "Recorded, and about to start."
	case "paused":
		v.Sentence = "Paused: no new step starts until somebody resumes it."
	default:
		v.underway(run, now)
	}
	v.choose(run)
	return v
}

// plan counts what a retry would keep.
func (v *Verdict) plan(run view.Run) {
	for _, s := range run.Steps {
		switch s.Status {
		case "succeeded", "skipped":
			v.Reused++
		case "failed", "cancelled":
			if s.Error == nil || !s.Error.Handled {
				v.Again++
			} else {
				v.Reused++
			}
		}
	}
}

func (v *Verdict) blame(f *view.Failure) {
	if f == nil {
		return
	}
	v.Step, v.Item, v.Class, v.Effect, v.Evidence = f.Step, f.Item, f.Class, f.Effect, f.Evidence
}

func (v *Verdict) failed(run view.Run) {
	f := run.Error
	if f == nil {
		for i := range run.Steps {
			if e := run.Steps[i].Error; e != nil && !e.Handled {
				f = &view.Failure{Step: run.Steps[i].ID, Class: e.Class, Effect: e.Effect, Message: e.Message, Evidence: e.Evidence, Item: e.Item}
			}
		}
	}
	if f == nil {
		v.Sentence = "It stopped, and nothing recorded says why."
		return
	}
	v.blame(f)
	step := stepByID(run, f.Step)
	v.Sentence = subject(f, run.Status) + sentenceOf(f)
	if step == nil {
		return
	}
	if step.Loop != nil && f.Item == nil {
		v.Sentence = subject(f, run.Status) + fmt.Sprintf("iteration %d: ", step.Loop.Iteration) + sentenceOf(f)
	} else if step.MaxAttempts > 1 && f.Item == nil {
		v.Sentence = subject(f, run.Status) + fmt.Sprintf("attempt %d of %d: ", step.Attempt, step.MaxAttempts) + sentenceOf(f)
	}
	v.Logs = lastLogs(step.Attempts)
}

func subject(f *view.Failure, status string) string {
	if f.Step == "" {
		return ""
	}
	s := "`" + f.Step + "`"
	if f.Item != nil {
		s += fmt.Sprintf(" item %d", *f.Item)
	}
	if status == "compensation_failed" {
		return "Undoing " + s + " failed: "
	}
	return s + " failed: "
}

func sentenceOf(f *view.Failure) string {
	if f.Message == "" {
		return classWords(f.Class) + "."
	}
	m := f.Message
	if !strings.HasSuffix(m, ".") && !strings.HasSuffix(m, "!") && !strings.HasSuffix(m, "?") {
		m += "."
	}
	return m
}

func (v *Verdict) doubtful(run view.Run) {
	if v.Doubt == nil {
		v.Sentence = "Nobody knows how a call ended. It is never repeated silently."
		v.blame(run.Error)
		return
	}
	v.Sentence = "Nobody knows whether `" + v.Doubt.ID + "` happened. Its function must not be called twice, so a person decides."
	v.blame(v.Doubt.Error)
	v.Step = v.Doubt.ID
	v.Logs = lastLogs(v.Doubt.Attempts)
}

// underway speaks of a run that goes on: a retry is said first, because retrying must never look healthy.
func (v *Verdict) underway(run view.Run, now time.Time) {
	var active []string
	var waiting, held *view.Step // held: the first of those that only wait for their turn to call
	turns := 0
	for i := range run.Steps {
		s := &run.Steps[i]
		switch s.Status {
		case "retrying":
			v.Status, v.Step = "retrying", s.ID
			v.Sentence = "`" + s.ID + "` " + retryWords(s, now) + "."
			if s.Error != nil {
				v.Class, v.Effect, v.Evidence = s.Error.Class, s.Error.Effect, s.Error.Evidence
				v.Sentence = "`" + s.ID + "` " + retryWords(s, now) + ". Last error: " + sentenceOf(s.Error)
			}
			return
		case "running", "queued":
			active = append(active, "`"+s.ID+"`")
			if strings.HasPrefix(s.Reason, "waits for its turn ") {
				turns++
				if held == nil {
					held = s
				}
			}
		case "waiting":
			if waiting == nil || s.Deciding != nil {
				waiting = s
			}
		}
	}
	switch {
	case v.Deciding != nil && len(active) == 0:
		v.Status, v.Step = "ask", v.Deciding.ID
		v.Sentence = v.Deciding.Deciding.Title
	case held != nil && turns == len(active):
		v.Step = held.ID
		v.Sentence = "`" + held.ID + "` " + held.Reason + "."
	case len(active) > 3:
		v.Sentence = fmt.Sprintf("%d steps are running.", len(active))
	case len(active) > 0:
		v.Sentence = "Running " + strings.Join(active, ", ") + "."
	case waiting != nil:
		v.Step = waiting.ID
		v.Sentence = waitText(*waiting) + "."
	default:
		v.Sentence = "Under way: " + settledWords(run) + "."
	}
	v.below(run, active)
}

// below lets the verdict of a run below surface: what waits for a person there, or retries, is said whatever else goes on; a rest of another kind only if
// nothing else does.
func (v *Verdict) below(run view.Run, active []string) {
	if len(run.Children) == 0 || v.Status == "ask" {
		return
	}
	c := run.Children[0]
	status := c.Shown
	others := slices.DeleteFunc(slices.Clone(active), func(step string) bool { return step == "`"+c.Step+"`" })
	rests := status == "paused" || status == "waiting" || status == "compensating"
	if status == "" || rests && len(others) > 0 {
		return
	}
	where := "In the run of `" + c.Step + "`: "
	switch {
	case c.Depth > 1:
		where = "In a run below `" + c.Step + "`: "
	case c.Item != nil:
		where = fmt.Sprintf("In the run of `%s` item %d: ", c.Step, *c.Item)
	}
	says := c.Says
	if says == "" {
		says = verdictTitle(status) + "."
	}
	v.Status, v.Step, v.Item, v.Child, v.Sentence = status, c.Step, c.Item, &c, where+says
	if n := len(run.Children) - 1; n > 0 {
		alike := 0
		for _, other := range run.Children[1:] {
			if other.Shown == status {
				alike++
			}
		}
		if alike > 0 {
			v.Next = "So it is in " + count(alike, "more run") + " below."
		}
	}
}

// retryWords says where a retry stands: "is retrying 3/4, next in 12 s".
func retryWords(s *view.Step, now time.Time) string {
	if s.Items != nil {
		return "is retrying: all of its items that are left wait for their next attempt"
	}
	text := fmt.Sprintf("is retrying %d/%d", min(s.Attempt+1, max(s.MaxAttempts, s.Attempt+1)), max(s.MaxAttempts, s.Attempt+1))
	if s.NextAt != nil && s.NextAt.After(now) {
		text += ", next in " + span(s.NextAt.Sub(now).Round(time.Second))
	}
	return text
}

// choose picks the next action out of those that fit the run's state.
func (v *Verdict) choose(run view.Run) {
	for _, a := range []string{"retry", "resume", "pause", "compensate", "cancel"} {
		if !slices.Contains(run.Actions, a) {
			continue
		}
		if v.Primary == "" && (a == "retry" || a == "resume") {
			v.Primary = a
			continue
		}
		v.Others = append(v.Others, a)
	}
	switch {
	case v.Primary == "retry" && run.Status == "compensation_failed":
		v.Next = "Retry goes on with undoing where it stopped."
	case v.Primary == "retry":
		verb := "run again"
		if v.Again == 1 {
			verb = "runs again"
		}
		v.Next = fmt.Sprintf("%s reused, %d %s.", count(v.Reused, "step"), v.Again, verb)
	case v.Doubt != nil:
		v.Next = "Say below what happened; the run goes on from there."
	}
}

func stepByID(run view.Run, id string) *view.Step {
	for i := range run.Steps {
		if run.Steps[i].ID == id {
			return &run.Steps[i]
		}
	}
	return nil
}

func lastLogs(attempts []view.Attempt) []view.LogLine {
	if len(attempts) == 0 {
		return nil
	}
	logs := attempts[len(attempts)-1].Logs
	return logs[max(0, len(logs)-tailLines):]
}

func settledWords(run view.Run) string {
	var done, skipped, failed int
	for _, s := range run.Steps {
		switch s.Status {
		case "succeeded":
			done++
		case "skipped":
			skipped++
		case "failed":
			failed++
		}
	}
	text := count(done, "step") + " done"
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	if skipped > 0 {
		text += fmt.Sprintf(", %d skipped", skipped)
	}
	return text
}

func undoProgress(run view.Run) string {
	var done, all int
	for _, s := range run.Steps {
		if s.Compensation == nil {
			continue
		}
		all++
		if s.Compensation.Status == "compensated" {
			done++
		}
	}
	return fmt.Sprintf("%d of %s", done, count(all, "step"))
}

func classWords(class string) string { return words.Happened(class) }

// effectWords says what is known of the effect. Of a step that ran a flow only its last failure is known by it: what that run did before is not nothing.
func effectWords(effect string, evidence []view.Detail) string {
	if effect == "none" && slices.ContainsFunc(evidence, func(d view.Detail) bool { return childRun(d) != "" }) {
		return ""
	}
	return words.Effect(effect)
}

// childRun is the run that a line of evidence names, or "".
func childRun(d view.Detail) string {
	if _, err := uuid.Parse(d.Value); d.Name != "run" || err != nil {
		return ""
	}
	return d.Value
}

// waitText says what a waiting step waits for; its reason is a clause of its own, "waits for the signal …", wherever it is known.
func waitText(st view.Step) string {
	name := "`" + st.ID + "` "
	switch {
	case st.Kind == "signal" && strings.HasPrefix(st.Reason, "waits "):
		return name + st.Reason
	case st.NextAt != nil && st.Kind == "signal":
		return name + "waits for its signal until " + full(*st.NextAt)
	case st.NextAt != nil:
		return name + "waits until " + full(*st.NextAt)
	case strings.HasPrefix(st.Reason, "waits "):
		return name + st.Reason
	case st.Reason != "":
		return name + "waits: " + st.Reason
	}
	return name + "waits"
}
