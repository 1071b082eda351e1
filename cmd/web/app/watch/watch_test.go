package watch

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// world is a folder in virtual time.
type world struct {
	hints chan struct{}
	state int
	looks []int // the state at each look
	again bool
	begun time.Time
	at    []time.Duration
}

func (w *world) folder() Folder {
	return Folder{Fingerprint: func() string { return strconv.Itoa(w.state) }, Hints: w.hints, Seen: "0", Quiet: Quiet, Most: Most, Poll: Poll, Retry: Retry}
}

// play runs a folder while script changes it.
func play(t *testing.T, script func(w *world)) *world {
	t.Helper()
	w := &world{}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w.hints, w.begun = make(chan struct{}, 1), time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.folder().Run(ctx, func(context.Context) bool {
				w.looks, w.at = append(w.looks, w.state), append(w.at, time.Since(w.begun))
				return w.again
			})
		}()
		script(w)
		cancel()
		<-done
	})
	return w
}

// pass lets virtual time go by.
func pass(d time.Duration) { <-time.After(d); synctest.Wait() }

func (w *world) change() { w.state++ }
func (w *world) hint() {
	select {
	case w.hints <- struct{}{}:
	default:
	}
}

func TestABurstIsOneLook(t *testing.T) {
	w := play(t, func(w *world) {
		for range 20 { // a checkout: 20 files, 100 ms apart
			w.change()
			w.hint()
			pass(100 * time.Millisecond)
		}
		pass(time.Minute)
	})
	if len(w.looks) != 1 || w.looks[0] != 20 {
		t.Errorf("looked at states %v, want one look at the last, 20", w.looks)
	}
}

func TestWithoutHintsThePollNotices(t *testing.T) {
	w := play(t, func(w *world) {
		pass(time.Minute)
		w.change()
		pass(Poll + Quiet)
		w.change()
		pass(time.Minute)
	})
	if len(w.looks) != 2 || w.looks[0] != 1 || w.looks[1] != 2 {
		t.Errorf("looked at states %v, want 1 and 2", w.looks)
	}
	if w.at[0] > time.Minute+Poll+Quiet {
		t.Errorf("the first change was noticed after %v", w.at[0]-time.Minute)
	}
}

func TestNothingChangedIsNoLook(t *testing.T) {
	if w := play(t, func(*world) { pass(time.Hour) }); len(w.looks) != 0 {
		t.Errorf("looked %d times at a folder that is as it was", len(w.looks))
	}
}

func TestAHintCountsWhateverTheClockOfTheDiskSays(t *testing.T) {
	if w := play(t, func(w *world) { w.hint(); pass(time.Minute) }); len(w.looks) != 1 {
		t.Errorf("looked %d times after a hint, want once", len(w.looks))
	}
}

func TestAFolderThatNeverRestsIsLookedAtAllTheSame(t *testing.T) {
	w := play(t, func(w *world) {
		for range 250 {
			w.change()
			w.hint()
			pass(100 * time.Millisecond)
		}
	})
	if len(w.looks) != 2 { // 25 s of changes, a look each 10 s
		t.Errorf("looked %d times within 25 s of restless changes, want 2", len(w.looks))
	}
}

func TestAChangeBetweenTwoPollsOfAMovingFolderIsWaitedFor(t *testing.T) {
	w := play(t, func(w *world) {
		w.change()
		w.hint()
		pass(Quiet - time.Millisecond)
		w.change() // no hint, and the poll has not come
		pass(time.Minute)
	})
	if len(w.looks) != 1 || w.looks[0] != 2 || w.at[0] < 2*Quiet-time.Millisecond {
		t.Errorf("looked at %v after %v, want once, at 2, when it had rested", w.looks, w.at)
	}
}

func TestALookThatAsksIsCalledAgain(t *testing.T) {
	w := play(t, func(w *world) {
		w.again = true
		w.hint()
		pass(Quiet + 2*Retry)
		w.again = false
		pass(time.Hour)
	})
	if len(w.looks) != 4 {
		t.Errorf("looked %d times, want 4: the change, two retries, and the one that was content", len(w.looks))
	}
}

// TestHints is the only one with a real file system; it waits for what must come.
func TestHints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "project")
	flows := filepath.Join(dir, "flows")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(flows, 0o755))
	hints, err := Hints(t.Context(), 10*time.Millisecond, dir, flows)
	must(err)
	await := func(what string) {
		t.Helper()
		select {
		case <-hints:
		case <-time.After(time.Minute):
			t.Fatalf("no hint a minute after %s", what)
		}
	}
	file := filepath.Join(flows, "a.yaml")
	must(os.WriteFile(file, []byte("a"), 0o644))
	await("a file was written")
	must(os.WriteFile(file+".tmp", []byte("b"), 0o644))
	must(os.Rename(file+".tmp", file))
	await("a file was saved by renaming")
	must(os.Rename(dir, dir+".away"))
	await("the folder was moved away")
	must(os.MkdirAll(flows, 0o755))
	await("the folder came back")
	// The old folder's watch is still about the old folder. What happens in the new one is heard, too, once it has been found.
	for heard := false; !heard; {
		must(os.WriteFile(file, []byte("c"), 0o644))
		select {
		case <-hints:
			heard = true
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestFingerprint(t *testing.T) {
	dir := t.TempDir()
	look := func() string { return Fingerprint(dir, "functions.yaml", "flows/*.yaml") }
	empty := look()
	if err := os.WriteFile(filepath.Join(dir, "functions.yaml"), []byte("a: {}"), 0o644); err != nil {
		t.Fatal(err)
	}
	one := look()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if empty == one || one != look() {
		t.Errorf("fingerprints %q, %q, %q: want the second to differ from the first, and the third to be the second", empty, one, look())
	}
	if Fingerprint(filepath.Join(dir, "none"), "*") != "" {
		t.Error("a folder that is not there has a fingerprint")
	}
}
