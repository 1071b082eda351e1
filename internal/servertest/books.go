package servertest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Books are functions on HTTP, in the test's process, so that they outlive the servers; and their own account of what they were asked to do, which is on the
// disk before they do it. The servers are judged by it. Each takes {"after": [numbers]} and answers {"call": its number}.
type Books struct {
	*httptest.Server
	slowest time.Duration

	mu       sync.Mutex
	file     *os.File
	calls    []Invocation
	of       map[string][]int // run/step → indexes of calls
	changed  *sync.Cond       // on mu: a call came or was answered
	moments  int              // how often changed was told
	era      int              // how many servers have been struck
	inFlight int              // calls of this era that are not answered
}

// Invocation is one call as the function saw it. Its Number is unique and is the function's answer: what was recorded tells of which call it is.
type Invocation struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Path   string    `json:"path"`
	Key    string    `json:"key"`
	Run    string    `json:"run"`
	Step   string    `json:"step"`
	Item   string    `json:"item,omitempty"`
	After  []int     `json:"after,omitempty"` // the answers that it was handed from the steps before

	Answered bool `json:"-"` // the file is written before it is
}

// OpenBooks has functions answer until the test ends, each call within so long.
func OpenBooks(t testing.TB, slowest time.Duration) *Books {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "books.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	b := &Books{slowest: slowest, file: file, of: map[string][]int{}}
	b.changed = sync.NewCond(&b.mu)
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(func() {
		b.Close()
		_ = file.Close()
		if t.Failed() {
			all, _ := os.ReadFile(file.Name())
			lines := strings.Split(string(all), "\n")
			t.Logf("the last of the functions' books:\n%s", strings.Join(lines[max(0, len(lines)-500):], "\n"))
		}
	})
	return b
}

func (b *Books) serve(w http.ResponseWriter, r *http.Request) {
	call, era, err := b.enter(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	<-time.After(rand.N(b.slowest)) // the work
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"call":%d}`, call) // nobody may be there any more
	_ = http.NewResponseController(w).Flush()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[call-1].Answered = true
	if era == b.era {
		b.inFlight--
	}
	b.tell()
}

// enter returns when the call is on the disk.
func (b *Books) enter(r *http.Request) (number, era int, err error) {
	var in struct{ After []int }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return 0, 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c := Invocation{Number: len(b.calls) + 1, At: time.Now(), Path: r.URL.Path, Key: r.Header.Get("Idempotency-Key"),
		Run: r.Header.Get("Segno-Run"), Step: r.Header.Get("Segno-Step"), Item: r.Header.Get("Segno-Item"), After: in.After}
	line, err := json.Marshal(c)
	if err != nil {
		return 0, 0, err
	}
	if _, err := b.file.Write(append(line, '\n')); err != nil {
		return 0, 0, err
	}
	if err := b.file.Sync(); err != nil {
		return 0, 0, err
	}
	where := c.Run + "/" + c.Step
	b.of[where] = append(b.of[where], len(b.calls))
	b.calls = append(b.calls, c)
	b.inFlight++
	b.tell()
	return c.Number, b.era, nil
}

func (b *Books) tell() {
	b.moments++
	b.changed.Broadcast()
}

// Strike waits for a random moment with at least so many calls in flight and then calls kill, during which none is answered. It returns how many there
// were, 0 if that moment never came.
func (b *Books) Strike(atLeast int, r *rand.Rand, kill func()) (inFlight int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	gaveUp := false
	defer time.AfterFunc(Patience, func() {
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

// At are the calls of one step, of all its items, in the order in which they came.
func (b *Books) At(run, step string) (calls []Invocation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.of[run+"/"+step] {
		calls = append(calls, b.calls[i])
	}
	return calls
}

// Count is how many calls came.
func (b *Books) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.calls)
}
