package words

import (
	"fmt"
	"strconv"
	"time"
)

// JustNow is what is said of a moment that lies less than ten seconds back.
const JustNow = "just now"

// Span says how long something took, with two significant parts at most: "120 ms", "3.2 s", "2 min 5 s", "3 h 12 min", "4 d 2 h".
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
	case d < time.Minute:
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	case d < time.Hour:
		return parts(int64(d/time.Minute), "min", int64(d%time.Minute/time.Second), "s")
	case d < 24*time.Hour:
		return parts(int64(d/time.Hour), "h", int64(d%time.Hour/time.Minute), "min")
	}
	return parts(int64(d/(24*time.Hour)), "d", int64(d%(24*time.Hour)/time.Hour), "h")
}

func parts(a int64, unitA string, b int64, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unitA)
	}
	return fmt.Sprintf("%d %s %d %s", a, unitA, b, unitB)
}

// Ago says how long ago a moment was, coarsely, or how far ahead it lies: "just now", "3 min ago", "in 2 h".
func Ago(d time.Duration) string {
	switch {
	case d < -time.Second:
		return "in " + coarse(-d)
	case d < 10*time.Second:
		return JustNow
	}
	return coarse(d) + " ago"
}

func coarse(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}
