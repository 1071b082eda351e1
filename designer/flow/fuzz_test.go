package flow

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
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
}

// FuzzParse: nothing panics, every issue has a place in the text, and whatever could be read has a canonical form.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		def, issues := Parse(src)
		ParseFunctions(src)
		ParseFunctionJSON("f", src)
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
