package web

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/templates"
)

// The time line above the list of runs: so many bars at least and at most, each as wide as one of these.
const (
	fewestBars = 30
	mostBars   = 60
)

var barWidths = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 13 * 28 * 24 * time.Hour}

// slotsOver divides the time from a moment up to another into bars of a round width that begin at round times, UTC.
func slotsOver(from, to time.Time) models.RunSlots {
	width := barWidths[len(barWidths)-1]
	for _, w := range barWidths {
		if to.Sub(from) <= time.Duration(mostBars-2)*w {
			width = w
			break
		}
	}
	first := from.UTC().Truncate(width)
	n := int((to.Sub(first) + width - 1) / width)
	if n < fewestBars { // three bars as wide as the page say nothing: there is time before them
		first, n = first.Add(-time.Duration(fewestBars-n)*width), fewestBars
	}
	return models.RunSlots{From: first, Width: width, N: min(n, mostBars)}
}

// overParam names the stretch of time that the time line shows, when it is not all of it: "from..to".
const overParam = "over"

// timeLine chooses what the time line is of: what the address names, else the time back that is asked for, else all runs of the flow.
func (s *Server) timeLine(ctx context.Context, f models.RunFilter, q url.Values) (models.RunSlots, error) {
	if from, to, ok := stretch(q.Get(overParam)); ok {
		return slotsOver(from, to), nil
	}
	now := s.Now()
	if q.Get("since") != "" && q.Get("from") == "" {
		return slotsOver(f.From, now), nil
	}
	oldest, err := s.DB.OldestRun(ctx, f.Flow, countsBound)
	if err != nil {
		return models.RunSlots{}, err
	}
	if oldest.IsZero() || oldest.After(now) {
		oldest = now
	}
	return slotsOver(oldest, now.Add(time.Millisecond)), nil
}

// histogram lays the counts of the time line out: bars that a click selects, and a second one extends to. nil where nothing could be selected.
func histogram(counts []models.RunCount, slots models.RunSlots, f models.RunFilter, keep url.Values) *templates.Histogram {
	if slots.N < 2 {
		return nil
	}
	bars := make([]templates.HistogramBar, slots.N)
	for i := range bars {
		bars[i].From = slots.From.Add(time.Duration(i) * slots.Width)
		bars[i].To = bars[i].From.Add(slots.Width)
	}
	some := false
	for _, c := range counts {
		if c.Slot < 0 || c.Slot >= slots.N || len(f.Statuses) > 0 && !slices.Contains(f.Statuses, c.Status) {
			continue
		}
		some = true
		b := &bars[c.Slot]
		b.Runs += c.N
		switch status := planner.RunStatus(c.Status); {
		case status == planner.StatusFailed || status == planner.StatusCompensationFailed:
			b.Failed += c.N
		case c.Needs == string(planner.NeedsPerson) || status == planner.StatusUncertain:
			b.Asks += c.N
		case !status.Terminal():
			b.Active += c.N
		}
	}
	if !some {
		return nil
	}
	given := keep.Get("from") != "" || keep.Get("to") != ""
	first, last := -1, -1 // of the bars that are selected
	for i := range bars {
		b := &bars[i]
		if given && (f.From.IsZero() || b.To.After(f.From)) && (f.To.IsZero() || b.From.Before(f.To)) {
			b.On = true
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	one := given && first >= 0 && first == last && f.From.Equal(bars[first].From) && f.To.Equal(bars[first].To)
	// The time line stays as it is, whatever is selected on it.
	base := maps.Clone(keep)
	base.Set(overParam, instant(slots.From)+".."+instant(slots.To()))
	base.Del("since")
	at := func(from, to time.Time) string {
		q := maps.Clone(base)
		q.Set("from", instant(from))
		q.Set("to", instant(to))
		return address(q)
	}
	none := maps.Clone(base)
	none.Del("from")
	none.Del("to")
	for i := range bars {
		switch {
		case one && i == first:
			bars[i].Href = address(none)
		case one && i > first:
			bars[i].Href = at(bars[first].From, bars[i].To)
		case one:
			bars[i].Href = at(bars[i].From, bars[first].To)
		default:
			bars[i].Href = at(bars[i].From, bars[i].To)
		}
	}
	h := &templates.Histogram{Bars: templates.HistogramBars(bars), From: slots.From, To: slots.To(), Width: slots.Width, One: one, Range: address(none)}
	if given {
		h.Clear = address(none)
		if from, to := bars[max(0, first)].From, bars[max(0, last)].To; first >= 0 && (first > 0 || last < slots.N-1) && slots.Width > barWidths[0] {
			q := maps.Clone(keep)
			q.Del("since")
			q.Set(overParam, instant(from)+".."+instant(to))
			h.Zoom = address(q)
		}
	}
	if keep.Get(overParam) != "" {
		q := maps.Clone(keep)
		q.Del(overParam)
		h.Whole = address(q)
	}
	return h
}

// instant is a moment in an address, UTC.
func instant(t time.Time) string {
	t = t.UTC()
	if t.Second() == 0 {
		return t.Format("2006-01-02T15:04")
	}
	return t.Format("2006-01-02T15:04:05")
}

// stretch reads "from..to".
func stretch(text string) (from, to time.Time, ok bool) {
	a, b, ok := strings.Cut(text, "..")
	if !ok {
		return from, to, false
	}
	from, err := moment(a)
	if err != nil {
		return from, to, false
	}
	to, err = moment(b)
	return from, to, err == nil && from.Before(to) && to.Sub(from) < 50*365*24*time.Hour
}

// checkStretch says what is wrong with the time line that an address names.
func checkStretch(text string) error {
	if _, _, ok := stretch(text); text == "" || ok {
		return nil
	}
	return fail(CodeBadRequest, "`%s` is %s; it is two times such as 2026-03-01T08:00..2026-03-01T12:00", overParam, clip(text))
}

// tallied sums up the counts by status, and by need under "needs:…": those that the filter chooses.
func tallied(counts []models.RunCount) map[string]int {
	out := map[string]int{}
	for _, c := range counts {
		if !c.In {
			continue
		}
		out[c.Status] += c.N
		if c.Needs != "" {
			out["needs:"+c.Needs] += c.N
		}
	}
	return out
}
