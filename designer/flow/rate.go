package flow

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// The bounds of a rate.
const (
	fastest = 100 * time.Microsecond // between two calls
	slowest = 24 * time.Hour
)

var (
	errNoRate   = errors.New("is not a number of calls, a slash and a time, such as 10/s or 100/5m")
	errTooFast  = errors.New("is more than 10000 calls a second")
	errTooSlow  = errors.New("is less than a call a day")
	errNoSecond = errors.New("is by a time shorter than a second; write as many calls by the second")
)

// ParseRate reads a rate such as 10/s, 100/5m or 1000/h.
func ParseRate(s string) (Rate, error) {
	calls, per, ok := strings.Cut(strings.ReplaceAll(s, " ", ""), "/")
	n, err := strconv.Atoi(calls)
	if !ok || err != nil || n < 1 || calls[0] == '+' {
		return Rate{}, errNoRate
	}
	if per != "" && (per[0] < '0' || per[0] > '9') {
		per = "1" + per
	}
	d, err := ParseDuration(per)
	if err != nil {
		return Rate{}, errNoRate
	}
	switch r := (Rate{n, d}); {
	case d < time.Second:
		return Rate{}, errNoSecond
	case r.Every() < fastest:
		return Rate{}, errTooFast
	case r.Every() > slowest:
		return Rate{}, errTooSlow
	default:
		return r, nil
	}
}

// FormatRate writes a rate as ParseRate reads it; "" for none.
func FormatRate(r Rate) string {
	if r.Calls == 0 {
		return ""
	}
	per := FormatDuration(r.Per)
	switch r.Per {
	case time.Second, time.Minute, time.Hour:
		per = strings.TrimPrefix(per, "1")
	}
	return strconv.Itoa(r.Calls) + "/" + per
}

func (d *decoder) rate(n *Node, field string) Rate {
	s, ok := plainText(n)
	if !ok {
		d.wrong(n, field, "a rate such as 10/s or 100/5m", "")
		return Rate{}
	}
	r, err := ParseRate(s)
	if err != nil {
		d.at(n.Start, field, "", "`%s` %s: `%s`", field, err, shorten(s))
	}
	return r
}
