package assist

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/flow"
)

var update = flag.Bool("update", false, "write what is answered into the cases")

const (
	cursorMark = "‸"
	separator  = "=====\n"
)

type catalog map[string]*flow.Function

func (c catalog) Function(name string) *flow.Function { return c[name] }

func (c catalog) FunctionNames() []string {
	var names []string
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Flow knows one flow, pay, in two versions.
func (c catalog) Flow(name string, version int) *check.Signature {
	texts := []string{"name: pay\nsteps: {a: {wait: 1s}}\n",
		"name: pay\ninput: {type: object, required: [amount], properties: {amount: {type: number}, note: {type: string}}}\nsteps: {a: {wait: 1s}}\noutput: {paid: true}\n"}
	if version == 0 {
		version = len(texts)
	}
	if name != "pay" || version > len(texts) {
		return nil
	}
	s, _ := check.SignatureOf([]byte(texts[version-1]), version, c)
	return s
}

func (c catalog) FlowNames() []string { return []string{"pay"} }

func readCatalog(t testing.TB) catalog {
	t.Helper()
	src, err := os.ReadFile("testdata/functions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fs, issues := flow.ParseFunctions(src)
	if len(issues) > 0 {
		t.Fatal(issues)
	}
	c := catalog{}
	for i := range fs {
		c[fs[i].Name] = &fs[i]
	}
	return c
}

// Every case is a text with the cursor in it, and the whole answer.
func TestCases(t *testing.T) {
	c := readCatalog(t)
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			marked, want, ok := strings.Cut(string(raw), separator)
			cursor := strings.Index(marked, cursorMark)
			if !ok || cursor < 0 {
				t.Fatal("no cursor, or no answer")
			}
			src := strings.Replace(marked, cursorMark, "", 1)
			got := render(At([]byte(src), cursor, c))
			if *update {
				if err := os.WriteFile(file, []byte(marked+separator+got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("got\n%s\nwant\n%s\n(if the language has changed: go test ./designer/assist -update, and look at the diff)", got, want)
			}
		})
	}
}

func render(a Answer) string {
	var b strings.Builder
	span := func(from, to flow.Pos) string {
		return fmt.Sprintf("%d:%d-%d:%d", from.Line, from.Column, to.Line, to.Column)
	}
	line := func(parts ...string) {
		b.WriteString(strings.TrimRight(strings.Join(parts, " | "), " |") + "\n")
	}
	fmt.Fprintf(&b, "replaces %s\n", span(a.From, a.To))
	if a.Type != "" || a.Wanted != "" {
		fmt.Fprintf(&b, "type %q, wanted %q\n", a.Type, a.Wanted)
	}
	if a.Hover != nil {
		line("hover "+span(a.Hover.From, a.Hover.To)+" "+a.Hover.Label, a.Hover.Type, a.Hover.Detail)
	}
	for _, i := range a.Items {
		line(fmt.Sprintf("%s %s → %q", i.Kind, i.Label, i.Insert), i.Type, i.Detail)
	}
	return b.String()
}

// Wherever the cursor is in whatever prefix of a text, there is an answer whose places are in the text and around the cursor.
func TestEveryPlace(t *testing.T) {
	c := readCatalog(t)
	raw, err := os.ReadFile("../../examples/flows/order.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut <= len(raw); cut++ {
		at(t, raw[:cut], cut, c)
		if cut%7 == 0 {
			at(t, raw, cut, c)
		}
	}
}

func at(t *testing.T, src []byte, cursor int, c catalog) {
	t.Helper()
	a := At(src, cursor, c)
	if a.From.Offset > a.To.Offset || a.To.Offset > len(src) || a.Items == nil || len(a.Items) > MaxItems {
		t.Fatalf("cursor %d of %q: %+v", cursor, src, a)
	}
	if a.Hover != nil && (a.Hover.From.Offset > a.Hover.To.Offset || a.Hover.To.Offset > len(src)) {
		t.Fatalf("cursor %d: %+v", cursor, a.Hover)
	}
	for _, i := range a.Items {
		if strings.Contains(i.Label+i.Insert+i.Detail, placeholder) {
			t.Fatalf("cursor %d: the placeholder is offered: %+v", cursor, i)
		}
	}
}

func FuzzAt(f *testing.F) {
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		marked, _, _ := strings.Cut(string(raw), separator)
		f.Add([]byte(strings.Replace(marked, cursorMark, "", 1)), strings.Index(marked, cursorMark))
	}
	c := readCatalog(f)
	f.Fuzz(func(t *testing.T, src []byte, cursor int) {
		cursor = min(max(cursor, 0), len(src))
		at(t, src, cursor, c)
	})
}

// An expression that stands in a form and not yet in the text is helped with in the same way.
func TestSource(t *testing.T) {
	raw, err := os.ReadFile("testdata/cases/step_hover.txt")
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(raw), separator)
	d, _ := flow.Parse([]byte(strings.Replace(text, cursorMark, "", 1)))
	s := Source{Flow: d, Step: "ask", Field: "if", Text: "steps.hold.output.ho == 1"}
	a := s.At(len("steps.hold.output.ho"), readCatalog(t))
	if len(a.Items) == 0 || a.Items[0].Label != "hold" || a.Wanted != "boolean" || a.Type != "" || a.From.Column != 19 || a.To.Column != 21 {
		t.Errorf("got %s", render(a))
	}
}

// A large text is read no more often than its size allows.
func TestBudget(t *testing.T) {
	src := append(bytes.Repeat([]byte("a: [\n"), flow.MaxSource/8), []byte("b: ")...)
	h := &helper{src: src, cursor: len(src), catalog: catalog{}, marks: flow.NewPlaces(src)}
	h.structure()
	if h.parses > h.budget() || h.budget() > 8 {
		t.Errorf("%d of %d", h.parses, h.budget())
	}
}

// BenchmarkAt1000 asks in the last of 1,000 steps.
func BenchmarkAt1000(b *testing.B) {
	var src strings.Builder
	src.WriteString("name: large\nsteps:\n  s0: {call: payments.reserve}\n")
	for i := 1; i < 1000; i++ {
		fmt.Fprintf(&src, "  s%d:\n    needs: [s%d]\n    set: {hold: \"${{ steps.s0.output.hold }}\"}\n", i, i-1)
	}
	text := []byte(src.String())
	c := readCatalog(b)
	at := bytes.LastIndex(text, []byte("hold }}"))
	for b.Loop() {
		if len(At(text, at, c).Items) == 0 {
			b.Fatal("nothing")
		}
	}
}
