package chaos

import (
	"net/http"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// TestHintsDropped has every notification lost on its way, and asks each server for what another one owns.
func TestHintsDropped(t *testing.T) {
	t.Parallel()
	runs := of(40, 1_000)
	d, b := openDatabase(t), servertest.OpenBooks(t, 20*time.Millisecond)
	f := openFleet(t, d, b, 3, 2*time.Second, true)
	s := newStarts(t, f, "ask", number)
	s.make(runs, of(time.Second, 30*time.Second))
	for key, id := range s.acks {
		at := f[(key+1)%len(f)].address() // not where it was started
		servertest.Eventually(t, "the signal of run "+id+" is taken", func() bool {
			return servertest.Call(at, "POST", "/runs/"+id+"/signals/go_on", http.Header{"Idempotency-Key": {"go-" + id}}, map[string]any{}, nil) == nil
		})
	}
	f.awaitEnds(t)
	j := newJudge(t, f, b)
	j.runs(s, runs, "a", "b")
	j.total("relay", runs)
	dropped := int64(0)
	for _, server := range f {
		dropped += server.behind.dropped.Load()
	}
	if dropped == 0 {
		t.Error("no notification was dropped: the test proves nothing")
	}
	t.Logf("%d notifications dropped: %s", dropped, j)
}
