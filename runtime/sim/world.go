// Package sim runs the real Core, planner and store in a simulated world: virtual time, servers that crash before and after commits, answers
// that are lost, results that come late or twice, and people who click. One seed decides everything, so a failing seed is a bug report.
//
// It replaces only the goroutines: the journal's group commit is played by a queue that commits when the world says so.
package sim

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
)

// Config says how hard the world is. Store is required.
type Config struct {
	Store   func(clock func() time.Time) journal.Store // a store that lives by that clock and answers at once
	Seed    uint64
	Servers int           // default 2
	Runs    int           // default 12
	Faults  time.Duration // how long servers crash and stall; after it the world is kind. Default 2 min
	Most    time.Duration // when the simulation gives up. Default 4 h
}

// mutant plants a bug in every server, so that tests can show that it is found. Its zero value plants none.
type mutant struct {
	store   func(journal.Store) journal.Store                             // what a server takes for its store
	outputs func(s *server, out []runtime.Output) []runtime.Output        // what it does of what its core says
	history func(s *server, run int64, h journal.History) journal.History // what it tells its core of a run
	program func(p *check.Program) *check.Program                         // what it takes for a flow's program
}

// World is one simulation.
type World struct {
	cfg     Config
	mutant  mutant
	rng     *rand.Rand
	now     time.Time
	queue   moments
	order   uint64
	store   journal.Store
	flows   map[string]*check.Program
	servers []*server
	runs    []*client
	kids    []*client // of runs that other runs started
	byRun   map[int64]*client
	ledger  ledger
	report  Report
	posted  map[string]message
}

// epoch is where virtual time begins; any time does.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Run simulates one seed.
func Run(cfg Config) Report { return run(cfg, mutant{}) }

func run(cfg Config, m mutant) Report {
	if cfg.Servers == 0 {
		cfg.Servers = 2
	}
	if cfg.Runs == 0 {
		cfg.Runs = runsASeed
	}
	if cfg.Faults == 0 {
		cfg.Faults = 2 * time.Minute
	}
	if cfg.Most == 0 {
		cfg.Most = 4 * time.Hour
	}
	w := &World{cfg: cfg, mutant: m, rng: rand.New(rand.NewPCG(cfg.Seed, 0x5E6)), now: epoch, flows: programs(), byRun: map[int64]*client{},
		posted: map[string]message{}, report: Report{Seed: cfg.Seed, Statuses: map[string]int{}}, ledger: ledger{}}
	w.store = cfg.Store(func() time.Time { return w.now })
	for i := range cfg.Servers {
		s := &server{w: w, name: fmt.Sprintf("server-%d", i), store: w.store}
		if m.store != nil {
			s.store = m.store(w.store)
		}
		w.servers = append(w.servers, s)
		w.after(w.upTo(time.Second), s.boot)
	}
	for i := range cfg.Runs {
		w.client(i)
	}
	for w.queue.Len() > 0 && len(w.report.Violations) == 0 && w.now.Sub(epoch) < cfg.Most {
		m := heap.Pop(&w.queue).(moment)
		w.now = m.at
		m.do()
		if w.quiet() {
			break
		}
	}
	w.audit()
	w.report.Virtual = w.now.Sub(epoch)
	return w.report
}

// program is what the servers take for the program of a flow.
func (w *World) program(flow string) *check.Program {
	if w.mutant.program == nil {
		return w.flows[flow]
	}
	return w.mutant.program(w.flows[flow])
}

// faulty reports whether the world is still hard.
func (w *World) faulty() bool { return w.now.Sub(epoch) < w.cfg.Faults }

// chance is true in p of all cases, while the world is hard.
func (w *World) chance(p float64) bool { return w.faulty() && w.rng.Float64() < p }

func (w *World) upTo(d time.Duration) time.Duration { return time.Duration(w.rng.Int64N(int64(d) + 1)) }

// after does something later.
func (w *World) after(d time.Duration, do func()) {
	w.order++
	heap.Push(&w.queue, moment{w.now.Add(d), w.order, do})
}

type moment struct {
	at    time.Time
	order uint64
	do    func()
}

type moments []moment

func (m moments) Len() int { return len(m) }
func (m moments) Less(i, j int) bool {
	if !m[i].at.Equal(m[j].at) {
		return m[i].at.Before(m[j].at)
	}
	return m[i].order < m[j].order
}
func (m moments) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)   { *m = append(*m, x.(moment)) }
func (m *moments) Pop() any {
	old := *m
	last := old[len(old)-1]
	*m = old[:len(old)-1]
	return last
}

// id makes a UUID that only the seed decides.
func (w *World) id() string {
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", w.rng.Uint32(), w.rng.Uint32()&0xffff, w.rng.Uint32()&0xfff, w.rng.Uint32()&0xfff, w.rng.Uint64()&0xffffffffffff)
}

func background() context.Context { return context.Background() }
