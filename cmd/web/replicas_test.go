package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// replicas are three servers on one database.
type replicas struct {
	*testing.T
	*desk
	a, b, c *server
	began   time.Time
	runs    int
}

// TestReplicas has three servers work on one database that gives them 17 connections, has each reach the runs of the others, and then kills one, has one stand
// still for longer than its lease, cuts one off from the database, and asks one to stop, each with a call under way.
//
// What it catches, each tried by breaking the server so: more connections than there are, a server that stood still and records what another one has
// concluded since, one that does not come back by itself, and one that ends without handing its runs over.
func TestReplicas(t *testing.T) {
	db := openTight(t)
	cable := lay(t, db.url)
	r := &replicas{T: t, desk: openDesk(t), began: time.Now()}
	project := writeDesk(t, r.desk)
	with := func(database string) options {
		return options{Data: dataDir(t), Args: []string{"--project", project, "--database-url", database}, Env: []string{"SEGNO_LEASE=2s"}}
	}
	first := with(db.url)
	r.a = start(t, first) // it loads the project alone
	r.b, r.c = start(t, with(db.url)), start(t, with(cable.url))
	r.reach()
	r.crowd()
	r.share()

	r.moves("killed", r.a, r.b, func() { r.a.Kill(t) })
	r.a = start(t, first)

	id := r.moves("standing still", r.b, r.a, func() { r.signal(r.b, syscall.SIGSTOP) })
	concluded := len(r.a.events(t, id))
	r.signal(r.b, syscall.SIGCONT)
	r.works(r.b) // and has the answer to its own call long since
	if now := len(r.a.events(t, id)); now != concluded {
		t.Errorf("run %s had %d transitions when its first owner woke up, and has %d now", id, concluded, now)
	}

	r.moves("cut off", r.c, r.a, func() { cable.set(true) })
	r.log("c", "begins again")
	cable.set(false)
	r.works(r.c)

	began := time.Now()
	id = r.moves("asked to stop", r.a, r.b, func() { r.signal(r.a, syscall.SIGTERM) })
	if cut := r.b.run(t, id).step("first").Attempts[0].Error; cut == nil || fmt.Sprint(cut.Evidence) != "[{crashes in a row 0}]" {
		t.Errorf("a run that was handed over says of its call: %+v; want that no server crashed", cut)
	}
	t.Logf("a server that was asked to stop had its run finished by another after %s", time.Since(began).Round(time.Millisecond))
	if code := r.a.Exit(t); code != 0 {
		t.Errorf("a server that was asked to stop ends with code %d", code)
	}
	for _, s := range []*server{r.a, r.b, r.c} {
		if log := s.Logged(); strings.Contains(log, "too many") || strings.Contains(log, "53300") {
			t.Errorf("a server found no place at the database:\n%s", log)
		}
	}
	t.Logf("%d connections in the end, of 17", db.taken(t))
}

func (r *replicas) signal(s *server, signal syscall.Signal) {
	r.Helper()
	if err := s.Signal(signal); err != nil {
		r.Fatal(err)
	}
}

// log waits until the log of server c says so.
func (r *replicas) log(name, text string) {
	r.Helper()
	servertest.Eventually(r, name+" says "+text, func() bool { return strings.Contains(r.c.Logged(), text) })
}

// reach drives one run of a server through the two others, and watches it there.
func (r *replicas) reach() {
	r.Helper()
	id := r.a.startRun(r, "desk", map[string]int{"n": 1})
	eyes := watch(r, r.b, id)
	waits := func(s *server, step string) {
		r.Helper()
		servertest.Eventually(r, step+" waits", func() bool { return s.run(r, id).step(step).Status == "waiting" })
	}
	waits(r.c, "paid")
	r.c.post(r, "/runs/"+id+"/signals/paid", "{}", nil)
	waits(r.b, "well")
	r.b.post(r, "/runs/"+id+"/approvals/well", map[string]any{"approved": true}, nil)
	for _, s := range []*server{r.b, r.a, r.c} {
		if got := s.settled(r, id); got.Status != "succeeded" {
			r.Fatalf("run %s is %s: %+v", id, got.Status, got.Error)
		}
	}
	end := int64(len(r.a.events(r, id)))
	servertest.Eventually(r, "who watches on another server sees the end", func() bool { return eyes.last.Load() == end })
}

// crowd opens pages of all servers at once.
func (r *replicas) crowd() {
	r.Helper()
	id := r.a.runs(r)[0]
	var loads sync.WaitGroup
	for _, s := range []*server{r.a, r.b, r.c} {
		for range 4 {
			watch(r, s, id)
		}
		for _, path := range []string{"/", "/runs", "/flows/desk", "/runs/" + id, "/functions", "/runs?q=x", "/api/v1/runs", "/metrics"} {
			for range 3 {
				loads.Go(func() {
					res, err := servertest.Client.Get(s.url + path)
					if err != nil {
						r.Errorf("%s: %v", path, err)
						return
					}
					_ = res.Body.Close()
					if res.StatusCode != http.StatusOK {
						r.Errorf("%s: %s", path, res.Status)
					}
				})
			}
		}
	}
	loads.Wait()
}

// share has all servers call a function at once that may be called twice at a time.
func (r *replicas) share() {
	r.Helper()
	ids := map[string]*server{}
	for _, s := range []*server{r.a, r.b, r.c} {
		ids[s.startRun(r, "narrow", map[string]int{})] = s
	}
	for id, s := range ids {
		if got := s.settled(r, id); got.Status != "succeeded" {
			r.Errorf("run %s is %s: %+v", id, got.Status, got.Error)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.most != 2 {
		r.Errorf("%d calls were under way at once over three servers, want 2", r.most)
	}
}

// moves has something happen to a server that calls, and another one finish its run. The call is answered once both have made it, so the first one gets its
// answer, too, if it can.
func (r *replicas) moves(how string, from, to *server, strike func()) (id string) {
	r.Helper()
	r.hold(true)
	r.runs++
	id = from.startRun(r, "work", map[string]int{"n": r.runs})
	calls := func(n int) {
		r.Helper()
		servertest.Eventually(r, fmt.Sprintf("%s: call %d has come", how, n), func() bool { return r.asked(id, "first") == n })
	}
	calls(1)
	strike()
	calls(2)
	r.hold(false)
	if got := to.settled(r, id); got.Status != "succeeded" || len(got.step("first").Attempts) != 2 || len(got.step("last").Attempts) != 1 {
		r.Errorf("%s: run %s is %s with %+v; want that it succeeded, with one attempt cut short", how, id, got.Status, got.Steps)
	}
	r.Logf("%5.1f s: %s, and its run has ended elsewhere", time.Since(r.began).Seconds(), how)
	return id
}

// works has a server carry a run from its start to its end, as soon as it takes any.
func (r *replicas) works(s *server) {
	r.Helper()
	r.runs++
	var started struct{ ID string }
	servertest.Eventually(r, "a run is started", func() bool {
		return s.call("POST", "/flows/work/runs", nil, map[string]any{"input": map[string]int{"n": r.runs}}, &started) == nil
	})
	if got := s.settled(r, started.ID); got.Status != "succeeded" {
		r.Errorf("run %s is %s: %+v", started.ID, got.Status, got.Error)
	}
	r.Logf("%5.1f s: a server works again", time.Since(r.began).Seconds())
}
