package templates

import (
	"fmt"
	"time"
)

// FlowHealth is how the runs of a flow went lately; nil where none began.
type FlowHealth struct {
	Days      []HealthDay // one a day, also those without a run, the oldest first
	Runs      int
	Rate      string // of those that ended, how many succeeded: "97.5 %"
	Measured  int    // runs that the rate is of
	P50, P95  string // of those that succeeded, "" without one
	Capped    bool   // the rate and the times are of the newest runs alone
	Failures  []FailureRow
	Heat      []HeatRow
	HeatRuns  int // runs whose histories the steps' figures are of
	HeatAsked int // runs that were to be read
}

// HealthDay is a day's bar: in units of a chart that is chartHeight high.
type HealthDay struct {
	Day          time.Time
	Runs, Failed int
	X            int
	Y, H         float64 // of all its runs
	FailY, FailH float64 // of those that failed, at the foot
}

// FailureRow is failures that are one and the same.
type FailureRow struct {
	Class, Step, Message string
	N                    int
	Last                 time.Time
	Href, Newest, Retry  string
}

// HeatRow is what a step cost in the runs that were read. Heats are from 0, nothing of note, to 4.
type HeatRow struct {
	Step                          string
	Ran, Failed, Retries          int
	P95                           string
	FailHeat, RetryHeat, TimeHeat int
	Href                          string // the runs that failed there
}

const (
	chartHeight = 64
	barWidth    = 18
	barStep     = 24
)

// barScale is how high the bar of a number stands where that of most has the whole height: 2 at least, so that one among thousands is seen, and 0 for none.
func barScale(most int, height float64) func(n int) float64 {
	return func(n int) float64 {
		if n == 0 {
			return 0
		}
		return max(2, float64(n)*height/float64(most))
	}
}

// Chart lays the bars of days out.
func Chart(days []HealthDay) []HealthDay {
	most := 1
	for _, d := range days {
		most = max(most, d.Runs)
	}
	scale := barScale(most, chartHeight)
	for i := range days {
		d := &days[i]
		d.X, d.H, d.FailH = i*barStep, scale(d.Runs), scale(d.Failed)
		d.Y, d.FailY = chartHeight-d.H, chartHeight-d.FailH
	}
	return days
}

// Span says how long something took.
func Span(d time.Duration) string { return span(d) }

func chartBox(n int) string {
	return fmt.Sprintf("0 0 %d %d", max(1, n*barStep-(barStep-barWidth)), chartHeight)
}

func dayText(d HealthDay) string {
	text := d.Day.Format("2 January") + ": " + count(d.Runs, "run")
	if d.Failed > 0 {
		text += fmt.Sprintf(", %d failed", d.Failed)
	}
	return text
}

func chartText(days []HealthDay) string {
	runs, failed := 0, 0
	for _, d := range days {
		runs, failed = runs+d.Runs, failed+d.Failed
	}
	return fmt.Sprintf("Runs by day over %d days: %d, of which %d failed", len(days), runs, failed)
}

func decimal(f float64) string { return fmt.Sprintf("%.1f", f) }

// heatText says what the steps' figures are of.
func heatText(h *FlowHealth) string {
	text := fmt.Sprintf("Read from the histories of the last %s that ended", count(h.HeatRuns, "run"))
	if h.HeatRuns < h.HeatAsked {
		text += fmt.Sprintf(", as many as fit into 8 MiB of the %d that are looked at", h.HeatAsked)
	}
	return text + ". The darker a cell, the larger its share of the column's worst."
}

func heatClass(n int) string { return fmt.Sprintf("num heat heat-%d", n) }
