package sim

import (
	"fmt"
	"time"
)

// Guarantee is one of those that the engine gives, or theWorld.
type Guarantee int

// The guarantees, in the words of the README.
const (
	theWorld Guarantee = iota // the simulation itself is at fault
	oneOutcome
	neededFirst
	stableKey
	nothingLost
	durableFirst
	poisonAlone
)

// Guarantees lists the guarantees.
var Guarantees = []Guarantee{oneOutcome, neededFirst, stableKey, nothingLost, durableFirst, poisonAlone}

var guaranteeNames = map[Guarantee]string{
	theWorld:     "the simulation itself",
	oneOutcome:   "1, one recorded outcome, by the owner alone",
	neededFirst:  "2, nothing starts before what it needs, nor again",
	stableKey:    "3, a stable key, and nothing doubtful twice",
	nothingLost:  "4, no timer, signal or button is lost",
	durableFirst: "5, nothing is acknowledged before it is durable",
	poisonAlone:  "6, poison stops its own run alone",
}

func (g Guarantee) String() string { return guaranteeNames[g] }

// Violation is a guarantee that did not hold.
type Violation struct {
	Of   Guarantee
	At   time.Duration // since the simulation began
	What string
}

func (v Violation) String() string {
	return fmt.Sprintf("guarantee %s: after %s %s", v.Of, v.At, v.What)
}

// violated notes that a guarantee does not hold.
func (w *World) violated(of Guarantee, format string, args ...any) {
	w.report.Violations = append(w.report.Violations, Violation{of, w.now.Sub(epoch), fmt.Sprintf(format, args...)})
}
