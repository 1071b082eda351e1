package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The measurements print figures and judge nothing.

const (
	watchedEvents = 200
	otherRuns     = 200
)

// BenchmarkCommitToDOM measures how long a transition takes from its decision, a moment before its commit, to the change of an open page, while 200 other
// runs are active. Both clocks are this machine's.
func BenchmarkCommitToDOM(b *testing.B) {
	for b.Loop() {
		s := boot(b)
		fn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-time.After(60 * time.Millisecond)
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("{}"))
		}))
		b.Cleanup(fn.Close)
		s.api(b, "PUT", "/functions/bench.work", `{"http": {"url": "`+fn.URL+`"}, "idempotent": true}`, nil)
		s.publish(b, "watched", "input: {type: array}\nsteps:\n  work: {for_each: \"${{ input }}\", max_parallel: 1, call: bench.work, with: {}}\n  after: {needs: [work], set: {x: 1}}\n")
		s.publish(b, "other", otherFlow(60))
		stop := s.keepBusy(b)

		t := open(b, 1280, 800)
		id := s.start(b, "watched", "["+strings.Repeat("1,", watchedEvents+59)+"1]")
		t.goTo(s.url + "/runs/" + id)
		t.await("the page is live", `document.body.dataset.live === "open"`)
		t.await("the page is watched", `(() => {
			window.changes = [];
			window.since = Date.now();
			new MutationObserver(() => changes.push([Number(document.body.dataset.seq), Date.now()])).observe(document.body, {attributes: true, attributeFilter: ["data-seq"]});
			return true;
		})()`)
		t.await("the events have come", fmt.Sprintf("changes.length >= %d", watchedEvents+20))
		changes, _ := ask[[][2]float64](t, "changes")
		since, _ := ask[float64](t, "since")
		stop()
		report(b, s, id, since, changes)
	}
}

// report holds the changes of the page against the times of the events: of those that were decided when the page was open and watched.
func report(b *testing.B, s site, id string, since float64, changes [][2]float64) {
	var got struct {
		Events []struct {
			Seq int64
			At  time.Time
		}
	}
	s.api(b, "GET", "/runs/"+id+"/events?limit=1000", "", &got)
	at := map[int64]time.Time{}
	for _, e := range got.Events {
		at[e.Seq] = e.At
	}
	var took []float64
	for _, c := range changes {
		if decided := float64(at[int64(c[0])].UnixMicro()) / 1000; decided > since && len(took) < watchedEvents {
			took = append(took, c[1]-decided)
		}
	}
	slices.Sort(took)
	if len(took) < watchedEvents {
		b.Fatalf("got %d changes, want %d", len(took), watchedEvents)
	}
	b.ReportMetric(took[len(took)/2], "p50_ms")
	b.ReportMetric(took[len(took)*99/100], "p99_ms")
	b.ReportMetric(took[len(took)-1], "max_ms")
	b.ReportMetric(float64(len(took)), "events")
}

// otherFlow is a flow of waits, one after the other.
func otherFlow(steps int) string {
	var text strings.Builder
	text.WriteString("steps:\n  s0: {wait: 500ms}\n")
	for i := 1; i < steps; i++ {
		fmt.Fprintf(&text, "  s%d: {needs: [s%d], wait: 500ms}\n", i, i-1)
	}
	return text.String()
}

// keepBusy has 200 other runs active until it is stopped.
func (s site) keepBusy(b testing.TB) (stop func()) {
	for range otherRuns {
		s.start(b, "other", "{}")
	}
	end := make(chan struct{})
	var refilling sync.WaitGroup
	refilling.Go(func() {
		again := time.NewTicker(500 * time.Millisecond)
		defer again.Stop()
		for {
			select {
			case <-end:
				return
			case <-again.C:
			}
			var flows struct {
				Flows []struct {
					Name string
					Runs map[string]int
				}
			}
			s.api(b, "GET", "/flows", "", &flows)
			for _, f := range flows.Flows {
				if f.Name == "other" {
					for range otherRuns - f.Runs["waiting"] - f.Runs["running"] - f.Runs["pending"] {
						s.start(b, "other", "{}")
					}
				}
			}
		}
	})
	return func() {
		close(end)
		refilling.Wait()
	}
}

// BenchmarkPages weighs the first load of a page, with nothing cached: bytes over the wire, requests, and when something is first seen.
func BenchmarkPages(b *testing.B) {
	s := boot(b)
	id := s.start(b, "order", fmt.Sprintf(order, 20, ""))
	until(b, said("the order is done"), func() bool { return s.run(b, id).Status == "succeeded" })
	for _, p := range []struct{ name, path, whole string }{
		{"flows", "/flows", `document.querySelector(".flow-list")`},
		{"canvas", "/flows/order/edit", `document.body.dataset.canvas === "ready" && document.querySelector(".sg-node")`},
		{"run", "/runs/" + id, `document.body.dataset.live === "open" && document.querySelector(".sg-node")`},
		{"start", "/flows/order/start", `document.querySelector("#start-form")`},
	} {
		b.Run(p.name, func(b *testing.B) {
			var bytes, fonts, paint, whole, requests float64
			for b.Loop() {
				w := weigh(b, s.url+p.path, p.whole)
				bytes, fonts, paint, whole, requests = bytes+w.bytes, fonts+w.fonts, paint+w.paint, whole+w.whole, requests+w.requests
			}
			n := float64(b.N)
			b.ReportMetric(bytes/n/1000, "kB")
			b.ReportMetric(fonts/n/1000, "fonts_kB")
			b.ReportMetric(paint/n, "first_paint_ms")
			b.ReportMetric(whole/n, "ready_ms")
			b.ReportMetric(requests/n, "requests")
		})
	}
}
