package templates

import (
	"fmt"
	"strings"
	"time"

	"github.com/segno-run/segno/web/words"
)

// Histogram is the runs of a list over time, each bar a link to those that began then.
type Histogram struct {
	Bars        []HistogramBar
	From, To    time.Time
	Width       time.Duration // of a bar
	One         bool          // exactly one bar is selected: another extends the selection
	Range       string        // the list without a selection; a script adds from= and to=
	Clear       string        // as Range, where something is selected
	Zoom, Whole string        // the time line of the selection alone, and the whole one; "" where that is what is shown
}

// HistogramBar is the runs that began in a stretch of time.
type HistogramBar struct {
	From, To     time.Time
	Runs         int
	Failed, Asks int // of them: failed, and waiting for a person
	Active       int // running or waiting for something else
	On           bool
	Href         string
	X            int
	AllH, ActH   float64 // heights from the foot: of all, and of all but those that ended well
	AskH, FailH  float64
	AllY, ActY   float64
	AskY, FailY  float64
}

const (
	histogramHeight = 48
	histogramStep   = 12
)

// HistogramBars lays the bars out: what failed at the foot, then what waits for a person, what is under way, and what ended otherwise.
func HistogramBars(bars []HistogramBar) []HistogramBar {
	most := 1
	for _, b := range bars {
		most = max(most, b.Runs)
	}
	scale := barScale(most, histogramHeight)
	for i := range bars {
		b := &bars[i]
		b.X = i * histogramStep
		b.FailH = scale(b.Failed)
		b.AskH = max(b.FailH+least(b.Asks), scale(b.Failed+b.Asks))
		b.ActH = max(b.AskH+least(b.Active), scale(b.Failed+b.Asks+b.Active))
		b.AllH = max(b.ActH+least(b.Runs-b.Failed-b.Asks-b.Active), scale(b.Runs))
		b.AllY, b.ActY, b.AskY, b.FailY = histogramHeight-b.AllH, histogramHeight-b.ActH, histogramHeight-b.AskH, histogramHeight-b.FailH
	}
	return bars
}

// least is what a part is seen by, if there is any of it.
func least(n int) float64 {
	if n == 0 {
		return 0
	}
	return 2
}

func histogramBox(n int) string { return fmt.Sprintf("0 0 %d %d", n*histogramStep, histogramHeight) }

// spanWords says in words what a bar or a selection is of.
func spanWords(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	day, clock := "2 January 2006", "15:04"
	if from.Second() != 0 || to.Second() != 0 {
		clock = "15:04:05"
	}
	whole := func(t time.Time) bool { return t.Equal(t.Truncate(24 * time.Hour)) }
	switch last := to.Add(-24 * time.Hour); {
	case whole(from) && whole(to) && last.Equal(from):
		return from.Format(day)
	case whole(from) && whole(to):
		return from.Format(day) + " to " + last.Format(day)
	case from.Format(day) == to.Add(-time.Nanosecond).Format(day):
		return from.Format(day+", "+clock) + " to " + to.Format(clock)
	}
	return from.Format(day+", "+clock) + " to " + to.Format(day+", "+clock)
}

func barWords(b HistogramBar) string {
	text := spanWords(b.From, b.To) + " UTC: " + count(b.Runs, "run")
	for _, part := range []struct {
		n    int
		word string
	}{{b.Failed, "failed"}, {b.Asks, words.Status(words.Asks)}, {b.Active, "under way"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	return text
}

// widthWords says how much time a bar is of: "1 h" as "an hour".
func widthWords(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d == time.Second:
		return "a second"
	case d == time.Minute:
		return "a minute"
	case d == time.Hour:
		return "an hour"
	case d == day:
		return "a day"
	case d == 7*day:
		return "a week"
	case d%day == 0:
		return count(int(d/day), "day")
	}
	return strings.TrimSuffix(strings.TrimSuffix(span(d), " 0 s"), " 0 min")
}

func instantText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }

// edgeText is a round moment, coarsely.
func edgeText(t time.Time) string {
	t = t.UTC()
	switch {
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format("2 Jan 2006")
	case t.Second() == 0:
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 15:04:05")
}
