package chaos

import (
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// TestServersPaused stops servers where they stand (SIGSTOP), cuts others off from the database, each for longer than its lease, and lets them go on: what
// they then have to say about runs that others own is refused.
func TestServersPaused(t *testing.T) {
	t.Parallel()
	const lease = 2 * time.Second
	pauses := of(4, 200)
	random := dice(t)
	d, b := openDatabase(t), servertest.OpenBooks(t, time.Second)
	f := openFleet(t, d, b, 3, lease, false)
	s := newStarts(t, f, "relay", number)
	stop := make(chan struct{})
	runs := 0
	var starting sync.WaitGroup
	starting.Go(func() {
		for ; ; runs++ {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				s.start(runs + 1)
			}
		}
	})

	var mu sync.Mutex
	var resumed []time.Time
	cuts := 0
	for n := range pauses {
		victim := f[n%len(f)]
		servertest.Eventually(t, "the victim is up", victim.ready)
		<-time.After(between(random, 100*time.Millisecond, 500*time.Millisecond))
		if n%4 == 3 {
			cuts++
			victim.behind.sever(true)
			<-time.After(lease + between(random, 0, lease))
			victim.behind.sever(false)
		} else {
			if err := victim.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			victim.still.Store(true)
			<-time.After(lease + between(random, 200*time.Millisecond, lease))
			if err := victim.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			victim.still.Store(false)
		}
		mu.Lock()
		resumed = append(resumed, time.Now())
		mu.Unlock()
	}
	close(stop)
	starting.Wait()
	f.awaitEnds(t)
	j := newJudge(t, f, b)
	// Its calls are begun in goroutines of their own, and one may be between the look at the lease and the call when all of them stand still.
	j.overlap = func(at time.Time) bool {
		return slices.ContainsFunc(resumed, func(r time.Time) bool { return at.Sub(r).Abs() < lease })
	}
	j.runs(s, runs, "a", "b", "c", "d", "e")
	if j.repeated.Load() == 0 {
		t.Error("no call was begun twice: the pauses met nobody at work")
	}
	t.Logf("%d pauses and %d cuts: %s", pauses-cuts, cuts, j)
}
