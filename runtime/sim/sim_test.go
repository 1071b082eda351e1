package sim

import (
	"flag"
	"reflect"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
)

var (
	seeds = flag.Uint64("seeds", 300, "how many seeds to simulate")
	first = flag.Uint64("seed", 1, "the first seed")
)

// simulate runs a seed on the store in memory.
func simulate(seed uint64) Report {
	return Run(Config{Seed: seed, Store: func(clock func() time.Time) journal.Store { return memory.New(clock) }})
}

// regressions are seeds that have found a bug once, the last one of the judge.
var regressions = []uint64{51987, 90760}

func TestGuaranteesHold(t *testing.T) {
	total := Report{Statuses: map[string]int{}}
	run := func(seed uint64) {
		r := simulate(seed)
		for _, v := range r.Violations {
			t.Errorf("seed %d: %s", seed, v)
		}
		for s, n := range r.Statuses {
			total.Statuses[s] += n
		}
		total.Crashes += r.Crashes
		total.Takeovers += r.Takeovers
		total.Calls += r.Calls
		total.Buttons += r.Buttons
		total.Hurried += r.Hurried
		total.Lies += r.Lies
		total.Children += r.Children
		total.Virtual += r.Virtual
	}
	for _, seed := range regressions {
		run(seed)
	}
	for seed := *first; seed < *first+*seeds; seed++ {
		run(seed)
		if t.Failed() {
			break
		}
	}
	t.Logf("%d seeds, %s of virtual time: runs %v, %d crashes, %d lost fences, %d lost answers, %d calls, %d buttons (%d on what retried), %d children",
		*seeds, total.Virtual, total.Statuses, total.Crashes, total.Takeovers, total.Lies, total.Calls, total.Buttons, total.Hurried, total.Children)
	// A world in which everything fails would keep every guarantee.
	if n := total.Statuses["succeeded"]; !t.Failed() && n < int(*seeds)*4 {
		t.Errorf("runs that succeeded: got %d of %d, want at least a third", n, *seeds*12)
	}
	if total.Children < int(*seeds) || total.Crashes == 0 || total.Takeovers == 0 || total.Hurried < int(*seeds)/3 || total.Statuses["compensated"] == 0 {
		t.Errorf("the world was too kind: %+v", total)
	}
}

func TestOneSeedOneStory(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		if a, b := simulate(seed), simulate(seed); !reflect.DeepEqual(a, b) {
			t.Errorf("seed %d tells two stories:\n%+v\n%+v", seed, a, b)
		}
	}
}
