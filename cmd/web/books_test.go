package main

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

// books are the functions of the tests, on HTTP, in the test's own process, so that they outlive the server; and their own account of what they were
// asked to do, which is written before they do it. The server is judged by it.
type books struct {
	*httptest.Server
	file *os.File

	mu       sync.Mutex
	changed  *sync.Cond // on mu: a call came or was answered
	moments  int        // how often changed was told
	era      int        // how many servers have been killed
	inFlight int        // calls of this era that are not answered
	calls    []invocation
}

// invocation is one call as the function saw it. Its Number is unique, and is the function's answer: what was recorded tells of which call it is.
type invocation struct {
	Number int    `json:"number"`
	Path   string `json:"path"`
	Key    string `json:"key"`
	Run    string `json:"run"`
	Step   string `json:"step"`
	Item   string `json:"item,omitempty"`
	After  []int  `json:"after,omitempty"` // the answers that it was handed from the steps before
}

// slowest is how long a function may take.
const slowest = 60 * time.Millisecond

func openBooks(t testing.TB) *books {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "books.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	b := &books{file: file}
	b.changed = sync.NewCond(&b.mu)
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(func() {
		b.Close()
		_ = file.Close()
		if t.Failed() {
			t.Logf("the functions' books:\n%s", b.text())
		}
	})
	return b
}

func (b *books) text() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, _ := os.ReadFile(b.file.Name()) // for a failed test's log only
	return all
}

func (b *books) serve(w http.ResponseWriter, r *http.Request) {
	call, era, err := b.begin(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	<-time.After(rand.N(slowest)) // the work
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"call":%d}`, call) // nobody may be there any more
	_ = http.NewResponseController(w).Flush()
	b.mu.Lock()
	defer b.mu.Unlock()
	if era == b.era {
		b.inFlight--
	}
	b.tell()
}

// begin enters a call. When it returns the call is on the disk.
func (b *books) begin(r *http.Request) (number, era int, err error) {
	var in struct {
		After []int `json:"after"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return 0, 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	call := invocation{Number: len(b.calls) + 1, Path: r.URL.Path, Key: r.Header.Get("Idempotency-Key"),
		Run: r.Header.Get("Segno-Run"), Step: r.Header.Get("Segno-Step"), Item: r.Header.Get("Segno-Item"), After: in.After}
	line, err := json.Marshal(call)
	if err != nil {
		return 0, 0, err
	}
	if _, err := b.file.Write(append(line, '\n')); err != nil {
		return 0, 0, err
	}
	if err := b.file.Sync(); err != nil {
		return 0, 0, err
	}
	b.calls = append(b.calls, call)
	b.inFlight++
	b.tell()
	return call.Number, b.era, nil
}

func (b *books) tell() {
	b.moments++
	b.changed.Broadcast()
}

// strike waits for a random moment with at least so many calls in flight and then calls kill, during which none is answered. It returns how many there
// were, 0 if that moment never came.
func (b *books) strike(atLeast int, r *rand.Rand, kill func()) (inFlight int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	gaveUp := false
	defer time.AfterFunc(servertest.Patience, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		gaveUp = true
		b.tell()
	}).Stop()
	for moment := b.moments + r.IntN(120); ; {
		for (b.moments < moment || b.inFlight < atLeast) && !gaveUp {
			b.changed.Wait()
		}
		if gaveUp {
			return 0
		}
		// Somewhere between this moment and the next: a commit may be under way.
		b.mu.Unlock()
		<-time.After(time.Duration(r.IntN(4000)) * time.Microsecond)
		b.mu.Lock()
		if inFlight = b.inFlight; inFlight >= atLeast {
			kill()
			b.era++
			b.inFlight = 0
			return inFlight
		}
	}
}

// of returns the calls of one step, or of one item of it, in the order in which they came.
func (b *books) of(run, step, item string) (calls []invocation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if c.Run == run && c.Step == step && c.Item == item {
			calls = append(calls, c)
		}
	}
	return calls
}
