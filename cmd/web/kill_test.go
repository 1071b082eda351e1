package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// chain is a flow whose every call is handed the answers of the calls before it, so that the books tell what each one stood on.
const chain = `name: chain
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  first:
    call: books.work
    with: {after: []}
  wide:
    needs: [first]
    for_each: ${{ [1, 2, 3] }}
    call: books.work
    with: {after: ["${{ steps.first.output.call }}"]}
  once:
    needs: [first]
    call: books.once
    with: {after: ["${{ steps.first.output.call }}"]}
  hold:
    needs: [first]
    call: payments.reserve
    with: {account: a, amount: 1}
  parts:
    needs: [first]
    for_each: ${{ [1, 2] }}
    flow: part
    with: {after: ["${{ steps.first.output.call }}"]}
  loop:
    needs: [first]
    call: books.work
    with: {after: ["${{ steps.first.output.call }}"]}
    until: {condition: "${{ iteration >= 3 }}", every: 10ms}
  second:
    needs: [wide, once, hold, parts, loop]
    call: books.work
    with: {after: ["${{ steps.wide.output[0].call }}", "${{ steps.wide.output[1].call }}", "${{ steps.wide.output[2].call }}", "${{ steps.once.output.call }}",
      "${{ steps.parts.output[0].call }}", "${{ steps.parts.output[1].call }}", "${{ steps.loop.output.call }}"]}
  last:
    needs: [second]
    call: books.work
    with: {after: ["${{ steps.second.output.call }}"]}
output: {call: "${{ steps.last.output.call }}", n: "${{ input.n }}"}
`

// part is the flow that chain runs.
const part = `name: part
input: {type: object, required: [after], properties: {after: {type: array, items: {type: integer}}}}
steps:
  one:
    call: books.work
    with: {after: "${{ input.after }}"}
  two:
    needs: [one]
    call: books.work
    with: {after: ["${{ steps.one.output.call }}"]}
output: {call: "${{ steps.two.output.call }}"}
`

// chainFunctions has %s where the URL of the books goes.
const chainFunctions = `
books.work: {http: {url: "%[1]s/work"}, idempotent: true, concurrency: 100, timeout: 10s}
books.once: {http: {url: "%[1]s/once"}, idempotent: false, concurrency: 100, timeout: 10s}
payments.reserve: {process: {command: ["segno:payments.reserve"]}, idempotent: true, concurrency: 4, timeout: 10s}
`

// slowest is how long a function may take.
const slowest = 60 * time.Millisecond

// starter starts runs of chain, each with an Idempotency-Key, and remembers which were acknowledged.
type starter struct {
	keys int
	open []int          // keys whose request had no answer, for a server that is up again
	acks map[int]string // key → id
}

// keep has so many runs under way until stop is closed.
func (p *starter) keep(t testing.TB, s *server, want int, stop <-chan struct{}) {
	again := time.NewTicker(slowest)
	defer again.Stop()
	for {
		p.fill(t, s, want)
		select {
		case <-stop:
			return
		case <-again.C:
		}
	}
}

// fill starts runs until so many are under way. It leaves what has no answer for the next time.
func (p *starter) fill(t testing.TB, s *server, want int) {
	unfinished := want
	var active struct{ Runs []struct{ ID string } }
	if s.call("GET", "/runs?flow=chain&status=running&status=pending&limit=1000", nil, nil, &active) == nil {
		unfinished = want - len(active.Runs)
	}
	todo := p.open
	p.open = nil
	for len(todo) < unfinished {
		p.keys++
		todo = append(todo, p.keys)
	}
	for _, key := range todo {
		var started struct{ ID string }
		header := http.Header{"Idempotency-Key": {fmt.Sprint("chain-", key)}}
		err := s.call("POST", "/flows/chain/runs", header, map[string]any{"input": map[string]int{"n": key}}, &started)
		var no *servertest.Refused
		switch {
		case err == nil:
			p.acks[key] = started.ID
		case errors.As(err, &no) && no.Status != http.StatusServiceUnavailable:
			t.Errorf("starting run %d: %v", key, err)
		default:
			p.open = append(p.open, key)
		}
	}
}

// settle starts what had no answer, until all of it has: right after a failure the server may answer 503 while it takes its runs up again.
func (p *starter) settle(t testing.TB, s *server) {
	t.Helper()
	servertest.Eventually(t, "every start is acknowledged", func() bool {
		p.fill(t, s, 0)
		return len(p.open) == 0
	})
}

// writeChain makes a project folder of chain, the flow that it runs, and its functions.
func writeChain(t testing.TB, b *servertest.Books) string {
	t.Helper()
	return servertest.Project(t, map[string]string{"functions.yaml": fmt.Sprintf(chainFunctions, b.URL), "flows/chain.yaml": chain, "flows/part.yaml": part})
}

