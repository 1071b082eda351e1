package flow

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/segno-run/segno/internal/bounded"
)

// seeds gives every text under testdata to a fuzz target, and some shapes that parsers are known to trip over.
func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{"", "a", "a:", "a: b: c", "- - - a", "{a: [b, {c: d}]}", "a: |\n  x\n\n  y\n", "a: >+\n\n x\n  y\n z\n\n", "a: 'it''s\n  b'", `a: "\u00e9\ud83d\ude00\
  b"`, "--- \na: 1\n...\n", "a: &x 1\nb: *x\n<<: {}\n", "? a\n: b\n", "\ta: b", "a: b\r\nc: d\r\n", "a: [1,\n 2]\n", "a:\n- b\n- c: d\n  e: f\n", "a: 0x1f\nb: .5\nc: 1e400\nd: -0\n", "a: !!str 1", "\xff", "a: \x00"} {
		f.Add([]byte(s))
	}
	for _, s := range nasty() {
		f.Add([]byte(s))
	}
}

// nasty are texts that cost a careless reader much.
func nasty() []string {
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 20; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), i-1)
	}
	deep := func(n int, open, end string) string {
		return "a: " + strings.Repeat(open, n) + "x" + strings.Repeat(end, n)
	}
	indented := ""
	for i := range 300 {
		indented += strings.Repeat(" ", i) + "k:\n"
	}
	return []string{laughs, "a: &a\n  <<: *a\n", "a: &a [*a]\n", deep(30000, "[", "]"), deep(3000, "{a: ", "}"), "a:\n" + indented, strings.Repeat("- ", 5000) + "x",
		"name: f\n" + strings.Repeat("name: g\n", 2000), "steps:\n" + strings.Repeat("  a: {set: {v: 1}}\n", 500),
		"a: " + strings.Repeat("9", 50000), "a: 1e999999999\nb: -1e-999999999\nc: 0x" + strings.Repeat("f", 5000) + "\nd: 1_000\n",
		"name: f\nsteps:\n  a: {call: g, timeout: " + strings.Repeat("9", 400) + "h, max_parallel: 99999999999999999999, retry: {factor: 1e400}}\n",
		"a: \"" + strings.Repeat("\\u0000", 2000) + "\"\n", "a: |9\n" + strings.Repeat(" \n", 3000), strings.Repeat("# c\n", 5000), strings.Repeat("? [", 300)}
}

// FuzzParse: nothing panics, every issue has a place in the text, and whatever could be read has a canonical form.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		var def *Definition
		var issues Issues
		bounded.Run(t, func() {
			def, issues = Parse(src)
			ParseFunctions(src)
			ParseFunctionJSON("f", src)
		})
		for _, i := range issues {
			if i.Line < 1 || i.Column < 1 || i.Message == "" {
				t.Fatalf("an issue without a place or a message: %+v", i)
			}
		}
		if def == nil {
			if len(issues) != 1 {
				t.Fatalf("no definition and %d issues, want 1", len(issues))
			}
			return
		}
		if b := Canonical(def); !json.Valid(b) {
			t.Fatalf("not JSON: %s", b)
		}
	})
}
