package meter

import (
	"sync"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/runtime/planner"
)

// mostNames bounds the values of a label that people choose: what comes after is counted together.
const mostNames = 200

// others stands for the names beyond mostNames. No flow or function has that name.
const others = "(others)"

// What a step or an attempt can come to beside the error classes. A step that was cancelled and a call that was have one word.
const (
	succeeded = "succeeded"
	skipped   = "skipped"
	cancelled = string(fault.Cancelled)
)

// outcomes are all values of the label of that name.
func outcomes() []string {
	all := []string{succeeded, skipped}
	for _, c := range fault.Classes() {
		all = append(all, string(c))
	}
	return all
}

// statuses are all of a run's.
func statuses() []string {
	return []string{string(planner.StatusPending), string(planner.StatusRunning), string(planner.StatusWaiting), string(planner.StatusPaused), string(planner.StatusUncertain),
		string(planner.StatusCompensating), string(planner.StatusSucceeded), string(planner.StatusFailed), string(planner.StatusCancelled),
		string(planner.StatusCompensated), string(planner.StatusCompensationFailed)}
}

// names lets the first few values of a label through as they are.
type names struct {
	most int
	mu   sync.RWMutex
	seen map[string]bool
}

func (n *names) of(name string) string {
	n.mu.RLock()
	known := n.seen[name]
	n.mu.RUnlock()
	if known {
		return name
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen[name] {
		return name
	}
	if len(n.seen) >= n.most {
		return others
	}
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	n.seen[name] = true
	return name
}
