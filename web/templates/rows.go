package templates

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/segno-run/segno/web/view"
)

// StepRow is one row of a run page's list of steps, with its bars on the run's time line.
type StepRow struct {
	Step     view.Step
	Selected bool
	Resume   bool // a retry would go on here: the segno mark
	Duration string
	Attempts string // "2/4", "" before the first
	Bars     []Bar
}

// Bar is one span of the waterfall, in percent of its width.
type Bar struct {
	Kind  string // queued, running, ok, fail, wait, backoff or undo
	X, W  float64
	Title string

	Attempt int // of the step's own call; 0: it is not an attempt's
}

// barHit is the least width in percent that a pointer finds of an attempt.
const barHit = 1.2

// attempts reports whether the row has attempts to select.
func (r StepRow) attempts() bool {
	return slices.ContainsFunc(r.Bars, func(b Bar) bool { return b.Attempt > 0 })
}

// minBar is the least width of a bar in percent, so that a call of a millisecond in a run of an hour is still seen.
const minBar = 0.6

// RowsOf makes the list of steps of a run as it stands at now; selected is the id of the selected step.
func RowsOf(run view.Run, selected string, now time.Time) []StepRow {
	line := timelineOf(run, now)
	retry := false
	for _, a := range run.Actions {
		retry = retry || a == "retry"
	}
	rows := make([]StepRow, len(run.Steps))
	for i, s := range run.Steps {
		rows[i] = StepRow{
			Step: s, Selected: s.ID == selected, Attempts: attemptsText(s), Bars: line.bars(s),
			Resume: retry && s.Status == "failed" && (s.Error == nil || !s.Error.Handled),
		}
		if s.Status != "pending" && s.Status != "skipped" {
			rows[i].Duration = took(s.StartedAt, s.EndedAt, now)
		}
	}
	return rows
}

func attemptsText(s view.Step) string {
	switch {
	case s.Items != nil:
		return fmt.Sprintf("%d/%d", s.Items.Succeeded, s.Items.Total)
	case s.Attempt == 0:
		return ""
	case s.Loop != nil && s.Loop.Max > 0:
		return fmt.Sprintf("↻ %d/%d", s.Loop.Iteration, s.Loop.Max)
	case s.MaxAttempts > 1:
		return fmt.Sprintf("%d/%d", s.Attempt, s.MaxAttempts)
	}
	return strconv.Itoa(s.Attempt)
}

func attemptTitle(a view.Attempt) string {
	if a.Iteration > 0 {
		return fmt.Sprintf("iteration %d, attempt %d %s", a.Iteration, a.Number, statusText(a.Status))
	}
	return fmt.Sprintf("attempt %d %s", a.Number, statusText(a.Status))
}

func barKind(status string) string {
	switch status {
	case "succeeded", "compensated":
		return "ok"
	case "failed", "crashed", "uncertain":
		return "fail"
	case "waiting":
		return "wait"
	case "queued":
		return "queued"
	case "cancelled":
		return "wait"
	}
	return "running"
}

func percent(p float64) string { return strconv.FormatFloat(p, 'f', 2, 64) + "%" }