// TestKilled kills the server 20 times with SIGKILL, each time with at least 5 calls in flight, and holds what it recorded against what its functions
// saw. The seed decides the moments as far as a test of real processes can be decided.
//
// What it catches, each tried by breaking the server so: a result that is acted on before it is committed (a step starts on an answer that recovery then
// asks for again, so the books name another call than the record), a completed step or item that recovery invokes again, a call that is not idempotent
// and is repeated without a word, and a start that is acknowledged before it is durable; a run that a step starts twice, or never, and an iteration that
// has completed and is called again.
func TestKilled(t *testing.T) {
	const kills, together = 20, 12
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	b := servertest.OpenBooks(t, slowest)
	o := options{Data: dataDir(t), Args: []string{"--project", writeChain(t, b)}}
	p := &starter{acks: map[int]string{}}
	var took []time.Duration
	inFlight := 0
	for range kills {
		began := time.Now()
		s := start(t, o)
		took = append(took, time.Since(began))
		var filling sync.WaitGroup
		filling.Go(func() { p.keep(t, s, together, s.Done()) })
		got := b.Strike(5, random, func() { s.Kill(t) })
		if got == 0 {
			s.Kill(t)
			t.Fatal("there were never 5 calls in flight")
		}
		inFlight += got
		filling.Wait()
	}
	s := start(t, o)
	p.settle(t, s)
	resolved, retried := finish(t, s, b)
	judge(t, s, b, p, filepath.Join(o.Data, "ledger.jsonl"))
	t.Logf("%d runs and %d calls over %d kills with %d calls in flight; %d calls were uncertain, %d runs had crashed three times; restarts took %v",
		len(p.acks), b.Count(), kills, inFlight, resolved, retried, took)
}

// TestDatabaseKilled kills the private PostgreSQL under a working server, which brings it back and goes on.
func TestDatabaseKilled(t *testing.T) {
	b := servertest.OpenBooks(t, slowest)
	data := dataDir(t)
	s := start(t, options{Data: data, Args: []string{"--project", writeChain(t, b)}})
	p := &starter{acks: map[int]string{}}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		before := postmaster(data)
		var filling sync.WaitGroup
		killed := make(chan struct{})
		filling.Go(func() { p.keep(t, s, 8, killed) })
		struck := b.Strike(5, random, func() {
			if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
				t.Errorf("killing PostgreSQL, process %d: %v", before, err)
			}
		})
		close(killed)
		filling.Wait()
		if struck == 0 {
			t.Fatal("there were never 5 calls in flight")
		}
		servertest.Eventually(t, "PostgreSQL is back", func() bool { now := postmaster(data); return now != 0 && now != before })
		servertest.Eventually(t, "the API answers", func() bool { return s.call("GET", "/runs", nil, nil, nil) == nil })
	}
	p.settle(t, s)
	resolved, retried := finish(t, s, b)
	judge(t, s, b, p, filepath.Join(data, "ledger.jsonl"))
	t.Logf("%d runs and %d calls; %d calls were uncertain, %d runs had crashed three times", len(p.acks), b.Count(), resolved, retried)
}

// finish brings every run to its end: it resolves what is uncertain as the books say, and retries what failed because it was cut short too often.
func finish(t *testing.T, s *server, b *servertest.Books) (resolved, retried int) {
	t.Helper()
	for {
		servertest.Eventually(t, "nothing is under way", func() bool { return len(s.runs(t, "pending", "running", "waiting")) == 0 })
		done := true
		for _, id := range s.runs(t, "uncertain", "failed") {
			r := s.run(t, id)
			if r.Flow != "chain" { // its parent's Retry has it go on
				continue
			}
			done = false
			if r.Status == "failed" {
				if r.Error == nil || r.Error.Class != "crashed" {
					t.Fatalf("run %s failed, and not because it was cut short three times: %+v", id, r.Error)
				}
				s.post(t, "/runs/"+id+"/retry", nil, nil)
				retried++
				continue
			}
			for _, st := range r.Steps {
				if st.Status == "uncertain" {
					resolve(t, s, b, id, st.ID)
					resolved++
				}
			}
		}
		if done {
			return resolved, retried
		}
	}
}

// resolve is the person who looks into the function's books.
func resolve(t *testing.T, s *server, b *servertest.Books, id, step string) {
	t.Helper()
	if step != "once" {
		t.Fatalf("step %s of run %s is uncertain, and it is idempotent", step, id)
	}
	body := map[string]any{"outcome": "did_not_happen", "reason": "the books do not have it"}
	if calls := b.At(id, step); len(calls) > 0 {
		body = map[string]any{"outcome": "happened", "output": map[string]int{"call": calls[0].Number}, "reason": "the books have it"}
	}
	s.post(t, "/runs/"+id+"/steps/"+step+"/resolve", body, nil)
}

// judge holds the records of all runs against the books.
func judge(t *testing.T, s *server, b *servertest.Books, p *starter, ledger string) {
	t.Helper()
	if len(p.open) > 0 {
		t.Errorf("got runs %v not started, want each", p.open)
	}
	all := s.runs(t)
	if len(all) != 3*p.keys || len(p.acks) != p.keys {
		t.Errorf("got %d runs, %d acknowledged, of %d keys; want one run a key, and two that it started", len(all), len(p.acks), p.keys)
	}
	lines := readLedger(t, ledger)
	for key, id := range p.acks {
		r := s.run(t, id)
		if r.Status != "succeeded" || string(r.Input) != fmt.Sprintf(`{"n":%d}`, key) || !strings.Contains(string(r.Output), fmt.Sprintf(`"n":%d`, key)) {
			t.Errorf("run %s: got %s with input %s and output %s, want succeeded with n = %d in both", id, r.Status, r.Input, r.Output, key)
			continue
		}
		j := trial{T: t, server: s, Books: b, run: r}
		j.calls()
		j.events()
		j.processes(lines)
		j.parts()
		if t.Failed() {
			return // the first is enough to look at
		}
	}
}
