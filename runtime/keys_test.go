package runtime_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

func TestInputKeys(t *testing.T) {
	for name, c := range map[string]struct {
		input string
		paths []string // "path=text", in order
	}{
		"all sorts":      {`{"id": "A-1", "n": 1e3, "ok": true, "off": false, "none": null}`, []string{"id=A-1", "n=1e3", "ok=true", "off=false", "none=null"}},
		"below objects":  {`{"a": {"b": {"c": "x"}, "d": 2}, "e": ""}`, []string{"a.b.c=x", "a.d=2", "e="}},
		"lists aside":    {`{"lines": [{"sku": "cup", "of": [1]}, 2], "after": 3}`, []string{"after=3"}},
		"no such path":   {`{"a.b": 1, "c.d": {"e": 2}, "f": 3}`, []string{"f=3"}},
		"each once":      {`{"a": 1, "b": 2, "a": 1}`, []string{"a=1", "b=2"}},
		"no object":      {`["a"]`, nil},
		"nothing":        {``, nil},
		"escapes":        {`{"a": "\u00e9\n"}`, []string{"a=é\n"}},
		"broken in half": {`{"a": 1, "b": {"c": tr`, []string{"a=1"}},
	} {
		var want []int64
		for _, p := range c.paths {
			path, text, _ := strings.Cut(p, "=")
			want = append(want, runtime.InputKey(path, text))
		}
		if got := runtime.InputKeys([]byte(c.input)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// TestInputKeysBounds: what is beyond the head, or one too many, is not found; what comes before is.
func TestInputKeysBounds(t *testing.T) {
	var many strings.Builder
	for i := range 3 * runtime.MaxKeys {
		fmt.Fprintf(&many, `,"k%d": %d`, i, i)
	}
	got := runtime.InputKeys([]byte("{" + many.String()[1:] + "}"))
	if len(got) != runtime.MaxKeys || got[runtime.MaxKeys-1] != runtime.InputKey(fmt.Sprintf("k%d", runtime.MaxKeys-1), fmt.Sprint(runtime.MaxKeys-1)) {
		t.Errorf("got %d keys, want the first %d", len(got), runtime.MaxKeys)
	}
	got = runtime.InputKeys([]byte(`{"a": 1, "long": "` + strings.Repeat("x", runtime.InputHead) + `", "b": 2}`))
	if !slices.Equal(got, []int64{runtime.InputKey("a", "1")}) {
		t.Errorf("beyond the head: got %d keys, want that of a", len(got))
	}
}

func TestKeysOf(t *testing.T) {
	facts, err := planner.Encode([]planner.Fact{&planner.RunStarted{ID: "r", Flow: "f", Version: 1, Input: planner.JSON(`{"order_id": "42"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := runtime.KeysOf(facts); !slices.Equal(got, []int64{runtime.InputKey("order_id", "42")}) {
		t.Errorf("got %v, want the key of order_id", got)
	}
	if got := runtime.InputLine(facts, 100); got != "order_id=42" {
		t.Errorf("in one line: got %q", got)
	}
	if got := runtime.InputLine(facts, 5); got != "ord…" {
		t.Errorf("in five characters: got %q", got)
	}
	if got := runtime.KeysOf([]byte("no facts")); got != nil {
		t.Errorf("of no facts: got %v, want none", got)
	}
}

// No input has more keys than it may, or stops whoever reads it.
func TestInputKeysOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"{", "}", "[", "]", `"a"`, ":", ",", "1", "null", " "}), 0, 40).Draw(t, "tokens")
		if got := runtime.InputKeys([]byte(strings.Join(text, ""))); len(got) > runtime.MaxKeys {
			t.Fatalf("%d keys", len(got))
		}
	})
}
