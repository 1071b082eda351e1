package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/segno-run/segno/internal/servertest"
)

// desk answers the calls of the flow `desk` when the test says so.
type desk struct {
	*httptest.Server
	mu    sync.Mutex
	held  bool
	wake  *sync.Cond
	calls map[string]int // by run/step

	within, most int // calls of /narrow under way: now, and at most so far
}

func openDesk(t testing.TB) *desk {
	d := &desk{calls: map[string]int{}}
	d.wake = sync.NewCond(&d.mu)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		d.mu.Lock()
		if r.URL.Path == "/narrow" {
			d.narrow(w)
			return
		}
		d.calls[r.Header.Get("Segno-Run")+"/"+r.Header.Get("Segno-Step")]++
		d.wake.Broadcast()
		for d.held {
			d.wake.Wait()
		}
		d.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(func() { d.hold(false); d.Close() })
	return d
}

// narrow is a call of a function that may be called twice at once. It has the lock.
func (d *desk) narrow(w http.ResponseWriter) {
	d.within++
	d.most = max(d.most, d.within)
	d.mu.Unlock()
	<-time.After(20 * time.Millisecond) // the work
	d.mu.Lock()
	d.within--
	d.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{}`)
}

func (d *desk) hold(held bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = held
	d.wake.Broadcast()
}

// asked is how often a run's step has called.
func (d *desk) asked(run, step string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls[run+"/"+step]
}

const deskFlow = `name: desk
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  first: {call: desk, with: {n: "${{ input.n }}"}}
  sub: {needs: [first], flow: below, with: {n: "${{ input.n }}"}}
  paid: {needs: [sub], signal: {name: paid, timeout: 1h}}
  well: {needs: [paid], approval: {title: Well, timeout: 1h}}
  nap: {needs: [well.approved], wait: 1s}
  last: {needs: [nap], call: desk, with: {n: "${{ input.n }}"}}
`

const belowFlow = `name: below
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  one: {call: desk, with: {n: "${{ input.n }}"}}
`

const narrowFlow = `name: narrow
steps:
  all: {for_each: "${{ [1, 2, 3, 4, 5, 6, 7, 8] }}", max_parallel: 8, call: narrow}
`

const workFlow = `name: work
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  first: {call: desk, with: {n: "${{ input.n }}"}}
  last: {needs: [first], call: desk, with: {n: "${{ input.n }}"}}
`

func writeDesk(t testing.TB, d *desk) string {
	t.Helper()
	return servertest.Project(t, map[string]string{"functions.yaml": fmt.Sprintf("desk: {http: {url: %q}, idempotent: true, timeout: 30s, retry: {max_attempts: 3}}\n"+
		"narrow: {http: {url: %q}, idempotent: true, concurrency: 2, rate: 1000/s}\n", d.URL, d.URL+"/narrow"), "flows/narrow.yaml": narrowFlow,
		"flows/desk.yaml": deskFlow, "flows/below.yaml": belowFlow, "flows/work.yaml": workFlow})
}

// viewer follows a run over a websocket, and checks that nothing is missing.
type viewer struct {
	last atomic.Int64
	done chan struct{}
	err  error
}

// watch has somebody look at a run on a server.
func watch(t testing.TB, s *server, run string) *viewer {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/runs/"+run+"/live?after=0", nil)
	if err != nil {
		t.Fatalf("following %s: %v", run, err)
	}
	_ = res.Body.Close()
	v := &viewer{done: make(chan struct{})}
	go func() {
		defer close(v.done)
		for {
			var ev struct{ Seq int64 }
			if v.err = conn.ReadJSON(&ev); v.err != nil {
				return
			}
			if ev.Seq != v.last.Load()+1 {
				v.err = fmt.Errorf("event %d came after %d", ev.Seq, v.last.Load())
				return
			}
			v.last.Store(ev.Seq)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-v.done })
	return v
}
