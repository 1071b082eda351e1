package check

import (
	"github.com/segno-run/segno/designer/flow"
)

// An output is certain at a place if its step has completed in every case that leads there. Two proofs are tried. The cheap one follows the needs: an
// `all` knows what each of its sources knows, an `any` what all of them know. What that leaves open (one of the branches of a switch is always
// taken, and they meet again) is decided over the outcomes; see ways.go.

// certainty is what the cheap proof finds, by step: those that have completed, and those that have failed, whenever the step starts.
type certainty struct {
	completed, failed []bitset
	settled, passed   []bitset // those that have settled when the step starts, and when it is skipped; for the other proof
	ways              *ways
	told              bool // that the ways are too many
}

func sets(n int) []bitset {
	words := (n + 63) / 64
	all := make(bitset, n*words)
	out := make([]bitset, n)
	for i := range out {
		out[i] = all[i*words : (i+1)*words]
	}
	return out
}

func (b bitset) intersect(c bitset) {
	for i, w := range c {
		b[i] &= w
	}
}

func (b bitset) fill() {
	for i := range b {
		b[i] = ^uint64(0)
	}
}

func (k *compiler) findCertain() {
	n := len(k.steps)
	k.sure = &certainty{completed: sets(n), failed: sets(n)}
	words := (n + 63) / 64
	one, two := make(bitset, words), make(bitset, words)
	for _, i := range k.order() {
		s := k.steps[i]
		done, failed := k.sure.completed[i], k.sure.failed[i]
		for j, e := range s.In {
			copy(one, k.sure.completed[e.From])
			copy(two, k.sure.failed[e.From])
			if e.Port == flow.PortError {
				two.add(e.From)
			} else {
				one.add(e.From)
			}
			if s.Any && j > 0 {
				done.intersect(one)
				failed.intersect(two)
			} else {
				done.union(one)
				failed.union(two)
			}
		}
	}
}

// completes reports whether a step's output is surely there where an expression stands.
func (k *compiler) completes(i int, sc scope) bool { return k.happens(i, sc, false) }

// fails reports whether a step's error is surely there where an expression stands.
func (k *compiler) fails(i int, sc scope) bool { return k.happens(i, sc, true) }

func (k *compiler) happens(i int, sc scope, failed bool) bool {
	if sc.own && sc.step == i {
		return !failed && !k.undoesAttempts(i)
	}
	if k.broken[k.names[i]] || sc.step >= 0 && k.vague[sc.step] || sc.step < 0 && k.anyVague() {
		return true // what is wrong was reported, and would be what is wrong here, too
	}
	if k.sure == nil {
		k.findCertain()
	}
	if sc.step >= 0 {
		set := k.sure.completed[sc.step]
		if failed {
			set = k.sure.failed[sc.step]
		}
		if set.has(i) {
			return true
		}
	} else if s := k.steps[i]; len(s.In) == 0 && k.d.Steps[i].If == nil && !k.wired[i][flow.PortError] {
		return !failed // it runs, and if it fails there is no output to compute
	}
	if k.sure.ways == nil {
		k.findSettled()
		k.sure.ways = k.findWays()
	}
	w := k.sure.ways
	var sure bool
	if sc.step < 0 {
		sure = w.surely(w.success, i, failed)
	} else {
		sure = k.sure.settled[sc.step].has(i) && w.surely(w.starts[sc.step], i, failed)
	}
	if w.tooMany && !k.sure.told {
		k.sure.told = true
		k.report(flow.Warning, k.d.NamePos, "", "name", "move some of the steps into a flow of their own",
			"there are too many ways through this flow to tell them all apart (more than %d cases), so an output that is not certain by the needs alone counts as optional", maxWays)
	}
	return sure
}

func (k *compiler) anyVague() bool {
	for _, v := range k.vague {
		if v {
			return true
		}
	}
	return false
}

// findSettled computes who has surely settled when a step starts or is skipped: an `all` is skipped as soon as one of its edges is dead, without waiting
// for the others.
func (k *compiler) findSettled() {
	n := len(k.steps)
	k.sure.settled, k.sure.passed = sets(n), sets(n)
	words := (n + 63) / 64
	tmp := make(bitset, words)
	for _, i := range k.order() {
		s := k.steps[i]
		run, skip := k.sure.settled[i], k.sure.passed[i]
		if !s.Any || len(s.In) == 0 {
			skip.fill() // until an edge shows how it could be skipped
		}
		for _, e := range s.In {
			from := e.From
			if s.Any {
				copy(tmp, k.sure.settled[from])
				tmp.intersect(k.sure.passed[from])
			} else {
				copy(tmp, k.sure.settled[from])
			}
			tmp.add(from)
			run.union(tmp)
			copy(tmp, k.sure.passed[from])
			if k.live(e) != k.domain(from) { // it may run and leave by another port
				tmp.intersect(k.sure.settled[from])
			}
			tmp.add(from)
			if s.Any {
				skip.union(tmp)
			} else {
				skip.intersect(tmp)
			}
		}
		if k.d.Steps[i].If != nil {
			skip.intersect(run)
		}
	}
}
