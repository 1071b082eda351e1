package edit

import (
	"reflect"
	"strings"
	"testing"
)

const pasteInto = `name: f
steps:
    a: # the first
        set: {x: 1}
    c:
        needs: [a]
        set: {}
output: {}
`

func TestPaste(t *testing.T) {
	const copied = `steps:
  # told before a
  a: {set: {x: 1}}   # a comment
  b:
    needs: [a, gone.done]
    if: steps.a.output.x > steps.lost.output.y
    set: {y: "${{ steps.a.output.x + steps.c.output.z }}"}
    # the end of b
`
	out, undo, done, err := Paste([]byte(pasteInto), Op{YAML: copied, After: "a"})
	if err != nil {
		t.Fatal(err)
	}
	checkApplied(t, []byte(pasteInto), out, undo)
	const want = `name: f
steps:
    a: # the first
        set: {x: 1}
    a_2: {set: {x: 1}}   # a comment
    b:
      needs: [a_2, gone.done]
      if: steps.a_2.output.x > steps.lost.output.y
      set: {y: "${{ steps.a_2.output.x + steps.c.output.z }}"}
      # the end of b
    c:
        needs: [a]
        set: {}
output: {}
`
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	if w := (Pasted{Steps: []string{"a_2", "b"}, Renamed: [][2]string{{"a", "a_2"}}, Dangling: []Dangling{{"b", "gone"}, {"b", "lost"}}}); !reflect.DeepEqual(done, w) {
		t.Errorf("told %+v, want %+v", done, w)
	}
}

func TestPasteElsewhere(t *testing.T) {
	for name, src := range map[string]string{"empty": "name: f\n", "null": "name: f\nsteps:\n", "braces": "name: f\nsteps: {a: {set: {}}}\n", "crlf": "name: f\r\nsteps:\r\n  a: {set: {}}\r\n"} {
		out, undo, done, err := Paste([]byte(src), Op{YAML: "{a: {set: {}}, b: {needs: [a], set: {}}}"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkApplied(t, []byte(src), out, undo)
		d, _ := open(out)
		if len(done.Dangling) > 0 || len(d.def.Steps) < 2 || d.def.Step("b") == nil || d.def.Step("b").Needs.Edges[0].Step != done.Steps[0] {
			t.Errorf("%s: told %+v of\n%s", name, done, out)
		}
		if strings.Count(string(out), "\r\n") != strings.Count(string(out), "\n") && name == "crlf" {
			t.Errorf("line ends are mixed: %q", out)
		}
	}
	for _, bad := range []string{"", "just words", "a: 1", "a: {set: {}}\nB b: {set: {}}", "steps: []", "a: {"} {
		if _, _, _, err := Paste([]byte(pasteInto), Op{YAML: bad}); err == nil {
			t.Errorf("%q was pasted", bad)
		}
	}
}
