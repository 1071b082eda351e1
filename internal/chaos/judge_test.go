package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// record is what the judge reads of a run.
type record struct {
	ID, Status string
	Input      struct{ N int }
	Output     struct{ N int }
	Error      *struct{ Class, Message string }
	Steps      []struct {
		ID, Status string
		Output     json.RawMessage
	}
}

// history is the facts of a run.
type history struct {
	Events []struct {
		Seq   int64
		At    time.Time
		Facts []struct{ Type, Step string }
	}
}

// open are the statuses of runs that go on by themselves.
const open = "?status=pending&status=running&status=waiting&status=compensating&limit=1"

// awaitEnds returns when no run goes on.
func (f fleet) awaitEnds(t testing.TB) {
	t.Helper()
	servertest.Eventually(t, "every run has ended", func() bool {
		var page struct{ Runs []struct{ ID string } }
		return servertest.Call(f.any(0), "GET", "/runs"+open, nil, nil, &page) == nil && len(page.Runs) == 0
	})
}

// judge holds the records of runs against the books.
type judge struct {
	testing.TB
	fleet fleet
	books *servertest.Books
	// overlap says whether a call may have been begun at that moment by a server that had lost the run and did not know yet.
	overlap func(time.Time) bool

	succeeded, repeated, late, refused, faults atomic.Int64
}

func newJudge(t testing.TB, f fleet, b *servertest.Books) *judge {
	return &judge{TB: t, fleet: f, books: b, overlap: func(time.Time) bool { return false }}
}

func (j *judge) fault(format string, args ...any) {
	j.Helper()
	if j.faults.Add(1) <= 10 {
		j.Errorf(format, args...)
	}
}

// runs judges every run that was acknowledged, whose steps follow each other in this order. At least 99 % must have succeeded.
func (j *judge) runs(s *starts, n int, steps ...string) {
	j.Helper()
	if len(s.acks) != n {
		j.fault("got %d runs acknowledged, want %d", len(s.acks), n)
	}
	ids := map[string]bool{}
	type run struct {
		key int
		id  string
	}
	work := make(chan run)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for r := range work {
				j.run(r.key, r.id, steps)
			}
		})
	}
	for key, id := range s.acks {
		if ids[id] {
			j.fault("run %s was given for two keys", id)
		}
		ids[id] = true
		work <- run{key, id}
	}
	close(work)
	all.Wait()
	j.total(s.flow, n)
	if got := j.succeeded.Load(); got*100 < int64(n)*99 {
		j.fault("got %d of %d runs succeeded, want at least 99 %%", got, n)
	}
}

// total counts the runs that the servers know: one that was started twice shows there.
func (j *judge) total(flow string, want int) {
	j.Helper()
	got := 0
	for after := ""; ; {
		var page struct {
			Runs []struct{ ID string }
			Next string
		}
		if err := j.read(0, "/runs?limit=1000&flow="+flow+after, &page); err != nil {
			j.fault("listing the runs: %v", err)
			return
		}
		got += len(page.Runs)
		if page.Next == "" {
			break
		}
		after = "&after=" + page.Next
	}
	if got != want {
		j.fault("got %d runs of %s, want %d", got, flow, want)
	}
}

// read asks again after "unavailable", as a client is told to: a server may find only by asking that its connections died with the database.
func (j *judge) read(key int, path string, into any) (err error) {
	servertest.Await(func() bool {
		err = servertest.Call(j.fleet.any(key), "GET", path, nil, nil, into)
		var no *servertest.Refused
		return !errors.As(err, &no) || no.Status != http.StatusServiceUnavailable
	})
	return err
}

func (j *judge) run(key int, id string, steps []string) {
	j.Helper()
	var r record
	var h history
	if err := j.read(key, "/runs/"+id, &r); err != nil {
		j.fault("run %s: %v", id, err)
		return
	}
	if err := j.read(key, "/runs/"+id+"/events?limit=1000", &h); err != nil {
		j.fault("the events of run %s: %v", id, err)
		return
	}
	if r.Input.N != key {
		j.fault("run %s has input %d, want %d", id, r.Input.N, key)
	}
	switch {
	case r.Status == "succeeded" && r.Output.N == key:
		j.succeeded.Add(1)
	case r.Status == "failed" && r.Error != nil && r.Error.Class == "crashed": // cut short three times in a row, and says so
	default:
		j.fault("run %s is %s with output %d, want it succeeded with %d: %+v", id, r.Status, r.Output.N, key, r.Error)
	}
	completed := j.history(id, h)
	before := 0
	for _, step := range steps {
		before = j.step(r, step, before, completed)
	}
}

// history returns when each step was completed, which must be once.
func (j *judge) history(id string, h history) map[string]time.Time {
	j.Helper()
	completed, ends := map[string]time.Time{}, 0
	for i, e := range h.Events {
		if e.Seq != int64(i+1) {
			j.fault("run %s: event %d has seq %d, want no gap", id, i+1, e.Seq)
		}
		for _, f := range e.Facts {
			switch f.Type {
			case "RunSucceeded", "RunFailed":
				ends++
			case "StepCompleted":
				if _, twice := completed[f.Step]; twice {
					j.fault("run %s: %s has two outcomes", id, f.Step)
				}
				completed[f.Step] = e.At
			}
		}
	}
	if ends != 1 {
		j.fault("run %s has ended %d times, want once", id, ends)
	}
	return completed
}

// step holds one step against the books: the recorded answer is that of a call, no call came after it was recorded, all had one key, and all were handed
// what is recorded of the step before. It returns the recorded answer.
func (j *judge) step(r record, step string, before int, completed map[string]time.Time) (answer int) {
	j.Helper()
	at, done := completed[step]
	calls := j.books.At(r.ID, step)
	if done {
		for _, s := range r.Steps {
			if s.ID == step {
				var out struct{ Call int }
				_ = json.Unmarshal(s.Output, &out)
				answer = out.Call
			}
		}
	}
	var handed []int
	if before != 0 {
		handed = []int{before}
	}
	found := false
	for i, c := range calls {
		found = found || c.Number == answer
		if done && c.Number != answer && c.Answered {
			j.refused.Add(1)
		}
		if i > 0 {
			j.repeated.Add(1)
		}
		if c.Key != calls[0].Key || c.Key == "" || !slices.Equal(c.After, handed) {
			j.fault("run %s: call %d of %s has key %q and was handed %d; want %q and %d", r.ID, c.Number, step, c.Key, c.After, calls[0].Key, handed)
		}
		if done && c.Number > answer {
			if j.late.Add(1); c.At.After(at) && !j.overlap(c.At) {
				j.fault("run %s: %s was completed by call %d at %s and called again at %s: %+v", r.ID, step, answer, at, c.At, calls)
			}
		}
	}
	if done && !found {
		j.fault("run %s: %s has the answer of call %d, which is none of %+v", r.ID, step, answer, calls)
	}
	if !done && r.Status == "succeeded" {
		j.fault("run %s succeeded without %s", r.ID, step)
	}
	return answer
}

func (j *judge) String() string {
	return fmt.Sprintf("%d runs succeeded; %d calls, %d of them for another that was cut short, %d after the one that counted; %d results were not taken",
		j.succeeded.Load(), j.books.Count(), j.repeated.Load(), j.late.Load(), j.refused.Load())
}
