package chaos

import (
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// TestServersKilled kills one of three servers every one to five seconds. Half of the dead come back at once and take their own runs up, half after their
// lease, when others have. Half are cut off from the database for a moment before.
func TestServersKilled(t *testing.T) {
	t.Parallel()
	const lease = 2 * time.Second
	runs, over := of(150, 10_000), of(8*time.Second, 10*time.Minute)
	random := dice(t)
	d, b := openDatabase(t), servertest.OpenBooks(t, of(200*time.Millisecond, 500*time.Millisecond))
	f := openFleet(t, d, b, 3, lease, false)
	s := newStarts(t, f, "relay", number)
	var starting sync.WaitGroup
	starting.Go(func() { s.make(runs, over) })

	began, kills, cuts := time.Now(), 0, 0
	var returning sync.WaitGroup
	for time.Since(began) < over {
		<-time.After(between(random, time.Second, of(2*time.Second, 5*time.Second)))
		victim := f[random.IntN(len(f))]
		if !victim.ready() {
			continue
		}
		if random.IntN(2) == 0 { // while it can commit nothing: what it says then must not be lost
			victim.behind.sever(true)
			<-time.After(between(random, 0, lease/2))
			cuts++
		}
		victim.Kill(t)
		victim.behind.sever(false)
		kills++
		away := time.Duration(0)
		if random.IntN(2) == 0 {
			away = lease + between(random, 0, lease)
		}
		returning.Go(func() {
			<-time.After(away)
			if err := victim.Start(); err != nil {
				t.Error(err)
			}
		})
	}
	returning.Wait()
	starting.Wait()
	f.awaitEnds(t)
	j := newJudge(t, f, b)
	j.runs(s, runs, "a", "b", "c", "d", "e")
	t.Logf("%d kills in %s, %d of them of one that was cut off: %s", kills, time.Since(began).Round(time.Second), cuts, j)
}
