package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/internal/servertest"
)

func hostOf(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("host")
}

// answers reports whether a database does.
func answers(database string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "SELECT 1")
	return err == nil
}

// starts are the runs that a test wants, each with an Idempotency-Key, which is asked for until a server has acknowledged it.
type starts struct {
	t     testing.TB
	fleet fleet
	flow  string
	input func(n int) map[string]any

	mu   sync.Mutex
	acks map[int]string // key → id
}

func newStarts(t testing.TB, f fleet, flow string, input func(n int) map[string]any) *starts {
	return &starts{t: t, fleet: f, flow: flow, input: input, acks: map[int]string{}}
}

// make starts n runs, spread over so long, and returns when each is acknowledged.
func (s *starts) make(n int, over time.Duration) {
	keys := make(chan int)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for key := range keys {
				s.start(key)
			}
		})
	}
	began := time.Now()
	for key := range n {
		<-time.After(time.Until(began.Add(over * time.Duration(key) / time.Duration(n))))
		keys <- key + 1
	}
	close(keys)
	all.Wait()
}

func (s *starts) start(key int) {
	tries := 0
	acknowledged := servertest.Await(func() bool {
		tries++
		var started struct{ ID string }
		err := servertest.Call(s.fleet.any(key+tries), "POST", "/flows/"+s.flow+"/runs", http.Header{"Idempotency-Key": {fmt.Sprint(s.flow, "-", key)}},
			map[string]any{"input": s.input(key)}, &started)
		var no *servertest.Refused
		if errors.As(err, &no) && no.Status < 500 {
			s.t.Errorf("starting run %d of %s: %v", key, s.flow, err)
			return true
		}
		if err != nil {
			return false
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.acks[key] = started.ID
		return true
	})
	if !acknowledged {
		s.t.Errorf("run %d of %s is not acknowledged", key, s.flow)
	}
}

// number is an input.
func number(n int) map[string]any { return map[string]any{"n": n} }
