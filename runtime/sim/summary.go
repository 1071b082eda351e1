package sim

import (
	"fmt"
	"time"
)

// runsASeed is how many runs people start in one simulation.
const runsASeed = 13

// Report is what happened in one simulation.
type Report struct {
	Seed       uint64
	Violations []Violation
	Statuses   map[string]int // of the runs at the end
	Counts
	Commits int // that were tried
	Virtual time.Duration
}

// Counts counts what a simulation consisted of.
type Counts struct {
	Crashes   int
	Takeovers int // servers that found their lease lost
	Handovers int // servers that were stopped in good order
	Lies      int // commits that were reported as failures
	Unsent    int // commits that never reached the store, or after their server had died
	Lost      int // hints that never came
	Late      int // results that came to another server or life than the caller's
	Jumps     int // times that the store's clock was set back
	Leaps     int // times that a server's clock was set anew
	Timers    int // waits, retries, rounds and deadlines that came
	Calls     int
	Buttons   int
	Hurried   int // retries that a person has made at once, or stopped
	Repaired  int // runs that went on with another version or input, or from an earlier step
	Children  int
	Payloads  int // large outputs that were stored
	Swept     int // payloads that were deleted
	Expired   int // finished runs that were deleted
}

// Summary is what happened in several simulations.
type Summary struct {
	Seeds    int
	Statuses map[string]int
	Counts
	Virtual time.Duration
}

// Add counts a simulation.
func (s *Summary) Add(r Report) {
	s.Seeds++
	s.Virtual += r.Virtual
	for status, n := range r.Statuses {
		s.Statuses[status] += n
	}
	for i, n := range r.each() {
		*s.each()[i] += *n
	}
}

func (c *Counts) each() []*int {
	return []*int{&c.Crashes, &c.Takeovers, &c.Handovers, &c.Lies, &c.Unsent, &c.Lost, &c.Late, &c.Jumps, &c.Leaps, &c.Timers, &c.Calls, &c.Buttons, &c.Hurried, &c.Repaired, &c.Children,
		&c.Payloads, &c.Swept, &c.Expired}
}

func (s Summary) String() string {
	return fmt.Sprintf(`%d seeds, %.1f virtual hours
	runs %v, %d below them, %d deleted; %d calls, %d timers, %d buttons (%d on what retried, %d repairs)
	%d crashes, %d lost leases, %d handovers, %d lost answers, %d commits lost or late, %d lost hints, %d results to others, the store's clock set back %d times, servers' set anew %d times
	%d large values stored, %d swept`,
		s.Seeds, s.Virtual.Hours(), s.Statuses, s.Children, s.Expired, s.Calls, s.Timers, s.Buttons, s.Hurried, s.Repaired,
		s.Crashes, s.Takeovers, s.Handovers, s.Lies, s.Unsent, s.Lost, s.Late, s.Jumps, s.Leaps, s.Payloads, s.Swept)
}

// TooKind says what a simulation lacks to prove anything: a world in which everything fails keeps every guarantee, and so does one in which nothing does.
func (s *Summary) TooKind() (wrong []string) {
	want := func(what string, got, least int) {
		if got < least {
			wrong = append(wrong, fmt.Sprintf("%s: got %d in %d seeds, want at least %d", what, got, s.Seeds, least))
		}
	}
	want("runs that succeeded", s.Statuses["succeeded"], s.Seeds*runsASeed/3)
	want("runs that were compensated", s.Statuses["compensated"], s.Seeds)
	for _, c := range []struct {
		what       string
		got, least int
	}{{"runs that other runs started", s.Children, s.Seeds}, {"crashes", s.Crashes, s.Seeds}, {"lost leases", s.Takeovers, s.Seeds / 10}, {"handovers", s.Handovers, s.Seeds},
		{"lost answers", s.Lies, s.Seeds}, {"commits lost or late", s.Unsent, s.Seeds / 2}, {"lost hints", s.Lost, s.Seeds}, {"results to others", s.Late, s.Seeds},
		{"clocks set back", s.Jumps, s.Seeds / 10}, {"clocks set anew", s.Leaps, s.Seeds / 2}, {"timers", s.Timers, s.Seeds}, {"retries that somebody hurried", s.Hurried, s.Seeds / 3},
		{"repairs", s.Repaired, s.Seeds}, {"large values", s.Payloads, s.Seeds}, {"swept payloads", s.Swept, s.Seeds / 4}, {"deleted runs", s.Expired, s.Seeds / 4}} {
		want(c.what, c.got, c.least)
	}
	return wrong
}
