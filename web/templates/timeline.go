package templates

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/segno-run/segno/web/view"
)

// The waterfall's line: as wide as the run took, but for gaps in which nothing ran and beside which all the rest would be a speck. Those are folded.
const (
	foldFactor = 10  // a gap this many times as long as the rest is folded
	foldWidth  = 9.0 // percent that a folded gap takes, as long as there is room
	foldsMost  = 45.0
	axisTicks  = 4
	foldLabel  = 14.0 // percent on either side of its middle that the words of a fold take
)

// timeline places moments of a run on the waterfall.
type timeline struct {
	from, now time.Time
	parts     []stretch
}

// stretch is a part of the line that is drawn to one scale. Times are since the run began, places in percent.
type stretch struct {
	from, to time.Duration
	x, w     float64
	folded   bool
}

// Axis is what stands under the waterfall.
type Axis struct {
	Ticks []Tick
	Folds []Tick
}

// Tick is a label of an axis, at a place in percent. W is the width of a fold.
type Tick struct {
	X, W float64
	Text string
}

// interval is a time in which something ran, since the run began.
type interval struct{ from, to time.Duration }

func timelineOf(run view.Run, now time.Time) timeline {
	end := now
	if run.EndedAt != nil && ended(run.Status) {
		end = *run.EndedAt
	}
	l := timeline{from: run.CreatedAt, now: now}
	whole := max(end.Sub(run.CreatedAt), 0)
	l.lay(whole, gapsOf(l.busy(run), whole))
	return l
}

// busy lists the times in which something ran, by their beginnings. A wait runs nothing, and neither does what lies between two attempts.
func (l timeline) busy(run view.Run) (all []interval) {
	add := func(from time.Time, to *time.Time) {
		end := l.now
		if to != nil {
			end = *to
		}
		all = append(all, interval{from.Sub(l.from), end.Sub(l.from)})
	}
	for _, s := range run.Steps {
		for _, a := range s.Attempts {
			add(a.QueuedAt, a.EndedAt)
		}
		if s.StartedAt != nil && len(s.Attempts) == 0 && !rests(s) {
			add(*s.StartedAt, s.EndedAt)
		}
		if s.EndedAt != nil {
			add(*s.EndedAt, s.EndedAt) // the end of a wait is a moment to see
		}
		if s.Compensation != nil {
			for _, a := range s.Compensation.Attempts {
				add(a.QueuedAt, a.EndedAt)
			}
		}
	}
	slices.SortFunc(all, func(a, b interval) int { return int(a.from - b.from) })
	return all
}

// rests reports whether a step's own time is spent waiting.
func rests(s view.Step) bool {
	return s.Kind == "wait" || s.Kind == "approval" || s.Kind == "signal" || s.Status == "waiting" || s.Status == "skipped" || s.Status == "retrying"
}

// gapsOf lists the times between intervals that are to be folded.
func gapsOf(all []interval, whole time.Duration) (folds []interval) {
	var gaps []interval
	at := time.Duration(0)
	for _, i := range append(all, interval{whole, whole}) {
		if i.from > at {
			gaps = append(gaps, interval{at, min(i.from, whole)})
		}
		at = max(at, i.to)
	}
	for _, g := range gaps {
		rest := whole
		for _, other := range gaps {
			if other.to-other.from >= g.to-g.from {
				rest -= other.to - other.from
			}
		}
		if g.to-g.from > foldFactor*max(rest, time.Millisecond) {
			folds = append(folds, g)
		}
	}
	return folds
}

// lay divides the line: each fold has its fixed width, and what is left is drawn to one scale.
func (l *timeline) lay(whole time.Duration, folds []interval) {
	shown := whole
	for _, f := range folds {
		shown -= f.to - f.from
	}
	width := 0.0
	if len(folds) > 0 {
		width = min(foldWidth, foldsMost/float64(len(folds)))
	}
	scale := 0.0
	if shown > 0 {
		scale = (100 - width*float64(len(folds))) / float64(shown)
	}
	x, at := 0.0, time.Duration(0)
	put := func(to time.Duration, folded bool) {
		if to <= at {
			return
		}
		w := scale * float64(to-at)
		if folded {
			w = width
		}
		l.parts = append(l.parts, stretch{at, to, x, w, folded})
		x, at = x+w, to
	}
	for _, f := range folds {
		put(f.from, false)
		put(f.to, true)
	}
	put(whole, false)
}

// place is where a moment stands, in percent.
func (l timeline) place(t time.Time) float64 {
	d := t.Sub(l.from)
	for _, p := range l.parts {
		if d <= p.to {
			return p.x + p.w*float64(max(d-p.from, 0))/float64(p.to-p.from)
		}
	}
	return 100
}

