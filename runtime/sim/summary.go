package sim

import (
	"fmt"
	"time"
)

// runsASeed is how many runs people start in one simulation.
const runsASeed = 12

// Report is what happened in one simulation.
type Report struct {
	Seed       uint64
	Violations []Violation
	Statuses   map[string]int // of the runs at the end
	Counts
	Virtual time.Duration
}

// Counts counts what a simulation consisted of.
type Counts struct {
	Crashes   int
	Takeovers int // servers that found their lease lost
	Lies      int // commits that were reported as failures
	Calls     int
	Buttons   int
	Hurried   int // retries that a person has made at once, or stopped
	Children  int
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
	return []*int{&c.Crashes, &c.Takeovers, &c.Lies, &c.Calls, &c.Buttons, &c.Hurried, &c.Children}
}

func (s Summary) String() string {
	return fmt.Sprintf("%d seeds, %.1f virtual hours: runs %v, %d below them; %d crashes, %d lost leases, %d lost answers; %d calls, %d buttons (%d on what retried)",
		s.Seeds, s.Virtual.Hours(), s.Statuses, s.Children, s.Crashes, s.Takeovers, s.Lies, s.Calls, s.Buttons, s.Hurried)
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
	want("runs that other runs started", s.Children, s.Seeds)
	want("crashes", s.Crashes, s.Seeds)
	want("lost leases", s.Takeovers, s.Seeds/10)
	want("lost answers", s.Lies, s.Seeds)
	want("retries that somebody hurried", s.Hurried, s.Seeds/3)
	return wrong
}
