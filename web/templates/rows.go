package templates

import (
	"fmt"
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

// Bar is one span of the waterfall, in percent of the run's time.
type Bar struct {
	Kind  string // queued, running, ok, fail, wait or undo
	X, W  float64
	Title string
}

// minBar is the least width of a bar in percent, so that a call of a millisecond in a run of an hour is still seen.
const minBar = 0.6

// RowsOf makes the list of steps of a run as it stands at now; selected is the id of the selected step.
func RowsOf(run view.Run, selected string, now time.Time) []StepRow {
	end := now
	if run.EndedAt != nil && ended(run.Status) {
		end = *run.EndedAt
	}
	line := timeline{from: run.CreatedAt, span: end.Sub(run.CreatedAt), now: now}
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

type timeline struct {
	from time.Time
	span time.Duration
	now  time.Time
}

func (l timeline) bar(kind string, from time.Time, to *time.Time, title string) Bar {
	end := l.now
	if to != nil {
		end = *to
	}
	b := Bar{Kind: kind, Title: title + ", " + span(end.Sub(from))}
	if l.span > 0 {
		b.X = 100 * float64(from.Sub(l.from)) / float64(l.span)
		b.W = 100 * float64(end.Sub(from)) / float64(l.span)
	}
	b.X = min(max(b.X, 0), 100-minBar)
	b.W = min(max(b.W, minBar), 100-b.X)
	return b
}

// bars draws the attempts of a step, queue time apart; a step whose attempts are not at hand is one bar.
func (l timeline) bars(s view.Step) []Bar {
	var bars []Bar
	for _, a := range s.Attempts {
		if a.StartedAt == nil {
			bars = append(bars, l.bar("queued", a.QueuedAt, a.EndedAt, "queued"))
			continue
		}
		if a.StartedAt.Sub(a.QueuedAt) > time.Millisecond {
			bars = append(bars, l.bar("queued", a.QueuedAt, a.StartedAt, "queued"))
		}
		bars = append(bars, l.bar(barKind(a.Status), *a.StartedAt, a.EndedAt, attemptTitle(a)))
	}
	if len(bars) == 0 && s.StartedAt != nil && s.Status != "skipped" {
		kind := barKind(s.Status)
		if s.Kind == "wait" || s.Kind == "approval" || s.Kind == "signal" {
			kind = "wait"
		}
		bars = append(bars, l.bar(kind, *s.StartedAt, s.EndedAt, statusText(s.Status)))
	}
	if s.Compensation != nil {
		for _, a := range s.Compensation.Attempts {
			if a.StartedAt != nil {
				bars = append(bars, l.bar("undo", *a.StartedAt, a.EndedAt, fmt.Sprintf("undo, attempt %d %s", a.Number, statusText(a.Status))))
			}
		}
	}
	return bars
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
