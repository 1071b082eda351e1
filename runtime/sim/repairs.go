package sim

import (
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// editions is how many versions of each flow there are. They read the same: what a run does must not depend on how often it has changed its version, on
// what its owner had to ask for to take it up, nor on when the version came that somebody wished for.
const editions = 3

// repair has a person who retries a run name another version, now and then.
func (w *World) repair(s *planner.State, b *runtime.Button) {
	if b != nil && b.Kind == runtime.ButtonRetry && s.Status() == planner.StatusFailed && w.rng.IntN(2) == 0 {
		b.Version = 1 + w.rng.IntN(editions)
	}
}

// others are the versions that a Load asks for beside the run's own.
func (w *World) others(flow string, versions []int) map[int]*check.Program {
	out := map[int]*check.Program{}
	for _, version := range versions {
		out[version] = w.edition(flow, version)
	}
	return out
}

// edition is a version of a flow: a program of its own, which reads as the others do.
func (w *World) edition(flow string, version int) *check.Program {
	if version > editions {
		return nil
	}
	copied := *w.program(flow)
	return &copied
}

// find brings a server the version that it needs, after a while.
func (s *server) find(n runtime.Need) {
	s.soon(s.w.upTo(20*time.Millisecond), func() { s.step(runtime.Found{Run: n.Run, Version: n.Version, Program: s.w.edition(n.Flow, n.Version)}) })
}
