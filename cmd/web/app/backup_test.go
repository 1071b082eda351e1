package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/local"
	"github.com/segno-run/segno/runtime/planner"
)

// outside is the world that functions work on: it is in no backup.
type outside struct {
	mu     sync.Mutex
	calls  map[string][]string // by idempotency key, the servers that called
	mended bool
}

func (o *outside) called(server, key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[key] = append(o.calls[key], server)
}

func (o *outside) by(key string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.calls[key])
}

// functions are those of a server of that name. gate answers once it is open, or not at all.
func (o *outside) functions(server string, open <-chan struct{}) *local.Registry {
	r := &local.Registry{}
	add := func(name string, f local.Func) {
		r.Register(name, func(ctx context.Context, in invoke.Invocation) ([]byte, error) {
			o.called(server, in.Key)
			return f(ctx, in)
		})
	}
	gate := func(ctx context.Context, _ invoke.Invocation) ([]byte, error) {
		select {
		case <-open:
			return []byte(`{}`), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	add("work", func(_ context.Context, in invoke.Invocation) ([]byte, error) { return in.Input, nil })
	add("big", func(_ context.Context, in invoke.Invocation) ([]byte, error) {
		return fmt.Appendf(nil, `{"run": %q, "text": %q}`, in.Run, strings.Repeat("value ", 40_000)), nil
	})
	add("gate", gate)
	add("lever", gate)
	add("boom", func(context.Context, invoke.Invocation) ([]byte, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.mended {
			return nil, errors.New("broken")
		}
		return []byte(`{}`), nil
	})
	return r
}

var backupFlows = map[string]string{
	"quick":  "steps:\n  one: {call: work, with: {n: 1}}\n",
	"large":  "steps:\n  one: {call: big}\n  two: {needs: [one], call: work, with: {n: 2}}\noutput: {all: \"${{ steps.one.output }}\"}\n",
	"asked":  "steps:\n  go: {signal: {name: go}}\n  after: {needs: [go], call: work, with: {n: 3}}\n",
	"timed":  "steps:\n  pause: {wait: 3s}\n  after: {needs: [pause], call: work, with: {n: 4}}\n",
	"flight": "steps:\n  before: {call: work, with: {n: 5}}\n  held: {needs: [before], call: gate}\n  after: {needs: [held], call: work, with: {n: 6}}\n",
	"once":   "steps:\n  held: {call: lever}\n",
	"broken": "steps:\n  before: {call: work, with: {n: 7}}\n  bad: {needs: [before], call: boom}\n",
}

// status waits until a run has a status.
func (s *served) status(id, want string) {
	s.t.Helper()
	var run struct{ Status string }
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); run.Status != want; <-tick.C {
		if time.Now().After(end) {
			s.t.Fatalf("run %s is %s after a minute, want it %s", id, run.Status, want)
		}
		if err := json.Unmarshal(s.do("GET", "/api/v1/runs/"+id, "", http.StatusOK), &run); err != nil {
			s.t.Fatal(err)
		}
	}
}

// await waits until a function was called with a key of the run.
func (o *outside) await(t testing.TB, key string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); len(o.by(key)) == 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("nobody has called with %s after a minute", key)
		}
	}
}

func (s *served) begin(flow, key string) string {
	s.t.Helper()
	id, _, err := s.Engine().Start(s.t.Context(), runtime.StartRequest{Flow: flow, Version: 1, Input: []byte(`{}`), Key: key})
	if err != nil {
		s.t.Fatalf("starting %s: %v", flow, err)
	}
	return id
}

// keyOf is the idempotency key of a step's first call.
func keyOf(run, step string) string {
	return planner.Key(run, planner.Ref{Step: step, Item: planner.NoItem}, 0, 0)
}

// tool runs one of PostgreSQL's programs.
func tool(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(pgtest.Server(t).Bin(), name), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out.String())
	}
}

