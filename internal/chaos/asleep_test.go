package chaos

import (
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// TestTimersDueWhileDown has runs sleep until a moment at which neither a server nor the database is up. Each must wake, once.
func TestTimersDueWhileDown(t *testing.T) {
	t.Parallel()
	runs := of(200, 10_000)
	d, b := openDatabase(t), servertest.OpenBooks(t, 10*time.Millisecond)
	f := openFleet(t, d, b, 2, 10*time.Second, false) // no lease is to end here, however slow the machine: it would excuse a second call
	due := time.Now().Add(of(10*time.Second, time.Minute)).UTC()
	until := due.Format(time.RFC3339Nano)
	s := newStarts(t, f, "nap", func(n int) map[string]any { return map[string]any{"n": n, "until": until} })
	s.make(runs, 0)
	if !time.Now().Before(due) {
		t.Fatalf("starting %d runs took until they were due: a slow machine", runs)
	}
	for _, server := range f {
		server.Kill(t)
	}
	d.stop(t)
	<-time.After(time.Until(due) + time.Second)
	if got := b.Count(); got != 0 {
		t.Errorf("%d runs woke before everything was down", got)
	}
	d.start(t)
	up := time.Now()
	for _, server := range f {
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	f.awaitEnds(t)
	j := newJudge(t, f, b)
	j.runs(s, runs, "a")
	if got := b.Count(); got != runs {
		t.Errorf("got %d calls after %d naps, want one each", got, runs)
	}
	t.Logf("%d timers due while all was down, done %s after the database was up: %s", runs, time.Since(up).Round(time.Millisecond), j)
}
