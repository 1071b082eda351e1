package chaos

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// TestDatabaseStopped stops PostgreSQL for up to two seconds, or kills it, and now and then kills it again while it recovers.
func TestDatabaseStopped(t *testing.T) {
	t.Parallel()
	runs, over := of(150, 5_000), of(8*time.Second, 10*time.Minute)
	random := dice(t)
	d, b := openDatabase(t), servertest.OpenBooks(t, of(200*time.Millisecond, 500*time.Millisecond))
	f := openFleet(t, d, b, 2, 5*time.Second, false)
	s := newStarts(t, f, "relay", number)
	var starting sync.WaitGroup
	starting.Go(func() { s.make(runs, over) })

	began, stops, kills := time.Now(), 0, 0
	for n := 0; time.Since(began) < over; n++ {
		<-time.After(between(random, of(time.Second, 5*time.Second), of(3*time.Second, 40*time.Second)))
		if n%2 == 0 {
			d.stop(t)
			<-time.After(between(random, 0, 2*time.Second))
			d.start(t)
			stops++
			continue
		}
		killed := 0
		for range 1 + random.IntN(3) {
			if pid := d.kill([]syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT}[random.IntN(2)]); pid != 0 {
				killed = pid
				kills++
			}
			<-time.After(between(random, 0, 500*time.Millisecond)) // into the recovery
		}
		d.awaitUp(t, killed)
	}
	starting.Wait()
	settled := time.Now()
	f.awaitEnds(t)
	j := newJudge(t, f, b)
	j.runs(s, runs, "a", "b", "c", "d", "e")
	t.Logf("%d stops and %d kills in %s, all ended %s after the last: %s", stops, kills, settled.Sub(began).Round(time.Second),
		time.Since(settled).Round(time.Millisecond), j)
}