// TestBackup dumps a database while a server works on it, restores the dump into another one, and has a server go on there, as docs/operations.md tells.
func TestBackup(t *testing.T) {
	t.Parallel()
	world := &outside{calls: map[string][]string{}}
	brief := func(c *Config) { c.Lease = 5 * time.Second }
	original := pgtest.URL(t)
	a := boot(t, original, world.functions("a", nil), brief)
	for _, f := range []string{"work", "big", "gate", "lever", "boom"} {
		a.do("PUT", "/api/v1/functions/"+f, fmt.Sprintf(`{"local": {"name": %q}, "idempotent": %v, "timeout": "1m"}`, f, f != "lever"), http.StatusCreated)
	}
	for name, steps := range backupFlows {
		a.do("POST", "/api/v1/flows/"+name+"/versions", "name: "+name+"\ninput: {type: object}\n"+steps, http.StatusCreated)
	}
	const draft = "# a remark\nname: quick\nsteps: {}\n"
	a.do("PUT", "/api/v1/flows/quick/draft", draft, http.StatusOK)

	// One run of each sort.
	large, broken, asked := a.begin("large", "k-large"), a.begin("broken", ""), a.begin("asked", "")
	flight, once := a.begin("flight", ""), a.begin("once", "")
	a.status(large, "succeeded")
	a.status(broken, "failed")
	a.status(asked, "waiting")
	world.await(t, keyOf(flight, "held"))
	world.await(t, keyOf(once, "held"))
	output := a.do("GET", "/api/v1/runs/"+large+"/output", "", http.StatusOK)
	if len(output) < 200_000 {
		t.Fatalf("the output of the large run has %d bytes, want one that is a payload", len(output))
	}

	// The dump is made while others are started.
	stop := make(chan struct{})
	var background sync.WaitGroup
	background.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				a.begin("quick", "")
			}
		}
	})
	var before []string
	for range 50 {
		before = append(before, a.begin("quick", ""))
	}
	timed := a.begin("timed", "")
	file := filepath.Join(t.TempDir(), "segno.dump")
	tool(t, "pg_dump", "--format=custom", "--file="+file, original)
	close(stop)
	background.Wait()
	// What happens now is in no dump.
	a.do("POST", "/api/v1/runs/"+asked+"/signals/go", `{}`, http.StatusOK)
	a.status(asked, "succeeded")
	late := a.begin("quick", "k-late")
	a.status(late, "succeeded")
	a.stop()

	// The database is lost, and there is the dump.
	copied := pgtest.Empty(t)
	tool(t, "pg_restore", "--no-owner", "--exit-on-error", "--dbname="+copied, file)
	opened := make(chan struct{})
	b := boot(t, copied, world.functions("b", opened), brief)

	if got := b.do("GET", "/api/v1/runs/"+large+"/output", "", http.StatusOK); !bytes.Equal(got, output) {
		t.Errorf("the output of a finished run has %d bytes on the copy and had %d, or others", len(got), len(output))
	}
	if got := b.do("GET", "/api/v1/flows/quick/draft", "", http.StatusOK); !strings.Contains(string(got), "a remark") {
		t.Errorf("got draft %s, want the one that was saved", got)
	}
	b.status(large, "succeeded")
	b.status(timed, "succeeded") // its time came while nobody was there
	for _, id := range before {
		b.status(id, "succeeded")
	}
	b.status(broken, "failed")
	world.mu.Lock()
	world.mended = true
	world.mu.Unlock()
	b.do("POST", "/api/v1/runs/"+broken+"/retry", `{}`, http.StatusOK)
	b.status(broken, "succeeded")

	// Calls that were under way: one is made again under its key, of the other nobody knows.
	close(opened)
	b.status(flight, "succeeded")
	b.status(once, "uncertain")
	for key, want := range map[string]string{keyOf(flight, "before"): "[a]", keyOf(flight, "held"): "[a b]", keyOf(once, "held"): "[a]", keyOf(large, "two"): "[a]",
		keyOf(broken, "before"): "[a]", keyOf(broken, "bad"): "[a b]"} {
		if got := fmt.Sprint(world.by(key)); got != want {
			t.Errorf("%s was called by %s, want %s", key, got, want)
		}
	}

	// What came after the dump is not there: the run that was signalled waits again, the one that was started is unknown. Keys protect what they did before,
	// and give what is asked for again one run.
	b.status(asked, "waiting")
	b.do("GET", "/api/v1/runs/"+late, "", http.StatusNotFound)
	if id := b.begin("large", "k-large"); id != large {
		t.Errorf("the key of before the dump started %s, want it known as that of %s", id, large)
	}
	again := b.begin("quick", "k-late")
	if again == late || again != b.begin("quick", "k-late") {
		t.Errorf("the key of after the dump gave %s, want one new run", again)
	}
	b.do("POST", "/api/v1/runs/"+asked+"/signals/go", `{}`, http.StatusOK)
	b.status(asked, "succeeded")
	if got := fmt.Sprint(world.by(keyOf(asked, "after"))); got != "[a b]" {
		t.Errorf("the step after the signal was called by %s, want by both under one key", got)
	}
	world.look(t, file, flight, large)
}

// look restores the dump a second time, to look into it only: its open runs are put to sleep for good, as docs/operations.md tells.
func (o *outside) look(t *testing.T, file, flight, large string) {
	copied := pgtest.Empty(t)
	tool(t, "pg_restore", "--no-owner", "--exit-on-error", "--dbname="+copied, file)
	tool(t, "psql", "--no-psqlrc", "--dbname="+copied, "--command=UPDATE runs SET owner = NULL, wake_at = NULL WHERE ended_at IS NULL",
		"--command=UPDATE inbox SET consumed_at = now() WHERE consumed_at IS NULL")
	c := boot(t, copied, o.functions("c", nil), func(c *Config) { c.Lease = 5 * time.Second })
	var servers struct{ Replicas []struct{ Replica string } }
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for servers.Replicas = nil; len(servers.Replicas) != 1; <-tick.C { // that of the dump is gone: whatever was its own is anybody's now
		if err := json.Unmarshal(c.do("GET", "/api/v1/replicas", "", http.StatusOK), &servers); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // the server looks for work meanwhile
		c.status(c.begin("quick", ""), "succeeded")
	}
	c.status(flight, "running")
	c.status(large, "succeeded")
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, servers := range o.calls {
		if strings.HasPrefix(key, flight) && slices.Contains(servers, "c") {
			t.Errorf("the server that was only to look has called %s", key)
		}
	}
}
