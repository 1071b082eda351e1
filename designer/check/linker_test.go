package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/flow"
)

// shelf keeps published versions, as a database does.
type shelf struct {
	versions map[string][]*Published
	reads    int
	down     error
}

func (s *shelf) load(_ context.Context, name string, version int) (*Published, error) {
	s.reads++
	of := s.versions[name]
	switch {
	case s.down != nil:
		return nil, s.down
	case version == 0 && len(of) > 0:
		return of[len(of)-1], nil
	case version < 1 || version > len(of):
		return nil, nil
	}
	return of[version-1], nil
}

// publish does what a server does; it returns the program and the first error, if there is one.
func (s *shelf) publish(t *testing.T, l *Linker, functions Catalog, src string) (*Program, string) {
	t.Helper()
	d, parsed := flow.Parse([]byte(src))
	c, err := l.Catalog(t.Context(), functions, d, nil, func(context.Context) ([]string, error) { return []string{"zeta", "pay"}, nil })
	if err != nil {
		t.Fatal(err)
	}
	p, issues := CompileParsed(d, parsed, c)
	if p == nil {
		return nil, issues[0].Message + " (" + issues[0].Hint + ")"
	}
	pins, err := json.Marshal(PinsOf(d, p, c))
	if err != nil {
		t.Fatal(err)
	}
	s.versions[d.Name] = append(s.versions[d.Name], &Published{Version: len(s.versions[d.Name]) + 1, Source: []byte(src), Pins: pins})
	return p, ""
}

func recompile(t *testing.T, s *shelf, name string, version int) *Program {
	t.Helper()
	l := NewLinker(s.load) // another server: nothing is known
	v, err := s.load(t.Context(), name, version)
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Pinned(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	p, _, issues := CompileSource(v.Source, c)
	if p == nil {
		t.Fatalf("%s@%d: %v", name, version, issues)
	}
	return p
}

func TestVersionsKeepTheirChildren(t *testing.T) {
	s := &shelf{versions: map[string][]*Published{}}
	l := NewLinker(s.load)
	functions := readCatalog(t, "testdata/functions.yaml")
	publish := func(src string) *Program {
		t.Helper()
		p, said := s.publish(t, l, functions, src)
		if p == nil {
			t.Fatal(said)
		}
		return p
	}
	publish("name: pay\nsteps: {a: {call: payments.reserve, with: {account: x, amount: 1}}}\noutput: {a: 1}\n")
	parent := "name: parent\nsteps:\n  a: {flow: pay}\n  b: {flow: pay, version: 1}\noutput: ${{ steps.a.output.a }}\n"
	first := publish(parent)
	publish("name: pay\nsteps: {a: {wait: 1s}}\noutput: {b: 1}\n")
	if _, said := s.publish(t, l, functions, parent); !strings.HasPrefix(said, "`steps.a.output` has no `a`") {
		t.Errorf("the latest counts for a new version; got %q", said)
	}
	second := publish(strings.Replace(parent, "output.a ", "output.b ", 1))
	if first.Hash == second.Hash || first.Step("a").Child.Version != 1 || second.Step("a").Child.Version != 2 || second.Step("b").Child.Version != 1 {
		t.Errorf("got %d, %d and %d", first.Step("a").Child.Version, second.Step("a").Child.Version, second.Step("b").Child.Version)
	}
	delete(functions.functions, "payments.reserve") // the child keeps its contracts, too
	for v, was := range map[int]*Program{1: first, 2: second} {
		if again := recompile(t, s, "parent", v); again.Hash != was.Hash || again.Step("a").Child.Version != was.Step("a").Child.Version {
			t.Errorf("version %d is another program when it is compiled again", v)
		}
	}
	if got, want := string(s.versions["parent"][1].Pins), `{"functions":{},"flows":{"pay":2}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	moved := publish("name: other\nsteps: {a: {flow: pay}}\n")
	publish("name: pay\nsteps: {a: {wait: 1s}}\noutput: {b: 2}\n")
	if again := publish("name: other\nsteps: {a: {flow: pay}}\n"); again.Hash == moved.Hash {
		t.Error("the same text with a newer child has the same hash")
	}
}

func TestCirclesOfVersions(t *testing.T) {
	s := &shelf{versions: map[string][]*Published{}}
	l := NewLinker(s.load)
	functions := readCatalog(t, "testdata/functions.yaml")
	for _, step := range []struct{ src, want string }{
		{"name: a\nsteps: {x: {wait: 1s}}\n", ""},
		{"name: b\nsteps: {x: {flow: a}}\n", ""},
		{"name: c\nsteps: {x: {flow: b}}\n", ""},
		{"name: a\nsteps: {x: {flow: c}}\n", "the flow would run itself: a → c → b → a (a flow that repeats something does so with `for_each` or `until`)"},
		{"name: d\nsteps: {x: {flow: pai}}\n", "there is no flow `pai` (did you mean `pay`?)"},
		{"name: d\nsteps: {x: {flow: a, version: 2}}\n", "the flow `a` has no version 2 (the latest is 1)"},
	} {
		if _, said := s.publish(t, l, functions, step.src); said != step.want {
			t.Errorf("%s: got %q, want %q", step.src, said, step.want)
		}
	}
}

func TestLinkerReadsEachVersionOnce(t *testing.T) {
	s := &shelf{versions: map[string][]*Published{}}
	l := NewLinker(s.load)
	functions := readCatalog(t, "testdata/functions.yaml")
	s.publish(t, l, functions, "name: a\nsteps: {x: {wait: 1s}}\n")
	for i := 1; i < MaxNesting; i++ {
		before := string(rune('a' + i - 1))
		src := fmt.Sprintf("name: %c\nsteps: {x: {flow: %s}, y: {flow: %s, version: 1}}\n", 'a'+i, before, before)
		if _, said := s.publish(t, l, functions, src); said != "" {
			t.Fatal(said)
		}
	}
	s.reads = 0
	fresh := NewLinker(s.load)
	if sig, err := fresh.Signature(t.Context(), "h", 1); err != nil || sig == nil || sig.Broken != "" || s.reads != MaxNesting {
		t.Errorf("got %+v, %v after %d reads, want %d", sig, err, s.reads, MaxNesting)
	}
	s.reads = 0
	if sig, err := fresh.Signature(t.Context(), "h", 1); err != nil || sig == nil || s.reads != 0 {
		t.Errorf("got %+v, %v after %d reads, want none", sig, err, s.reads)
	}
	s.down = errors.New("no database")
	if _, err := NewLinker(s.load).Signature(t.Context(), "h", 1); !errors.Is(err, s.down) {
		t.Errorf("got %v", err)
	}
	s.down = nil
	s.versions["bad"] = []*Published{{Version: 1, Source: []byte("name: bad\nsteps: {a: {call: gone}}\n")}, {Version: 2, Source: []byte("name: bad\nsteps: {a: {wait: 1s}}\n"), Pins: []byte("{")}}
	for v, want := range map[int]string{1: "in its line 2: there is no function `gone`", 2: "reading contracts: unexpected end of JSON input"} {
		if sig, err := l.Signature(t.Context(), "bad", v); err != nil || sig.Broken != want {
			t.Errorf("got %+v, %v", sig, err)
		}
	}
}
