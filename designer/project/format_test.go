package project

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

func TestFormat(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"as it should be": {"name: a\nsteps:\n  x: {wait: 1s} # why\n", "name: a\nsteps:\n  x: {wait: 1s} # why\n"},
		"indentation": {"\n\nname:   a\r\n# before\nsteps:\n\n\n\n      # of x\n      x:\n          # inside\n          wait: 1s  \n          needs:\n          - a\n          -   b\n      # end of steps\n# end\n\n",
			"name: a\n# before\nsteps:\n\n  # of x\n  x:\n    # inside\n    wait: 1s\n    needs:\n      - a\n      - b\n  # end of steps\n# end\n"},
		"quotes":         {"a: 'x'\nb: 'it''s'\nc: '\"'\nd: ['y', {z: 'w'}]\n'e': 1\n", "a: \"x\"\nb: 'it''s'\nc: '\"'\nd: [\"y\", {z: \"w\"}]\n'e': 1\n"},
		"block texts":    {"a:\n    b: |\n        one\n          two  \n\n        three\n    c: >-\n       x\n       y\n", "a:\n  b: |\n      one\n        two  \n\n      three\n  c: >-\n     x\n     y\n"},
		"folded":         {"a:\n    b: one\n       two\n\n       three\n    c: \"x\n      y\"\n", "a:\n  b: one\n     two\n\n     three\n  c: \"x\n    y\"\n"},
		"brackets":       {"a:\n    b: {\n      c: 1, # why\n\n      d: [\n        2]\n      }\n", "a:\n  b: {\n    c: 1, # why\n\n    d: [\n      2]\n    }\n"},
		"lists of maps":  {"a:\n-   x: 1\n    y:\n    - 2\n-\n  z: 3\n- - 4\n  - 5\n", "a:\n  - x: 1\n    y:\n      - 2\n  -\n    z: 3\n  - - 4\n    - 5\n"},
		"colons":         {"a   : 1\nb:\n    2\n\"c\" :   3\n", "a: 1\nb:\n    2\n\"c\": 3\n"},
		"nothing":        {"\n\n", ""},
		"comments alone": {"  # a\n\n\n# b", "# a\n\n# b\n"},
	} {
		got, issues, err := Format([]byte(tc.in))
		if err != nil || len(issues) > 0 || string(got) != tc.want {
			t.Errorf("%s: got %v, %v\n%s\nwant\n%s", name, err, issues, got, tc.want)
			continue
		}
		if again, _, err := Format(got); err != nil || string(again) != string(got) {
			t.Errorf("%s: a second time it is %v\n%s", name, err, again)
		}
	}
	if got, issues, err := Format([]byte("a: [\n")); got != nil || len(issues) != 1 || err != nil {
		t.Errorf("got %q, %v, %v, want the problem of the text", got, issues, err)
	}
}

// FuzzFormat: whatever comes out means the same, and is in form.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"../flow/testdata/*/*/in.yaml", "../../examples/*.yaml", "../../examples/flows/*.yaml", "../check/testdata/right/*/flow.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		out, _, err := Format(src)
		if out == nil || err != nil {
			return
		}
		a, _ := flow.Parse(src)
		b, _ := flow.Parse(out)
		if string(flow.Canonical(a)) != string(flow.Canonical(b)) {
			t.Errorf("formatting changed the meaning of\n%s\nto\n%s", src, out)
		}
		if again, _, err := Format(out); errors.Is(err, ErrUnsure) || string(again) != string(out) {
			t.Errorf("formatting twice: %v, got\n%q\nthen\n%q", err, out, again)
		}
	})
}
