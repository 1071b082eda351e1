package starter_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/edit"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/designer/starter"
)

func catalog() check.Functions {
	c := check.Functions{}
	for name, f := range starter.Functions() {
		c[name] = &f
	}
	return c
}

// Every template is valid with the functions that it brings, without so much as a warning, under its own name and another; the blank one lacks a step
// and nothing else.
func TestTemplatesCompile(t *testing.T) {
	for _, tp := range starter.All() {
		made, err := tp.Make("mine", `Ada's "own": #1`)
		if err != nil {
			t.Fatal(err)
		}
		untitled, err := tp.Make("mine", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{tp.Source, made, untitled} {
			program, def, issues := check.CompileSource(text, catalog())
			if tp.Name == starter.Blank {
				if len(issues) != 1 || !strings.Contains(issues[0].Message, "no steps") {
					t.Errorf("%s: the issues are %v, want that there is no step", tp.Name, issues)
				}
				continue
			}
			if program == nil || len(issues) != 0 {
				t.Errorf("%s: %v\n%s", tp.Name, issues, text)
				continue
			}
			if def.Output.Kind == flow.Absent {
				t.Errorf("%s gives no output", tp.Name)
			}
			if _, err := schema.Compile(def.Input.JSON()); err != nil {
				t.Errorf("%s: %v", tp.Name, err)
			}
		}
		def, _ := flow.Parse(made)
		if def.Name != "mine" || def.Title != `Ada's "own": #1` {
			t.Errorf("%s: made as %q, %q", tp.Name, def.Name, def.Title)
		}
		if def, _ := flow.Parse(untitled); def.Name != "mine" || def.Title != "" {
			t.Errorf("%s: made without a title as %q, %q", tp.Name, def.Name, def.Title)
		}
		if got, want := strings.Count(string(made), "#"), strings.Count(string(tp.Source), "#"); got != want+1 {
			t.Errorf("%s: comments got lost:\n%s", tp.Name, made)
		}
	}
}

// Each file is a template, and each function is called by one.
func TestNothingIsLeftOver(t *testing.T) {
	entries, err := os.ReadDir("flows")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(starter.All()) || len(starter.Names()) != len(entries) {
		t.Errorf("%d files, %d templates", len(entries), len(starter.All()))
	}
	called := map[string]bool{}
	for _, tp := range starter.All() {
		if got, ok := starter.Find(tp.Name); !ok || got.Title != tp.Title {
			t.Errorf("%s is not found", tp.Name)
		}
		for _, name := range tp.Functions {
			called[name] = true
			if _, ok := starter.Functions()[name]; !ok {
				t.Errorf("%s calls %s, which does not come along", tp.Name, name)
			}
		}
	}
	for name := range starter.Functions() {
		if !called[name] {
			t.Errorf("nothing calls %s", name)
		}
	}
	if _, ok := starter.Find("nobody"); ok {
		t.Error("nobody is a template")
	}
}

// The first step of a blank flow can be added by the operations that the canvas sends.
func TestBlankTakesAStep(t *testing.T) {
	tp, _ := starter.Find(starter.Blank)
	text, err := tp.Make("mine", "Mine")
	if err != nil {
		t.Fatal(err)
	}
	if text, _, err = edit.Apply(text, edit.Op{Op: edit.AddStep, Step: "first", Kind: "wait"}); err != nil {
		t.Fatal(err)
	}
	if text, _, err = edit.Apply(text, edit.Op{Op: edit.AddStep, Step: "second", Kind: "set", Needs: []string{"first"}}); err != nil {
		t.Fatal(err)
	}
	def, issues := flow.Parse(text)
	if def == nil || len(def.Steps) != 2 || strings.Contains(string(text), "{first") {
		t.Errorf("%v:\n%s", issues, text)
	}
}

func TestNameOf(t *testing.T) {
	for typed, want := range map[string]string{
		"Place an order": "place_an_order", "order-2": "order_2", " 2nd try!": "nd_try", "été": "t", "": "", "!?": "", "ok": "ok", "A--b__c": "a_b_c",
	} {
		if got := starter.NameOf(typed); got != want {
			t.Errorf("%q gives %q, want %q", typed, got, want)
		}
	}
	if got := starter.NameOf(strings.Repeat("x", 500)); got != "" && !flow.ValidName(got) {
		t.Errorf("%q is no name", got)
	}
	if names := starter.Names(); !slices.Contains(names, "fan-out") {
		t.Errorf("the names are %v", names)
	}
}
