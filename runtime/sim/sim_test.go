package sim

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/memory"
)

var (
	seeds = flag.Uint64("seeds", 300, "how many seeds to simulate")
	from  = flag.Uint64("from", 1, "the first seed")
	many  = flag.Int("servers", 0, "how many servers there are; 0: the seed says")
	hard  = flag.Duration("faults", 0, "for how long servers crash; 0: two minutes")
	tell  = flag.Int64("story", 0, "the number of a run whose story is told")
	keep  = flag.Bool("keep", false, "write failing seeds to "+cases)
)

// cases are the seeds that have found a bug once, each with what it found. A change of the world gives a seed another story, so a bug that matters has a
// test beside its mend as well.
const cases = "testdata/seeds.txt"

// mostFailures is how many failing seeds a simulation looks for before it stops.
const mostFailures = 5

func newStore(clock func() time.Time) journal.Store { return memory.New(clock) }

// simulate runs a seed on the store in memory.
func simulate(seed uint64) Report {
	return Run(Config{Seed: seed, Store: newStore, Servers: *many, Faults: *hard, Run: *tell, Story: os.Stdout})
}

// TestSeeds simulates -seeds seeds from -from on, on all processors, and says every thousand how far it is.
func TestSeeds(t *testing.T) {
	var (
		total  = Summary{Statuses: map[string]int{}}
		next   atomic.Uint64
		mu     sync.Mutex
		failed []uint64
		group  sync.WaitGroup
		began  = time.Now()
	)
	next.Store(*from)
	work := func() {
		for {
			seed := next.Add(1) - 1
			mu.Lock()
			stop := len(failed) >= mostFailures
			mu.Unlock()
			if seed >= *from+*seeds || stop {
				return
			}
			r := simulate(seed)
			mu.Lock()
			total.Add(r)
			if report(t, r) {
				failed = append(failed, seed)
			}
			if total.Seeds%1000 == 0 {
				t.Logf("%s: %s", time.Since(began).Round(time.Second), total)
			}
			mu.Unlock()
		}
	}
	for range runtime.GOMAXPROCS(0) {
		group.Go(work)
	}
	group.Wait()
	t.Logf("seeds %d to %d in %s: %s", *from, *from+*seeds-1, time.Since(began).Round(time.Second), total)
	if len(failed) == 0 && total.Seeds >= 100 {
		for _, wrong := range total.TooKind() {
			t.Error(wrong)
		}
	}
}

// TestCases simulates the seeds that have found a bug once.
func TestCases(t *testing.T) {
	file, err := os.Open(cases)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		text, _, _ := strings.Cut(lines.Text(), " ")
		if text == "#" || text == "" {
			continue
		}
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", cases, err)
		}
		report(t, simulate(seed))
		n++
	}
	if n == 0 {
		t.Errorf("%s holds no seed", cases)
	}
}

// report says what a seed violated, and how to see it again.
func report(t *testing.T, r Report) (failed bool) {
	for _, v := range r.Violations {
		t.Errorf("seed %d: %s", r.Seed, v)
	}
	if len(r.Violations) == 0 {
		return false
	}
	t.Logf("to see it again: go test ./runtime/sim -run 'TestSeeds$' -from %d -seeds 1 -story RUN", r.Seed)
	if *keep {
		if err := keepCase(r); err != nil {
			t.Log(err)
		}
	}
	return true
}

func keepCase(r Report) error {
	file, err := os.OpenFile(cases, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%d %s\n", r.Seed, r.Violations[0])
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	return err
}

// TestEveryCommit crashes the server before, and after, every single commit of one simulation in which nothing else goes wrong.
func TestEveryCommit(t *testing.T) {
	whole := Config{Seed: 1, Store: newStore, Before: -1}
	commits := Run(whole).Commits
	var next atomic.Int64
	work := func() {
		for n := int(next.Add(1)); n <= 2*commits; n = int(next.Add(1)) {
			cfg := Config{Seed: whole.Seed, Store: newStore, Before: (n + 1) / 2}
			if n%2 == 0 {
				cfg.Before, cfg.After = 0, n/2
			}
			r := Run(cfg)
			for _, v := range r.Violations {
				t.Errorf("crash before commit %d or after %d: %s", cfg.Before, cfg.After, v)
			}
			if r.Crashes == 0 {
				t.Errorf("no crash before commit %d or after %d", cfg.Before, cfg.After)
			}
		}
	}
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(work)
	}
	group.Wait()
	t.Logf("%d commits", commits)
}

func TestOneSeedOneStory(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		if a, b := simulate(seed), simulate(seed); !reflect.DeepEqual(a, b) {
			t.Errorf("seed %d tells two stories:\n%+v\n%+v", seed, a, b)
		}
	}
}
