package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/check"
)

// chainOf is n calls, one after another.
func chainOf(n int) string {
	var b strings.Builder
	b.WriteString("name: f\nsteps:\n  s0: {call: safe}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "  s%d: {needs: [s%d], call: safe}\n", i, i-1)
	}
	return b.String()
}

// fanOf is n calls that one step waits for.
func fanOf(n int) string {
	var b strings.Builder
	b.WriteString("name: f\nsteps:\n")
	needs := make([]string, n)
	for i := range n {
		needs[i] = fmt.Sprintf("s%d", i)
		fmt.Fprintf(&b, "  s%d: {call: safe}\n", i)
	}
	fmt.Fprintf(&b, "  join: {needs: [%s], call: safe}\n", strings.Join(needs, ", "))
	return b.String()
}

const manyItems = `
name: f
steps:
  many: {for_each: "${{ input.list }}", max_parallel: 50, call: safe, with: {v: "${{ item }}"}}
  end: {needs: [many], call: safe}
`

func listOf(n int) JSON {
	return JSON(`{"list":[` + strings.TrimSuffix(strings.Repeat("7,", n), ",") + `]}`)
}

// drive starts a run that the returned function gives one result after another; it returns false when there is nothing to give.
func drive(t testing.TB, p *check.Program, input JSON) (s *State, next func() bool) {
	t.Helper()
	s = NewState()
	var calls []*Invoke
	take := func(in Input) int {
		facts, commands, err := Decide(p, s, in, epoch)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands {
			if inv, ok := c.(*Invoke); ok {
				calls = append(calls, inv)
			}
		}
		return len(facts) + len(commands)
	}
	take(&Start{ID: "r", Version: 1, Input: input})
	return s, func() bool {
		if len(calls) == 0 {
			return false
		}
		c := calls[0]
		calls = calls[1:]
		if n := take(&CallDone{Ref: c.Ref, Attempt: c.Attempt, Output: JSON("{}")}); n > 8 {
			t.Fatalf("the result of %s led to %d facts and commands", c.Ref, n)
		}
		return true
	}
}

// mine takes away every step of the program and the state but those named, so that whoever looks at another one steps on a nil pointer.
func mine(p *check.Program, s *State, keep ...string) (restore func()) {
	steps, states := p.Steps, map[string]*Step{}
	kept := make([]*check.Step, len(steps))
	for _, name := range keep {
		kept[p.Step(name).Index] = p.Step(name)
	}
	for name, st := range s.Steps {
		states[name] = st
	}
	p.Steps = kept
	for i, st := range steps {
		if kept[i] == nil {
			s.Steps[st.Name] = nil
		}
	}
	return func() {
		p.Steps = steps
		for _, st := range steps {
			delete(s.Steps, st.Name)
		}
		for name, st := range states {
			s.Steps[name] = st
		}
		for _, name := range keep {
			if s.Steps[name] == nil {
				delete(s.Steps, name)
			}
		}
	}
}

// A result may look at its own step and at those behind it, and at no other, however many there are.
func TestAResultTouchesItsOwnEdgesOnly(t *testing.T) {
	t.Run("chain of 5000", func(t *testing.T) {
		p := mustCompile(t, chainOf(5000), randomFunctions)
		s, next := drive(t, p, JSON("{}"))
		for i := range 4990 {
			if i%499 != 7 {
				next()
				continue
			}
			restore := mine(p, s, fmt.Sprintf("s%d", i), fmt.Sprintf("s%d", i+1))
			s.step(fmt.Sprintf("s%d", i+1)) // it is touched for the first time while the mines lie
			next()
			touched := s.Steps[fmt.Sprintf("s%d", i+1)]
			restore()
			s.Steps[touched.Name] = touched
		}
		for next() {
		}
		if s.Ended != StatusSucceeded {
			t.Errorf("status: got %s", s.Status())
		}
	})
	t.Run("1000 to 1", func(t *testing.T) {
		p := mustCompile(t, fanOf(1000), randomFunctions)
		s, next := drive(t, p, JSON("{}"))
		s.step("join")
		for i := range 1000 {
			restore := mine(p, s, fmt.Sprintf("s%d", i), "join")
			next()
			restore()
		}
		for next() {
		}
		if s.Ended != StatusSucceeded {
			t.Errorf("status: got %s", s.Status())
		}
	})
	t.Run("10000 items", func(t *testing.T) {
		p := mustCompile(t, manyItems, randomFunctions)
		s, next := drive(t, p, listOf(10000))
		n := 0
		for next() {
			n++
		}
		if s.Ended != StatusSucceeded || n != 10001 {
			t.Errorf("after %d results: got %s", n, s.Status())
		}
	})
}

// What an item's result allocates does not depend on how many items there are.
func TestAnItemAllocatesTheSameInALongList(t *testing.T) {
	allocations := func(n int) float64 {
		p := mustCompile(t, manyItems, randomFunctions)
		_, next := drive(t, p, listOf(n))
		return testing.AllocsPerRun(300, func() { next() })
	}
	if short, long := allocations(500), allocations(10000); long > short*1.5+5 {
		t.Errorf("allocations a result: %v of 500 items, %v of 10000", short, long)
	}
}

func benchmarkRun(b *testing.B, src string, input JSON) {
	p := mustCompile(b, src, randomFunctions)
	results := 0
	for b.Loop() {
		_, next := drive(b, p, input)
		for next() {
			results++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(results), "ns/result")
}

func BenchmarkChain5000(b *testing.B) { benchmarkRun(b, chainOf(5000), JSON("{}")) }
func BenchmarkFanIn1000(b *testing.B) { benchmarkRun(b, fanOf(1000), JSON("{}")) }
func BenchmarkItems1000(b *testing.B) { benchmarkRun(b, manyItems, listOf(1000)) }
func BenchmarkItems10000(b *testing.B) {
	benchmarkRun(b, manyItems, listOf(10000))
}
