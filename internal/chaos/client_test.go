package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// refused is an answer that says no.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string { return fmt.Sprintf("%d: %s", r.status, r.text) }

// call makes one request to the JSON API of a server.
func call(method, at, path string, header http.Header, body, into any) error {
	if at == "" {
		return errors.New("no server is up")
	}
	var raw io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		raw = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, at+"/api/v1"+path, raw)
	if err != nil {
		return err
	}
	if header != nil {
		req.Header = header
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode >= 400:
		return &refused{res.StatusCode, string(text)}
	case into == nil:
		return nil
	}
	return json.Unmarshal(text, into)
}

// await asks until the answer is yes, for what tells nobody when it changes. It reports whether that came to be.
func await(ok func() bool) bool {
	tick, late := time.NewTicker(50*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			return false
		}
	}
	return true
}

// eventually is await for what a test can't go on without.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !await(ok) {
		t.Fatalf("waited %s in vain: %s", patience, what)
	}
}

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
	acknowledged := await(func() bool {
		tries++
		var started struct{ ID string }
		err := call("POST", s.fleet.any(key+tries), "/flows/"+s.flow+"/runs", http.Header{"Idempotency-Key": {fmt.Sprint(s.flow, "-", key)}},
			map[string]any{"input": s.input(key)}, &started)
		var no *refused
		if errors.As(err, &no) && no.status < 500 {
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
