package planner

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var record = flag.Bool("record", false, "record the stories as histories of this release; never touches what is there")

// release names the folder of histories that -record fills: that of the release that comes next.
const release = "v0.2"

// TestOldHistoriesStillRead folds the histories that every release has left behind: whatever Decide concludes today, what they say stays the same.
// A history is never changed. A release adds its own with -record.
func TestOldHistoriesStillRead(t *testing.T) {
	if *record {
		recordHistories(t)
	}
	files, err := filepath.Glob("testdata/histories/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, want, _ := strings.Cut(string(raw), "----\n")
		s := NewState()
		for n, line := range strings.Split(strings.TrimSpace(rows), "\n") {
			if strings.HasPrefix(line, "#") {
				continue
			}
			seq, at, facts := readRow(t, file, n+1, line)
			Fold(s, seq, at, facts)
		}
		if got := summary(s); got != want {
			t.Errorf("%s says something else now:\n%s", file, diff(want, got))
		}
	}
}

func readRow(t *testing.T, file string, line int, text string) (int64, time.Time, []Fact) {
	t.Helper()
	var seq int64
	var at, body string
	if _, err := fmt.Sscan(text, &seq, &at, &body); err != nil {
		t.Fatalf("%s:%d: %v", file, line, err)
	}
	when, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		t.Fatalf("%s:%d: %v", file, line, err)
	}
	raw, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		t.Fatalf("%s:%d: %v", file, line, err)
	}
	facts, err := Decode(raw)
	if err != nil {
		t.Fatalf("%s:%d: %v", file, line, err)
	}
	return seq, when, facts
}

// recordHistories writes the runs of all stories that are not recorded yet.
func recordHistories(t *testing.T) {
	t.Helper()
	scripts, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata/histories", release)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		raw, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		_, runs := tell(t, string(raw))
		for i, w := range runs {
			name := fmt.Sprintf("%s-%d.txt", strings.TrimSuffix(filepath.Base(script), ".txt"), i+1)
			writeHistory(t, filepath.Join(dir, name), w)
		}
	}
}

func writeHistory(t *testing.T, file string, w *witness) {
	t.Helper()
	if _, err := os.Stat(file); err == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# A history as release %s wrote it: seq, time and facts (base64) of each transition; then what it says. Never to be changed.\n", release)
	for i, row := range w.rows {
		fmt.Fprintf(&b, "%d %s %s\n", i+1, row.at.Format(time.RFC3339Nano), base64.StdEncoding.EncodeToString(row.raw))
	}
	b.WriteString("----\n" + summary(w.s))
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestOldReferencesAreRead: what stands for a large value in a recorded history is found by what follows references: the statement that writes their rows,
// the loader that gives them to the state, and whoever shows the value. A stand-in that nobody recognizes would be a value lost.
func TestOldReferencesAreRead(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*/payloads-*.txt")
	if err != nil || len(files) < 2 {
		t.Fatalf("histories with large values: got %v, %v", files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, says, _ := strings.Cut(string(raw), "----\n")
		found := map[string]bool{}
		for n, line := range strings.Split(strings.TrimSpace(rows), "\n") {
			if strings.HasPrefix(line, "#") {
				continue
			}
			_, _, facts := readRow(t, file, n+1, line)
			referred := Payloads(facts)
			for _, p := range referred {
				found[fmt.Sprintf("|%s:%d|", p.Name(), p.Size)] = true
			}
			refers := slices.ContainsFunc(facts, refers)
			if refers != (len(referred) > 0) || refers && ReaderOf(facts) < 4 {
				t.Errorf("%s, transition %d: refers %t, to %v, for readers from %d on", file, n, refers, referred, ReaderOf(facts))
			}
		}
		for _, standIn := range regexp.MustCompile(`\|sha256:[0-9a-f]{64}:\d+\|`).FindAllString(says, -1) {
			if !found[standIn] {
				t.Errorf("%s says %s, which no fact refers to any more", file, standIn)
			}
		}
		if len(found) < 3 {
			t.Errorf("%s refers to %d values, want at least 3", file, len(found))
		}
	}
}

// TestEveryFactIsInAHistory keeps the histories complete: a kind of fact that none holds would not be protected.
func TestEveryFactIsInAHistory(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/" + release + "/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, _ := strings.Cut(string(raw), "----\n")
		for n, line := range strings.Split(strings.TrimSpace(rows), "\n") {
			if strings.HasPrefix(line, "#") {
				continue
			}
			_, _, facts := readRow(t, file, n+1, line)
			for _, f := range facts {
				seen[fmt.Sprintf("%T", f)] = true
			}
		}
	}
	for n, make := range kinds {
		if kind := fmt.Sprintf("%T", make()); !seen[kind] {
			t.Errorf("no history of %s holds a %s (kind %d)", release, kind, n)
		}
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	good, err := Encode([]Fact{&StepHeld{Step: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"nothing":            {},
		"a later encoding":   {2},
		"a later fact":       {1, 200, 0xa0},
		"a cut fact":         good[:len(good)-1],
		"a number, no body":  {1, 2},
		"a body, not a map":  {1, 2, 0x80},
		"bytes after a fact": append(append([]byte{}, good...), 0xff),
	} {
		if facts, err := Decode(raw); err == nil {
			t.Errorf("%s: got %v, want an error", name, facts)
		}
	}
	// A later release may add fields; they are passed over.
	if facts, err := Decode([]byte{1, 2, 0xa2, 1, 0x61, 'a', 0x18, 99, 0xf5}); err != nil || facts[0].(*StepHeld).Step != "a" {
		t.Errorf("an unknown field: got %v, %v", facts, err)
	}
}
