package templates

import (
	"fmt"
	"strconv"
	"time"

	"github.com/segno-run/segno/web/view"
)

// ReplicasPage is GET /replicas.
type ReplicasPage struct {
	Chrome
	Replicas view.Replicas
}

// late is from when on something that waits is worth a colour: a server looks four times a second.
const late = 5 * time.Second

// quiet is how long a server may say nothing of itself before the page says so; it reports every 3 s.
const quiet = 10 * time.Second

// silent is how long ago a server last said anything, if that is too long.
func silent(r view.Replica) string {
	if r.Said == nil || millis(r.Said.AgeMS) < quiet {
		return ""
	}
	return "silent for " + span(millis(r.Said.AgeMS))
}

// server names it for people.
func server(r view.Replica) string {
	if r.Said == nil {
		return "server " + shortID(r.Replica)
	}
	return r.Said.Host
}

// lease says how much of it is left.
func lease(r view.Replica) string {
	if !r.Alive {
		return "passed"
	}
	return span(millis(r.LeaseMS).Truncate(100 * time.Millisecond))
}

// leaseTone is calm as long as the lease was renewed when it should have been.
func leaseTone(r view.Replica) string {
	switch {
	case !r.Alive:
		return "tone-fail"
	case r.LeaseMS < 5000:
		return "tone-retry"
	}
	return ""
}

// lag says how late a server is; on time is nothing to read about.
func lag(ms int64) string {
	if ms < 1000 {
		return "on time"
	}
	return span(millis(ms).Truncate(time.Second))
}

func lagTone(ms int64) string {
	if millis(ms) >= late {
		return "tone-retry"
	}
	return ""
}

// upTo is a number that was counted up to a bound.
func upTo(n, bound int) string {
	if n > bound {
		return "over " + thousands(bound)
	}
	return thousands(n)
}

func thousands(n int) string {
	if n < 10_000 {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n/1000) + "," + fmt.Sprintf("%03d", n%1000)
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// dead counts the servers whose lease has passed.
func (p ReplicasPage) dead() (n int) {
	for _, r := range p.Replicas.Replicas {
		if !r.Alive {
			n++
		}
	}
	return n
}

// unclaimed is what waits for any server, in words.
func (p ReplicasPage) unclaimed() string {
	u := p.Replicas.Unclaimed
	switch due, inbox := p.due(), p.letters(); {
	case u.Due > 0 && u.Inbox > 0:
		return due + ", and " + inbox + "."
	case u.Due > 0:
		return due + "."
	case u.Inbox > 0:
		return inbox + "."
	}
	return "Nothing waits for a server: every run that is due, or has a message, has its owner."
}

func (p ReplicasPage) due() string {
	u := p.Replicas.Unclaimed
	return fmt.Sprintf("%s due and not claimed yet, the first for %s", bound(u.Due, "run", "is", "are"), span(millis(u.DueMS).Truncate(time.Second)))
}

func (p ReplicasPage) letters() string {
	u := p.Replicas.Unclaimed
	return fmt.Sprintf("%s for runs that no server owns yet, the oldest for %s", bound(u.Inbox, "message", "waits", "wait"), span(millis(u.InboxMS).Truncate(time.Second)))
}

func bound(n int, noun, one, many string) string {
	if n == 1 {
		return "1 " + noun + " " + one
	}
	return upTo(n, 10_000) + " " + noun + "s " + many
}

// behind reports whether what waits for any server has waited too long.
func (p ReplicasPage) behind() bool {
	u := p.Replicas.Unclaimed
	return millis(u.DueMS) >= late || millis(u.InboxMS) >= late
}