func (l timeline) bar(kind string, from time.Time, to *time.Time, title string) Bar {
	end := l.now
	if to != nil {
		end = *to
	}
	b := Bar{Kind: kind, Title: title + ", " + span(end.Sub(from)), X: l.place(from)}
	b.W = l.place(end) - b.X
	b.X = min(max(b.X, 0), 100-minBar)
	b.W = min(max(b.W, minBar), 100-b.X)
	return b
}

// bars draws the attempts of a step: the time in the queue, the call, and what lies between it and the next. A step whose attempts are not at hand is one
// bar.
func (l timeline) bars(s view.Step) []Bar {
	bars := l.attempts(s.Attempts, "")
	if n := len(s.Attempts); n > 0 && s.Status == "retrying" && s.Attempts[n-1].EndedAt != nil {
		bars = append(bars, l.bar("backoff", *s.Attempts[n-1].EndedAt, nil, "waits for its next attempt"))
	}
	if len(bars) == 0 && s.StartedAt != nil && s.Status != "skipped" {
		kind, title := barKind(s.Status), statusText(s.Status)
		if s.Kind == "wait" || s.Kind == "approval" || s.Kind == "signal" {
			kind = "wait"
		}
		if s.Items != nil {
			title = itemsText(s.Items)
		}
		bars = append(bars, l.bar(kind, *s.StartedAt, s.EndedAt, title))
	}
	if s.Compensation != nil {
		bars = append(bars, l.attempts(s.Compensation.Attempts, "undo")...)
	}
	return bars
}

// attempts draws calls; kind is that of them all, "" for one by their outcomes.
func (l timeline) attempts(all []view.Attempt, kind string) (bars []Bar) {
	var before *time.Time
	for _, a := range all {
		if before != nil && a.QueuedAt.Sub(*before) > time.Millisecond {
			title := "backoff"
			if a.Iteration > 1 {
				title = "until the next iteration"
			}
			bars = append(bars, l.bar("backoff", *before, &a.QueuedAt, title))
		}
		before = a.EndedAt
		number := a.Number
		if kind != "" {
			number = 0 // of an undo: what is selected is the step's own attempt
		}
		put := func(kind string, from time.Time, to *time.Time, title string) {
			b := l.bar(kind, from, to, title)
			b.Attempt = number
			bars = append(bars, b)
		}
		if a.StartedAt == nil {
			put("queued", a.QueuedAt, a.EndedAt, "queued")
			continue
		}
		if a.StartedAt.Sub(a.QueuedAt) > time.Millisecond {
			put("queued", a.QueuedAt, a.StartedAt, "queued")
		}
		if kind == "undo" {
			put(kind, *a.StartedAt, a.EndedAt, fmt.Sprintf("undo, attempt %d %s", a.Number, statusText(a.Status)))
			continue
		}
		put(barKind(a.Status), *a.StartedAt, a.EndedAt, attemptTitle(a))
	}
	return bars
}

// AxisOf is the axis under the waterfall of a run as it stands at now.
func AxisOf(run view.Run, now time.Time) (a Axis) {
	l := timelineOf(run, now)
	var shown time.Duration
	for _, p := range l.parts {
		if !p.folded {
			shown += p.to - p.from
		}
	}
	every := roundStep(shown / axisTicks)
	last := -100.0
	for _, p := range l.parts {
		if p.folded {
			a.Folds = append(a.Folds, Tick{X: p.x, W: p.w, Text: span(roughly(p.to - p.from))})
			last = p.x + p.w
			continue
		}
		for t := (p.from + every - 1) / every * every; t <= p.to; t += every {
			x := p.x + p.w*float64(t-p.from)/float64(p.to-p.from)
			if x-last < 12 && last >= 0 || x > 96 {
				continue
			}
			last = x
			a.Ticks = append(a.Ticks, Tick{X: x, Text: span(t)})
		}
	}
	a.Ticks = slices.DeleteFunc(a.Ticks, func(t Tick) bool {
		return slices.ContainsFunc(a.Folds, func(f Tick) bool { return math.Abs(f.X+f.W/2-t.X) < foldLabel })
	})
	return a
}

// roundStep is the next larger distance of ticks that reads well.
func roundStep(d time.Duration) time.Duration {
	for unit := time.Millisecond; unit < time.Second; unit *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if d <= n*unit {
				return n * unit
			}
		}
	}
	for _, s := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 6 * 3600, 12 * 3600, 24 * 3600} {
		if d <= s*time.Second {
			return s * time.Second
		}
	}
	return (d/(24*time.Hour) + 1) * 24 * time.Hour
}

// roughly leaves out of a long time what nobody reads.
func roughly(d time.Duration) time.Duration {
	if d > time.Minute {
		return d.Round(time.Second)
	}
	return d
}
