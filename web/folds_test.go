package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web"
)

const manyFlow = `name: many
steps:
  all: {for_each: "${{ input.l }}", call: echo}
`

// many makes a run of a for_each over so many items, all of which but the last have been done.
func (s *site) many(t testing.TB, items int) (id string) {
	t.Helper()
	s.do("PUT", "/api/v1/functions/echo", `{"http": {"url": "http://127.0.0.1:9/echo"}, "idempotent": true}`)
	s.do("POST", "/api/v1/flows/many/versions?message=first", manyFlow, "Content-Type", "application/yaml").want(201)
	p, err := s.engine.programs.Program(t.Context(), "many", 1)
	if err != nil {
		t.Fatal(err)
	}
	id = uuid.Must(uuid.NewV7()).String()
	r := &liveRun{number: int64(len(s.engine.runs) + 1), program: p, state: planner.NewState()}
	s.engine.runs[id] = r
	var rows [][]any
	now := time.Now().UTC().Truncate(time.Microsecond)
	tell := func(in planner.Input) {
		facts, _, err := planner.Decide(p, r.state, in, now)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := planner.Encode(facts)
		if err != nil {
			t.Fatal(err)
		}
		r.state.Seq++
		rows = append(rows, []any{r.number, r.state.Seq, now, raw})
	}
	tell(&planner.Start{ID: id, Version: 1, Input: planner.JSON(`{"l": [` + strings.TrimSuffix(strings.Repeat("1,", items), ",") + `]}`)})
	for i := range items - 1 {
		tell(&planner.CallDone{Ref: planner.Ref{Step: "all", Item: i}, Attempt: 1, Output: planner.JSON(`{"ok":true}`)})
	}
	_, err = s.engine.pool.Exec(t.Context(), `INSERT INTO runs (id, uuid, flow, version, status, reader, created_at, updated_at) VALUES ($1, $2, 'many', 1, 'running', 1, now(), now())`, r.number, id)
	if err == nil {
		_, err = s.engine.pool.CopyFrom(t.Context(), pgx.Identifier{"journal"}, []string{"run", "seq", "at", "facts"}, pgx.CopyFromRows(rows))
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// last ends the run that many left open.
func (s *site) last(t testing.TB, id string, items int) {
	t.Helper()
	if err := s.engine.input(t.Context(), id, &planner.CallDone{Ref: planner.Ref{Step: "all", Item: items - 1}, Attempt: 1, Output: planner.JSON(`{"ok":true}`)}); err != nil {
		t.Fatal(err)
	}
}

var foldsMade = regexp.MustCompile(`(?m)^segno_run_folds_total (\d+)$`)

func (s *site) folds() string {
	m := foldsMade.FindSubmatch(s.do("GET", "/metrics", "").want(200).body)
	if m == nil {
		return "none"
	}
	return string(m[1])
}

// TestFollowersShareAFold: fifty that follow a run of ten thousand items, and its pages beside them, fold it once.
func TestFollowersShareAFold(t *testing.T) {
	const items, followers = 10_000, 50
	s := open(t)
	id := s.many(t, items)
	seq := s.engine.runs[id].state.Seq
	var ready, all sync.WaitGroup
	ready.Add(followers)
	ended := make([]string, followers)
	for n := range followers {
		all.Go(func() {
			defer ready.Done()
			conn := s.follow(id, seq-3)
			for want := seq - 2; want <= seq; want++ {
				if e := next(t, conn); e.Seq != want {
					t.Errorf("follower %d: got %d, want %d", n, e.Seq, want)
					return
				}
			}
			all.Go(func() {
				e := next(t, conn)
				ended[n] = fmt.Sprint(e.Seq, e.Run.Status)
			})
		})
		if n%10 == 0 {
			all.Go(func() {
				s.do("GET", "/runs/"+id+"?step=all&items=400", "").want(200).has("all")
				s.do("GET", "/api/v1/runs/"+id+"/steps/all/items?from=9990", "").want(200)
			})
		}
	}
	ready.Wait()
	s.last(t, id, items)
	all.Wait()
	for n, got := range ended {
		if want := fmt.Sprint(seq+1, "succeeded"); got != want {
			t.Errorf("follower %d saw the end as %q, want %q", n, got, want)
		}
	}
	if n := s.folds(); n != "1" {
		t.Errorf("the run was folded %s times, want once", n)
	}
	s.do("GET", "/api/v1/runs/"+id, "").want(200).has(`"status":"succeeded"`)
}

// TestAFollowerFromFarBack gets everything, in order, and goes on with what is new.
func TestAFollowerFromFarBack(t *testing.T) {
	const items = 900 // more than is kept as messages, and than one read of the journal has
	s := open(t)
	id := s.many(t, items)
	seq := s.engine.runs[id].state.Seq
	near := s.follow(id, seq) // the shared fold is there
	conn := s.follow(id, 2)
	for want := int64(3); want <= seq; want++ {
		e := next(t, conn)
		if e.Seq != want || len(e.Steps) != 1 || e.Steps[0].Items.Succeeded != int(want)-1 {
			t.Fatalf("got %d with %+v, want %d and what was done until then", e.Seq, e.Steps, want)
		}
	}
	s.last(t, id, items)
	if a, b := next(t, conn), next(t, near); a.Seq != seq+1 || b.Seq != a.Seq || a.Run.Status != "succeeded" {
		t.Errorf("the end: got %d %s and %d", a.Seq, a.Run.Status, b.Seq)
	}
}

// BenchmarkRunOfManyItems compares the first look at a run, which folds it, with the next one.
func BenchmarkRunOfManyItems(b *testing.B) {
	s := open(b)
	id := s.many(b, 10_000)
	look := func(h http.Handler) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1:8080/runs/"+id+"/fragments/header", nil))
		if w.Code != http.StatusOK {
			b.Fatalf("got %d: %s", w.Code, w.Body)
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			fresh, err := web.New(s.config)
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			look(fresh.Handler())
		}
	})
	b.Run("next", func(b *testing.B) {
		for b.Loop() {
			look(s.server.Handler())
		}
	})
}
