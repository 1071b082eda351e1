package chaos

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/segno-run/segno/internal/servertest"
)

// books are the functions, in the test's process, so that they outlive the servers; and their own account of what they were asked to do, which is on the
// disk before they answer.
type books struct {
	*httptest.Server
	slowest time.Duration // how long a call may take

	mu    sync.Mutex
	file  *os.File
	calls []invocation
	of    map[string][]int // run/step → indexes of calls
}

// invocation is one call as the function saw it. Its Number is unique and is the function's answer, so what was recorded tells of which call it is.
type invocation struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Key    string    `json:"key"`
	Run    string    `json:"run"`
	Step   string    `json:"step"`
	After  int       `json:"after"` // the answer that it was handed from the step before
}

func openBooks(t testing.TB, slowest time.Duration) *books {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "books.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	b := &books{slowest: slowest, file: file, of: map[string][]int{}}
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(func() {
		b.Close()
		_ = file.Close()
	})
	return b
}

func (b *books) serve(w http.ResponseWriter, r *http.Request) {
	call, err := b.enter(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	<-time.After(rand.N(b.slowest)) // the work
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"call":%d}`, call) // nobody may be there any more
}

// enter returns when the call is on the disk.
func (b *books) enter(r *http.Request) (int, error) {
	var in struct{ After int }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := invocation{Number: len(b.calls) + 1, At: time.Now(), Key: r.Header.Get("Idempotency-Key"), Run: r.Header.Get("Segno-Run"),
		Step: r.Header.Get("Segno-Step"), After: in.After}
	line, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	if _, err := b.file.Write(append(line, '\n')); err != nil {
		return 0, err
	}
	if err := b.file.Sync(); err != nil {
		return 0, err
	}
	where := c.Run + "/" + c.Step
	b.of[where] = append(b.of[where], len(b.calls))
	b.calls = append(b.calls, c)
	return c.Number, nil
}

// at are the calls of one step, in the order in which they came.
func (b *books) at(run, step string) (calls []invocation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.of[run+"/"+step] {
		calls = append(calls, b.calls[i])
	}
	return calls
}

func (b *books) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.calls)
}

// relay is five steps, each of which is handed the answer of the one before. nap sleeps until its input says so, and then works.
const (
	relay = `name: relay
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  a: {call: books.work, with: {after: 0}}
  b: {needs: [a], call: books.work, with: {after: "${{ steps.a.output.call }}"}}
  c: {needs: [b], call: books.work, with: {after: "${{ steps.b.output.call }}"}}
  d: {needs: [c], call: books.work, with: {after: "${{ steps.c.output.call }}"}}
  e: {needs: [d], call: books.work, with: {after: "${{ steps.d.output.call }}"}}
output: {n: "${{ input.n }}"}
`
	nap = `name: nap
input: {type: object, required: [n, until], properties: {n: {type: integer}, until: {type: string}}}
steps:
  sleep: {wait: {until: "${{ input.until }}"}}
  a: {needs: [sleep], call: books.work, with: {after: 0}}
output: {n: "${{ input.n }}"}
`
	ask = `name: ask
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  a: {call: books.work, with: {after: 0}}
  hear: {needs: [a], signal: {name: go_on, timeout: 1h}}
  b: {needs: [hear], call: books.work, with: {after: "${{ steps.a.output.call }}"}}
  part: {needs: [b], flow: relay, with: {n: "${{ input.n }}"}}
output: {n: "${{ input.n }}"}
`
	functions = `books.work:
  http: {url: "%s/work"}
  idempotent: true
  concurrency: 1000
  timeout: 10s
  input: {type: object, required: [after], properties: {after: {type: integer}}}
  output: {type: object, required: [call], properties: {call: {type: integer}}}
`
)

func writeProject(t testing.TB, b *books) string {
	t.Helper()
	return servertest.Project(t, map[string]string{"functions.yaml": fmt.Sprintf(functions, b.URL),
		"flows/relay.yaml": relay, "flows/nap.yaml": nap, "flows/ask.yaml": ask})
}
