package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxDuration is the longest time that a flow may name.
const MaxDuration = 3650 * 24 * time.Hour

// ParseDuration reads a duration as the language writes it: like Go ("500ms", "1h30m"), and with days in front ("2d", "2d12h"). It must be longer
// than zero and at most MaxDuration.
func ParseDuration(s string) (time.Duration, error) {
	rest, total := s, time.Duration(0)
	if days, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("`%s` is not a duration such as 10s, 48h or 2d", shorten(s))
		}
		total, rest = time.Duration(n)*24*time.Hour, after
	}
	if rest != "" || total == 0 && rest == s {
		d, err := time.ParseDuration(rest)
		if err != nil {
			return 0, fmt.Errorf("`%s` is not a duration such as 10s, 48h or 2d", shorten(s))
		}
		if d < 0 || d > MaxDuration {
			total = d
		} else {
			total += d
		}
	}
	switch {
	case total <= 0:
		return 0, fmt.Errorf("a duration must be longer than zero, found `%s`", shorten(s))
	case total > MaxDuration:
		return 0, fmt.Errorf("`%s` is longer than 3650 days", shorten(s))
	}
	return total, nil
}

// FormatDuration writes d so that ParseDuration reads it back: whole days as "2d", else like Go without zero parts ("48h" rather than "48h0m0s").
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 3*day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return strings.Replace(s, "h0m", "h", 1)
}
