package project

import (
	"fmt"
	"testing"
	"testing/fstest"
)

// TestCheckInputs: a sample input is held against the flow of its name, and told at its place.
func TestCheckInputs(t *testing.T) {
	p, issues := Load(fstest.MapFS{
		"flows/a.yaml": {Data: []byte("name: a\ninput: {type: object, required: [n, m], properties: {n: {type: integer}, l: {type: array, items: {type: object, properties: {s: {type: string}}}}}}\n" +
			"steps: {x: {wait: 1s}}\n")},
		"flows/b.yaml":      {Data: []byte("name: b\ninput: {type: object, required: [n], properties: {n: {type: integer}}}\nsteps: {x: {wait: 1s}}\n")},
		"flows/broken.yaml": {Data: []byte("name: broken\nsteps: {x: {needs: [y], wait: 1s}}\n")},
		"inputs/a.json":     {Data: []byte("{\n  \"n\": \"one\",\n\t\"l\": [{\"s\": \"\"}, {\"s\": 7}]\n}\n")},
		"inputs/b.json":     {Data: []byte(`{"n": 1}`)},
		"inputs/other.json": {Data: []byte(`7`)}, "inputs/broken.json": {Data: []byte(`7`)},
	})
	if issues.HasErrors() {
		t.Fatal(issues)
	}
	want := "[inputs/a.json:3:25: the input does not fit the flow `a`: `l[1].s`: expected string, found integer 7" +
		" inputs/a.json:1:1: the input does not fit the flow `a`: `m`: missing" +
		" inputs/a.json:2:8: the input does not fit the flow `a`: `n`: expected integer, found string \"one\"]"
	if got := fmt.Sprint(p.CheckInputs()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
