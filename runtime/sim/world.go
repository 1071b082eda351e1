// Package sim runs the real Core, planner and store in a simulated world: virtual time, servers that crash before and after commits or stand still until
// they own nothing any more, answers that are lost, hints and results that come late, twice or never, clocks that are off, and people who click. One seed
// decides everything, so a failing seed is a bug report.
//
// It replaces only the goroutines: what Engine does around a Core (the group commit, the lease, the inbox, house-keeping) is played by servers that do it
// when the world says so. A judge reads what is durable, and what the functions themselves noted, and holds it against the guarantees after every commit
// and before every call.
package sim

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/planner"
)

// Config says how hard the world is. Store is required.
type Config struct {
	Store   func(clock func() time.Time) journal.Store // a store that lives by that clock and answers at once
	Seed    uint64
	Servers int           // default: the seed says, 2 or 3
	Runs    int           // default runsASeed
	Faults  time.Duration // how long servers crash and stall; after it the world is kind. Default 2 min
	Most    time.Duration // when the simulation gives up. Default 4 h
	Before  int           // the commit before which its server crashes, in a world that is kind from the beginning; 0: none
	After   int           // the commit after which it does, before it hears of it; 0: none
	Run     int64         // whose story is told; 0: nobody's
	Story   io.Writer     // where to
}

// mutant plants a bug in every server, so that tests can show that it is found. Its zero value plants none.
type mutant struct {
	store   func(journal.Store) journal.Store                             // what a server takes for its store
	outputs func(s *server, out []runtime.Output) []runtime.Output        // what it does of what its core says
	history func(s *server, run int64, h journal.History) journal.History // what it tells its core of a run
	program func(p *check.Program) *check.Program                         // what it takes for a flow's program
	event   func(s *server, ev runtime.Event) runtime.Event               // what it tells its core
	clock   func(s *server) time.Time                                     // what it takes for the store's time
	deaf    bool                                                          // it reads the inbox only after a hint
	whole   bool                                                          // it refuses a batch for one bad transition
}

// World is one simulation.
type World struct {
	cfg      Config
	mutant   mutant
	rng      *rand.Rand
	now      time.Time
	shift    time.Duration // how far the store's clock has been set back
	jumped   time.Time     // when that was; zero: never
	queue    moments
	order    uint64
	store    journal.Store
	flows    map[string][]*check.Program // the versions of each
	servers  []*server
	runs     []*client
	kids     []*client // of runs that other runs started
	byRun    map[int64]*client
	ledger   ledger
	said     map[call]planner.JSON // the outputs of the calls that succeeded, as they are recorded
	folded   map[int64]*folded
	report   Report
	commits  int
	posted   map[string]*message
	consumed map[string]bool // messages that a durable transition has taken
}

// epoch is where virtual time begins; any time does.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Run simulates one seed.
func Run(cfg Config) Report { return run(cfg, mutant{}) }

func run(cfg Config, m mutant) Report {
	w := &World{cfg: cfg, mutant: m, rng: rand.New(rand.NewPCG(cfg.Seed, 0x5E6)), now: epoch, flows: programs(), byRun: map[int64]*client{}, said: map[call]planner.JSON{},
		folded: map[int64]*folded{}, posted: map[string]*message{}, consumed: map[string]bool{}, report: Report{Seed: cfg.Seed, Statuses: map[string]int{}}, ledger: ledger{}}
	setDefault(&w.cfg.Servers, 2+w.rng.IntN(4)/3)
	setDefault(&w.cfg.Runs, runsASeed)
	if cfg.Before == 0 && cfg.After == 0 {
		setDefault(&w.cfg.Faults, 2*time.Minute)
	}
	setDefault(&w.cfg.Most, 4*time.Hour)
	w.store = cfg.Store(w.storeNow)
	for i := range w.cfg.Servers {
		s := &server{w: w, name: fmt.Sprintf("server-%d", i), store: w.store}
		if m.store != nil {
			s.store = m.store(w.store)
		}
		w.servers = append(w.servers, s)
		w.after(w.upTo(time.Second), s.boot)
	}
	for i := range w.cfg.Runs {
		w.client(i)
	}
	if w.rng.IntN(4) == 0 && w.faulty() {
		w.after(w.upTo(w.cfg.Faults), w.setBack)
	}
	for w.queue.Len() > 0 && len(w.report.Violations) == 0 && w.now.Sub(epoch) < w.cfg.Most {
		m := heap.Pop(&w.queue).(moment)
		w.now = m.at
		m.do()
		if w.quiet() {
			break
		}
	}
	if len(w.report.Violations) == 0 { // else nobody is surprised that things are open
		w.audit()
	}
	w.report.Commits = w.commits
	w.report.Virtual = w.now.Sub(epoch)
	return w.report
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// storeNow is the time by the store's clock.
func (w *World) storeNow() time.Time { return w.now.Add(w.shift) }

// setBack sets the store's clock back, as when another machine takes its database over.
func (w *World) setBack() {
	w.shift -= w.upTo(lease)
	w.jumped = w.now
	w.report.Jumps++
}

// someone is a server that takes requests now; nil if none does.
func (w *World) someone() *server {
	s := w.servers[w.rng.IntN(len(w.servers))]
	if !s.alive || s.leaving || s.stalled.After(w.now) {
		return nil
	}
	return s
}

// version is the program of a version of a flow; nil if there is none.
func (w *World) version(flow string, version int) *check.Program {
	if all := w.flows[flow]; version >= 1 && version <= len(all) {
		return all[version-1]
	}
	return nil
}

// program is what the servers take for it.
func (w *World) program(flow string, version int) *check.Program {
	p := w.version(flow, version)
	if w.mutant.program == nil || p == nil {
		return p
	}
	return w.mutant.program(p)
}

// of is the version of its flow that a run is on.
func (w *World) of(s *planner.State) *check.Program { return w.version(s.Flow, s.Version) }

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
